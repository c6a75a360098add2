"""Whether a run's seal is one, and of this run: signature, timestamp, key, and every file of the bag."""

from __future__ import annotations

import hashlib
import stat
from datetime import datetime
from pathlib import Path

from graphmail.errors import TenantError
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.run import Run
from graphmail.evidence.seal.bundle import Bundle
from graphmail.evidence.seal.history import History, LoggedRun
from graphmail.evidence.seal.log import KEYS, authority_file
from graphmail.evidence.seal.statement import binding, outcome
from graphmail.evidence.seal.timestamps import check

# What a file that is not what it should be makes of those who read it; the verdict names the file all the same.
BAD = (TenantError, ValueError, KeyError, TypeError, OSError, AttributeError, IndexError, RecursionError)


def check_bundle(root: Path, history: History, logged: LoggedRun, packed: bytes) -> None:
    """Of a run that has ended; the caller compared `packed` with the digest that was logged. Raises one of BAD."""
    run, bundle = Run(root, logged.customer, logged.run_id), Bundle.unpack(packed)
    key = history.keys.get(bundle.key_id)
    if key is None or not bundle.signed_by(key.public):
        raise EvidenceError("is not signed by a key of this log")
    when = _stamped(root, history, bundle)
    if logged.ended is None or not key.counts(when, logged.ended["seq"]):
        raise EvidenceError(f"was signed on {when:%Y-%m-%d} by a key that did not count then, or was revoked")
    about = run.about()
    told = (about.get("customer"), about.get("run_id"), about.get("tenant_id"), about.get("environment"))
    if told != (run.customer, run.run_id, logged.opened["tenant_id"], history.environment):
        raise EvidenceError("and plan.json are not of the run that was opened")
    if (outcome(run) == "aborted") != (logged.ended["type"] == "aborted"):
        raise EvidenceError("ended otherwise than the log says")
    said = bundle.statement()
    for what, expected in binding(run, history).items():
        if {**said, **said["predicate"]}.get(what) != expected:
            raise EvidenceError(f"says something else of {what} than the files and the log")


def _stamped(root: Path, history: History, bundle: Bundle) -> datetime:
    when = None
    for digest in history.authorities:
        try:
            roots = regular(root / KEYS / authority_file(digest))
            if hashlib.sha256(roots).hexdigest() == digest:
                when = check(bundle.timestamp, bundle.signature, roots)
        except BAD:
            continue
    if when is None:
        raise EvidenceError("has no timestamp of an authority of this log")
    return when


def regular(path: Path) -> bytes:
    """The content of a regular file; through a link another reader may see another."""
    if not stat.S_ISREG(path.lstat().st_mode):
        raise EvidenceError("is no regular file")
    return path.read_bytes()
