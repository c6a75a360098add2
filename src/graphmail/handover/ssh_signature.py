"""Signatures as `ssh-keygen -Y sign` makes them, so that `ssh-keygen -Y verify` checks them without this project.

https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig. Verifying is sshsig's; it does not sign.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Sequence
from pathlib import Path

import sshsig
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key
from sshsig.ssh_public_key import PublicKey

from graphmail.errors import TenantError

KIND = "ssh-ed25519"
_MAGIC = b"SSHSIG"
_HASH = "sha512"


def signing_key(path: Path) -> Ed25519PrivateKey | None:
    """The key of an OpenSSH Ed25519 private key file; None for any other file, such as an age identity."""
    try:
        key = load_ssh_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PrivateKey) else None


def public_line(key: Ed25519PrivateKey) -> str:
    """`ssh-ed25519 AAAA…`, as in a .pub file."""
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def sign(message: bytes, key: Ed25519PrivateKey, namespace: str) -> str:
    """The armored signature; `namespace` keeps it from counting for anything else."""
    about = _string(namespace.encode()) + _string(b"") + _string(_HASH.encode())
    signed = key.sign(_MAGIC + about + _string(hashlib.new(_HASH, message).digest()))
    blob = base64.b64decode(public_line(key).split()[1])
    raw = _MAGIC + struct.pack(">I", 1) + _string(blob) + about + _string(_string(KIND.encode()) + _string(signed))
    text = base64.b64encode(raw).decode()
    lines = [text[start : start + 70] for start in range(0, len(text), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


def signer(message: bytes, signature: str, allowed: Sequence[str], namespace: str) -> str:
    """Which of the `allowed` public keys signed it. Raises TenantError where none of them did."""
    keys = {line: PublicKey.from_openssh_str(" ".join(line.split()[:2])) for line in allowed if line.startswith(KIND)}
    try:
        key = sshsig.verify(message, signature, keys.values(), namespace)
    except (sshsig.InvalidSignature, NotImplementedError, ValueError):
        raise TenantError(
            "The signature is not by any of the expected keys, or it is of something else",
            expected="; ".join(keys) or f"a key of kind {KIND} among the recipients",
            remedy="if the vendor has another key now, put it into handover.recipients and hand over anew; "
            "else ask for both files once more, unchanged",
        ) from None
    return next(line for line, known in keys.items() if known == key)


def fingerprint(public: str) -> str:
    """As `ssh-keygen -l` prints it."""
    digest = hashlib.sha256(base64.b64decode(public.split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value
