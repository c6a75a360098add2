"""What this machine is about to append to a log, noted down in its own state before the line is in the archive.

Whoever can write to the archive can put a line there. So a line without a checkpoint is signed only where this says
that we wrote it. What is kept is the digest of the checkpoint to come, which covers every line before it as well.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from graphmail.durable import replace_file
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.seal.checkpoint import Head
from graphmail.state import state_root


def intend(head: Head) -> None:
    """Only under the log's lock. Raises EvidenceError; then the line must not be written."""
    file = _file(head)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(file, _digest(head))
    except OSError as error:
        raise EvidenceError(
            "What shall be logged cannot be noted down before",
            found=f"{file}: {error.strerror}",
            remedy="mend GRAPHMAIL_STATE, then run again",
        ) from None


def was_intended(head: Head) -> bool:
    """Whether it is the newest that this state folder knows of, for this log."""
    try:
        return _file(head).read_bytes() == _digest(head)
    except OSError:
        return False


def _file(head: Head) -> Path:
    return state_root() / ".signing" / f"{head.origin.rpartition('/')[2]}.next"


def _digest(head: Head) -> bytes:
    return hashlib.sha256(head.text()).hexdigest().encode() + b"\n"
