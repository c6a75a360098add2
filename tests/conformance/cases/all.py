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
    messages,
    policies,
    queries,
    rbac,
    reach,
    sending,
)

FILES = (
    *(entra, certificate),
    *(directory, application, consent, queries),
    *(exchange, exchange_endpoint, groups, policies),
    *(access, rbac, reach),
    *(mail, messages, sending),
)
CASES: list[Case] = [case for file in FILES for case in file.case.found]
