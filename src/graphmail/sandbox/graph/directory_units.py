"""What a directory request costs, and the headers that say so.

learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits. Nothing is refused for it unless the
tenant's limits name a number of units; the real ones are 3,500, 5,000 and 8,000 in 10 seconds by size of the tenant.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache

from graphmail.sandbox.call import Answer, Call, Handler, Route
from graphmail.sandbox.graph.errors import graph_answer

_TWO = re.compile(r"/(applications|users)/?|/servicePrincipals/[^/]+/appRoleAssignments", re.IGNORECASE)
_THREE = re.compile(r"/groups/[^/]+/members|/subscribedSkus", re.IGNORECASE)


def metered(route: Route) -> Route:
    """Return the route with its cost counted and told."""
    return replace(route, handler=_metered(route.handler))


@cache
def _metered(handler: Handler) -> Handler:
    async def handle(call: Call) -> Answer:
        if call.caller.by_hand or call.path == "/$batch":
            return await handler(call)
        units, limit = cost(call), call.tenant.limits.directory_units
        headers = {"x-ms-resource-unit": str(units)}
        if limit:
            window, now = call.tenant.mail_traffic.directory, call.tenant.clock.now()
            wait = window.room(now, limit)
            window.add(units)
            if window.used >= 0.8 * limit:
                headers["x-ms-throttle-limit-percentage"] = f"{min(1.8, window.used / limit):.2f}"
            if wait:
                return _refused(call, headers, wait)
        answer = await handler(call)
        answer.headers = headers | answer.headers
        return answer

    return handle


def cost(call: Call) -> int:
    """Return the resource units of a request."""
    if call.method != "GET":
        return 2
    units = 3 if _THREE.fullmatch(call.path) else 2 if _TWO.fullmatch(call.path) else 1
    units -= bool(call.query.get("$select"))
    units -= int(call.query["$top"]) < 20 if call.query.get("$top", "").isdecimal() else 0
    return max(1, units + bool(call.query.get("$expand")))


def _refused(call: Call, headers: dict[str, str], wait: float) -> Answer:
    scope = f"Tenant_Application/{'Read' if call.method == 'GET' else 'Write'}/{call.caller.client_id}/{call.tenant.id}"
    told = {
        "Retry-After": str(math.ceil(wait)),
        "x-ms-throttle-scope": scope,
        "x-ms-throttle-information": "ResourceUnitLimitExceeded",
    }
    return graph_answer(429, "TooManyRequests", "Too many requests.", headers=headers | told)
