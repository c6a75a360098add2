"""Everything about one customer that somebody needs to check it alone, and nothing about any other.

It is an archive again, with the same files in the same places, which `verify` and `VERIFY.md` take as they are. In its
`LOG` an entry of another customer is its RFC 9162 leaf hash alone: enough for every root that was signed, and for
every proof. Entries that name no customer stay, as do all checkpoints. Its last entry of the
customer is `exported`, which vouches that nothing is left out up to there: it counts the entries of the customer, and
those of none.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.opening import say_what_was_left, whole, write_readable
from graphmail.evidence.run import Run
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal.entries import CHECKPOINTS
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.history import HIDDEN, OWN, SALT, History
from graphmail.evidence.seal.log import KEYS, LOG, PAGE
from graphmail.evidence.seal.merkle import leaf_hash
from graphmail.evidence.seal.page import page
from graphmail.evidence.seal.sealer import Sealer

ARCHIVE, READABLE = "evidence", "readable"
PACKED = (".zip", ".tar.gz", ".tgz")


def export(
    sealer: Sealer, customer: str, into: Path, now: datetime, say: Callable[[str], None], *, readable: bool = False
) -> None:
    """Write it into the new folder `into`, or packed into one file where the name ends so.

    `into` is there whole or not at all, and was verified before it is. With `readable` the customer's runs lie beside
    the archive once more, with addresses and names put back. Raises EvidenceError.
    """
    kind = next((suffix for suffix in PACKED if into.name.endswith(suffix)), "")
    say_what_was_left(into, say)
    with whole(into, _packed(kind) if kind else None) as folder:
        root = folder / ARCHIVE
        with sealer.log.locked(sealer.key):
            sealer.log.start(sealer.environment, sealer.key, page(), now)
            history = sealer.log.history
            ended = [run for run in history.runs.values() if run.customer == customer and run.ended]
            waiting = [run.run_id for run in history.open_runs(customer)]
            if not ended:
                raise EvidenceError(f"The archive has no sealed run of customer {customer}", found=str(sealer.root))
            if waiting and len(history.newest) == 1:
                # Without an entry of others nothing would say that it was exported, and a run be missing.
                raise EvidenceError(f"Runs of customer {customer} are open", remedy="`close` them", found=waiting[0])
            told = {"customer": customer, "newest": history.newest[customer], OWN: history.own[customer]}
            told[SALT] = secrets.token_hex(16)
            sealer.log.append("exported", told, sealer.key, now)
            _copy_log(sealer.root, root, customer, history)
        runs = [Run(root, customer, logged.run_id) for logged in ended]
        for run in runs:
            shutil.copytree(sealer.root / customer / run.run_id, run.folder, symlinks=True)
        if readable:
            write_readable(runs, folder / READABLE, say)
        faults = Examination(root).run().faults
        if faults:
            raise EvidenceError("What would be exported is not genuine", found="; ".join(faults))
    for run_id in waiting:
        say(f"{customer}/{run_id}: open, so its line alone is there")
    say(f"{len(ended)} runs of {customer} exported: {into}")


def _copy_log(source: Path, root: Path, customer: str, history: History) -> None:
    """Log, checkpoints, keys and page; the caller holds the log's lock."""
    root.mkdir()
    lines = (source / LOG).read_bytes().splitlines()
    (root / LOG).write_bytes(b"".join(_shown(line, customer) + b"\n" for line in lines))
    shutil.copytree(source / CHECKPOINTS, root / CHECKPOINTS, symlinks=True)
    shutil.copy(source / PAGE, root / PAGE)
    (root / KEYS).mkdir()
    foreign = {key.file_name for key in history.data_keys.values() if key.customer != customer}
    for name in sorted(set(os.listdir(source / KEYS)) - foreign):
        shutil.copy(source / KEYS / name, root / KEYS / name)


def _shown(line: bytes, customer: str) -> bytes:
    """The line itself, if it is of this customer or of none."""
    if canonical.decode(line, LOG).get("customer", customer) == customer:
        return line
    return canonical.encode({HIDDEN: leaf_hash(line).hex()})


def _packed(kind: str) -> Callable[[Path, Path], None]:
    def pack(folder: Path, file: Path) -> None:
        if kind == ".zip":
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
                for path in sorted(folder.rglob("*")):
                    packed.write(path, path.relative_to(folder))
        else:
            with tarfile.open(file, "w:gz") as packed:
                for path in sorted(folder.iterdir()):
                    packed.add(path, path.name)

    return pack
