"""How one exchange stands in the evidence: no body, no bearer, no host, no query."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from graphmail.path_template import path_template

if TYPE_CHECKING:
    from graphmail.transport import Request

# Whoever knows the form of a request could try addresses until one fits its digest. A quote inside a name is part of
# it, single or doubled as OData writes it; one around an address is not.
_ADDRESS = re.compile(rb"[^\s\"'<>:;,/]+(?:'{1,2}[^\s\"'<>:;,/]+)*@[^\s\"'<>:;,/]+")


def http_line(
    request: Request,
    at: datetime,
    status: int,
    client_request_id: str,
    request_id: str,
    content: bytes,
    date: str,
) -> dict[str, Any]:
    """The fields of HttpCall; `status` is 0 where no answer came, `date` the answer's own header."""
    kept = request.secret_reply or request.stream
    return {
        "at": at.isoformat(),
        "method": request.method,
        "path": path_template(request.url),
        "asked": request.asked,
        "status": status,
        "attempt": request.sent,
        "client_request_id": client_request_id,
        "request_id": request_id,
        "date": _date(date),
        "request_sha256": _sent_digest(request),
        "reply_sha256": "" if kept else hashlib.sha256(content).hexdigest(),
    }


def _sent_digest(request: Request) -> str:
    """SHA-256 of the body as sent, with `<address>` for each mail address; empty without one, or with a secret."""
    if request.form is not None or request.secret_reply:
        return ""
    if request.content is not None:
        return hashlib.sha256(request.content).hexdigest()
    if request.json is None:
        return ""
    return hashlib.sha256(_ADDRESS.sub(b"<address>", json.dumps(request.json).encode())).hexdigest()


def _date(header: str) -> str:
    """The service's clock as it told it, in the form of our own times; empty where it told none."""
    try:
        return parsedate_to_datetime(header).astimezone(UTC).isoformat()
    except (ValueError, TypeError, OverflowError):
        return ""
