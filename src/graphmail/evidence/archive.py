"""The whole archive: its runs, their newest records, and whether every closed bag is as it was."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from graphmail.evidence import bag
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.personal.mapping import known_here
from graphmail.evidence.personal.placeholders import put_back
from graphmail.evidence.record import Record
from graphmail.evidence.run import RUN_ID, Run
from graphmail.evidence.seal.examined import examined
from graphmail.evidence.seal.history import OWN
from graphmail.evidence.seal.keeping import kept_keys
from graphmail.evidence.seal.log import KEYS, LOG
from graphmail.evidence.seal.one_run import standing
from graphmail.evidence.seal.timestamps import fingerprints
from graphmail.evidence.sequence import Sequence
from graphmail.state import CUSTOMER_NAME


class NotSealed(EvidenceError):
    """A record of a run that was not sealed."""


def runs(root: Path | str, customer: str | None = None) -> Iterator[Run]:
    """All runs, open and closed, by customer and then by time; only those of `customer` if one is given."""
    folders = [Path(root) / customer] if customer else sorted(Path(root).glob("*"))
    for folder in folders:
        if not re.fullmatch(CUSTOMER_NAME, folder.name):
            continue
        for inner in sorted(folder.glob("*")):
            if RUN_ID.match(inner.name):
                run = Run(root, folder.name, inner.name)
                if run.exists or run.closed:
                    yield run


def latest_record(root: Path | str, customer: str, notebook: str, current: str = "") -> Record | None:
    """The newest record of a notebook over all runs of a customer; None if there is none.

    With the addresses that it is about where the customer's data key is here to open them, else with placeholders.
    By the order in which the log has their runs, without a log by the time in the run id, which is real also in the
    sandbox, and then by when it was finished.

    A run that the log does not know comes before all that it knows: putting one there hides no proof.

    Raises EvidenceError when it lies in a closed bag that is not as it was, or not as it was sealed: falling back to
    an older record would let whoever can damage one choose which proof counts. Raises NotSealed when the log does not
    say that its run has ended: nothing says then who wrote it. Of the run `current`, which is asking, that is no fault.
    """
    sequence = Sequence.of(root)
    found = [
        ((sequence.knows(customer, run.run_id), sequence.place(customer, run.run_id), record.finished), run, record)
        for run in runs(root, customer)
        for record in run.records()
        if record.notebook == notebook
    ]
    if not found:
        return None
    _finished, run, record = max(found, key=lambda entry: entry[0])
    if run.closed:
        bag.check(run.bag)
    if (record.customer, record.run_id) != (run.customer, run.run_id):
        raise EvidenceError(f"A record in {run.data} is of another run", found=f"{record.customer} {record.run_id}")
    stands = standing(Path(root), run, notebook)
    if stands in ("unknown", "open") and run.run_id != current:
        raise NotSealed(
            f"The newest {notebook} of {customer}, of run {run.run_id}, is not sealed, so it does not count",
            found="the log knows nothing of that run" if stands == "unknown" else "its seal is missing",
            remedy="`python -m graphmail.evidence seal` seals what is closed; or prove anew in the run that needs it",
        )
    return readable(run, record) if run.closed else record


def readable(run: Run, record: Record) -> Record:
    """With its addresses and names, where the customer's data key is here; with placeholders otherwise."""
    known = known_here(run.data, run.customer, run.run_id)
    return Record.model_validate_json(put_back(record.to_json(), known)) if known else record


def verify(folder: Path, say: Callable[[str], None], checkpoint: Path | None = None) -> bool:
    """Verify the archive that `folder` is or lies in, and tell `say` what is wrong. False if anything is.

    A bag outside any archive is checked by itself, and an archive without a log is none. Open runs are no error: they
    may be running.
    """
    if not folder.is_dir():
        say(f"{folder}: no such folder. Give the archive, or something in it, such as evidence/{folder}")
        return False
    root = next((place for place in (folder, *folder.absolute().parents[:3]) if (place / LOG).is_file()), None)
    if root is not None:
        return _verify_archive(root, say, checkpoint)
    if is_bag_folder(folder):
        return _verify_one(folder, str(folder), say) == "ok"
    bags = sorted(path for path in folder.rglob("bag") if path.is_dir() and "bag" not in path.parent.parts)
    for number, path in enumerate(bags, 1):
        name = path.parent.relative_to(folder) if path.parent != folder else path.parent.name
        _verify_one(path, f"[{number}/{len(bags)}] {name}", say)
    say(f"NOT GENUINE. {folder / LOG}: missing; nothing here is sealed")
    return False


def _verify_archive(root: Path, say: Callable[[str], None], checkpoint: Path | None) -> bool:
    found = examined(root, checkpoint.read_bytes() if checkpoint else None)
    for name in found.open:
        lost = "and nothing of it is here: it has just begun or ended at once, or what it left was taken away"
        say(f"{name}: open, {lost if name in found.not_begun else 'it is running or waits for its seal'}")
    told, gone = kept_keys(found)
    for line in told:
        say(line)
    found.faults += gone
    for fault in found.faults:
        say(f"NOT GENUINE. {fault}")
    counts = f"{len(found.sealed)} sealed, {len(found.aborted)} aborted, {len(found.open)} open"
    total = len(found.sealed) + len(found.aborted) + len(found.open)
    say(f"{root}: {found.environment or 'unknown'}, log {found.origin or 'unreadable'}, {found.entries} entries")
    if found.hidden:
        say(f"exported for {', '.join(found.customers)}: {found.hidden} entries of others are there as hashes alone")
        for customer in found.customers:
            say(_left_out(customer, found.exported.get(customer)))
    say(f"keys: {', '.join(key[:16] for key in found.keys)}")
    for file in sorted((root / KEYS).glob("timestamp-*.pem")) if found.good else ():
        with suppress(ValueError):  # certificates that nothing was checked with
            by = ", ".join(fingerprints(file.read_bytes()))
            say(f"timestamps by {by}: compare with what the authority publishes")
    # With faults the runs that have one are in no count: no total may look as if they had never been.
    good = f"{total} runs opened: {counts}. Everything is as it was sealed"
    say(good if found.good else f"Runs without a fault of their own: {counts}. NOT GENUINE")
    return found.good


def _left_out(customer: str, exported: Mapping[str, Any] | None) -> str:
    """Until when nothing of it can have been hidden among the entries of others, and what can."""
    if exported is None:
        return f"{customer}: no line says until when nothing is left out; ask for another export"
    until = f"nothing is left out until {exported['at']}, newest run {exported['newest']}"
    if OWN in exported:
        return f"{customer}: {until}"
    return (
        f"{customer}: {until}, says a line that does not count the customer's own: a run that ended may look open, "
        "an earlier run or a drop of its data be hidden; ask for another export"
    )


def is_bag_folder(folder: Path) -> bool:
    return folder.name == "bag" or bag.is_complete(folder)


def _verify_one(folder: Path, name: str, say: Callable[[str], None]) -> Literal["ok", "damaged", "open"]:
    if not bag.is_complete(folder):
        if not any((folder / tag).exists() for tag in (*bag.TAG_FILES, *bag.TAG_MANIFESTS)):
            say(f"{name}: open, not closed yet")
            return "open"
        say(f"{name}: DAMAGED, has manifests and no {bag.DECLARATION}; close it again or restore it")
        return "damaged"
    try:
        files = bag.check(folder)
    except EvidenceError as error:
        say(f"{name}: DAMAGED. {error}")
        return "damaged"
    say(f"{name}: ok, {files} files")
    return "ok"
