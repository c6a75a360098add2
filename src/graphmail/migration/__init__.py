"""From an application access policy to RBAC for Applications, one proved step at a time, and back when one is red."""

from __future__ import annotations

from graphmail.migration.progress import Progress, Progresses
from graphmail.migration.standing import Standing
from graphmail.migration.steps import ROUTES, Route, Step

__all__ = ["ROUTES", "Progress", "Progresses", "Route", "Standing", "Step"]
