"""Where an application lets browsers be sent back to: learn.microsoft.com/entra/identity-platform/reply-url."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from graphmail.sandbox.registration import Registration

_LOOPBACK = ("localhost", "127.0.0.1")
_FIRST_PARTY = ("http://localhost", "https://login.microsoftonline.com/common/oauth2/nativeclient")


def kind_of_redirect(registration: Registration | None, redirect_uri: str) -> str | None:
    """Return `publicClient`, `web` or `spa`, by where the URI is registered; None where it is not."""
    if registration is None:
        return "publicClient" if any(_same(known, redirect_uri) for known in _FIRST_PARTY) else None
    properties: dict[str, Any] = registration.application.properties
    for kind in ("publicClient", "web", "spa"):
        known = (properties.get(kind) or {}).get("redirectUris") or []
        if any(_same(uri, redirect_uri) for uri in known):
            return kind
    return None


def _same(known: str, given: str) -> bool:
    """Equal, but for the port of a loopback address and a slash that is the whole path."""
    a, b = urlsplit(known), urlsplit(given)
    if any(c <= " " for c in given) or "@" in b.netloc:
        return False
    if b.fragment or a.scheme != b.scheme or a.hostname != b.hostname or a.query != b.query:
        return False
    ports = (a.scheme == "http" and a.hostname in _LOOPBACK) or a.port == b.port
    return ports and (a.path or "/") == (b.path or "/")
