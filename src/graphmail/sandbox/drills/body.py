"""Bodies that are not what the client asked for, from the service or from something in front of it."""

from __future__ import annotations

from graphmail.sandbox.call import Answer
from graphmail.sandbox.drills.drill import Drill, Turn
from graphmail.sandbox.drills.errors import as_bytes
from graphmail.sandbox.drills.parameter import error_status
from graphmail.sandbox.drills.requests import is_read

_GATEWAY = "learn.microsoft.com/azure/application-gateway/application-gateway-troubleshooting-502"
_PORTAL = "www.rfc-editor.org/rfc/rfc6585#section-6"
_TYPES = "www.rfc-editor.org/rfc/rfc9110#field.content-type"
_JSON = "www.rfc-editor.org/rfc/rfc8259#section-2"
_EMPTY = "learn.microsoft.com/graph/errors"
_SHAPE = "docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html"
_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr>"
    b"<center>Microsoft-Azure-Application-Gateway/v2</center></body></html>\r\n"
)
_SIGN_IN = b"<!DOCTYPE html><html><body><form action='/login'>Sign in to the network</form></body></html>\n"


async def _gateway(turn: Turn) -> Answer:
    return Answer(turn.values["status"], _PAGE, {"Content-Type": "text/html"})


async def _portal(turn: Turn) -> Answer:
    return Answer(200, _SIGN_IN, {"Content-Type": "text/html; charset=utf-8"})


async def _mislabelled(turn: Turn) -> Answer:
    answer = await turn.proceed()
    return Answer(answer.status, as_bytes(answer), answer.headers | {"Content-Type": "text/plain"})


async def _wrong_json(turn: Turn) -> Answer:
    """All of the body but its end, under the length that it now has."""
    answer = await turn.proceed()
    content = as_bytes(answer)
    return Answer(answer.status, content[: max(1, len(content) - 7)], {"Content-Type": "application/json"})


async def _empty(turn: Turn) -> Answer:
    return Answer(200 if (done := await turn.proceed()).status < 300 else done.status)


async def _other_shape(turn: Turn) -> Answer:
    """JSON as an older protocol wraps it."""
    answer = await turn.proceed()
    rows = answer.body.get("value") if isinstance(answer.body, dict) else None
    return Answer(answer.status, {"d": {"results": rows} if rows is not None else answer.body}, answer.headers)


BODY = (
    Drill(
        "html_error_page", "a gateway's own page in place of the service's error", _GATEWAY, _gateway,
        {"status": error_status(502)}, in_batch=False,
    ),
    Drill(
        "sign_in_page_with_200", "a network's sign-in page in place of the answer", _PORTAL, _portal, in_batch=False,
    ),
    Drill("wrong_content_type", "the right body, called text", _TYPES, _mislabelled, in_batch=False),
    Drill("wrong_json", "JSON whose end is missing; what was asked is done", _JSON, _wrong_json, in_batch=False),
    Drill("empty_200", "200 without a body; what was asked is done", _EMPTY, _empty, in_batch=False),
    Drill("other_shape", "JSON of an older protocol; what was asked is done", _SHAPE, _other_shape, fits=is_read),
)  # fmt: skip
