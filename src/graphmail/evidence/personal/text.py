"""Replacing in a file's text, so that all else stays byte for byte and JSON stays JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Literal

Place = Literal["text", "value", "field"]
# What of the text is to be replaced: from where to where, and by what that depends on the very characters there. Told
# whether the text is a JSON string, and of what.
Spans = Callable[[str, Place], Iterator[tuple[int, int, Callable[[str], str]]]]

_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\.)*)"(\s*:)?')
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
JSON_FILES = (".json", ".jsonl", ".ipynb")


def decode(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def replaced(text: str, spans: Spans, *, json: bool) -> str:
    """`text` with every span replaced. In JSON each string is looked at as it reads, whatever is escaped in it."""
    if not json:
        return _in_text(text, spans)
    made, end = [], 0
    for string in _STRING.finditer(text):
        made.append(_in_text(text[end : string.start(1)], spans))  # between strings, or in a half one at a cut end
        made.append(_in_string(string[1], spans, "field" if string[2] else "value"))
        end = string.end(1)
    made.append(_in_text(text[end:], spans))
    return "".join(made)


def strings(text: str) -> Iterator[str]:
    """What each JSON string in the text reads."""
    for string in _STRING.finditer(text):
        yield _read(string[1])[0]


def _in_text(text: str, spans: Spans, place: Place = "text") -> str:
    made, end = [], 0
    for start, stop, by in spans(text, place):
        made += [text[end:start], by(text[start:stop])]
        end = stop
    return "".join([*made, text[end:]]) if made else text


def _in_string(raw: str, spans: Spans, place: Place) -> str:
    if "\\" not in raw:
        return _in_text(raw, spans, place)
    read, places = _read(raw)
    made, end = [], 0
    for start, stop, by in spans(read, place):
        made += [raw[end : places[start]], by(raw[places[start] : places[stop]])]
        end = places[stop]
    return "".join([*made, raw[end:]])


def _read(raw: str) -> tuple[str, list[int]]:
    """What a JSON string reads, and where in `raw` each of its characters begins; last, where the string ends."""
    read: list[str] = []
    places: list[int] = []
    ends = [0, *(place for escape in _ESCAPE.finditer(raw) for place in escape.span()), len(raw)]
    for number, (start, stop) in enumerate(pairwise(ends)):
        if number % 2:
            code = _ESCAPE.fullmatch(raw, start, stop)
            read.append(_character(code) if code else raw[start:stop])
            places.append(start)
        else:
            read.append(raw[start:stop])
            places += range(start, stop)
    return "".join(read), [*places, len(raw)]


def _character(code: re.Match[str]) -> str:
    return chr(int(code[1], 16)) if code[1] else _SHORT.get(code[2], code[2])
