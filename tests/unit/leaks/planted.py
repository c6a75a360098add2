"""Secrets of every class, ways to write them down, and kinds of file to leave them in: none of it the package's own."""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import html
import io
import json
import lzma
import quopri
import random
import string
import urllib.parse
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat.v4
import pyrage
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

_dice = random.Random(20261129)
_B64URL = string.ascii_letters + string.digits + "-_"


def _random(length: int, alphabet: str = _B64URL) -> str:
    return "".join(_dice.choices(alphabet, k=length))


def _jwt(signature: str) -> str:
    parts = ({"typ": "JWT", "alg": "RS256"}, {"tid": "5a4d0000-0000-4000-8000-000000000001", "roles": ["Mail.Send"]})
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts), signature]
    )


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, form: PrivateFormat) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


RSA_KEY = rsa.generate_private_key(65537, 2048)
# What somebody holds, and a part of it that is secret: all of it where nothing is shared.
SECRETS: dict[str, tuple[str, str]] = {
    "admin's client secret": (s := f"{_random(3)}8Q~{_random(34, _B64URL + '.~')}", s),
    "app's client secret": (s := f"{_random(3)}8Q~{_random(34, _B64URL + '.~')}", s),
    "refresh token": (s := f"1.{_random(900)}", s),
    "access token": (_jwt(s := _random(342)), s),
    "upload URL": (
        f"https://outlook.office365.com/api/v2.0/Users('u')/Messages('m')/AttachmentSessions('s')?authtoken="
        f"{(s := _random(128))}",
        s,
    ),
    "age identity": (s := str(pyrage.x25519.Identity.generate()), s.removeprefix("AGE-SECRET-KEY-1")),
}
KEYS: dict[str, str] = {
    "RSA": _pem(RSA_KEY, PrivateFormat.PKCS8),
    "RSA, PKCS 1": _pem(RSA_KEY, PrivateFormat.TraditionalOpenSSL),
    "elliptic curve": _pem(ec.generate_private_key(ec.SECP256R1()), PrivateFormat.PKCS8),
    "Ed25519": _pem(ed25519.Ed25519PrivateKey.generate(), PrivateFormat.PKCS8),
    "OpenSSH": _pem(ed25519.Ed25519PrivateKey.generate(), PrivateFormat.OpenSSH),
}


def _at(offset: int, encode: Callable[[bytes], bytes]) -> Callable[[str], bytes]:
    return lambda secret: encode(b"xyz"[:offset] + secret.encode() + b"\n and more")


def _each(form: Callable[[str], str]) -> Callable[[str], bytes]:
    return lambda secret: "".join(map(form, secret)).encode()


WRITTEN: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "upper case": lambda secret: secret.upper().encode(),
    "lower case": lambda secret: secret.lower().encode(),
    "reversed": lambda secret: secret[::-1].encode(),
    **{f"base64 at {n}": _at(n, base64.b64encode) for n in range(3)},
    **{f"base64url at {n}": _at(n, base64.urlsafe_b64encode) for n in range(3)},
    "base64 in lines": lambda secret: base64.encodebytes(b"subject: " * 7 + secret.encode()),
    "hex": lambda secret: binascii.hexlify(secret.encode()),
    "HEX": lambda secret: secret.encode().hex().upper().encode(),
    "hex with colons": lambda secret: secret.encode().hex(":").upper().encode(),
    "percent": _each(lambda c: f"%{ord(c):02X}"),
    "percent, lower case": _each(lambda c: f"%{ord(c):02x}"),
    "form": lambda secret: urllib.parse.urlencode({"client_secret": secret}).encode(),
    "JSON escapes": _each(lambda c: f"\\u{ord(c):04x}"),
    "JSON ESCAPES": _each(lambda c: f"\\u{ord(c):04X}"),
    "JSON string": lambda secret: json.dumps({"a": json.dumps({"b": secret})}).encode(),
    "Python bytes": _each(lambda c: f"\\x{ord(c):02x}"),
    "UTF-16LE": lambda secret: secret.encode("utf-16-le"),
    "UTF-16BE": lambda secret: secret.encode("utf-16-be"),
    "quoted-printable": lambda secret: quopri.encodestring(b"x" * 60 + secret.encode(), quotetabs=True),
    "quoted-printable, all": _each(lambda c: f"={ord(c):02X}"),
    "HTML": lambda secret: html.escape(f"<b>{secret}</b>").encode(),
    "HTML entities": _each(lambda c: f"&#{ord(c)};"),
    "HTML entities, hex": _each(lambda c: f"&#x{ord(c):x};"),
    "HTML entities, HEX": _each(lambda c: f"&#x{ord(c):X};"),
    "ten of it": lambda secret: secret[len(secret) // 2 :][:10].encode(),
}


def _json(leak: bytes) -> bytes:
    return b'{"message": "before ' + leak + b' after"}'


def _notebook(leak: bytes) -> bytes:
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="out")])
    return nbformat.writes(nbformat.v4.new_notebook(cells=[cell])).encode().replace(b"out", b"out " + leak)


def _zip(leak: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("inner/log.txt", leak)
    return packed.getvalue()


FILES: dict[str, Callable[[bytes], bytes]] = {
    "record.json": _json,
    "steps.jsonl": lambda leak: b'{"task": "a"}\n' + _json(leak) + b"\n{}\n",
    "executed.ipynb": _notebook,
    "report.html": lambda leak: b"<p>" * 999 + leak + b"</p>",
    "run.log": lambda leak: b"a line\n" * 1001 + leak + b"\na line",
    "packed.zip": _zip,
    "packed.gz": lambda leak: gzip.compress(b"before " + leak),
    "packed.bz2": lambda leak: bz2.compress(b"before " + leak),
    "packed.xz": lambda leak: lzma.compress(b"before " + leak),
    "twice.zip": lambda leak: _zip(gzip.compress(leak), zipfile.ZIP_STORED),
    "memory.bin": lambda leak: bytes(range(256)) * 9 + leak + bytes(range(256)),
}


def plant(folder: Path, name: str, leak: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(FILES[name](leak))
    return path
