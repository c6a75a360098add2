"""Evidence for reading: a copy of runs with addresses and names put back, outside the archive."""

from __future__ import annotations

import glob
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from graphmail.durable import sync_folder
from graphmail.evidence import bag
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.personal.mapping import FOLDER, known_here
from graphmail.evidence.personal.placeholders import put_back
from graphmail.evidence.personal.text import decode, encode
from graphmail.evidence.run import RUN_ID, Run
from graphmail.evidence.seal.examined import examined
from graphmail.evidence.seal.log import LOG


class NotOpened(EvidenceError):
    """No data key that is here opens the personal data of a run."""


def open_runs(place: Path, into: Path, say: Callable[[str], None]) -> int:
    """Write what `place` is of, a customer's runs or one of them, into the new folder `into`; how many there are.

    `into` is there whole or not at all, and for its owner alone. Says what is not sealed, and what a process that was
    killed left. Raises EvidenceError where a run is not as it was sealed, the personal data of none opens here, or
    `into` exists or lies in an archive.
    """
    runs = list(_runs(place))
    if not runs:
        raise EvidenceError("There is no closed run", found=str(place), remedy="give a run's folder, or a customer's")
    _as_sealed(runs, say)
    say_what_was_left(into, say)
    with whole(into) as folder:
        return write_readable(runs, folder, say)


def _as_sealed(runs: Sequence[Run], say: Callable[[str], None]) -> None:
    """Hold the runs, all of one archive, against its log. A bag that was made anew agrees with itself."""
    root = runs[0].folder.parent.parent
    if not (root / LOG).is_file():
        say(f"NOT VERIFIED: {root} has no log, so nothing says whether these runs are as they were sealed")
        return
    found = examined(root)
    for run in runs:
        name = f"{run.customer}/{run.run_id}"
        faults = [fault for fault in found.faults if fault.startswith((f"{name}:", f"{name}/", f"{LOG}:"))]
        if faults or name not in (*found.sealed, *found.aborted, *found.open):
            raise EvidenceError(
                f"Run {run.run_id} of {run.customer} is not as it was sealed",
                found="; ".join(faults) or "the log does not know it",
                remedy="`python -m graphmail.evidence verify` says all; restore it from a backup. A copy of its folder "
                "outside the archive opens unverified",
            )
        if name in found.open:
            say(f"NOT SEALED yet, so nothing says whether it is as it was: {name}")
    if found.faults:
        say(f"NOT GENUINE: other things in the archive; `verify` names {len(found.faults)}, first {found.faults[0]}")


def say_what_was_left(target: Path, say: Callable[[str], None]) -> None:
    """Copies that a process left when it was killed outright: they may hold addresses. Another may be writing now."""
    for left in sorted(target.absolute().parent.glob(f".{glob.escape(target.name)}.*")):
        say(f"Left by one that was killed, unless it still works; it may hold addresses, so remove it: {left}")


def write_readable(runs: Sequence[Run], folder: Path, say: Callable[[str], None]) -> int:
    """Those whose personal data opens here, and how many they are; says which are left out. As `open_runs` raises."""
    left: list[NotOpened] = []
    for run in runs:
        try:
            _write_readable(run, folder / run.customer / run.run_id)
        except NotOpened as error:
            left.append(error)
    if len(left) == len(runs):
        raise left[0]
    for why in left:
        say(f"Left out: {why}")
    return len(runs) - len(left)


def _write_readable(run: Run, folder: Path) -> None:
    bag.check(run.bag)
    known = known_here(run.data, run.customer, run.run_id)
    if known is None and (run.data / FOLDER).is_dir():
        raise NotOpened(
            f"The personal data of run {run.run_id} of {run.customer} does not open here",
            found="no data key of the customer that fits, or no identity that opens it",
            remedy="`python -m graphmail.evidence verify` says whether it was dropped; else run this where state/ is",
        )
    for path in [run.bag / "bag-info.txt", *run.data.rglob("*")]:
        if path.is_file() and path.parent.name != FOLDER:
            target = folder / path.relative_to(run.bag)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(encode(put_back(decode(path.read_bytes()), known or {})))


@contextmanager
def whole(target: Path, pack: Callable[[Path, Path], None] | None = None) -> Iterator[Path]:
    """A folder that becomes `target` at the end, or what `pack` makes of it; nothing is there when anything fails.

    Raises EvidenceError where `target` is there already, or would lie in an archive.
    """
    target = target.absolute()
    _refuse_what_is_there(target)
    inside = next((parent for parent in target.parents if (parent / LOG).is_file()), None)
    if inside:
        raise EvidenceError("It would lie in the archive, where nothing is added", found=str(target))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))  # mode 0700
    except OSError as error:
        raise EvidenceError("It cannot be written there", found=f"{error.filename}: {error.strerror}") from None
    try:
        with _unwinding():
            (made / "whole").mkdir(mode=0o700)
            yield made / "whole"
            if pack:
                pack(made / "whole", made / "packed")
            _put_in_place(made / ("packed" if pack else "whole"), target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _unwinding() -> Iterator[None]:
    """Who is asked to end, ends as if interrupted: what is half there goes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in asked}
    for number in [number for number in asked if before[number] == signal.SIG_DFL]:
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _put_in_place(made: Path, target: Path) -> None:
    if made.is_file():
        made.chmod(0o600)
    for path in (made, *made.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    _refuse_what_is_there(target)
    made.rename(target)
    sync_folder(target.parent)


def _refuse_what_is_there(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise EvidenceError("Nothing is written over what is there", found=str(target), remedy="name something new")


def _runs(place: Path) -> Iterator[Run]:
    place = place.absolute()
    folder = next((part for part in (place, *place.parents) if RUN_ID.match(part.name)), None)
    folders = [folder] if folder else sorted(inner for inner in place.glob("*") if RUN_ID.match(inner.name))
    for found in folders:
        run = Run(found.parent.parent, found.parent.name, found.name)
        if run.closed:
            yield run
