"""A request's path with its ids, addresses and quoted keys left out, as evidence shows it."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_RULES = (
    (re.compile(_GUID), "{id}"),
    (re.compile(r"'[^']*'"), "'{key}'"),
    (re.compile(r"/[^/]*@[^/]*"), "/{user}"),
    # Message, attachment and session ids: long and opaque.
    (re.compile(r"/[^/()']{33,}"), "/{id}"),
)


def path_template(url: str) -> str:
    """`https://host/v1.0/users/a@b/messages/AAMk…?$select=id` -> `/v1.0/users/{user}/messages/{id}`."""
    path = unquote(urlsplit(url).path)
    for pattern, name in _RULES:
        path = pattern.sub(name, path)
    return path
