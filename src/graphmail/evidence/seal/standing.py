"""Whether a key counts, asked before anything is signed with it: what does not count spoils an archive for good."""

from __future__ import annotations

from datetime import datetime

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.seal.canonical import time
from graphmail.evidence.seal.history import History
from graphmail.evidence.seal.keys import PublicKey


class DoesNotCount(EvidenceError):
    """Nothing counts that this key signs; so nothing was signed."""


def must_count(key: PublicKey, history: History, moment: datetime) -> None:
    """Raises DoesNotCount where verifying would not count what it signs at `moment`."""
    must_not_be_revoked(key, history)
    if moment < key.valid_from:
        raise DoesNotCount(
            "The key that seals runs does not count yet",
            expected=f"from {time(key.valid_from)} on",
            found=f"key {key.id[:16]}, at {time(moment)}",
            remedy="set this machine's clock right",
        )
    if moment > key.valid_until:
        raise DoesNotCount(
            "The key that seals runs counts no more",
            expected=f"until {time(key.valid_until)}",
            found=f"key {key.id[:16]}, at {time(moment)}",
            remedy="`python -m graphmail.evidence new-key` makes the one that follows; then run again",
        )


def must_not_be_revoked(key: PublicKey, history: History) -> None:
    logged = history.keys.get(key.id)
    if logged and logged.revoked is not None:
        raise DoesNotCount(
            "The key that seals runs was revoked",
            found=f"key {key.id[:16]}, by line {logged.revoked + 1} of LOG",
            remedy="put the sealed file of the key that follows it in its place; whoever revoked it has that",
        )
