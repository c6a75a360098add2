"""RBAC for Applications: how pointers and assignments read back, who may grant, what Exchange's own test says."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from tests.conformance.answer import Answer
from tests.conformance.case import Cases, Like, Standing
from tests.conformance.cases.access import RBAC, assign, pointer
from tests.conformance.cases.exchange import BYPASS, failure, group, read, thrown
from tests.conformance.cases.exchange_endpoint import admin_bearer, manager
from tests.conformance.target import Target
from tests.conformance.tenancy import MailApp

case = Cases("access")
READ = "Application Mail.Read"
EXORBAC = "https://www.powershellgallery.com/packages/EXORBACforAppManagement"


def assignments(target: Target, app: MailApp) -> list[dict[str, Any]]:
    answer = target.exchange("Get-ManagementRoleAssignment", RoleAssignee=app.principal_id)
    return [row for row in answer.body["value"] if row] if answer.status == 200 else []


def only(target: Target, app: MailApp) -> dict[str, Any]:
    (row,) = target.until(lambda: assignments(target, app))
    return dict(row)


@case({"pointer": True, "object_id": True, "name": True}, source=RBAC)
def pointer_is_listed_with_both_ids(target: Target) -> Any:
    """Get-ServicePrincipal lists a pointer with AppId, ObjectId and DisplayName"""
    app = target.app()
    pointer(target, app)

    def mine() -> list[dict[str, Any]]:
        rows = target.exchange("Get-ServicePrincipal").body["value"]
        return [row for row in rows if row and str(row["AppId"]).lower() == app.client_id]

    (row,) = target.until(mine)
    principal = str(row["ObjectId"]).lower() == app.principal_id
    return {"pointer": True, "object_id": principal, "name": row["DisplayName"] == app.client_id}


@case({"exists": True}, source=RBAC, standing=Standing.OBSERVED)
def pointer_made_twice_exists_already(target: Target) -> Any:
    """A second pointer for the same app is refused as existing"""
    app = target.app()
    pointer(target, app)
    again = target.exchange("New-ServicePrincipal", AppId=app.client_id, ObjectId=app.principal_id, DisplayName="x")
    return {"exists": "already exist" in str(again.body) or "AlreadyExists" in thrown(again)}


@case({"missing": True}, source=RBAC, standing=Standing.UNVERIFIED)
def pointer_to_nobody_is_refused_as_missing(target: Target) -> Any:
    """A pointer to an object that Exchange does not know (yet) is refused as missing: the client asks again"""
    ids = {"AppId": str(uuid4()), "ObjectId": str(uuid4())}
    refused = target.exchange("New-ServicePrincipal", **ids, DisplayName="x")
    missing = "ManagementObjectNotFound" in thrown(refused) or "doesn't exist in" in str(refused.body)
    return {"missing": missing}


@case({"scope": "Group", "where": True, "assignee": True, "kind": "ServicePrincipal", "enabled": "True"},
      source=EXORBAC, standing=Standing.OBSERVED)  # fmt: skip
def assignment_to_a_group_reads_back_by_its_name(target: Target) -> Any:
    """RecipientGroupScope reads back as RecipientWriteScope Group; CustomResourceScope is its Name, or name_guid"""
    app, name = target.app(), group(target, target.tenancy.inside)
    pointer(target, app)
    assign(target, app, READ, RecipientGroupScope=name)
    row = only(target, app)
    where = str(row["CustomResourceScope"])
    return {
        "scope": row["RecipientWriteScope"],
        "where": where == name or where.startswith(f"{name}_"),
        "assignee": app.principal_id in (str(row["RoleAssignee"]).lower(), str(row["RoleAssigneeName"]).lower()),
        "kind": row["RoleAssigneeType"],
        "enabled": str(row["Enabled"]),
    }


@case({"scope": "Organization", "where": False}, source=RBAC, standing=Standing.UNVERIFIED)
def assignment_without_a_scope_reads_back_as_the_organization(target: Target) -> Any:
    """Without a scope an assignment holds in the whole organization and names no scope"""
    app = target.app()
    pointer(target, app)
    assign(target, app, READ)
    row = only(target, app)
    return {"scope": row["RecipientWriteScope"], "where": bool(row["CustomResourceScope"])}


@case({"scope": "CustomRecipientScope", "where": True, "in_use": 400}, source=RBAC)
def assignment_to_a_management_scope_names_it(target: Target) -> Any:
    """A management scope reads back by its name, and is not removed while it is used"""
    app, name = target.app(), target.name()
    dn = (read(target, group(target, target.tenancy.inside)) or {})["DistinguishedName"]
    scope = {"Name": name, "RecipientRestrictionFilter": f"MemberOfGroup -eq '{dn}'"}
    target.settled(lambda: target.exchange("New-ManagementScope", **scope))
    target.undo(lambda: target.exchange("Remove-ManagementScope", Identity=name, Confirm=False))
    pointer(target, app)
    assign(target, app, READ, CustomResourceScope=name)
    row = only(target, app)
    used = target.exchange("Remove-ManagementScope", Identity=name, Confirm=False)
    where = row["CustomResourceScope"] == name
    return {"scope": row["RecipientWriteScope"], "where": where, "in_use": used.status}


@case({"exists": True, "long": 400, "role": Like("ManagementObjectNotFoundException")}, source=RBAC,
      standing=Standing.UNVERIFIED)  # fmt: skip
def assignment_is_one_of_its_name(target: Target) -> Any:
    """A name is one assignment's and has 64 characters at most; a role that is none is missing"""
    app, name = target.app(), group(target, target.tenancy.inside)
    pointer(target, app)
    first = assign(target, app, READ, RecipientGroupScope=name)

    def again(**changed: str) -> Answer:
        parameters = {"Name": first["Name"], "App": app.principal_id, "Role": READ, "RecipientGroupScope": name}
        return target.exchange("New-ManagementRoleAssignment", **parameters | changed)

    twice, unknown = again(), again(Name=target.name(), Role="Application Nothing")
    exists = "AlreadyExists" in thrown(twice) or "already exist" in str(twice.body)
    return {"exists": exists, "long": again(Name="x" * 65).status, "role": failure(unknown)["type"]}


