"""Tenants where somebody has worked by hand, generated: each number is another state, and always the same."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.sandbox.signed_in import KeyPair
from tests.sandbox_process import Sandbox

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
PEOPLE = ("anna", "bo", "care", "info", "support", "orders", "boss")
# A third of them is in trouble. GRAPHMAIL_DISCOVERY=90 works in ninety instead of a sample with every trouble once.
TROUBLES = (
    "no app", "another app of the name", "two apps in use", "a second policy", "a distribution list",
    "roles without a scope", "consent beside roles", "part of the consent beside roles", "a group in the group",
    "nothing confines it", "the group was deleted", "a management scope", "several live secrets",
)  # fmt: skip
ROLES = {
    "roles without a scope", "consent beside roles", "part of the consent beside roles", "a management scope",
}  # fmt: skip
CREDENTIALS = (
    "a secret", "a certificate", "a secret about to end", "a secret that is over", "one over and one live",
    "a secret", "nothing to sign in with",
)  # fmt: skip
COUNT = int(os.environ.get("GRAPHMAIL_DISCOVERY", "0"))
SAMPLE = [0, 1, *(2 + 3 * trouble for trouble in range(len(TROUBLES)))]
NUMBERS = list(range(COUNT)) if COUNT else SAMPLE
# How long somebody works there; a secret that is made for less is over then.
WORKING = timedelta(hours=3)


def tenant_id(number: int) -> str:
    return f"5a4d0000-00d1-4000-8000-{number:012d}"


def name(number: int) -> str:
    return f"town{number}"


def spec(number: int) -> dict[str, Any]:
    """The tenant as the sandbox's tenants file has it, before anybody works by hand."""
    domain = f"{name(number)}.example"
    return {
        "id": tenant_id(number),
        "display_name": f"Town {number}",
        "initial_domain": f"{name(number)}.onmicrosoft.example",
        "domains": [domain],
        "users": [{"address": f"{person}@{domain}", "name": person.title()} for person in PEOPLE]
        + [{"address": f"temp@{domain}", "name": "Temp", "licensed": False}],
        "groups": [{"name": "Inner", "address": f"inner@{domain}", "members": [f"boss@{domain}"]}],
    }


@dataclass
class Worked:
    """What somebody did in tenant `number`; `secrets` are the vendor's live ones by client id.

    `live` counts all that lives, certificates too; `group` is the one that can be taken over, empty where none can.
    """

    sandbox: Sandbox
    number: int
    chance: random.Random
    secrets: list[tuple[str, str]] = field(default_factory=list)
    live: int = 0
    client_id: str = ""
    group_name: str = ""
    member: str = ""
    confined: bool = False
    done: list[str] = field(default_factory=list)

    @property
    def tenant(self) -> str:
        return tenant_id(self.number)

    @property
    def usual(self) -> bool:
        return "the usual name" in self.done

    def key_ids(self) -> list[str]:
        """Of the app's secrets as they are now."""
        app = self.graph("GET", f"/applications(appId='{self.client_id}')")
        return [credential["keyId"] for credential in app["passwordCredentials"]]

    def graph(self, method: str, path: str, body: Any = None) -> Any:
        return self.sandbox.by_hand(self.tenant, method, path, body)

    def cmdlet(self, cmdlet: str, **parameters: Any) -> Any:
        return self.sandbox.by_hand(self.tenant, cmdlet=cmdlet, parameters=parameters)

    def address(self, person: str) -> str:
        return f"{person}@{name(self.number)}.example"

    def may(self, what: str, probability: float) -> bool:
        yes = self.chance.random() < probability
        if yes:
            self.done.append(what)
        return yes

    def app(self, audience: str = "AzureADMyOrg") -> tuple[dict[str, Any], dict[str, Any]]:
        app = self.graph("POST", "/applications", {"displayName": "Kundo Mail", "signInAudience": audience})
        return app, self.graph("POST", "/servicePrincipals", {"appId": app["appId"]})

    def secret(self, app: dict[str, Any], label: str, life: timedelta | None = None) -> None:
        """It counts as live, unless it ends while somebody still works here."""
        wanted = {"displayName": label}
        if life:
            wanted["endDateTime"] = f"{datetime.fromisoformat(self.sandbox.now(self.tenant)) + life:%Y-%m-%dT%H:%M:%SZ}"
        made = self.graph("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": wanted})
        if life is None or life > WORKING:
            self.secrets.append((app["appId"], made["secretText"]))
            self.live += 1

    def certificate(self, app: dict[str, Any]) -> None:
        key = KeyPair()
        self.graph("PATCH", f"/applications/{app['id']}", {"keyCredentials": [key.credential]})
        self.live += 1

    def group(self, title: str, kind: str = "Security", owners: tuple[str, ...] = ("anna",)) -> str:
        address = self.address(title.lower().replace(" ", "-"))
        self.cmdlet("New-DistributionGroup", Name=title, Type=kind, PrimarySmtpAddress=address)
        self.cmdlet("Set-DistributionGroup", Identity=title, ManagedBy=[self.address(owner) for owner in owners])
        members = self.chance.sample(["info", "support", "orders"], self.chance.randint(1, 3))
        self.member = self.member or members[0]
        for person in members:
            self.cmdlet("Add-DistributionGroupMember", Identity=title, Member=self.address(person))
        return title

    def consent(self, principal: dict[str, Any], role: str, service: str = GRAPH) -> None:
        resource = self.graph("GET", f"/servicePrincipals(appId='{service}')")
        identifier = next(r["id"] for r in resource["appRoles"] if r["value"] == role)
        body = {"principalId": principal["id"], "resourceId": resource["id"], "appRoleId": identifier}
        self.graph("POST", f"/servicePrincipals/{resource['id']}/appRoleAssignedTo", body)

    def restrict(self, app: dict[str, Any], group: str, right: str = "RestrictAccess") -> None:
        address = self.address(group.lower().replace(" ", "-"))
        parameters = {"AccessRight": right, "PolicyScopeGroupId": address, "Description": " "}
        self.cmdlet("New-ApplicationAccessPolicy", AppId=[app["appId"]], **parameters)

    def assign(self, app: dict[str, Any], principal: dict[str, Any], **scope: str) -> None:
        shown = {"AppId": app["appId"], "ObjectId": principal["id"], "DisplayName": "Kundo Mail"}
        self.cmdlet("New-ServicePrincipal", **shown)
        for role in ("Mail.Send", "Mail.ReadWrite"):
            parameters = {"App": principal["id"], "Role": f"Application {role}", "Name": f"vendor {role}", **scope}
            self.cmdlet("New-ManagementRoleAssignment", **parameters)


