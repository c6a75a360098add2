"""Every case, by area."""

from __future__ import annotations

from tests.conformance.case import Case
from tests.conformance.cases import (
    access,
    application,
    certificate,
    consent,
    directory,
    entra,
    exchange,
    exchange_endpoint,
    groups,
    mail,
    policies,
    queries,
    rbac,
)

FILES = (
    *(entra, certificate),
    *(directory, application, consent, queries),
    *(exchange, exchange_endpoint, groups, policies),
    *(access, rbac),
    *(mail,),
)
CASES: list[Case] = [case for file in FILES for case in file.case.found]
