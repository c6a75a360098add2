"""What follows when a policy, a group's members or an assignment change: the data plane, after its lags."""

from __future__ import annotations

from typing import Any

from tests.conformance.answer import Answer
from tests.conformance.case import Cases, Like, Standing
from tests.conformance.cases.access import LIMIT, RBAC, assign, become, inbox, pointer
from tests.conformance.cases.exchange import BYPASS, group, restrict, thrown
from tests.conformance.target import Target
from tests.conformance.tenancy import MailApp

case = Cases("access")
CUSTOMIZATION = "https://learn.microsoft.com/powershell/module/exchangepowershell/enable-organizationcustomization"
ROLES = ("Mail.Read", "Mail.Send")


def unsendable(target: Target, app: MailApp, mailbox: str) -> Answer:
    """A mail without recipients: nothing can go out, and who may send is told all the same."""
    bearer = str(target.token(app=app).body["access_token"])
    message = {"subject": target.name(), "body": {"contentType": "Text", "content": "x"}, "toRecipients": []}
    return target.graph("POST", f"/users/{mailbox}/sendMail", {"message": message}, bearer=bearer)


@case({"inside": 400, "outside": {"status": 403, "code": "ErrorAccessDenied"}}, source=LIMIT,
      standing=Standing.UNVERIFIED, slow=True)  # fmt: skip
def policy_confines_sending_as_it_confines_reading(target: Target) -> Any:
    """A mail without recipients is 400 for a member of the group, and 403 ErrorAccessDenied for anybody else"""
    app = target.app(*ROLES, secret=True)
    restrict(target, app.client_id, group(target, target.tenancy.inside))
    become(target, app, [200, 403])
    inside, outside = (unsendable(target, app, m) for m in (target.tenancy.inside, target.tenancy.outside))
    return {"inside": inside.status, "outside": outside.refusal}


@case({"before": [200, 403], "after": [200, 200]}, source=LIMIT, slow=True)
def member_added_to_the_policys_group_is_reached(target: Target) -> Any:
    """A mailbox that joins the policy's group is reached after a while"""
    app, name = target.app("Mail.Read", secret=True), group(target, target.tenancy.inside)
    restrict(target, app.client_id, name)
    before = become(target, app, [200, 403])
    target.exchange("Add-DistributionGroupMember", Identity=name, Member=target.tenancy.outside, **BYPASS)
    return {"before": before, "after": become(target, app, [200, 200])}


@case({"before": [200, 403], "after": [403, 403]}, source=LIMIT, slow=True)
def member_taken_out_of_the_policys_group_is_refused(target: Target) -> Any:
    """A mailbox that leaves the policy's group is refused after a while"""
    app, name = target.app("Mail.Read", secret=True), group(target, target.tenancy.inside)
    restrict(target, app.client_id, name)
    before = become(target, app, [200, 403])
    leaver = {"Identity": name, "Member": target.tenancy.inside, "Confirm": False}
    target.exchange("Remove-DistributionGroupMember", **leaver, **BYPASS)
    return {"before": before, "after": become(target, app, [403, 403])}


@case({"before": [200, 403], "after": [403, 403], "code": "ErrorAccessDenied"}, source=RBAC, slow=True)
def removed_assignment_closes_every_mailbox(target: Target) -> Any:
    """Without its assignment an app reaches nobody, after the cache of up to two hours"""
    app = target.app(secret=True)
    pointer(target, app)
    made = assign(target, app, "Application Mail.Read", RecipientGroupScope=group(target, target.tenancy.inside))
    before = become(target, app, [200, 403])
    target.exchange("Remove-ManagementRoleAssignment", Identity=made["Name"], Confirm=False)
    after = become(target, app, [403, 403])
    bearer = str(target.token(app=app).body["access_token"])
    return {"before": before, "after": after, "code": inbox(target, target.tenancy.inside, bearer).code}


@case({"reach": [200, 403]}, source=RBAC, standing=Standing.UNVERIFIED, slow=True)
def policy_does_not_limit_an_assignment(target: Target) -> Any:
    """Policies confine what Entra consented to alone: an assignment opens its scope whatever a policy names"""
    app, inside, outside = target.app(secret=True), target.tenancy.inside, target.tenancy.outside
    restrict(target, app.client_id, group(target, outside))
    pointer(target, app)
    assign(target, app, "Application Mail.Read", RecipientGroupScope=group(target, inside))
    return {"reach": become(target, app, [200, 403])}


@case({"with": [200, 200], "without": [403, 403]}, source=LIMIT, slow=True)
def revoked_consent_closes_every_mailbox(target: Target) -> Any:
    """When the only consent is deleted, new tokens reach nobody"""
    app = target.app("Mail.Read", secret=True)
    before = become(target, app, [200, 200])
    path = f"/servicePrincipals/{app.principal_id}/appRoleAssignments"
    (grant,) = target.graph("GET", path).body["value"]
    target.graph("DELETE", f"{path}/{grant['id']}")
    return {"with": before, "without": become(target, app, [403, 403])}


@case({"as_it_says": True, "type": Like("^$|Dehydrated|delegating")}, standing=Standing.OBSERVED,
      source=CUSTOMIZATION)  # fmt: skip
def organization_that_was_never_customized_refuses_assignments(target: Target) -> Any:
    """Where IsDehydrated is true a role assignment is refused, else it is made"""
    (settings,) = target.exchange("Get-OrganizationConfig").body["value"]
    app = target.app()
    pointer(target, app)
    name = target.name()
    wanted = {"Name": name, "App": app.principal_id, "Role": "Application Mail.Read"}
    scope = {"RecipientGroupScope": group(target, target.tenancy.inside)}
    answer = target.exchange("New-ManagementRoleAssignment", **wanted, **scope)
    if answer.status == 200:
        target.undo(lambda: target.exchange("Remove-ManagementRoleAssignment", Identity=name, Confirm=False))
    dehydrated = str(settings["IsDehydrated"]) == "True"
    return {"as_it_says": dehydrated == (answer.status != 200), "type": thrown(answer) if dehydrated else ""}
