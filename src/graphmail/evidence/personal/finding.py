"""Finds what is personal in a text, and says what stands there instead."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

from graphmail.evidence.personal.addresses import ADDRESS, AT, canonical, may_hold
from graphmail.evidence.personal.people import OTHER, UNSPACED, People
from graphmail.evidence.personal.placeholders import NAME, PLACEHOLDER, TEXT, Placeholders
from graphmail.evidence.personal.text import Place

_Span = tuple[int, int, Callable[[str], str]]


class Finder:
    """Of one run: known addresses, then all that looks like one or like a placeholder, then names.

    A known one goes first, so that it is the same one whatever stands around it.
    """

    def __init__(self, people: People, placeholders: Placeholders, clear: Iterable[str] = ()) -> None:
        """`clear` is what stays although it may look like an address: the operator, who answers for the run."""
        self._people, self._placeholders = people, placeholders
        self._ours = dict(placeholders.known)  # of an earlier pass: they stand in the files already
        self._clear = {text.lower() for text in clear}
        self._kept = {canonical(text) for text in people.kept}
        self._known = _any_of(people.parts, r"(?:(?<![\w.+\-])|(?<=\\[nrtbf]))", r"(?![\w\-]*\w|\.\w)")
        self._names = [
            _any_of(people.names | people.kept if people.names else (), _BEFORE, _AFTER),
            _any_of(people.capitals | people.kept if people.capitals else (), _BEFORE, _AFTER, re.NOFLAG),
            # A word that could be one of ours goes where it stands in quotes and names no field, and where it is all
            # that an element of a page holds, or one of a list.
            _any_of(people.words, _QUOTE_BEFORE, _QUOTE_AFTER, re.NOFLAG),
            _any_of(people.words, _LIST_BEFORE, _LIST_AFTER, re.NOFLAG),
        ]

    def spans(self, text: str, place: Place) -> Iterator[_Span]:
        if place == "value" and text in self._people.words:
            return iter([(0, len(text), self._by(NAME, text.lower()))])
        found = list(self._addresses(text))
        for names in filter(None, self._names):
            ends = [0, *(end for start, stop, _by in found for end in (start, stop)), len(text)]
            for start, stop in list(zip(ends[::2], ends[1::2], strict=True)):
                named = ((name.span(), canonical(name[0])) for name in names.finditer(text, start, stop))
                found += [(*span, self._by(NAME, value)) for span, value in named if value not in self._kept]
            found.sort(key=lambda span: span[0])
        return iter(found)

    def _addresses(self, text: str) -> Iterator[_Span]:
        if not may_hold(text) and "[" not in text:
            return
        end = 0
        for known in self._known.finditer(text) if self._known else ():
            yield from self._looks(text, end, known.start())
            yield from self._span(known)
            end = known.end()
        yield from self._looks(text, end, len(text))

    def _looks(self, text: str, start: int, stop: int) -> Iterator[_Span]:
        part = text[start:stop]
        for found in _LOOKS.finditer(part):
            if found[0] in self._ours:
                yield start + found.start(), start + found.end(), str
                continue
            for _start, _stop, by in self._span(found):
                yield start + found.start(), start + found.end(), by

    def _span(self, found: re.Match[str]) -> Iterator[_Span]:
        if PLACEHOLDER.fullmatch(found[0]):
            yield *found.span(), self._by(TEXT, found[0])
            return
        address = canonical(found[0])
        if address not in self._clear:
            yield *found.span(), self._by(self._people.parts.get(address, OTHER), address)

    def _by(self, kind: str, value: str) -> Callable[[str], str]:
        return lambda written: self._placeholders.give(kind, value, written)


# Where letters are written without spaces between words, no end of a word is asked for, escaped ones (U+3000 to U+DFFF,
# by JSON or percent-encoded) among them.
_BEFORE = rf"(?:(?<!\w)|(?<=\\[nrtbf])|(?={UNSPACED}|\\u[3-9a-dA-D]|%[eE][3-9a-dA-D]))"
_AFTER = rf"(?:(?!\w)|(?<={UNSPACED}))(?!{AT})"
_QUOTE_BEFORE = r"(?:(?<=[\"'])|(?<=&#34;)|(?<=&#39;)|(?<=&quot;)|(?<=&#x27;))"
_QUOTE_AFTER = r"(?=\\*(?:[\"']|&#34;|&#39;|&quot;|&#x27;)(?!\s*:))"
_LIST_BEFORE, _LIST_AFTER = r"(?:(?<=>)|(?<=[,:→] ))", r"(?=, |<|$)"
_LOOKS = re.compile(rf"{PLACEHOLDER.pattern}|{ADDRESS.pattern}")


def _any_of(
    values: Iterable[str], before: str, after: str, flags: re.RegexFlag = re.IGNORECASE
) -> re.Pattern[str] | None:
    """Matches any of the values in every way that it is written here; the longest first."""
    forms = {form for value in values for form in _forms(value)}
    if not forms:
        return None
    any_form = "|".join(re.escape(form) for form in sorted(forms, key=lambda form: (-len(form), form)))
    return re.compile(f"{before}(?:{any_form}){after}", flags)


def _forms(value: str) -> set[str]:
    escaped = html.escape(value)
    return {
        value,
        escaped,
        escaped.encode("ascii", "xmlcharrefreplace").decode(),
        escaped.replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        json.dumps(value)[1:-1],
        quote(value, safe=""),
        quote(value, safe="@"),
    }
