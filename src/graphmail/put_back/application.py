"""An app registration that was adopted, its enterprise application, and what Exchange calls it."""

from __future__ import annotations

from typing import Any

from graphmail.put_back.undo import Undo, gone, scalar, seen
from graphmail.resource import Values, unordered
from graphmail.resources.application_reference import application_path
from graphmail.resources.exo_service_principal import pointer_row
from graphmail.resources.permissions import GRAPH, declared_roles
from graphmail.retry import Operation
from graphmail.start_state import Recorded
from graphmail.tenant import Tenant

ONCE = "Entra lets it be set once and keeps it"
PICTURE = "Graph told neither the picture that was there nor takes one away; replace it by hand"
OTHERS = "somebody else changed it since"


def application(tenant: Tenant, record: Recorded, params: Values) -> list[Undo]:
    what = f"app registration {record.object_id}"
    there = seen(tenant, lambda: tenant.graph.find(f"/applications/{record.object_id}"))
    if there is None:
        return gone(record, what)

    def patch(name: str, value: Any) -> None:
        tenant.graph.call(Operation.IDEMPOTENT, "PATCH", f"/applications/{record.object_id}", json={name: value})

    found = [
        *scalar(record, "display_name", what, there.get("displayName"), lambda v: patch("displayName", v)),
        *scalar(record, "notes", what, there.get("notes"), lambda v: patch("notes", v)),
        *_audience(record, what, there, lambda v: patch("signInAudience", v)),
        *_declared(tenant, record, what, there, lambda v: patch("requiredResourceAccess", v)),
    ]
    if "unique_name" in record.set and there.get("uniqueName") != record.found["unique_name"]:
        found.append(Undo(f"{what}: unique_name", there.get("uniqueName"), record.found["unique_name"], never=ONCE))
    if "logo" in record.set:
        start = "another picture" if record.found["logo"] else "no picture"
        found.append(Undo(f"{what}: logo", "the inventory's", start, never=PICTURE))
    return found


def _audience(record: Recorded, what: str, there: dict[str, Any], do: Any) -> list[Undo]:
    narrows = record.found.get("sign_in_audience") == "AzureADMyOrg"
    opens = "" if narrows else "other organisations could consent to the app again"
    return scalar(record, "sign_in_audience", what, there.get("signInAudience"), do, opens=opens)


def _declared(tenant: Tenant, record: Recorded, what: str, there: dict[str, Any], do: Any) -> list[Undo]:
    """The collection as it was; it only declares, and what was declared beside Graph's roles was not changed here."""
    start, now = record.found.get("required_permissions") or [], there.get("requiredResourceAccess") or []
    if "required_permissions" not in record.set or _same(start, now):
        return []
    roles = unordered(declared_roles(tenant, there))
    ours = any(unordered(value) == roles for value in record.set["required_permissions"])
    why = "" if ours and _same(_beside(start), _beside(now)) else OTHERS
    shown = sorted(declared_roles(tenant, {"requiredResourceAccess": start}))
    return [Undo(f"{what}: required_permissions", declared_roles(tenant, there), shown, lambda: do(start), why=why)]


def _beside(declared: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without Graph's application permissions."""
    kept = []
    for resource in declared:
        access = [a for a in resource["resourceAccess"] if resource["resourceAppId"] != GRAPH or a["type"] != "Role"]
        if access:
            kept.append(resource | {"resourceAccess": access})
    return kept


def _same(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    """In whatever order; a service of which nothing is declared counts too."""

    def flat(declared: list[dict[str, Any]]) -> set[tuple[str, ...]]:
        access = {(r["resourceAppId"], a["id"], a["type"]) for r in declared for a in r["resourceAccess"]}
        return access | {(r["resourceAppId"],) for r in declared}

    return flat(one) == flat(other)


def enterprise_application(tenant: Tenant, record: Recorded, params: Values) -> list[Undo]:
    what, path = f"enterprise application {record.object_id}", f"/servicePrincipals/{record.object_id}"
    there = seen(tenant, lambda: tenant.graph.find(path))
    if there is None:
        return gone(record, what)

    def patch(value: Any) -> None:
        tenant.graph.call(Operation.IDEMPOTENT, "PATCH", path, json={"accountEnabled": value})

    opens = "the app could sign in again" if record.found["account_enabled"] else ""
    return scalar(record, "account_enabled", what, there.get("accountEnabled"), patch, opens=opens)


def pointer(tenant: Tenant, record: Recorded, params: Values) -> list[Undo]:
    what, row = f"Exchange's service principal {record.object_id}", own_pointer(tenant, record, params)
    if row is None:
        return gone(record, what)

    def rename(value: Any) -> None:
        asked = {"Identity": record.object_id, "DisplayName": value}
        tenant.exchange.invoke(Operation.IDEMPOTENT, "Set-ServicePrincipal", **asked)

    return scalar(record, "display_name", what, row.get("DisplayName"), rename)


def own_application(tenant: Tenant, params: Values) -> dict[str, Any] | None:
    """The customer's app; None only after several looks."""
    path = application_path(params["application"], params.get("client_id"))
    return seen(tenant, lambda: tenant.graph.find(path))


def own_pointer(tenant: Tenant, record: Recorded, params: Values) -> dict[str, Any] | None:
    """Exchange's service principal of the app, if it still is the recorded one."""
    app = own_application(tenant, params)
    row = seen(tenant, lambda: pointer_row(tenant, app["appId"])) if app else None
    return row if row and str(row["ObjectId"]) == record.object_id else None
