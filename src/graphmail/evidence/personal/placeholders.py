"""Placeholders: what stands in the evidence where an address or a name stood."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from graphmail.evidence.personal.people import OTHER, PARTS

NAME, TEXT = "name", "text"
KINDS = (*PARTS, OTHER, NAME, TEXT)
# Nothing in it is escaped by JSON or HTML, and its brackets keep it apart from what stands beside it.
PLACEHOLDER = re.compile(rf"\[(?:{'|'.join(KINDS)})-[a-z2-7]{{8}}(?:\.[a-z2-7]{{6}}){{0,4}}\]")


@dataclass(slots=True)
class Placeholders:
    """Gives them out. `known` are those of an earlier pass over the same run, and what each stands for.

    They follow from the value and a secret of the customer's data key: so they are the same in all runs under that
    key, tell nothing to whoever guesses a value, and a pass that a crash ended can be made again.
    """

    secret: bytes = field(repr=False)
    known: dict[str, str] = field(default_factory=dict, repr=False)

    def give(self, kind: str, value: str, written: str) -> str:
        """The one for `value`, where it is written as `written`: other ways to write it have a suffix each."""
        label = f"{kind}-{self._letters('value', value, 8)}"
        if written != value:
            label += f".{self._letters('written', written, 6)}"
        while self.known.setdefault(f"[{label}]", written) != written:
            label += f".{self._letters(label, written, 6)}"
        return f"[{label}]"

    def _letters(self, what: str, text: str, count: int) -> str:
        made = hmac.digest(self.secret, f"{what}\0{text}".encode("utf-8", "surrogatepass"), hashlib.sha256)
        return base64.b32encode(made).decode().lower()[:count]


def put_back(text: str, known: Mapping[str, str]) -> str:
    """The inverse: `text` as it was. A placeholder that is not known stays."""
    return PLACEHOLDER.sub(lambda found: known.get(found[0], found[0]), text)
