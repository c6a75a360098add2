"""Every case, by area."""

from __future__ import annotations

from tests.conformance.case import Case
from tests.conformance.cases import directory

AREAS = (directory,)
CASES: list[Case] = [case for area in AREAS for case in area.case.found]