def work(sandbox: Sandbox, number: int) -> Worked:
    """Let somebody work in that tenant; then every lag is over, and so is what ends soon."""
    done = Worked(sandbox, number, random.Random(number))
    if number % 3 == 2:
        done.done.append(TROUBLES[number // 3 % len(TROUBLES)])
    if "no app" in done.done:
        done.group_name = done.group("Kundo Mail mailboxes")
        sandbox.settle(done.tenant)
        return done
    app, principal = done.app("AzureADMultipleOrgs" if done.may("several tenants' app", 0.2) else "AzureADMyOrg")
    done.client_id = app["appId"]
    _credentials(done, app)
    if "another app of the name" in done.done or "two apps in use" in done.done:
        other, other_principal = done.app()
        done.graph("POST", f"/applications/{other['id']}/addPassword", {"passwordCredential": {"displayName": "other"}})
        if "two apps in use" in done.done:
            done.consent(other_principal, "Mail.Send")
    group = done.group(*_group(done))
    sandbox.settle(done.tenant)
    _confine(done, app, principal, group)
    sandbox.advance(done.tenant, WORKING.total_seconds())
    return done


def _credentials(done: Worked, app: dict[str, Any]) -> None:
    kind = (
        "several live secrets" if "several live secrets" in done.done else CREDENTIALS[done.number % len(CREDENTIALS)]
    )
    done.done.append(kind)
    if "over" in kind:
        done.secret(app, "last year's", WORKING / 2)
    if kind in ("a secret", "one over and one live", "several live secrets"):
        done.secret(app, "kundo")
    if kind == "several live secrets":
        done.secret(app, "new")
    if kind == "a secret about to end":
        done.secret(app, "kundo", timedelta(days=10))
    if kind == "a certificate":
        done.certificate(app)


def _group(done: Worked) -> tuple[str, str, tuple[str, ...]]:
    title = "Kundo Mail mailboxes" if done.may("the usual name", 0.6) else "Mail of Kundo"
    kind = "Distribution" if "a distribution list" in done.done else "Security"
    if kind == "Security":
        done.group_name = title
    return title, kind, ("anna", "bo") if done.may("two owners", 0.3) else ("anna",)


def _confine(done: Worked, app: dict[str, Any], principal: dict[str, Any], group: str) -> None:
    if "a group in the group" in done.done:
        done.cmdlet("Add-DistributionGroupMember", Identity=group, Member=done.address("inner"))
    if ROLES & set(done.done) or (not set(TROUBLES) & set(done.done) and done.may("rbac", 0.25)):
        done.assign(app, principal, **_scope(done, group))
        if {"consent beside roles", "part of the consent beside roles"} & set(done.done):
            done.consent(principal, "Mail.Send")
        if "consent beside roles" in done.done:
            done.consent(principal, "Mail.ReadWrite")
            done.confined = True
            done.restrict(app, group)
        return
    for role in done.chance.choice([("Mail.Send", "Mail.ReadWrite")] * 3 + [("Mail.Send",)]):
        done.consent(principal, role)
    if done.may("more consent", 0.1):
        done.consent(principal, "Mail.Read")
    if done.may("Exchange's own consent", 0.1):
        done.consent(principal, "full_access_as_app", EXCHANGE)
    if {"nothing confines it", "a distribution list"} & set(done.done):
        return
    done.restrict(app, group)
    done.confined = True
    if {"a second policy", "two other policies"} & set(done.done):
        second = done.group("Second")
        done.sandbox.settle(done.tenant)
        done.restrict(app, second)
    if "the group was deleted" in done.done:
        done.sandbox.settle(done.tenant)
        done.cmdlet("Remove-DistributionGroup", Identity=group, BypassSecurityGroupManagerCheck=True, Confirm=False)
        done.group_name, done.confined = "", False


def _scope(done: Worked, group: str) -> dict[str, str]:
    """Where the roles hold."""
    if "roles without a scope" in done.done:
        return {}
    if "a management scope" in done.done:
        rule = "RecipientTypeDetails -eq 'SharedMailbox'"
        done.cmdlet("New-ManagementScope", Name="Helpdesk", RecipientRestrictionFilter=rule)
        return {"CustomResourceScope": "Helpdesk"}
    return {"RecipientGroupScope": group}
