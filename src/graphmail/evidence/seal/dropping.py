"""Dropping a customer's personal data: its data key goes, and the log says so; files, digests and proofs all stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.personal.addresses import sentence
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
    reason, log, who = sentence(reason), sealer.log, operator()
    by = {"reason": reason, "user": who["user"], "host": who["host"]}
    with StateFolder(state_root(), customer).lock("drop"):
        with log.locked(sealer.key):
            log.start(sealer.environment, sealer.key, page(), now)
            keys = DataKeys(log, sealer.key, customer, now)
            gone = _gone(keys, by, say)
            if not gone and log.history.data_key(customer) is None and not _in_clear_and_open(sealer, customer):
                raise _nothing(customer, dropped=bool(log.history.data_keys_of(customer)))
        # Nothing can be sealed to a key that is gone, so what is open yet is sealed to a new one, which goes as well.
        _settled(sealer, customer, now, say, gone=gone)
        with log.locked(sealer.key):
            logged = log.history.data_key(customer)
            if logged:
                keys.drop(logged, by)
        older = _sealed_in_clear(sealer, customer)
    if logged:
        say(f"{customer}: personal data dropped; data key {logged.id[:16]} is destroyed.")
        say(f"It was {keys.file(logged)}. {_BACKUPS}")
    if older:
        say(f"{older} runs were sealed before there were data keys; addresses stand in them in clear, and stay.")


def _gone(keys: DataKeys, by: Mapping[str, str], say: Callable[[str], None]) -> bool:
    """Finish a dropping that was begun, and log a key as dropped that was lost. Whether there was either."""
    history = keys.log.history
    begun = [key for key in history.data_keys_of(keys.customer) if key.dropped and not key.destroyed]
    keys.finish()
    if begun:
        say(f"{keys.customer}: personal data dropped; the dropping that was begun is finished.")
    logged = history.data_key(keys.customer)
    lost = logged is not None and not keys.file(logged).is_file()
    if logged and lost:
        keys.drop(logged, by)
        say(f"{keys.customer}: personal data dropped; data key {logged.id[:16]} was gone already.")
        say(f"It was {keys.file(logged)}. {_BACKUPS}")
    return bool(begun) or lost


def _settled(sealer: Sealer, customer: str, now: datetime, say: Callable[[str], None], *, gone: bool) -> None:
    """Nothing of the customer lies open: what is open is in clear."""
    for told in sealer.settle(customer, now):
        say(told)
    with sealer.log.locked(sealer.key):
        open_runs = _in_clear_and_open(sealer, customer)
    if open_runs:
        what = "A data key is dropped, yet not everything" if gone else "Nothing is dropped"
        raise EvidenceError(
            f"{what}: evidence of customer {customer} is not closed, and names people in clear",
            found=", ".join(open_runs),
            remedy="see to what keeps it open, which stands above; then drop again",
        )


def _in_clear_and_open(sealer: Sealer, customer: str) -> list[str]:
    left = [logged.run_id for logged in sealer.log.history.open_runs(customer)]
    return [run_id for run_id in left if not Run(sealer.root, customer, run_id).closed]


def _sealed_in_clear(sealer: Sealer, customer: str) -> int:
    with sealer.log.locked(sealer.key):
        ended = [run for run in sealer.log.history.runs.values() if run.customer == customer and run.ended]
    return sum(not (Run(sealer.root, customer, run.run_id).data / FOLDER).is_dir() for run in ended)


def _nothing(customer: str, *, dropped: bool) -> EvidenceError:
    if dropped:
        return EvidenceError(f"The personal data of customer {customer} is dropped already")
    return EvidenceError(f"Customer {customer} has no data key in this archive", remedy="look at the customer's name")
