"""Whether what one run left is what was sealed, at a price that is paid before every hand-over.

Examining an archive takes a second for each ten thousand lines of its log, and its files besides. Here the log is
read as an export for the customer would have it: of others' lines only the digest. One signature, that of the
checkpoint which the run's end got, covers every line up to there; the lines before it that bring keys have theirs
checked too. `verify` looks at everything.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.run import Run
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal.bundle import Bundle
from graphmail.evidence.seal.bundle_check import BAD, check_bundle, regular
from graphmail.evidence.seal.checkpoint import Head
from graphmail.evidence.seal.entries import CHECKPOINTS
from graphmail.evidence.seal.history import ENDS, History, LoggedRun
from graphmail.evidence.seal.keys import PublicKey
from graphmail.evidence.seal.log import BUNDLE, LOG
from graphmail.evidence.seal.merkle import leaf_hash

# `no log`: nothing in this archive was ever sealed. `unknown`: the log knows nothing of the run.
Standing = Literal["no log", "unknown", "open", "sealed"]


def standing(root: Path, run: Run, notebook: str) -> Standing:
    """How the run stands. Raises EvidenceError where it or the log is not what was signed.

    And where a later run of the customer held a record of that notebook and does not any more: taking one away would
    let the one before it count.
    """
    if not (root / LOG).exists():
        return "no log"
    try:
        log = _Log(root, run.customer)
        log.read()
        logged = log.history.runs.get((run.customer, run.run_id))
        if logged is None:
            return "unknown"
        for later in log.later(logged):
            _holds_all(root, later, notebook)
        if logged.ended is None:
            return "open"
        log.check_signed(logged)
        check_bundle(root, log.history, logged, _bundle(run, logged))
    except BAD as error:
        raise EvidenceError(
            f"Run {run.run_id} of {run.customer} is not what was sealed, so what it found does not count",
            found=str(error),
            remedy="see `python -m graphmail.evidence verify`, restore the archive, or prove anew with verify.yml",
        ) from None
    return "sealed"


@dataclass(slots=True)
class _Log:
    root: Path
    customer: str
    history: History = field(default_factory=History)
    # By length of the log: its digest, and who may sign the checkpoint. Of lines that bring a key or end a run.
    _marks: dict[int, tuple[str, list[PublicKey]]] = field(default_factory=dict)
    _bring_keys: list[int] = field(default_factory=list)

    def read(self) -> None:
        lines = regular(self.root / LOG).split(b"\n")
        mine, named, so_far = f'"customer":"{self.customer}"'.encode(), b'"customer":"', hashlib.sha256()
        for number, line in enumerate(lines[:-1], 1):  # behind the last line feed is nothing, or a line being written
            so_far.update(line + b"\n")
            if named in line and mine not in line:
                self.history.hide()
                continue
            entry = canonical.decode(line, f"line {number} of {LOG}")
            self.history.add(entry, leaf_hash(line))
            if entry["type"] == "key-added":
                self._bring_keys.append(number)
            if entry["type"] in ("key-added", *ENDS):
                self._marks[number] = (so_far.hexdigest(), list(self.history.signers()))

    def check_signed(self, logged: LoggedRun) -> None:
        """That somebody whose key counted then signed the log when the run ended, and each key up to there."""
        end = logged.ended["seq"] + 1 if logged.ended else 0
        for size in (*(number for number in self._bring_keys if number < end), end):
            digest, signers = self._marks[size]
            note = self.root / CHECKPOINTS / f"{size:08}.note"
            content = regular(note)
            # The digest covers the lines; of the root `verify` sees whether it is of them.
            root = base64.b64decode(content.split(b"\n")[2], validate=True)
            try:
                Head(self.history.origin, size, root, digest).signer(content, signers)
            except EvidenceError as error:
                raise EvidenceError(f"{CHECKPOINTS}/{note.name} {error}") from None

    def later(self, logged: LoggedRun) -> list[LoggedRun]:
        """Ended runs of the customer that were opened after it."""
        runs = [run for run in self.history.runs.values() if run.opened["seq"] > logged.opened["seq"]]
        return [run for run in runs if run.ended]


def _bundle(run: Run, logged: LoggedRun) -> bytes:
    packed = regular(run.folder / BUNDLE)
    if logged.ended is None or hashlib.sha256(packed).hexdigest() != logged.ended["bundle_sha256"]:
        raise EvidenceError(f"{run.folder / BUNDLE} is not what was logged")
    return packed


def _holds_all(root: Path, logged: LoggedRun, notebook: str) -> None:
    """That what the run was sealed with of this notebook is there."""
    run = Run(root, logged.customer, logged.run_id)
    subject = Bundle.unpack(_bundle(run, logged)).statement()["subject"]
    record = re.compile(rf"bag/data/records/{re.escape(notebook)}(-\d+)?\.json")
    for name in (entry["name"] for entry in subject):
        if record.fullmatch(name):
            raise EvidenceError(f"the later run {run.run_id} was sealed with {name}, which is not there")
