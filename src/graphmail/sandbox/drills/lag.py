"""Lags at their longest: what is committed is seen much later, by the reader it is late for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphmail.sandbox.drills.drill import Drill, Switch
from graphmail.sandbox.store import Tenant

_REPLICATION = "github.com/hashicorp/terraform-provider-azuread/issues/1811"
_CONSENT = "learn.microsoft.com/entra/identity-platform/access-tokens"
_POLICY = "learn.microsoft.com/graph/auth-limit-mailbox-access"


def _slower(*names: str) -> Switch:
    def begin(tenant: Tenant, values: Mapping[str, Any], memory: dict[Any, Any]) -> None:
        for name in names:
            memory[name] = getattr(tenant.delays, name)
            setattr(tenant.delays, name, values["seconds"])

    return begin


def _as_before(tenant: Tenant, values: Mapping[str, Any], memory: dict[Any, Any]) -> None:
    for name, seconds in memory.items():
        setattr(tenant.delays, name, seconds)


def _lag(name: str, imitates: str, source: str, seconds: int, *delays: str) -> Drill:
    return Drill(
        name, imitates, source, parameters={"seconds": seconds}, times=None, moment="standing",
        begin=_slower(*delays), end=_as_before,
    )  # fmt: skip


LAG = (
    _lag("replication_lag", "an object just made is missing for a quarter of an hour", _REPLICATION, 900,
         "replication"),
    _lag("permission_lag", "consent reaches tokens, and a secret the token endpoint, after two hours", _CONSENT, 7200,
         "consent", "secret"),
    _lag("policy_lag", "mailbox calls follow access policies and their groups after two hours", _POLICY, 7200,
         "policy", "membership"),
)  # fmt: skip
