"""What is packed in a file: the members of zip, gzip, bzip2 and xz, and what is packed in those."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

# More than any evidence has, and less than what would take a machine down.
MOST = 256 * 1024 * 1024  # bytes, unpacked
DEEPEST = 5

_PACKED: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
_BROKEN = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, NotImplementedError)


class Unreadable(Exception):
    """What is packed cannot be looked into: it is damaged, has a password, or is too large or too deep."""


def members(content: bytes, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each member, outermost first; a name says the way to it. Raises Unreadable."""
    for name, unpacked in _unpacked(content):
        if depth == DEEPEST:
            raise Unreadable
        yield name, unpacked
        for inner, deeper in members(unpacked, depth + 1):
            yield f"{name}!{inner}", deeper


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        if content.startswith((b"PK\x03\x04", b"PK\x05\x06")) or b"PK\x05\x06" in content[-65557:]:
            yield from _zipped(content)
            return
        for magic, unpack in _PACKED.items():
            if content.startswith(magic):
                with unpack(io.BytesIO(content)) as file:
                    yield "unpacked", _at_most(file, MOST)
    except (*_BROKEN, RuntimeError):  # zipfile's word for a password is RuntimeError
        raise Unreadable from None


def _zipped(content: bytes) -> Iterator[tuple[str, bytes]]:
    left = MOST
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        yield "comment", archive.comment
        for info in archive.infolist():
            with archive.open(info) as member:
                unpacked = _at_most(member, left)
            left -= len(unpacked)
            yield info.filename, unpacked


def _at_most(file: IO[bytes], most: int) -> bytes:
    content = file.read(most + 1)
    if len(content) > most:
        raise ValueError("too large")
    return content