def authorization(target: Target, app: MailApp, **resource: str) -> list[dict[str, Any]]:
    answer = target.exchange("Test-ServicePrincipalAuthorization", Identity=app.client_id, **resource)
    return [row for row in answer.body["value"] if row] if answer.status == 200 else []


@case(
    {"permissions": ["Mail.ReadWrite", "Mail.Send"], "scope": "Group", "in_scope": "True", "not_asked": "Not Run"},
    source="https://github.com/tiredithumans/azapptoolkit", standing=Standing.OBSERVED,
)  # fmt: skip
def authorization_row_names_the_permissions_of_a_composite_role(target: Target) -> Any:
    """GrantedPermissions is a list with commas; InScope is true or false, `Not Run` where no mailbox was named"""
    app, inside = target.app(), target.tenancy.inside
    pointer(target, app)
    assign(target, app, "Application Mail Full Access", RecipientGroupScope=group(target, inside))
    (row,) = target.until(lambda: authorization(target, app, Resource=inside), 1800, 30)
    (bare,) = authorization(target, app)
    return {
        "permissions": sorted(p.strip() for p in row["GrantedPermissions"].split(",")),
        "scope": row["ScopeType"],
        "in_scope": str(row["InScope"]),
        "not_asked": str(bare["InScope"]),
    }


@case({"nested": "False"}, source=RBAC)
def nested_member_is_out_of_scope(target: Target) -> Any:
    """Only direct members of a group are in an assignment's scope"""
    app, inside = target.app(), target.tenancy.inside
    outer, inner = group(target), group(target, inside)
    nested = {"Identity": outer, "Member": inner, **BYPASS}
    target.settled(lambda: target.exchange("Add-DistributionGroupMember", **nested))
    pointer(target, app)
    assign(target, app, READ, RecipientGroupScope=outer)
    (row,) = target.until(lambda: authorization(target, app, Resource=inside), 1800, 30)
    return {"nested": str(row["InScope"])}


@case({"before": 1, "after": 0}, source=RBAC, standing=Standing.UNVERIFIED)
def assignments_go_with_their_pointer(target: Target) -> Any:
    """Removing a pointer removes its assignments"""
    app = target.app()
    pointer(target, app)
    assign(target, app, READ, RecipientGroupScope=group(target, target.tenancy.inside))
    before = len(target.until(lambda: assignments(target, app)))
    target.exchange("Remove-ServicePrincipal", Identity=app.principal_id, Confirm=False)
    target.until(lambda: not assignments(target, app), 600, 10)
    return {"before": before, "after": len(assignments(target, app))}


@case({"after": 0}, source=RBAC, slow=True)
def pointer_goes_with_the_enterprise_application(target: Target) -> Any:
    """Deleting the service principal in Entra ends the pointer and its assignments"""
    app = target.app()
    pointer(target, app)
    assign(target, app, READ, RecipientGroupScope=group(target, target.tenancy.inside))
    target.until(lambda: assignments(target, app))
    target.graph("DELETE", f"/servicePrincipals/{app.principal_id}")
    target.until(lambda: not assignments(target, app), 3600, 60)
    return {"after": len(assignments(target, app))}


@case({"status": 400, "message": True}, source=RBAC, slow=True)
def granting_a_role_needs_a_delegating_assignment_of_it(target: Target) -> Any:
    """An app with Role Management alone cannot grant an application role that it was not given to delegate"""
    app = manager(target)
    pointer(target, app)
    assign(target, app, "Role Management")
    wanted = {"Name": target.name(), "App": app.principal_id, "Role": READ}

    def ask() -> Answer | None:
        answer = target.exchange("New-ManagementRoleAssignment", bearer=admin_bearer(target, app), **wanted)
        return answer if answer.status != 403 else None  # 403: the role does not act yet

    refused = target.until(ask, 3 * 3600, 60)
    if refused.status == 200:
        target.undo(lambda: target.exchange("Remove-ManagementRoleAssignment", Identity=wanted["Name"], Confirm=False))
    return {"status": refused.status, "message": "delegating" in str(refused.body)}
