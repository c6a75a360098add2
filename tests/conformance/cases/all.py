"""Every case, by area."""

from __future__ import annotations

from tests.conformance.case import Case
from tests.conformance.cases import access, directory, entra, exchange, mail

AREAS = (entra, directory, exchange, access, mail)
CASES: list[Case] = [case for area in AREAS for case in area.case.found]
