"""Each way in which somebody makes an app's confinement void, by hand; and what Graph then really does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.sandbox_process import Sandbox

GRAPH, EXCHANGE = "00000003-0000-0000-c000-000000000000", "00000002-0000-0ff1-ce00-000000000000"
CEO, SALES, SUPPORT = "ceo@contoso.example", "sales@contoso.example", "support@contoso.example"
GROUP = "Kundo Mail mailboxes"
HOURS = 3 * 3600
RECIPIENTLESS = {"message": {"subject": "x", "toRecipients": []}, "saveToSentItems": False}


class App:
    """Contoso's mail app, in the hands of somebody with all rights; `secret` is one of its own."""

    def __init__(self, sandbox: Sandbox, tenant: str, client_id: str, secret: str) -> None:
        self.sandbox, self.tenant = sandbox, tenant
        self.client_id, self.secret = client_id, secret
        self.object_id = self.graph("GET", f"/servicePrincipals(appId='{client_id}')")["id"]

    def cmdlet(self, name: str, **parameters: Any) -> list[dict[str, Any]]:
        answer = self.sandbox.by_hand(self.tenant, cmdlet=name, parameters=parameters)
        return list((answer or {}).get("value", ()))

    def graph(self, method: str, path: str, body: Any = None) -> Any:
        return self.sandbox.by_hand(self.tenant, method, path, body)

    def pointer(self) -> None:
        """Exchange knows the app, so that it can have roles."""
        if not any(row["AppId"] == self.client_id for row in self.cmdlet("Get-ServicePrincipal")):
            self.cmdlet("New-ServicePrincipal", AppId=self.client_id, ObjectId=self.object_id, DisplayName="Kundo Mail")
            self.sandbox.settle(self.tenant)

    def assign(self, role: str, name: str = "by hand", **scope: Any) -> None:
        self.pointer()
        wanted = {"Name": name, "App": self.object_id, "Role": f"Application {role}"}
        self.cmdlet("New-ManagementRoleAssignment", **wanted | scope)

    def consent(self, resource: str, role: str) -> None:
        found = self.graph("GET", f"/servicePrincipals(appId='{resource}')")
        role_id = next(r["id"] for r in found["appRoles"] if r["value"] == role)
        body = {"principalId": self.object_id, "resourceId": found["id"], "appRoleId": role_id}
        self.graph("POST", f"/servicePrincipals/{found['id']}/appRoleAssignedTo", body)

    def policy(self, right: str, group: str, app: str = "") -> None:
        identity = {"AppId": [app or self.client_id], "AccessRight": right, "PolicyScopeGroupId": group}
        self.cmdlet("New-ApplicationAccessPolicy", Description=" ", **identity)

    def unrestrict(self) -> None:
        for policy in (p for p in self.cmdlet("Get-ApplicationAccessPolicy") if p["AppId"] == self.client_id):
            self.cmdlet("Remove-ApplicationAccessPolicy", Identity=policy["Identity"], Confirm=False)

    def group(self, name: str, *members: str) -> str:
        """Another one; answers its name."""
        address = f"{name.replace(' ', '-')}@contoso.example"
        self.cmdlet("New-DistributionGroup", Name=name, Type="Security", PrimarySmtpAddress=address)
        for member in members:
            self.cmdlet("Add-DistributionGroupMember", Identity=name, Member=member)
        self.sandbox.settle(self.tenant)
        return name

    def add(self, member: str) -> None:
        """To the app's own group."""
        added = {"Identity": GROUP, "Member": member, "BypassSecurityGroupManagerCheck": True}
        self.cmdlet("Add-DistributionGroupMember", **added)

    def reached(self, mailbox: str) -> set[str]:
        """Which of `read` and `send` Graph really lets the app do there, now."""
        bearer = self.sandbox.token(self.tenant, client_id=self.client_id, client_secret=self.secret)
        root = f"{self.sandbox.json['graph']}/v1.0/users/{mailbox}"
        headers = {"Authorization": f"Bearer {bearer}"}
        read = self.sandbox.http.get(f"{root}/mailFolders/inbox?$select=id", headers=headers)
        send = self.sandbox.http.post(f"{root}/sendMail", headers=headers, json=RECIPIENTLESS)
        # 400: it may send, and the message is to nobody.
        return {name for name, may in (("read", read.status_code == 200), ("send", send.status_code == 400)) if may}


@dataclass(frozen=True, slots=True)
class Void:
    """`kind` is the finding's, `also` a second one's. Graph lets the app into `opens`, and not into `refuses`."""

    model: str
    kind: str
    build: Callable[[App], object]
    opens: str = ""
    refuses: str = ""
    says: str = ""
    also: str = ""


RBAC, POLICY = "rbac", "application_access_policy"
IN_GROUP = {"RecipientGroupScope": "others"}


def _filtered(app: App) -> None:
    app.cmdlet("New-ManagementScope", Name="wide", RecipientRestrictionFilter=f"PrimarySmtpAddress -eq '{SALES}'")
    app.assign("Mail.Read", CustomResourceScope="wide")


