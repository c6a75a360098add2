"""Dropping a customer's personal data: its data key goes, and the log says so; files, digests and proofs all stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.personal.addresses import may_hold
from graphmail.evidence.personal.mapping import FOLDER
from graphmail.evidence.run import Run
from graphmail.evidence.seal.data_keys import DataKeys
from graphmail.evidence.seal.page import page
from graphmail.evidence.seal.sealer import Sealer
from graphmail.evidence.tools import operator
from graphmail.state import StateFolder, state_root

_BACKUPS = (
    "Destroy every backup of that file too: whoever has one, and an operator's identity, can still read it. "
    "What else names people lies outside the archive: docs/operators.md lists it."
)


def drop(sealer: Sealer, customer: str, reason: str, now: datetime, say: Callable[[str], None]) -> None:
    """Log that the customer's data key is dropped, destroy it, log that it is destroyed.

    Killed at any moment, it may be run again, and the customer's next run finishes it too. Raises TenantError while
    somebody works on the customer, and where a run of it still lies open, in clear.
    """
    if not reason.strip() or may_hold(reason):
        raise EvidenceError("The reason stays in the log for ever", expected="a sentence without anybody's address")
    log = sealer.log
    with StateFolder(state_root(), customer).lock("drop"):
        with log.locked(sealer.key):
            log.start(sealer.environment, sealer.key, page(), now)
            keys = DataKeys(log, sealer.key, customer, now)
            begun = [key for key in log.history.data_keys_of(customer) if key.dropped and not key.destroyed]
            keys.finish()
            logged = log.history.data_key(customer)
            if logged is None and begun:
                say(f"{customer}: personal data dropped; the dropping that was begun is finished.")
                return
            if logged is None:
                raise _nothing(customer, dropped=bool(log.history.data_keys_of(customer)))
            lost = not keys.file(logged).is_file()
        if not lost:
            _settled(sealer, customer, now, say)
        with log.locked(sealer.key):
            who = operator()
            keys.drop(logged, {"reason": reason.strip(), "user": who["user"], "host": who["host"]})
        older = _in_clear(sealer, customer)
    became = "was gone already" if lost else "is destroyed"
    say(f"{customer}: personal data dropped; data key {logged.id[:16]} {became}.")
    say(f"It was {keys.file(logged)}. {_BACKUPS}")
    if older:
        say(f"{older} runs were sealed before there were data keys; addresses stand in them in clear, and stay.")


def _settled(sealer: Sealer, customer: str, now: datetime, say: Callable[[str], None]) -> None:
    """Nothing of the customer lies open: what is open is in clear."""
    for told in sealer.settle(customer, now):
        say(told)
    with sealer.log.locked(sealer.key):
        left = [logged.run_id for logged in sealer.log.history.open_runs(customer)]
    open_runs = [run_id for run_id in left if not Run(sealer.root, customer, run_id).closed]
    if open_runs:
        raise EvidenceError(
            f"Nothing is dropped: evidence of customer {customer} is not closed, and names people in clear",
            found=", ".join(open_runs),
            remedy="see to what keeps it open, which stands above; then drop again",
        )


def _in_clear(sealer: Sealer, customer: str) -> int:
    with sealer.log.locked(sealer.key):
        ended = [run for run in sealer.log.history.runs.values() if run.customer == customer and run.ended]
    return sum(not (Run(sealer.root, customer, run.run_id).data / FOLDER).is_dir() for run in ended)


def _nothing(customer: str, *, dropped: bool) -> EvidenceError:
    if dropped:
        return EvidenceError(f"The personal data of customer {customer} is dropped already")
    return EvidenceError(f"Customer {customer} has no data key in this archive", remedy="look at the customer's name")
