"""Reads that go backwards: each is answered by one of several replicas, and those are behind by different times.

A replica that is behind answers from the directory as it was then, whole: objects, properties, secrets, members.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.drills.drill import Drill, Turn
from graphmail.sandbox.drills.parameter import lags
from graphmail.sandbox.drills.requests import is_read
from graphmail.sandbox.store import Tenant

_SOURCE = "github.com/hashicorp/terraform-provider-azuread/issues/1759"
_HISTORY = "history"
_DIRECTORY = (
    "applications",
    "service_principals",
    "policies",
    "permission_grants",
    "app_management_policy",
    "app_management_policies",
    "exchange",
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The directory since `since`, with `commits` changes in it."""

    since: datetime
    commits: int
    tenant: Tenant


def remember(tenant: Tenant, memory: dict[Any, Any]) -> None:
    """Keep the directory as it is now, if something was committed since it was last kept."""
    history: list[Snapshot] = memory.setdefault(_HISTORY, [])
    if history and history[-1].commits == len(tenant.ledger):
        return
    history.append(Snapshot(tenant.clock.now(), len(tenant.ledger), _copied(tenant)))


def _copied(tenant: Tenant) -> Tenant:
    """The directory's own records copied; mailboxes' content, clock, logs and plans stay the tenant's."""
    recipients = {
        r.id: replace(
            r,
            addresses=list(r.addresses),
            span=deepcopy(r.span),
            properties=deepcopy(r.properties),
            owners=list(r.owners),
            memberships=deepcopy(r.memberships),
        )
        for r in tenant.recipients.values()
    }
    return replace(
        tenant,
        recipients=recipients,
        recipient_index=None,
        **{name: deepcopy(getattr(tenant, name)) for name in _DIRECTORY},
    )


async def _behind(turn: Turn) -> Answer:
    call, history = turn.call, turn.memory.get(_HISTORY, [])
    lag = timedelta(seconds=turn.random.choice(turn.values["lags"]))
    then = call.tenant.clock.now() - lag
    # Before the drill was planned nothing was kept: the oldest there is.
    seen = next((s for s in reversed(history) if s.since <= then), history[0] if history else None)
    if not lag or seen is None or seen.commits == len(call.tenant.ledger):
        turn.missed = True
        return await turn.proceed()
    now, call.tenant = call.tenant, seen.tenant
    try:
        return await turn.proceed()
    finally:
        call.tenant = now


def _keep(tenant: Tenant, values: Mapping[str, Any], memory: dict[Any, Any]) -> None:
    remember(tenant, memory)


def _directory_read(service: str, call: Call) -> bool:
    return service != "entra" and not call.path.lower().endswith("exomodulefile") and is_read(service, call)


REPLICAS = (
    Drill(
        "reads_go_backwards", "each read comes from one of several replicas, which are behind by these seconds",
        _SOURCE, _behind, {"lags": lags(0, 20, 60)}, ("graph", "exchange"), _directory_read, times=None, begin=_keep,
        after=_keep,
    ),
)  # fmt: skip
