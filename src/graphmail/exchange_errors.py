"""Errors of Exchange's admin API: two encodings of the same, and proxied ones with a whole error inside."""

from __future__ import annotations

import json
import re
from typing import Any

from graphmail.errors import ExchangeError, ServiceFailure
from graphmail.printable import printable

# Errors that pass by themselves though the status says 400. The last is answered though the write was committed.
TRANSIENT = (
    "CmdletProxyNotAvailableFailure",
    "ServerBusyException",
    "TransientException",
    "BackendCommunicationException",
    "doesn't have write permission to target DC",
)


def exchange_error(
    cmdlet: str, status: int, body: Any, request_id: str, retry_after: float | None = None, tried: str = ""
) -> ExchangeError:
    """The typed error; `body` is the reply's JSON, or {} where there was none."""
    type_name, text = _cause(body)
    remedy = ""
    if status == 403 and not text:
        remedy = (
            f"let the app run {cmdlet}: assign it an Exchange role or the Entra role Exchange Administrator, "
            "and Exchange.ManageAsApp; a new assignment takes minutes"
        )
    elif status in (400, 404) and not text:
        remedy = "see whether a proxy answers in Exchange's place, then run the same playbook again"
    return ExchangeError(
        cmdlet,
        status=status,
        type_name=printable(type_name, 100),
        message=_readable(text),
        remedy=remedy,
        request_id=request_id,
        retry_after=retry_after,
        tried=tried,
    )


def is_transient(body: Any) -> bool:
    type_name, text = _cause(body)
    return any(sign in type_name or sign in text for sign in TRANSIENT)


def _cause(body: Any) -> tuple[str, str]:
    """Short name of the .NET exception, and its text."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return "", ""
    listed = error.get("details")
    details = [detail for detail in (listed if isinstance(listed, list) else ()) if isinstance(detail, dict)]
    inner = _part(error, "innererror", "innerError")
    internal = _part(inner, "internalexception", "internalException")
    texts = [detail.get("message") for detail in details] + [internal.get("message"), error.get("message")]
    return _decoded(next((text for text in texts if isinstance(text, str) and text), ""))


def _part(whole: dict[str, Any], *names: str) -> dict[str, Any]:
    """The object under the first of these names; the casing varies."""
    return next((whole[name] for name in names if isinstance(whole.get(name), dict)), {})


def _decoded(message: str) -> tuple[str, str]:
    if message.startswith("{"):
        try:
            told = json.loads(message)
            return _short(str(told.get("TypeName", ""))), str(told.get("Message", ""))
        except (ValueError, AttributeError):
            return "", message
    parts = message.split("|", 2)
    if len(parts) < 3:
        return "", message
    type_name, text = _short(parts[1]), parts[2]
    nested = re.search(r"Error executing cmdlet : (\{.*\})\s*$", text, re.DOTALL)
    if nested:
        try:
            return _cause(json.loads(nested[1]))
        except ValueError:
            return type_name, text
    return type_name, text


def _short(type_name: str) -> str:
    return type_name.rsplit(".", 1)[-1]


def _readable(text: str) -> str:
    # Which domain controller answered says nothing to a reader and differs from run to run.
    text = re.sub(r"\s*on '[A-Z0-9]+(\.[A-Z0-9-]+)*'", "", text)
    return printable(text)


def already_exists(error: ServiceFailure) -> bool:
    """Whether an object was not made because it is there already."""
    return isinstance(error, ExchangeError) and (
        error.type_name == "ADObjectAlreadyExistsException" or "already exist" in error.message
    )
