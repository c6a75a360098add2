"""Every difference between a tenant and its inventory entry, by the resources' own reading and planning."""

from __future__ import annotations

from graphmail.drift.compare import Comparison
from graphmail.drift.difference import AREAS, Difference

__all__ = ["AREAS", "Comparison", "Difference"]
