"""Lags at their longest: what is committed is seen much later, by the reader it is late for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from graphmail.sandbox.drills.drill import Drill
from graphmail.sandbox.drills.parameter import clock_seconds
from graphmail.sandbox.store import Tenant

_REPLICATION = "github.com/hashicorp/terraform-provider-azuread/issues/1811"
_CONSENT = "learn.microsoft.com/entra/identity-platform/access-tokens"
_POLICY = "learn.microsoft.com/graph/auth-limit-mailbox-access"


def put_in_force(tenant: Tenant) -> None:
    """Make the delays what they usually are, with the standing lags on top; the one planned last wins.

    While one stands, the usual ones are kept apart, and are what a restart goes on with.
    """
    standing = [p for p in tenant.drills if p.drill.delays]
    if tenant.usual_delays is None:
        if not standing:
            return
        tenant.usual_delays = replace(tenant.delays)
    late = {name: p.values["seconds"] for p in standing for name in p.drill.delays}
    for name, usual in asdict(tenant.usual_delays).items():
        setattr(tenant.delays, name, late.get(name, usual))
    if not standing:
        tenant.usual_delays = None


def change_delays(tenant: Tenant, seconds: Mapping[str, float]) -> None:
    """Change the usual delays to what differs from those in force; one that a lag holds follows when that is over."""
    usual = tenant.usual_delays or tenant.delays
    for name, value in seconds.items():
        if value != getattr(tenant.delays, name):
            setattr(usual, name, value)
    put_in_force(tenant)


def _lag(name: str, imitates: str, source: str, seconds: int, *delays: str) -> Drill:
    takes = {"seconds": clock_seconds(seconds)}
    return Drill(name, imitates, source, takes=takes, times=None, moment="standing", delays=delays)


LAG = (
    _lag("replication_lag", "an object just made is missing for a quarter of an hour", _REPLICATION, 900,
         "replication"),
    _lag("permission_lag", "consent reaches tokens, and a secret the token endpoint, after two hours", _CONSENT, 7200,
         "consent", "secret"),
    _lag("policy_lag", "mailbox calls follow access policies and their groups after two hours", _POLICY, 7200,
         "policy", "membership"),
)  # fmt: skip
