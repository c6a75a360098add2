"""$search on messages: KQL as far as learn.microsoft.com/graph/search-query-parameter describes it for mail.

Words are found at the beginning of words. Without a property it is sender, subject and body that are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graphmail.sandbox.call import ServiceError
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_item import plain_text
from graphmail.sandbox.mail_records import Message

Test = Callable[[Message], bool]
MOST = 1000  # a search finds no more

_TOKEN = re.compile(
    r"\s*(?:(?P<mark>[()])|(?P<name>\w+)(?P<how>:|<=|>=|=|<|>)|\"(?P<phrase>[^\"]*)\"|(?P<word>[^\s()\"]+))"
)


def parse_search(text: str) -> Test:
    """Parse what stands after $search=, with or without its double quotes. Raises Graph's 400."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('\\"', '"')
    parser = _Parser(text)
    test = parser.either()
    if parser.tokens:
        raise parser.bad()
    return test


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [m.groupdict() for m in _TOKEN.finditer(text)]
        if not self.tokens:
            raise self.bad()

    def bad(self) -> ServiceError:
        return graph_error(400, "BadRequest", f"Syntax error: character in '{self.text}' is not valid.")

    def _is_word(self, word: str) -> bool:
        if self.tokens and self.tokens[0]["word"] == word:
            self.tokens.pop(0)
            return True
        return False

    def either(self) -> Test:
        parts = [self._both()]
        while self._is_word("OR"):
            parts.append(self._both())
        return lambda m: any(p(m) for p in parts)

    def _both(self) -> Test:
        parts = [self._one()]
        while self.tokens and self.tokens[0]["mark"] != ")" and self.tokens[0]["word"] != "OR":
            self._is_word("AND")
            parts.append(self._one())
        return lambda m: all(p(m) for p in parts)

    def _one(self) -> Test:
        if self._is_word("NOT"):
            inner = self._one()
            return lambda m: not inner(m)
        if not self.tokens:
            raise self.bad()
        token = self.tokens.pop(0)
        if token["mark"] == "(":
            test = self.either()
            if not self.tokens or self.tokens.pop(0)["mark"] != ")":
                raise self.bad()
            return test
        if token["name"]:
            return self._property(token["name"].lower(), token["how"])
        wanted = token["phrase"] if token["phrase"] is not None else token["word"]
        if wanted is None:
            raise self.bad()
        return lambda m: any(_holds(_TEXTS[name](m), wanted) for name in ("from", "subject", "body"))

    def _property(self, name: str, how: str) -> Test:
        token = self.tokens.pop(0) if self.tokens else {}
        wanted = token.get("phrase") if token.get("phrase") is not None else token.get("word")
        if wanted is None:
            raise self.bad()
        if name in _TEXTS and how in (":", "="):
            return lambda m: _holds(_TEXTS[name](m), wanted)
        if name in ("hasattachment", "hasattachments"):
            return lambda m: bool(m.attachments) is (wanted.lower() in ("true", "1", "yes"))
        if name in _DATES:
            return lambda m: _compared(str(m.properties[_DATES[name]])[: len(wanted)], how, wanted)
        if name == "importance":
            return lambda m: str(m.properties["importance"]) == wanted.lower()
        if name == "kind":
            return lambda m: wanted.lower() == "email"
        raise graph_error(400, "BadRequest", f"The search property '{name}' is not known.")


def _compared(held: str, how: str, wanted: str) -> bool:
    return {
        ":": held == wanted,
        "=": held == wanted,
        "<": held < wanted,
        ">": held > wanted,
        "<=": held <= wanted,
        ">=": held >= wanted,
    }[how]


def _holds(text: str, wanted: str) -> bool:
    pattern = re.escape(wanted.rstrip("*"))
    return re.search(rf"(?<!\w){pattern}", text, re.IGNORECASE) is not None


def _people(*fields: str) -> Callable[[Message], str]:
    def text(message: Message) -> str:
        held: list[dict[str, Any]] = []
        for field in fields:
            value = message.properties.get(field) or []
            held += value if isinstance(value, list) else [value]
        return " ".join(f"{e.get('name') or ''} {e.get('address') or ''}" for r in held if (e := r.get("emailAddress")))

    return text


_DATES = {"received": "receivedDateTime", "sent": "sentDateTime"}
_TEXTS: dict[str, Callable[[Message], str]] = {
    "subject": lambda m: str(m.properties["subject"] or ""),
    "body": lambda m: plain_text(m.properties["body"]),
    "attachment": lambda m: " ".join(str(a.properties["name"]) for a in m.attachments),
    "from": _people("from"),
    "to": _people("toRecipients"),
    "cc": _people("ccRecipients"),
    "bcc": _people("bccRecipients"),
    "recipients": _people("toRecipients", "ccRecipients", "bccRecipients"),
    "participants": _people("from", "toRecipients", "ccRecipients", "bccRecipients"),
}
