"""Every case, by area."""

from __future__ import annotations

from tests.conformance.case import Case
from tests.conformance.cases import access, application, certificate, consent, directory, entra, exchange, mail, queries

FILES = (entra, certificate, directory, application, consent, queries, exchange, access, mail)
CASES: list[Case] = [case for file in FILES for case in file.case.found]
