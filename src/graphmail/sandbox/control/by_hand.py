"""What a person with all rights does in a portal: the same handlers, without permission checks or replication lag."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call, Caller
from graphmail.sandbox.router import decode_path
from graphmail.sandbox.services import Services
from graphmail.sandbox.store import Tenant, World


async def by_hand(world: World, tenant: Tenant, services: Services, wanted: dict[str, Any]) -> Answer:
    """Do one operation; ValueError says what is wrong with `wanted`."""
    if wanted.get("service") == "exchange":
        service = services.exchange
        method, url = "POST", f"/adminapi/beta/{tenant.id}/InvokeCommand"
        body: Any = {"CmdletInput": {"CmdletName": wanted["cmdlet"], "Parameters": wanted.get("parameters") or {}}}
    elif wanted.get("service") == "graph":
        service = services.graph
        method, url, body = wanted["method"].upper(), wanted["path"], wanted.get("body")
    else:
        raise ValueError("service is graph or exchange")
    path, _, query = url.partition("?")
    headers = {"content-type": "application/json"} | {k.lower(): v for k, v in (wanted.get("headers") or {}).items()}
    call = Call(
        world,
        tenant,
        Caller.hand(),
        method,
        decode_path(path),
        dict(parse_qsl(query, keep_blank_values=True)),
        headers,
        b"" if body is None else json.dumps(body).encode(),
        service.root,
        request_id=str(uuid4()),
    )
    return await service.dispatch(call)
