"""The whole archive: its runs, their newest records, and whether every closed bag is as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from graphmail.evidence import bag
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.record import Record
from graphmail.evidence.run import CUSTOMER, RUN_ID, Run


def runs(root: Path | str, customer: str | None = None) -> Iterator[Run]:
    """All runs, open and closed, by customer and then by time; only those of `customer` if one is given."""
    folders = [Path(root) / customer] if customer else sorted(Path(root).glob("*"))
    for folder in folders:
        if not CUSTOMER.match(folder.name):
            continue
        for inner in sorted(folder.glob("*")):
            if RUN_ID.match(inner.name):
                run = Run(root, folder.name, inner.name)
                if run.exists or run.closed:
                    yield run


def latest_record(root: Path | str, customer: str, notebook: str) -> Record | None:
    """The newest record of a notebook over all runs of a customer; None if there is none.

    By the time its run began, which is in the run id and real also in the sandbox, and then by when it was finished.

    Raises EvidenceError when it lies in a closed bag that is not as it was: falling back to an older record would let
    whoever can damage one choose which proof counts.
    """
    found = [
        ((run.run_id.partition("-")[0], record.finished), run, record)
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
    return record


def verify(folder: Path, say: Callable[[str], None]) -> bool:
    """Check one bag, one run or everything below `folder`; tell each result to `say`. False if anything is wrong.

    An open run is told and is no error: it may be running.
    """
    if is_bag_folder(folder):
        return _verify_one(folder, str(folder), say)
    bags = sorted(path for path in folder.rglob("bag") if path.is_dir() and "bag" not in path.parent.parts)
    good = True
    for number, path in enumerate(bags, 1):
        name = (
            f"[{number}/{len(bags)}] {path.parent.relative_to(folder) if path.parent != folder else path.parent.name}"
        )
        if bag.is_complete(path):
            good = _verify_one(path, name, say) and good
        elif any((path / tag).exists() for tag in (*bag.TAG_FILES, *bag.TAG_MANIFESTS)):
            good = False
            say(f"{name}: DAMAGED, has manifests and no {bag.DECLARATION}; close it again or restore it")
        else:
            say(f"{name}: open, not closed yet")
    if not bags:
        say(f"{folder}: no bag found")
    return good and bool(bags)


def is_bag_folder(folder: Path) -> bool:
    return folder.name == "bag" or bag.is_complete(folder)


def _verify_one(folder: Path, name: str, say: Callable[[str], None]) -> bool:
    try:
        files = bag.check(folder)
    except EvidenceError as error:
        say(f"{name}: DAMAGED. {error}")
        return False
    say(f"{name}: ok, {files} files")
    return True
