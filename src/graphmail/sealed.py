"""Sealed files: age, through pyrage. Sealing needs public keys only; opening needs the operator's identity.

    python -m graphmail.sealed new-identity FILE
    python -m graphmail.sealed public-key [FILE]

Files open with the reference `age` tool too (https://age-encryption.org/v1). No error here holds plaintext.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import os
import stat
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import pyrage
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from graphmail.durable import sync_folder
from graphmail.errors import TenantError

# pyrage has no types: an age or an SSH private key, an age or an SSH public key.
Identity: TypeAlias = Any
Recipient: TypeAlias = Any

_NAME_IT = (
    "set GRAPHMAIL_IDENTITY to your private key's file, such as ~/.config/graphmail/identity, or name it with "
    "--identity where a command has that; only if you have none, make one with "
    "`python -m graphmail.sealed new-identity FILE`"
)


def recipient(key: str) -> Recipient:
    """The public key `age1…` or `ssh-ed25519 …`; TenantError for anything else."""
    try:
        if key.startswith("ssh-ed25519 "):
            return pyrage.ssh.Recipient.from_str(key)
        return pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise TenantError("This is no public key to seal to", expected="age1… or ssh-ed25519 …") from None


def seal(plaintext: bytes, recipients: Sequence[str]) -> bytes:
    """An age file for these public keys. Raises TenantError when there are none, or one is no public key."""
    if not recipients:
        raise TenantError("There is nobody to seal to", remedy="name the operators' public keys in the inventory")
    return bytes(pyrage.encrypt(plaintext, [recipient(key) for key in recipients]))


def readers(operators: Sequence[str]) -> list[str]:
    """Whom to seal to: the inventory's operators; where it names none (only in the sandbox), the own identity."""
    return list(operators) or [public_key(identity_file())]


def identity_file() -> Path:
    """The file that GRAPHMAIL_IDENTITY names. TenantError when it names none."""
    name = os.environ.get("GRAPHMAIL_IDENTITY")
    if not name:
        raise TenantError(
            "A sealed file is opened with the operator's private key",
            found="GRAPHMAIL_IDENTITY is not set",
            remedy=_NAME_IT,
        )
    return Path(name)


def public_key(identity: Path) -> str:
    """The public key of a private key's file."""
    return _keys(identity)[1]


def new_identity(path: Path) -> str:
    """Make a private key in a new file of mode 0600; its public key. TenantError when the file exists."""
    identity = pyrage.x25519.Identity.generate()
    with suppress(OSError):  # whatever hinders it is told when the file cannot be made
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    public = str(identity.to_public())
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise TenantError(
            "The private key was not made",
            found=f"{path}: {error.strerror}",
            remedy="name a new file in a folder that is there",
        ) from None
    with os.fdopen(file, "w") as out:
        out.write(f"# public key: {public}\n{identity}\n")
        out.flush()
        os.fsync(out.fileno())
    sync_folder(path.parent)
    return public


def open_sealed(path: Path, identity: Path | None = None) -> bytes:
    """The plaintext. `identity` is the private key's file, by default the one that GRAPHMAIL_IDENTITY names.

    Raises TenantError when there is no such file, it is damaged, or it is not sealed to this identity.
    """
    try:
        ciphertext = path.read_bytes()
    except OSError as error:
        raise TenantError("A sealed file cannot be read", found=f"{path}: {error.strerror}") from None
    return _open(ciphertext, identity or identity_file(), path)


def write_sealed(path: Path, plaintext: bytes, recipients: Sequence[str]) -> str:
    """Seal into `path`, so that after a crash the old file or the new one is there, whole; the ciphertext's SHA-256.

    Without recipients it is sealed to the own identity (`readers`). When the own identity is among the recipients,
    the file is opened again and compared before it takes its place.
    Raises TenantError; then what was at `path` before is still there.
    """
    recipients = readers(recipients)
    ciphertext = seal(plaintext, recipients)
    _compare(ciphertext, plaintext, recipients, path)
    temporary = ""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
        with os.fdopen(file, "wb") as out:
            out.write(ciphertext)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
        temporary = ""
        sync_folder(path.parent)
    except OSError as error:
        raise TenantError("A sealed file was not written", found=f"{path}: {error.strerror}") from None
    finally:
        if temporary:  # also where somebody interrupts it: it may be the very secret that is dropped later
            Path(temporary).unlink(missing_ok=True)
    return hashlib.sha256(ciphertext).hexdigest()


def _compare(ciphertext: bytes, plaintext: bytes, recipients: Sequence[str], path: Path) -> None:
    if not os.environ.get("GRAPHMAIL_IDENTITY"):
        return  # whoever only seals needs no private key
    identity = identity_file()
    own = public_key(identity).split()[:2]
    if any(key.split()[:2] == own for key in recipients) and not hmac.compare_digest(
        _open(ciphertext, identity, path), plaintext
    ):
        raise TenantError("What was sealed does not open to the same bytes; it was not written", found=str(path))


def _open(ciphertext: bytes, identity: Path, path: Path) -> bytes:
    try:
        return bytes(pyrage.decrypt(ciphertext, _keys(identity)[0]))
    except pyrage.DecryptError:
        raise TenantError(
            "A sealed file does not open with this identity, or it is damaged",
            found=f"{path}, opened with {identity}",
            remedy="use the identity of an operator it was sealed to, or seal it again",
        ) from None


def _keys(path: Path) -> tuple[list[Identity], str]:
    """The private keys in a file, and the first one's public key. The file is nobody else's to read."""
    try:
        mode, text = stat.S_IMODE(path.stat().st_mode), path.read_bytes()
    except OSError as error:
        raise TenantError(
            "The private key cannot be read", found=f"{path}: {error.strerror}", remedy=_NAME_IT
        ) from None
    if mode & 0o077:
        raise TenantError(
            "Others can read the private key",
            expected="mode 0600",
            found=f"{path} with mode {mode:04o}",
            remedy=f"chmod 600 {path}; if others had access, make a new key and seal everything again",
        )
    try:
        if b"OPENSSH PRIVATE KEY" in text:
            return _ssh_key(text)
        lines = [line.strip() for line in text.decode().splitlines()]
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
        return list(keys), str(keys[0].to_public())
    except (pyrage.IdentityError, ValueError, IndexError, TypeError, UnsupportedAlgorithm):
        raise TenantError(
            "This file holds no private key that opens sealed files",
            expected="a line AGE-SECRET-KEY-1…, or an OpenSSH Ed25519 key without a passphrase",
            found=str(path),
        ) from None


def _ssh_key(text: bytes) -> tuple[list[Identity], str]:
    public = load_ssh_private_key(text, password=None).public_key()
    return [pyrage.ssh.Identity.from_buffer(text)], public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m graphmail.sealed", description="The operator's private key.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("new-identity", help="make one; prints its public key").add_argument("file", type=Path)
    verbs.add_parser("public-key", help="print the public key of one").add_argument("file", type=Path, nargs="?")
    options = parser.parse_args(arguments)
    try:
        if options.verb == "new-identity":
            print(new_identity(options.file))
        else:
            print(public_key(options.file or identity_file()))
    except TenantError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
