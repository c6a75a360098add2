"""How programs write bytes down. For each way: the whole text, and how long a run of it stands for a window."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from graphmail.leaks.secret import WINDOW


@dataclass(frozen=True, slots=True)
class Encoded:
    """`needed` is how many bytes of `text` in a row are a trace."""

    encoding: str
    text: bytes
    needed: int


def _each(form: str) -> Callable[[bytes], bytes]:
    return lambda plain: "".join(form.format(byte) for byte in plain).encode()


# One unit for each byte of the secret, so that a window of it is as many units.
_BY_BYTE: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "reversed": lambda plain: plain[::-1],
    "hex": _each("{:02x}"),
    "HEX": _each("{:02X}"),
    "hex with colons": _each("{:02X}:"),
    "percent-encoding": _each("%{:02X}"),
    "percent-encoding, lower case": _each("%{:02x}"),
    "JSON \\u": _each("\\u{:04x}"),
    "JSON \\u, upper case": _each("\\u{:04X}"),
    "\\x": _each("\\x{:02x}"),
    "quoted-printable": _each("={:02X}"),
    "HTML entities": _each("&#{};"),
    "HTML entities, hex": _each("&#x{:x};"),
    "HTML entities, HEX": _each("&#x{:X};"),
    "UTF-16LE": lambda plain: plain.decode("latin-1").encode("utf-16-le"),
    "UTF-16BE": lambda plain: plain.decode("latin-1").encode("utf-16-be"),
}
# These change some characters alone, so that what they leave is found as plain text where the run is long enough.
_BY_TEXT: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "JSON string": lambda text: json.dumps(text)[1:-1],
    "URL-quoted": lambda text: quote(text, safe=""),
    "HTML-escaped": html.escape,
}
_BASE64 = {"base64": base64.b64encode, "base64url": base64.urlsafe_b64encode}
NAMES = (*_BY_BYTE, *_BY_TEXT, *(f"{name} at {offset}" for name in _BASE64 for offset in range(3)))


def encoded(plain: bytes) -> Iterator[Encoded]:
    """`plain` in every encoding that makes another text of it. It has a window's length at least."""
    told: set[bytes] = set()
    for name, encode in _BY_BYTE.items():
        text = encode(plain)
        yield Encoded(name, text, max(WINDOW, WINDOW * len(text) // len(plain)))
        told.add(text)
    for name, text, needed in (*_texts(plain), *_base64(plain)):
        if text not in told:
            told.add(text)
            yield Encoded(name, text, min(needed, len(text)))


def _texts(plain: bytes) -> Iterator[tuple[str, bytes, int]]:
    try:
        text = plain.decode("ascii")
    except UnicodeDecodeError:
        return  # bytes of a private key are no text
    for name, change in _BY_TEXT.items():
        yield name, change(text).encode(), WINDOW


def _base64(plain: bytes) -> Iterator[tuple[str, bytes, int]]:
    for name, encode in _BASE64.items():
        for offset in range(3):
            # Without the characters that the bytes before and after it have a part in.
            whole = encode(b"\0" * offset + plain)
            end = len(whole) - 4 if (offset + len(plain)) % 3 else len(whole)
            yield f"{name} at {offset}", whole[offset + 1 if offset else 0 : end], WINDOW * 4 // 3
