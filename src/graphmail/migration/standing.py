"""What one customer has of both access models: what a migration starts from, and what a way back leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from graphmail.exchange import Row
from graphmail.reach import Sources
from graphmail.reach.sources import EVERY_APP
from graphmail.resource import Values
from graphmail.resources.access_policies import RESTRICT, policy_is_for
from graphmail.resources.application_reference import application_path
from graphmail.resources.exo_management_role_assignment import shown_assignment
from graphmail.resources.exo_service_principal import pointer_row
from graphmail.resources.permissions import GRAPH
from graphmail.tenant import Tenant

ACCESS = ("client_id", "consents", "policy", "others", "pointer", "assignments")


@dataclass(frozen=True, slots=True)
class Standing:
    """Words and names alone, so that it can be stored.

    `consents` are Graph's permissions by name, those of another service after its name and a slash; `policies` are
    those of the app, `others` those that are not the one for its group; `assignments` are by Name, what they say.
    """

    client_id: str
    consents: tuple[str, ...]
    policy: bool
    others: tuple[str, ...]
    pointer: bool
    assignments: Mapping[str, str]
    group: bool
    members: tuple[str, ...]
    nested: tuple[str, ...]
    key_ids: tuple[str, ...]

    @classmethod
    def of(cls, tenant: Tenant, params: Values) -> Self | None:
        """Read it; None where there is no app yet. Raises what the tenant's refusal raises."""
        application = tenant.graph.find(application_path(params["application"], params.get("client_id")))
        if application is None:
            return None
        client_id = str(application["appId"])
        sources = Sources.of(tenant, client_id, params["group"])
        own = [p for p in sources.policies if _is_own(p, sources, client_id)]
        return cls(
            client_id,
            tuple(sorted(c.role if c.resource == GRAPH else f"{c.resource_name}/{c.role}" for c in sources.consents)),
            bool(own),
            tuple(
                f"{p.get('AccessRight')} for {p.get('ScopeName')!r}"
                + (" of every app" if p.get("AppId") == "*" else "")
                for p in sources.policies
                if p not in own
            ),
            pointer_row(tenant, client_id) is not None,
            {str(row["Name"]): shown_assignment(row, sources.group_row) for row in sources.assignments},
            sources.group_row is not None,
            tuple(_name(member) for member in sources.members),
            tuple(_name(m) for m in sources.members if "Group" in _kind(m)),
            tuple(
                str(key["keyId"])
                for kind in ("passwordCredentials", "keyCredentials")
                for key in application.get(kind) or ()
            ),
        )

    @classmethod
    def stored(cls, kept: Mapping[str, Any]) -> Self:
        """What `facts` gave. Raises TypeError for anything else."""
        facts: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in kept.items()}
        return cls(**facts)

    def facts(self) -> dict[str, Any]:
        return asdict(self)

    def same_access(self, other: Standing) -> bool:
        """Whether both say the same of what lets the app in."""
        mine, theirs = self.facts(), other.facts()
        return all(
            mine[n] == theirs[n] for n in ("client_id", "consents", "policy", "others", "pointer", "assignments")
        )


def _is_own(policy: Row, sources: Sources, client_id: str) -> bool:
    return (
        sources.group_row is not None
        and str(policy.get("AppId", "")).lower() == client_id.lower()
        and policy.get("AccessRight") == RESTRICT
        and policy_is_for(policy, sources.group_row, sources.group)
    )


def _said(policy: Row) -> str:
    every = " of every app" if policy.get("AppId") == EVERY_APP else ""
    return f"{policy.get('AccessRight')} for {policy.get('ScopeName')!r}{every}"


def _kind(member: Row) -> str:
    return str(member.get("RecipientTypeDetails") or member.get("RecipientType") or "")


def _name(member: Row) -> str:
    return str(member.get("PrimarySmtpAddress") or member.get("Name"))
