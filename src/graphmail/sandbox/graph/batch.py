"""POST /$batch: learn.microsoft.com/graph/json-batching."""

from __future__ import annotations

import base64
import binascii
import json
import re
from random import Random
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call, ConnectionDroppedError, ServiceError
from graphmail.sandbox.graph.errors import graph_answer, graph_error
from graphmail.sandbox.router import decode_path

LARGEST = 20
_ABSOLUTE = re.compile(r"[a-z]+://", re.IGNORECASE)
_WRITES = ("POST", "PATCH", "PUT")
_VERSION = re.compile(r"^/?v1\.0(?=/)", re.IGNORECASE)  # URLs are relative to the version; clients give it too


async def batch(call: Call) -> Answer:
    """Run up to 20 requests; the whole is 200 when it can be read, each has its own status.

    The answers come in any order, as documented: whoever matches them by place instead of id notices here.
    """
    items = _items(call)
    answers: dict[str, Answer] = {}
    for item in items:
        waits_for = item.get("dependsOn") or []
        if any(answers[other].status >= 400 for other in waits_for):
            answers[item["id"]] = graph_answer(424, "FailedDependency", "A request that this one depends on failed.")
        else:
            answers[item["id"]] = await _run(call, item)
    responses = [_response(item["id"], answers[item["id"]]) for item in items]
    Random(call.request_id).shuffle(responses)  # noqa: S311
    return Answer(200, {"responses": responses})


def _items(call: Call) -> list[dict[str, Any]]:
    body = call.json()
    items = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(items, list) or not items:
        raise _bad("Invalid batch payload format.")
    if len(items) > LARGEST:
        raise _bad(f"Number of batch request steps exceeds the maximum value of {LARGEST}.")
    seen: set[str] = set()
    for item in items:
        if not isinstance(item, dict) or not all(isinstance(item.get(n), str) for n in ("id", "method", "url")):
            raise _bad("Every request of a batch needs an id, a method and a url.")
        if item["id"] in seen:
            raise _bad(f"Duplicate request id '{item['id']}'.")
        if unknown := set(item.get("dependsOn") or []) - seen:
            raise _bad(f"Request '{item['id']}' depends on '{sorted(unknown)[0]}', which does not precede it.")
        headers = {name.lower() for name in item.get("headers") or {}}
        if item["method"].upper() in _WRITES and (item.get("body") is None or "content-type" not in headers):
            # An action without parameters needs an empty body too: microsoftgraph/msgraph-sdk-dotnet#2628
            raise _bad(f"Write request id : {item['id']} does not contain Content-Type header or body.")
        seen.add(item["id"])
    return items


async def _run(call: Call, item: dict[str, Any]) -> Answer:
    if _ABSOLUTE.match(item["url"]):
        return graph_answer(400, "BadRequest", f"Invalid URL in request '{item['id']}': it must be relative.")
    path, _, query = item["url"].partition("?")
    path = decode_path(f"/{_VERSION.sub('', path).lstrip('/')}")
    if path.lower().startswith("/$batch"):
        return graph_answer(400, "BadRequest", "A batch cannot hold a batch.")
    headers = {name.lower(): str(value) for name, value in (item.get("headers") or {}).items()}
    headers.setdefault("client-request-id", call.headers.get("client-request-id", call.request_id))
    inner = Call(
        call.world, call.tenant, call.caller, item["method"].upper(), path,
        dict(parse_qsl(query, keep_blank_values=True)), headers, _body(item, headers), call.root,
        request_id=str(uuid4()), batch=call.request_id,
    )  # fmt: skip
    if call.dispatch is None:
        raise RuntimeError("a batch outside a service")
    try:
        return await call.dispatch(inner)
    except ConnectionDroppedError:
        return graph_answer(504, "UnknownError", "")


def _body(item: dict[str, Any], headers: dict[str, str]) -> bytes:
    """A JSON body stands as it is, any other as base64 text."""
    body = item.get("body")
    if body is None:
        return b""
    if headers.get("content-type", "").startswith("application/json") or not isinstance(body, str):
        return json.dumps(body).encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return body.encode()


def _response(item_id: str, answer: Answer) -> dict[str, Any]:
    headers = dict(answer.headers)
    response: dict[str, Any] = {"id": item_id, "status": answer.status, "headers": headers}
    if isinstance(answer.body, bytes) and answer.headers.get("Content-Type") == "text/plain":
        text = answer.body.decode(errors="replace")
        response["body"] = int(text) if text.isdigit() else text  # /$count
    elif isinstance(answer.body, bytes):
        response["body"] = base64.b64encode(answer.body).decode()
    elif answer.body is not None:
        headers.setdefault("Content-Type", "application/json")
        response["body"] = answer.body
    return response


def _bad(message: str) -> ServiceError:
    return graph_error(400, "BadRequest", message)
