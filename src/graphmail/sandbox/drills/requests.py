"""What a request is, as far as drills tell them apart."""

from __future__ import annotations

import json

from graphmail.sandbox.call import Call

_READING = ("get-", "test-")


def cmdlet_of(call: Call) -> str:
    """The cmdlet's name, also before the body is read; empty where there is none."""
    if name := call.headers.get("x-cmdletname"):
        return name
    try:
        return str(json.loads(call.body)["CmdletInput"]["CmdletName"])
    except (ValueError, KeyError, TypeError):
        return ""


def is_read(service: str, call: Call) -> bool:
    """Whether it asks for something and changes nothing; a batch is neither, its items are."""
    if service == "exchange":
        return call.method == "GET" or cmdlet_of(call).lower().startswith(_READING)
    return call.method == "GET"


def is_write(service: str, call: Call) -> bool:
    return service != "entra" and not is_read(service, call) and not call.path.lower().endswith("$batch")


def sends_mail(service: str, call: Call) -> bool:
    path = call.path.lower()
    return service == "graph" and call.method == "POST" and path.endswith(("/sendmail", "/send"))


def is_continuation(call: Call) -> bool:
    """Whether a nextLink led here; mail's pages go on by $skip, all others by $skiptoken."""
    return any(
        n.lower() == "$skiptoken" or (n.lower() == "$skip" and v not in ("", "0")) for n, v in call.query.items()
    )


def changes_credentials(service: str, call: Call) -> bool:
    """addPassword, removePassword, or a PATCH of an application or service principal."""
    path = call.path.lower()
    if service != "graph" or not path.startswith(("/applications", "/serviceprincipals")):
        return False
    return call.method == "PATCH" or path.endswith(("/addpassword", "/removepassword"))
