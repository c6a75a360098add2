"""E-mail addresses in text, in the ways programs write them: as they are, percent-encoded, HTML- or JSON-escaped.

Rather too much than too little: what is taken out by mistake is put back exactly, and what is left in cannot be.
"""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

from graphmail.evidence.files import EvidenceError

# Escaped once or several times over; also as it is among full-width letters.
AT = r"(?:@|＠|%(?:25)*40|&(?:amp;)*(?:#0*64|#[xX]0*40|commat);|\\+u0040|\\+u[fF]{2}20)"
_NO_AT = r"(?!(?:amp;)*(?:#0*64|#[xX]0*40|commat);)"
# Escaped characters that belong to a word; an escaped quote, space or bracket ends one.
_WORD = (
    r"%(?:25)*(?:[89A-Fa-f][0-9A-Fa-f]|2[BDEbde]|5[Ff])|\\+u(?!00[0-7]|[fF]{2}20)[0-9A-Fa-f]{4}|\\+u00(?:27|2[Bb])"
    rf"|&{_NO_AT}(?:amp;)*(?:#(?:39|43|[0-9]{{3,7}})|#[xX](?:27|2[Bb]|[89A-Fa-f][0-9A-Fa-f]|[0-9A-Fa-f]{{3,6}})|apos);"
    rf"|&amp;{_NO_AT}"
)
# Not within a word, lest a long one be gone over again from each of its letters. The letter after a backslash may be a
# line end's, of JSON within JSON.
_START = rf"(?:(?:(?<![\w\\])|(?<=\\[nrtbfu]))\w|(?<=\\)[^\W_nrtbfu]|{_WORD})\w*+"
_INNER = rf"[\w.+\-!#$*^~=]|'(?=\w)|%(?:25)*27(?=[\w%])|%(?![0-9A-Fa-f]{{2}})|{_WORD}"
_LOCAL = rf"{_START}(?:{_INNER}){{0,255}}+"
_QUOTED = r"\\*\"[^\"\\\n]{1,64}\\*\""
_DOMAIN = rf"(?:\[[0-9A-Fa-f.:]+\]|(?:\w|{_WORD})(?:(?:[\w.\-]|{_WORD}){{0,255}}(?:\w|{_WORD}))?)"
ADDRESS = re.compile(rf"(?:{_LOCAL}|{_QUOTED}){AT}{_DOMAIN}")
_AT = re.compile(AT)
_JSON = re.compile(r"\\+u([0-9A-Fa-f]{4})")
_WHOLE = re.compile(r"[^\s@<>(),:;\[\]\\\"]+@[^\s@<>(),:;\[\]\\\"]+")


def may_hold(text: str) -> bool:
    """Quickly: False where no address can be."""
    return _AT.search(text) is not None


def is_address(text: str) -> bool:
    """Whether the whole text is one."""
    return len(text) <= 320 and _WHOLE.fullmatch(text) is not None


def sentence(reason: str) -> str:
    """A reason as the log has it, for every customer to read. Raises EvidenceError for none, or an address."""
    if not reason.strip() or may_hold(reason):
        raise EvidenceError("The reason stays in the log for ever", expected="a sentence without anybody's address")
    return reason.strip()


def plain(found: str) -> str:
    """What was written down, of whatever way that was done."""
    for _time in range(4):
        read = html.unescape(unquote(_JSON.sub(lambda code: chr(int(code[1], 16)), found), errors="replace"))
        if read == found:
            break
        found = read
    return found.replace("＠", "@")


def canonical(found: str) -> str:
    """The same for all ways to write one address, or one name."""
    return plain(found).lower()
