"""What somebody has set up by hand in a tenant, as an inventory entry; and what nobody but a person can decide."""

from __future__ import annotations

from graphmail.discovery.draft import UNDECIDED, Draft, Undecided
from graphmail.discovery.foreseen import foresee
from graphmail.discovery.look import Look, Wanted
from graphmail.discovery.page import page

__all__ = ["UNDECIDED", "Draft", "Look", "Undecided", "Wanted", "foresee", "page"]
