"""The request log: which operation was asked for and how it ended; never a body, a query or a bearer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from graphmail.sandbox.call import Call, Route
from graphmail.sandbox.store import World


def note(service: str, call: Call, route: Route | None, status: int) -> None:
    """Log a call of a known tenant. Status 0: the connection was dropped."""
    call.tenant.requests.append(
        {
            "at": call.tenant.clock.now().isoformat(),
            "service": service,
            "method": call.method,
            "route": route.template if route else None,
            "path": call.path,
            "status": status,
            "request_id": call.request_id,
            "client_request_id": call.headers.get("client-request-id"),
            "client_id": call.caller.client_id or None,
            "batch": call.batch or None,
            **({"user_id": call.caller.user_id} if call.caller.user_id else {}),
            **({"refused": call.refused} if call.refused else {}),
        },
    )


def note_refused(world: World, tenant_id: str, why: str, **seen: Any) -> None:
    """Log a request that never became a call: a bearer not minted here, an unknown tenant.

    `seen` has service, method, path, status, request_id and client_request_id.
    """
    entry = {
        "at": datetime.now(UTC).isoformat(),
        "route": None,
        "client_id": None,
        "batch": None,
        **seen,
        "refused": why,
    }
    tenant = world.tenants.get(tenant_id) if tenant_id else None
    (tenant.requests if tenant else world.requests).append(entry)
