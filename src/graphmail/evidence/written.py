"""Whether a closed run wrote to the customer's tenant, so that what was proved before it may not be so any more."""

from __future__ import annotations

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
    lost = outcome(run) == "aborted" and not run.about().get("plan")
    return lost or run.state("after").get("why") != UNCHANGED
