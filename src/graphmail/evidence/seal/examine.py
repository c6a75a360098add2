"""Whether an archive is what was signed: exact files, one encoding each, signatures, timestamps, log, population.

It reads the archive and nothing else, and asks no clock: what was good when it was sealed is good for ever.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from graphmail.evidence import bag
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.personal.mapping import FOLDER, SUFFIX
from graphmail.evidence.run import REFUSED, Run
from graphmail.evidence.seal.bundle_check import BAD, check_bundle, regular
from graphmail.evidence.seal.checkpoint import OTHER, Head
from graphmail.evidence.seal.entries import CHECKPOINTS, Entries
from graphmail.evidence.seal.history import LoggedDataKey, LoggedRun
from graphmail.evidence.seal.log import BUNDLE, INCLUSION, KEYS, LOG, PAGE, authority_file


@dataclass(slots=True)
class Finding:
    """What examining an archive found. `faults` name the file first; the verdict is good only without any.

    `not_begun` are those of `open` of which nothing is here.
    """

    environment: str = ""
    origin: str = ""
    entries: int = 0
    hidden: int = 0
    keys: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    sealed: list[str] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    not_begun: list[str] = field(default_factory=list)
    data_keys: list[LoggedDataKey] = field(default_factory=list)
    exported: dict[str, dict[str, Any]] = field(default_factory=dict)  # by customer, the newest line that says so

    @property
    def customers(self) -> list[str]:
        return sorted({name.partition("/")[0] for name in (*self.sealed, *self.aborted, *self.open)})

    @property
    def good(self) -> bool:
        return not self.faults


@dataclass(slots=True)
class Examination:
    """One archive. `kept` is a checkpoint of it that somebody kept elsewhere."""

    root: Path
    kept: bytes | None = None
    finding: Finding = field(default_factory=Finding)
    _log: Entries = field(default_factory=lambda: Entries(exported=True))
    _heads: list[Head] = field(default_factory=list)
    _proofs: dict[int, bytes] = field(default_factory=dict)

    def run(self) -> Finding:
        """Examine everything; never raises for what the archive holds."""
        try:
            self._read_log()
            self._compare_kept()
        except BAD as error:
            # Nothing else can be told apart without it.
            self._fault(LOG, error)
            return self.finding
        history = self._log.history
        self.finding.environment, self.finding.origin = history.environment, history.origin
        self.finding.entries, self.finding.keys = history.size, list(history.keys)
        self.finding.hidden = self._log.hidden
        self.finding.exported = history.exported
        self.finding.data_keys = list(history.data_keys.values())
        self._top()
        for logged in history.runs.values():
            name = f"{logged.customer}/{logged.run_id}"
            try:
                self._one_run(logged)
            except BAD as error:
                self._fault(name, error)
        return self.finding

    def _fault(self, name: str, error: object) -> None:
        self.finding.faults.append(f"{name}: {error}")

    def _read_log(self) -> None:
        lines = regular(self.root / LOG).split(b"\n")
        if lines[-1] or len(lines) < 2:
            raise EvidenceError("does not end with a whole line")
        folder = self.root / CHECKPOINTS
        if folder.is_symlink():
            raise EvidenceError(f"has its {CHECKPOINTS}/ behind a link")
        expected = {f"{number:08}.note" for number in range(1, len(lines))}
        there = set(os.listdir(folder))
        faults: list[tuple[str, object]] = [
            (f"{CHECKPOINTS}/{name}", "missing, or LOG has a line too many") for name in expected - there
        ]
        faults += [(f"{CHECKPOINTS}/{name}", "added, or LOG is too short") for name in there - expected]
        for line in lines[:-1]:
            self._log.add(line)
            head = self._head(folder)
            self._heads.append(head)
            self._proofs[head.size] = self._log.inclusion()
            try:
                if (folder / head.file_name).name in there:
                    head.signer(regular(folder / head.file_name), list(self._log.history.signers()))
            except BAD as error:
                faults.append((f"{CHECKPOINTS}/{head.file_name}", error))
        # One wrong checkpoint is that file's fault; from one on all wrong is the log's.
        if len(faults) > 1 and all(str(why) == OTHER for _name, why in faults):
            first = int(Path(faults[0][0]).stem)
            raise EvidenceError(f"line {first} is not what was signed, or the checkpoints from there on are not")
        for name, why in sorted(faults, key=lambda fault: fault[0]):
            self._fault(name, why)

    def _head(self, folder: Path) -> Head:
        """What the checkpoint must say. Where entries are hidden, only it knows the digest of the log as it stands."""
        head = self._log.head
        if not self._log.hidden:
            return head
        try:
            said = regular(folder / head.file_name).split(b"\n")[3].removeprefix(b"sha256 ").decode()
        except BAD:
            said = ""  # which is told with the checkpoint
        return replace(head, sha256=said)

    def _compare_kept(self) -> None:
        if self.kept is None:
            return
        size = int(self.kept.split(b"\n")[1]) if self.kept.count(b"\n") > 1 else 0
        if not 0 < size <= len(self._heads):
            raise EvidenceError(f"has {len(self._heads)} lines; the checkpoint that was kept is of {size}")
        keys = [key.public for key in self._log.history.keys.values()]
        try:
            self._heads[size - 1].signer(self.kept, keys)
        except EvidenceError as error:
            raise EvidenceError(f"is not the log of the checkpoint that was kept, which {error}") from None

    def _top(self) -> None:
        """The archive's own files, and that there is nothing that the log does not know."""
        history = self._log.history
        expected = {f"{KEYS}/{key.public.file_name}": key.public.file(history.origin) for key in history.keys.values()}
        expected |= {f"{KEYS}/{key.file_name}": key.file(history.origin) for key in history.data_keys.values()}
        for name, content in expected.items():
            self._same(name, content)
        for digest in history.authorities:
            self._digest(f"{KEYS}/{authority_file(digest)}", digest)
        self._digest(PAGE, history.page)
        # What is exported has no runs that are open: these lie in clear, and grow.
        there = [run for run in history.runs.values() if run.ended or not (self._log.hidden or self._not_begun(run))]
        empty = [run for run in history.open_runs() if self._not_begun(run)]
        known = {LOG, PAGE, CHECKPOINTS, KEYS, *(run.customer for run in there)}
        self._exactly(self.root, known, "", also={run.customer for run in empty})
        authorities = {f"{KEYS}/{authority_file(digest)}" for digest in history.authorities}
        self._exactly(self.root / KEYS, {Path(name).name for name in {*expected, *authorities}}, f"{KEYS}/")
        for customer in {run.customer for run in (*there, *empty)}:
            runs = {run.run_id for run in there if run.customer == customer}
            self._exactly(
                self.root / customer,
                runs,
                f"{customer}/",
                also={run.run_id for run in empty if run.customer == customer},
            )

    def _not_begun(self, logged: LoggedRun) -> bool:
        """Whether the customer's newest run is open and left nothing: it has just been logged, or died at once.

        The next run of a customer gives every open one before it a folder. So where that is missing of one that is not
        the newest, it was taken away. Of the newest nobody can tell.
        """
        if logged.ended or self._log.hidden or self._log.history.newest[logged.customer] != logged.run_id:
            return False
        try:
            return not os.listdir(Run(self.root, logged.customer, logged.run_id).folder)
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def _one_run(self, logged: LoggedRun) -> None:
        run, name = Run(self.root, logged.customer, logged.run_id), f"{logged.customer}/{logged.run_id}"
        if logged.ended is None:
            if self._not_begun(logged):
                self.finding.not_begun.append(name)
            elif not self._log.hidden:
                self._exactly(run.folder, {"bag"}, f"{name}/", also={".bag", REFUSED, BUNDLE})
            self.finding.open.append(name)
            return
        self._exactly(run.folder, {"bag", BUNDLE, INCLUSION}, f"{name}/")
        self._same(f"{name}/{INCLUSION}", self._proofs[logged.ended["seq"] + 1])
        for empty in _empty_folders(run.bag):
            self._fault(f"{name}/{empty.relative_to(run.folder)}", "an empty folder was added")
        if run.bag.is_symlink():
            raise EvidenceError("bag/ is a link")
        bag.check(run.bag)
        self._personal(run, logged, name)
        # Nothing is read any further that was not logged: what is hostile does not reach a parser.
        if self._digest(f"{name}/{BUNDLE}", logged.ended["bundle_sha256"]):
            try:
                check_bundle(self.root, self._log.history, logged, regular(run.folder / BUNDLE))
            except BAD as error:
                self._fault(f"{name}/{BUNDLE}", error)
        (self.finding.aborted if logged.ended["type"] == "aborted" else self.finding.sealed).append(name)

    def _personal(self, run: Run, logged: LoggedRun, name: str) -> None:
        """A run that was opened when the customer had a data key keeps its personal data sealed to one of these."""
        keys = self._log.history.data_keys_of(run.customer)
        ended = logged.ended or {"seq": 0}
        known = {f"{key.id[:16]}{SUFFIX}" for key in keys if key.added < ended["seq"]}
        folder = run.data / FOLDER
        there = set(os.listdir(folder)) if folder.is_dir() else set()
        for other in sorted(there - known):
            self._fault(f"{name}/bag/data/{FOLDER}/{other}", "is sealed to no data key of the customer")
        if not there & known and any(key.added < logged.opened["seq"] for key in keys):
            self._fault(f"{name}/bag/data/{FOLDER}", "missing: what its placeholders stand for is not there")

    def _same(self, name: str, content: bytes) -> None:
        try:
            if regular(self.root / name) != content:
                self._fault(name, "is not what was logged")
        except BAD as error:
            self._fault(name, error)

    def _digest(self, name: str, digest: str) -> bool:
        try:
            good = hashlib.sha256(regular(self.root / name)).hexdigest() == digest
        except BAD as error:
            self._fault(name, error)
            return False
        if not good:
            self._fault(name, "is not what was logged")
        return good

    def _exactly(
        self, folder: Path, expected: set[str], prefix: str, also: frozenset[str] | set[str] = frozenset()
    ) -> None:
        try:
            there = set(os.listdir(folder)) if not folder.is_symlink() else set()
        except OSError:
            there = set()
        for name in sorted(expected - there):
            self._fault(f"{prefix}{name}", "missing")
        for name in sorted(there - expected - also):
            self._fault(f"{prefix}{name}", "added: the log knows nothing of it")


def _empty_folders(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        if not folders and not names:
            yield Path(here)