def _alike(app: App) -> None:
    app.assign("Mail.Read", RecipientGroupScope=app.group(f"{GROUP}_old", CEO))


def _elsewhere(app: App) -> None:
    app.assign("Mail.Read", RecipientGroupScope=app.group("others", SALES))


def _nested(app: App) -> None:
    app.add(app.group("others", SALES))


def _follows_no_groups(app: App) -> None:
    """As tenants were seen to do before 2024."""
    app.sandbox.control("PATCH", f"/tenants/{app.tenant}/exchange", {"nested_groups_in_policies": False})
    _nested(app)


def _contact(app: App) -> None:
    app.cmdlet("New-MailContact", Name="A supplier", ExternalEmailAddress="supplier@elsewhere.example")
    app.add("supplier@elsewhere.example")


def _denied_alone(app: App) -> None:
    app.unrestrict()
    app.policy("DenyAccess", GROUP)


VOIDS: dict[str, Void] = {
    **{
        f"consent to {role} beside the roles": Void(
            RBAC,
            "consent_beside_scope",
            lambda app, role=role: app.consent(GRAPH, role),
            opens=CEO,
            says=f"Entra consents to {role} of Microsoft Graph. So the app reaches every mailbox",
        )
        for role in ("Mail.ReadWrite", "Mail.Read", "Mail.ReadBasic.All", "Mail.Send")
    },
    # They open EWS and the old Outlook API, which are not Graph.
    **{
        f"consent to {role} of Exchange, beside {model}": Void(
            model,
            "consent_of_exchange",
            lambda app, role=role: app.consent(EXCHANGE, role),
            refuses=CEO,
            says=f"Entra consents to {role} of Office 365 Exchange Online, outside Graph",
        )
        for role in ("full_access_as_app", "Mail.ReadWrite")
        for model in (RBAC, POLICY)
    },
    **{
        f"a role without scope, beside {model}": Void(
            model,
            "assignment_unscoped",
            lambda app: app.assign("Mail.Read"),
            opens=CEO,
            says="Application Mail.Read on the whole organization (by hand). So the app reaches every mailbox",
        )
        for model in (RBAC, POLICY)
    },
    **{
        f"a role for another group, beside {model}": Void(
            model,
            "assignment_elsewhere",
            _elsewhere,
            opens=SALES,
            says="Application Mail.Read on group others (by hand)",
        )
        for model in (RBAC, POLICY)
    },
    "a role for a group named alike": Void(
        RBAC, "assignment_elsewhere", _alike, opens=CEO, says=f"on group {GROUP}_old (by hand)"
    ),
    "a role with a filter of its own": Void(
        RBAC, "assignment_elsewhere", _filtered, opens=SALES, says="on CustomRecipientScope wide (by hand)"
    ),
    "no policy": Void(
        POLICY,
        "no_policy",
        App.unrestrict,
        opens=CEO,
        says="no access policy restricts it. So the app reaches every mailbox",
    ),
    "a policy for another group": Void(
        POLICY,
        "policy_elsewhere",
        lambda app: app.policy("RestrictAccess", app.group("others", SALES)),
        opens=SALES,
        says="RestrictAccess names 'others'. So the app reaches the mailboxes of 'others' too",
    ),
    "a policy that denies the group": Void(
        POLICY,
        "policy_denies_group",
        _denied_alone,
        opens=CEO,
        refuses=SUPPORT,
        says="DenyAccess names the group",
        also="no_policy",
    ),
    "a policy for every app that cancels out ours": Void(
        POLICY,
        "policies_cancel_out",
        lambda app: app.policy("DenyAccess", GROUP, app="*"),
        refuses=SUPPORT,
        says=f"DenyAccess names the group {GROUP!r}, beside one with RestrictAccess",
    ),
    "a policy that denies a member by another group": Void(
        POLICY,
        "policy_denies_others",
        lambda app: app.policy("DenyAccess", app.group("others", SUPPORT)),
        refuses=SUPPORT,
        says="DenyAccess names 'others'",
    ),
    "a group in the group, for roles": Void(
        RBAC, "nested_group", _nested, refuses=SALES, says="others@contoso.example. So the app reaches nobody in it"
    ),
    "a group in the group, for a policy that follows it": Void(
        POLICY,
        "nested_group",
        _nested,
        opens=SALES,
        says="others@contoso.example. So the app reaches perhaps everybody in it",
    ),
    "a group in the group, for a policy that does not": Void(
        POLICY,
        "nested_group",
        _follows_no_groups,
        refuses=SALES,
        says="others@contoso.example. So the app reaches perhaps everybody in it",
    ),
    **{
        f"a contact in the group, for {model}": Void(
            model,
            "member_without_mailbox",
            _contact,
            refuses="supplier@elsewhere.example",
            says="The group holds supplier@elsewhere.example, a MailContact. So the app reaches no mailbox by it",
        )
        for model in (RBAC, POLICY)
    },
}
