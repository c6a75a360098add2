"""Every case against the sandbox: what the client depends on is emulated as it is documented or was seen."""

from __future__ import annotations

import pytest

from tests.conformance.case import Case
from tests.conformance.cases.all import CASES
from tests.conformance.rehearsed import rehearsed


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.area}-{case.name}")
def test_sandbox_does_as_the_service(case: Case, sandbox) -> None:
    target = rehearsed(sandbox)
    try:
        assert case.run(target) == case.expected, case.claim
    finally:
        assert target.close() == []


def test_each_case_says_what_it_claims_and_where_that_is_from():
    assert all(case.claim and case.source.startswith("https://") for case in CASES)
    assert len({case.name for case in CASES}) == len(CASES)
