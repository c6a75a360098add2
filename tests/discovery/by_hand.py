"""Tenants where somebody has worked by hand, generated: each number is another state, and always the same."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox_process import Sandbox

GRAPH = "00000003-0000-0000-c000-000000000000"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
PEOPLE = ("anna", "bo", "care", "info", "support", "orders", "boss")
NUMBERS = range(50)


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
    """What somebody did in tenant `number`; `secrets` are the vendor's live ones by client id."""

    sandbox: Sandbox
    number: int
    chance: random.Random
    secrets: list[tuple[str, str]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    @property
    def tenant(self) -> str:
        return tenant_id(self.number)

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

    def secret(self, app: dict[str, Any], label: str) -> None:
        body = {"passwordCredential": {"displayName": label}}
        made = self.graph("POST", f"/applications/{app['id']}/addPassword", body)
        self.secrets.append((app["appId"], made["secretText"]))

    def group(self, title: str, kind: str = "Security", owners: tuple[str, ...] = ("anna",)) -> str:
        address = self.address(title.lower().replace(" ", "-"))
        self.cmdlet("New-DistributionGroup", Name=title, Type=kind, PrimarySmtpAddress=address)
        self.cmdlet("Set-DistributionGroup", Identity=title, ManagedBy=[self.address(owner) for owner in owners])
        for person in self.chance.sample(["info", "support", "orders"], self.chance.randint(1, 3)):
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

    def assign(self, app: dict[str, Any], principal: dict[str, Any], group: str | None) -> None:
        shown = {"AppId": app["appId"], "ObjectId": principal["id"], "DisplayName": "Kundo Mail"}
        self.cmdlet("New-ServicePrincipal", **shown)
        scope = {"RecipientGroupScope": group} if group else {}
        for role in ("Mail.Send", "Mail.ReadWrite"):
            parameters = {"App": principal["id"], "Role": f"Application {role}", "Name": f"vendor {role}", **scope}
            self.cmdlet("New-ManagementRoleAssignment", **parameters)


def work(sandbox: Sandbox, number: int) -> Worked:
    """Let somebody work in that tenant; then every lag is over."""
    done = Worked(sandbox, number, random.Random(number))
    if done.may("no app", 0.06):
        done.group("Kundo Mail mailboxes")
        sandbox.settle(done.tenant)
        return done
    audience = "AzureADMultipleOrgs" if done.may("several tenants' app", 0.2) else "AzureADMyOrg"
    app, principal = done.app(audience)
    for label in done.chance.choice([(), ("kundo",), ("kundo",), ("kundo",), ("old", "new")]):
        done.secret(app, label)
    if done.may("another app of the name", 0.12):
        other, _ = done.app()
        done.secret(other, "other")
    group = done.group(*_group(done))
    sandbox.settle(done.tenant)
    _confine(done, app, principal, group)
    sandbox.settle(done.tenant)
    return done


def _group(done: Worked) -> tuple[str, str, tuple[str, ...]]:
    title = "Kundo Mail mailboxes" if done.may("the usual name", 0.6) else "Mail of Kundo"
    kind = "Distribution" if done.may("a distribution list", 0.08) else "Security"
    return title, kind, ("anna", "bo") if done.may("two owners", 0.3) else ("anna",)


def _confine(done: Worked, app: dict[str, Any], principal: dict[str, Any], group: str) -> None:
    security = "a distribution list" not in done.done
    if done.may("a group in the group", 0.12):
        done.cmdlet("Add-DistributionGroupMember", Identity=group, Member=done.address("inner"))
    if done.may("rbac", 0.25) and security:
        done.assign(app, principal, None if done.may("unscoped", 0.1) else group)
        if done.may("consent beside", 0.2):
            done.consent(principal, "Mail.Send")
        return
    for role in done.chance.choice([("Mail.Send", "Mail.ReadWrite")] * 3 + [("Mail.Send",), ()]):
        done.consent(principal, role)
    if done.may("more consent", 0.15):
        done.consent(principal, "Mail.Read")
    if done.may("Exchange's own consent", 0.1):
        done.consent(principal, "full_access_as_app", EXCHANGE)
    if security and done.may("a policy", 0.75):
        done.restrict(app, group)
        if done.may("a second policy", 0.15):
            second = done.group("Second")
            done.sandbox.settle(done.tenant)
            done.restrict(app, second)
