"""A customer whose tenant somebody has set up by hand, as an onboarding leaves it: what the notebooks are to prove."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from graphmail.credentials import ClientSecret
from graphmail.customers import Customer, load
from graphmail.journal import Journal
from graphmail.mailflow import MailFlow, NotProved, open_flow
from graphmail.sealed import new_identity
from graphmail.state import StateFolder
from tests.sandbox_process import ROOT, Sandbox

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
ROLES = {"Mail.Send": "b633e1c5-b582-4048-a93e-9f11b44c7e96", "Mail.ReadWrite": "e2a3a72e-5f79-4c64-b1b1-878b674786c9"}


class Onboarded:
    """One customer, configured; `folder` holds its state, identity and archive."""

    def __init__(self, sandbox: Sandbox, folder: Path, name: str, inventory: Path = ROOT / "inventory.example.yml"):
        self.sandbox = sandbox
        self.folder = folder
        self.inventory = inventory
        self.name = name
        self.evidence = folder / "evidence"
        self.state = StateFolder(folder / "state", name)
        if not (folder / "identity").exists():
            new_identity(folder / "identity")
        self.set_up()

    @property
    def customer(self) -> Customer:
        return load(self.inventory).customers[self.name]

    @property
    def tenant(self) -> str:
        return self.customer.tenant_id

    def cmdlet(self, name: str, **parameters: Any) -> Any:
        return self.sandbox.by_hand(self.tenant, cmdlet=name, parameters=parameters)

    def graph(self, method: str, path: str, body: Any = None) -> Any:
        return self.sandbox.by_hand(self.tenant, method, path, body)

    def set_up(self) -> None:
        """App, group, policy, consent and secret, as a person would make them; then every lag is over."""
        customer = self.customer
        self.app = self.graph("POST", "/applications", {"displayName": "Kundo Mail"})
        self.principal = self.graph("POST", "/servicePrincipals", {"appId": self.app["appId"]})
        group = customer.group
        self.cmdlet("New-DistributionGroup", Name=group.name, Type="Security", PrimarySmtpAddress=group.address)
        for mailbox in customer.mailboxes:
            self.cmdlet("Add-DistributionGroupMember", Identity=group.address, Member=mailbox)
        self.sandbox.settle(self.tenant)  # a policy needs a group that has reached Entra
        self.restrict()
        self.consent(*ROLES)
        self.seal_admin()
        self.seal_secret()
        self.sandbox.settle(self.tenant)

    def restrict(self) -> None:
        self.cmdlet(
            "New-ApplicationAccessPolicy",
            AppId=[self.app["appId"]],
            AccessRight="RestrictAccess",
            PolicyScopeGroupId=self.customer.group.address,
            Description=" ",
        )

    def unrestrict(self) -> None:
        policy = next(p for p in self.cmdlet("Get-ApplicationAccessPolicy")["value"] if p["AppId"] == self.app["appId"])
        self.cmdlet("Remove-ApplicationAccessPolicy", Identity=policy["Identity"], Confirm=False)

    def consent(self, *roles: str) -> None:
        resource = self.graph("GET", f"/servicePrincipals(appId='{GRAPH_APP_ID}')")["id"]
        for role in roles:
            grant = {"principalId": self.principal["id"], "resourceId": resource, "appRoleId": ROLES[role]}
            self.graph("POST", f"/servicePrincipals/{resource}/appRoleAssignedTo", grant)

    def withdraw(self, role: str) -> None:
        path = f"/servicePrincipals/{self.principal['id']}/appRoleAssignments"
        for grant in self.graph("GET", path)["value"]:
            if grant["appRoleId"] == ROLES[role]:
                self.graph("DELETE", f"{path}/{grant['id']}")

    def seal_admin(self) -> None:
        admin = self.sandbox.json["admins"][self.tenant]
        credential = ClientSecret(self.tenant, admin["client_id"], "", admin["client_secret"])
        credential.write(self.state.make().admin, [])

    def seal_secret(self) -> None:
        made = self.graph("POST", f"/applications/{self.app['id']}/addPassword", {"passwordCredential": {}})
        self.key_id = made["keyId"]
        self.secret = made["secretText"]
        expires = datetime.now(UTC) + timedelta(days=365)
        credential = ClientSecret(self.tenant, self.app["appId"], self.key_id, self.secret, expires=expires)
        journal = Journal(self.state.journal)
        journal.intend("addPassword", self.key_id, at=datetime.now(UTC))
        credential.write(self.state.credential(self.key_id), [])
        journal.outcome(self.key_id, "sealed", at=datetime.now(UTC), key_id=self.key_id)

    def changed_inventory(self, **fields: Any) -> None:
        """Change this customer's entry in a copy of the inventory; sections are merged."""
        content = yaml.safe_load(self.inventory.read_text())
        entry = content["customers"][self.name]
        for field, value in fields.items():
            entry[field] = {**entry.get(field, {}), **value} if isinstance(value, dict) else value
        entry.get("app", {}).pop("logo", None)
        content["customers"] = {self.name: entry}
        self.inventory = self.folder / "inventory.yml"
        self.inventory.write_text(yaml.safe_dump(content))

    def parameters(self, **changed: Any) -> dict[str, Any]:
        """What the notebooks are given."""
        return {
            "customer": self.name,
            "inventory": str(self.inventory),
            "evidence": str(self.evidence),
            "max_wait": 7200,
            **changed,
        }

    @contextmanager
    def proof(self, notebook: str, max_wait: float = 7200) -> Iterator[MailFlow]:
        """What a notebook opens and concludes, in this process; whether it is green is the caller's to ask."""
        flow = open_flow(self.name, str(self.inventory), "", str(self.evidence), max_wait, notebook=notebook)
        yield flow
        with suppress(NotProved):
            flow.conclude()

    def subjects(self, address: str) -> list[str]:
        """Subjects of everything in a mailbox that a person could see, and of what is still on its way there."""
        folders = self.sandbox.mailbox(self.tenant, address)["folders"]
        hidden = "recoverableitemsdeletions"
        return [message["subject"] for name, held in folders.items() if name != hidden for message in held]

    def everywhere(self) -> list[str]:
        customer = self.customer
        return [s for a in (*customer.mailboxes, customer.outside_mailbox) for s in self.subjects(a)]
