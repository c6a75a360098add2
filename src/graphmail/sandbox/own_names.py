"""Which names the sandbox answers to, and whether a browser's request comes from a page of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping

# The sandbox listens on 127.0.0.1 alone, so these are its own names; any port, since a tunnel may end on another one.
_OWN = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?", re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Whether a Host header, with its port or without, is a name of this machine's own."""
    return _OWN.fullmatch(host) is not None


def is_own_page(host: str, headers: Mapping[str, str]) -> bool:
    """Whether a change may come from where these headers say (lower-case names): false for another site's page.

    A browser says where a request comes from, and no page can make it lie; other clients say nothing of it. Beside
    `Sec-Fetch-Site: same-origin` an Origin may be `null`: a form of a page with `Referrer-Policy: no-referrer` has it.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    own = {None, f"https://{host.lower().removesuffix(':443')}"} | ({"null"} if site == "same-origin" else set())
    return site in (None, "same-origin", "none") and (origin and origin.lower()) in own
