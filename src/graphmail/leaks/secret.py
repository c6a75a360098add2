"""What is looked for: the part of a secret that nothing else shares."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

WINDOW = 10  # characters in a row; fewer could be chance

AGE_KEY = "AGE-SECRET-KEY-1"
_JWT = re.compile(r"eyJ[\w-]*\.eyJ[\w-]*\.([\w-]+)")
_PEM = re.compile(r"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Secret:
    """`kind` is its class, for messages; `random` what is its alone. No text of this object holds the secret."""

    kind: str
    random: bytes = field(repr=False)

    @classmethod
    def all_of(cls, kind: str, text: str) -> list[Self]:
        """The secrets in what somebody holds: a client secret, a token, an upload URL, a private key as PEM or age's.

        Left out is what others have too: the header and claims of a JWT, a URL's host and path, a key's armour and
        its public half. What is shorter than a window is no secret of Entra's, and chance would find it everywhere.
        """
        return [cls(kind, part) for part in dict.fromkeys(_random_parts(text.strip())) if len(part) >= WINDOW]


def _random_parts(text: str) -> list[bytes]:
    if keys := [match.group() for match in _PEM.finditer(text)]:
        return [part for key in keys for part in _private_numbers(key.encode())]
    if AGE_KEY in text:
        lines = [line.strip() for line in text.splitlines()]
        return [line.removeprefix(AGE_KEY).encode() for line in lines if line.startswith(AGE_KEY)]
    if jwt := _JWT.search(text):
        return [jwt.group(1).encode()]
    if text.startswith("https://"):
        url = urlsplit(text)
        values = [value for _name, value in parse_qsl(url.query)]
        # Without a query the path itself lets one in, and of a path the longest part does.
        return [value.encode() for value in values] or [max(url.path.split("/"), key=len).encode()]
    return [text.encode()]


def _private_numbers(pem: bytes) -> list[bytes]:
    """What of a private key is in no certificate. The whole armour's text where the key cannot be read."""
    try:
        key = load_ssh_private_key(pem, password=None) if b"OPENSSH" in pem else _of_pem(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return [line.strip() for line in pem.splitlines()[1:-1]]
    if isinstance(key, rsa.RSAPrivateKey):
        of = key.private_numbers()
        return [_bytes(number) for number in (of.d, of.p, of.q, of.dmp1, of.dmq1, of.iqmp)]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return [_bytes(key.private_numbers().private_value)]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return [key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())]
    return [line.strip() for line in pem.splitlines()[1:-1]]


def _of_pem(pem: bytes) -> PrivateKeyTypes:
    """Whether it is a good key is nothing to a search, and testing an RSA key's primes takes 140 ms."""
    return load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
