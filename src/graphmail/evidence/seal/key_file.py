"""The file of the signing key, and how a key takes the place of the one before, so that no crash leaves none there."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from graphmail.durable import replace_file, sync_folder
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal.keys import SigningKey
from graphmail.evidence.seal.log import LOG, SIGNERS


def next_file(file: Path) -> Path:
    """Where the key lies that is to follow, until the log knows it."""
    return file.with_name(f"{file.stem}.new.age")


def open_key(file: Path, root: Path) -> SigningKey:
    """Open it; where there is none because a `new-key` died, that is finished first. Raises TenantError."""
    if not file.exists():
        finish(file, root)
    return SigningKey.open(file)


def finish(file: Path, root: Path) -> SigningKey | None:
    """Put a key in its place whose `new-key` died when the log knew it already, and return it; None if there is none.

    Raises TenantError.
    """
    fresh = next_file(file)
    if not fresh.is_file():
        return None
    begun = SigningKey.open(fresh)
    if not (_counts(root, begun.public.id) if (root / LOG).exists() else not file.exists()):
        return None
    put_in_place(file, SigningKey.open(file) if file.exists() else None)
    return begun


def put_in_place(file: Path, before: SigningKey | None) -> None:
    """The key that follows becomes the one in use; the one before is kept beside it. Raises TenantError."""
    try:
        if before is not None:
            replace_file(file.with_name(f"{file.stem}.{before.public.id[:16]}.age"), file.read_bytes())
        with suppress(FileNotFoundError):  # whoever opened it meanwhile has finished this
            next_file(file).replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise EvidenceError("The key was not put in its place", found=f"{file}: {error.strerror}") from None


def _counts(root: Path, key: str) -> bool:
    """Whether the log knows the key, and not as revoked."""
    lines = [line for line in (root / LOG).read_bytes().split(b"\n")[:-1] if key.encode() in line]
    kinds = {canonical.decode(line, LOG)["type"] for line in lines}
    return bool(kinds & set(SIGNERS)) and "key-revoked" not in kinds
