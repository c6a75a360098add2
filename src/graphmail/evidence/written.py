"""What a closed run did to the customer's tenant: whether it wrote, and what the tenant held when it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphmail.evidence.run import Run
from graphmail.evidence.seal.statement import outcome
from graphmail.evidence.states import UNCHANGED

# Of another app, the one that ops works with.
_ELSEWHERE = "bootstrap"


def elsewhere(run_id: str) -> bool:
    """Whether the run was about the app that ops works with, and not about the customer's."""
    return run_id.split("-")[1] == _ELSEWHERE


def wrote(run: Run) -> bool:
    """Whether it did, or nobody knows that it did not.

    Where a run left nothing at all, whoever closed it for it could not see what it had done.
    """
    if elsewhere(run.run_id):
        return False
    if run.state("after").get("why") != UNCHANGED:
        return True
    return outcome(run) == "aborted" and not run.about().get("plan")


def held(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What was read last, of a run's before.json and after.json; empty where nobody read it."""
    if after.get("read"):
        return dict(after)
    return dict(before) if after.get("why") == UNCHANGED and before.get("read") else {}
