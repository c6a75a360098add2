"""Who reaches which mailbox: consent in Entra, access policies and RBAC for Applications, as the data plane acts."""

from __future__ import annotations

from typing import Any

from tests.conformance.answer import Answer
from tests.conformance.case import Cases, Like, Standing
from tests.conformance.cases.exchange import group, restrict
from tests.conformance.target import Target
from tests.conformance.tenancy import MailApp

case = Cases("access")
LIMIT = "https://learn.microsoft.com/graph/auth-limit-mailbox-access"
RBAC = "https://learn.microsoft.com/exchange/permissions-exo/application-rbac"
HOURS = 3 * 3600  # a cache of two hours, and what was asked meanwhile


def inbox(target: Target, mailbox: str, bearer: str) -> Answer:
    return target.graph("GET", f"/users/{mailbox}/mailFolders/inbox?$select=id", bearer=bearer)


def reach(target: Target, app: MailApp) -> list[int]:
    """The status for the mailbox inside and for the one outside, with a new token."""
    bearer = str(target.token(app=app).body["access_token"])
    return [inbox(target, mailbox, bearer).status for mailbox in (target.tenancy.inside, target.tenancy.outside)]


def become(target: Target, app: MailApp, wanted: list[int]) -> list[int]:
    """Wait until the data plane does what is wanted."""
    target.until(lambda: reach(target, app) == wanted, HOURS, 60)
    return reach(target, app)


@case({"status": 403, "code": "ErrorAccessDenied"}, source="https://learn.microsoft.com/graph/permissions-reference")
def app_without_consent_reaches_nobody(target: Target) -> Any:
    """Without Mail.* in its token an app gets 403 ErrorAccessDenied"""
    app = target.app(secret=True)
    return inbox(target, target.tenancy.inside, target.token(app=app).body["access_token"]).refusal


@case(
    {"before": [200, 200], "after": [200, 403], "message": Like("AccessPolicy|Access to OData is disabled")},
    source=LIMIT,
    slow=True,
)
def access_policy_confines_a_consented_app(target: Target) -> Any:
    """Consent opens every mailbox; a RestrictAccess policy leaves the members and refuses the others by its own text"""
    app = target.app("Mail.Read", secret=True)
    before = become(target, app, [200, 200])
    restrict(target, app.client_id, group(target, target.tenancy.inside))
    after = become(target, app, [200, 403])
    bearer = target.bearer_with(app, "Mail.Read")
    return {"before": before, "after": after, "message": inbox(target, target.tenancy.outside, bearer).message}


def pointer(target: Target, app: MailApp) -> None:
    """Make Exchange's service principal of the app; Exchange does not know a new one of Entra's at once."""
    ids = {"AppId": app.client_id, "ObjectId": app.principal_id, "DisplayName": app.client_id}
    target.settled(lambda: target.exchange("New-ServicePrincipal", **ids))
    target.undo(lambda: target.exchange("Remove-ServicePrincipal", Identity=app.principal_id, Confirm=False))


def assign(target: Target, app: MailApp, role: str, **scope: str) -> dict[str, Any]:
    """Assign it; the row that Exchange answers."""
    name = target.name()
    parameters = {"Name": name, "App": app.principal_id, "Role": role, **scope}
    # The pointer is not known everywhere at once.
    row = target.settled(lambda: target.exchange("New-ManagementRoleAssignment", **parameters)).body["value"][0]
    target.undo(lambda: target.exchange("Remove-ManagementRoleAssignment", Identity=name, Confirm=False))
    return dict(row)


@case({"reach": [200, 403], "roles": None}, source=RBAC, slow=True)
def role_assignment_scoped_to_a_group_opens_its_members_alone(target: Target) -> Any:
    """An Application role with RecipientGroupScope opens the members without any consent, and the token has no roles"""
    import jwt

    app = target.app(secret=True)
    pointer(target, app)
    assign(target, app, "Application Mail.Read", RecipientGroupScope=group(target, target.tenancy.inside))
    bearer = str(target.token(app=app).body["access_token"])
    roles = jwt.decode(bearer, options={"verify_signature": False}).get("roles")
    return {"reach": become(target, app, [200, 403]), "roles": roles}


@case({"scoped": [200, 403], "with_consent": [200, 200]}, source=RBAC, slow=True)
def consent_in_entra_voids_the_scope(target: Target) -> Any:
    """Consent and role assignments add up: Mail.Read in Entra beside a scoped assignment opens every mailbox"""
    app = target.app(secret=True)
    pointer(target, app)
    assign(target, app, "Application Mail.Read", RecipientGroupScope=group(target, target.tenancy.inside))
    scoped = become(target, app, [200, 403])
    target.consent(app, "Mail.Read")
    return {"scoped": scoped, "with_consent": become(target, app, [200, 200])}


@case(
    {"status": Like("^(400|404)$")}, source="https://github.com/MicrosoftDocs/office-developer-exchange-docs/pull/304"
)
def registrations_object_id_is_no_service_principal(target: Target) -> Any:
    """New-ServicePrincipal refuses the app registration's object id: it wants the enterprise application's"""
    app = target.app()
    refused = target.exchange("New-ServicePrincipal", AppId=app.client_id, ObjectId=app.id, DisplayName="x")
    if refused.status == 200:
        target.undo(lambda: target.exchange("Remove-ServicePrincipal", Identity=app.id, Confirm=False))
    return {"status": str(refused.status)}


@case({"in_scope": [True, False]}, source=RBAC, standing=Standing.OBSERVED)
def test_cmdlet_tells_who_is_in_scope(target: Target) -> Any:
    """Test-ServicePrincipalAuthorization says InScope for a member and not for anybody else"""
    app = target.app()
    pointer(target, app)
    assign(target, app, "Application Mail.Read", RecipientGroupScope=group(target, target.tenancy.inside))

    def in_scope(mailbox: str) -> bool:
        answer = target.exchange("Test-ServicePrincipalAuthorization", Identity=app.principal_id, Resource=mailbox)
        return str(answer.body["value"][0]["InScope"]).lower() == "true"

    target.until(lambda: in_scope(target.tenancy.inside), 1800, 30)
    return {"in_scope": [in_scope(target.tenancy.inside), in_scope(target.tenancy.outside)]}
