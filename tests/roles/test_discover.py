"""discover.yml: what somebody did by hand becomes an entry, with which an onboarding has no surprise."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from graphmail.customers import load
from tests.discovery.by_hand import COUNT
from tests.discovery.vendor import Vendor
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO, FABRIKAM, LITWARE

pytestmark = pytest.mark.playbook
VENDOR = "age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0"
GROUP = "Kundo Mail mailboxes"
ROLES = ("Mail.Send", "Mail.ReadWrite")
GRAPH = "00000003-0000-0000-c000-000000000000"
SOUGHT = {
    "contoso": {"tenant_id": CONTOSO, "initial_domain": "contoso.onmicrosoft.example", "cloud": "sandbox"},
    "fabrikam": {"tenant_id": FABRIKAM, "initial_domain": "fabrikam.onmicrosoft.example", "cloud": "sandbox"},
    "litware": {"tenant_id": LITWARE, "initial_domain": "litware.onmicrosoft.example", "cloud": "sandbox"},
}


class ByHand:
    """Somebody with all rights, who sets up the app in one tenant."""

    def __init__(self, ops: Operations, tenant: str, domain: str) -> None:
        self.ops, self.tenant, self.domain = ops, tenant, domain

    def graph(self, method: str, path: str, body: object = None) -> dict:
        return dict(self.ops.sandbox.by_hand(self.tenant, method, path, body) or {})

    def cmdlet(self, name: str, **parameters: object) -> None:
        self.ops.sandbox.by_hand(self.tenant, cmdlet=name, parameters=parameters)

    def settle(self) -> None:
        self.ops.sandbox.settle(self.tenant)

    def whole_job(self, owner: str, member: str, *, rbac: bool = False) -> tuple[str, str]:
        """Client id and the text of the vendor's secret."""
        app = self.graph("POST", "/applications", {"displayName": "Kundo Mail"})
        principal = self.graph("POST", "/servicePrincipals", {"appId": app["appId"]})
        address = f"kundo@{self.domain}"
        self.cmdlet("New-DistributionGroup", Name=GROUP, Type="Security", PrimarySmtpAddress=address)
        self.cmdlet("Set-DistributionGroup", Identity=GROUP, ManagedBy=[f"{owner}@{self.domain}"])
        self.cmdlet("Add-DistributionGroupMember", Identity=GROUP, Member=f"{member}@{self.domain}")
        self.settle()
        if rbac:
            self._assign(app["appId"], principal["id"])
        else:
            self._consent(app["appId"], principal["id"], address)
        made = self.graph(
            "POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {"displayName": "k"}}
        )
        self.settle()
        return app["appId"], made["secretText"]

    def _assign(self, client_id: str, object_id: str) -> None:
        self.cmdlet("New-ServicePrincipal", AppId=client_id, ObjectId=object_id, DisplayName="Kundo Mail")
        for role in ROLES:
            given = {"Name": f"vendor {role}", "App": object_id, "Role": f"Application {role}"}
            self.cmdlet("New-ManagementRoleAssignment", RecipientGroupScope=GROUP, **given)
        self.ops.sandbox.advance(self.tenant, 8000)  # longer than Exchange's caches of rights

    def _consent(self, client_id: str, object_id: str, address: str) -> None:
        scope = {"AccessRight": "RestrictAccess", "PolicyScopeGroupId": address, "Description": " "}
        self.cmdlet("New-ApplicationAccessPolicy", AppId=[client_id], **scope)
        service = self.graph("GET", f"/servicePrincipals(appId='{GRAPH}')")
        for role in (r for r in service["appRoles"] if r["value"] in ROLES):
            grant = {"principalId": object_id, "resourceId": service["id"], "appRoleId": role["id"]}
            self.graph("POST", f"/servicePrincipals/{service['id']}/appRoleAssignedTo", grant)


@pytest.fixture
def secret(ops: Operations) -> tuple[str, str]:
    """Somebody did the whole job in contoso, and the vendor has the secret: client id and text."""
    made = ByHand(ops, CONTOSO, "contoso.example").whole_job("admin", "support")
    ops.sandbox.mark()
    return made


def discover(ops: Operations, *names: str, **top: object):
    ops.inventory = ops.folder / "tenants.yml"
    content = {"discover": {name: SOUGHT[name] for name in names}, "recipients": [VENDOR], **top}
    ops.inventory.write_text(yaml.safe_dump(content))
    return ops.play("discover.yml")


def works(ops: Operations, secret: tuple[str, str]) -> bool:
    answer = ops.sandbox.token_answer(CONTOSO, client_id=secret[0], client_secret=secret[1])
    return bool(answer.status_code == 200)


def test_the_entry_is_taken_by_onboarding_without_a_surprise(ops: Operations, secret: tuple[str, str]) -> None:
    run = discover(ops, "contoso", "litware")

    assert run.failures() == {}, run.output
    assert ops.sandbox.writes == []
    written = {name: ops.folder / "discovered" / f"{name}.yml" for name in ("contoso", "litware")}
    entry = load(written["contoso"]).customers["contoso"]
    assert (entry.app.client_id, entry.credential.keep) == (secret[0], True)
    report = json.loads((ops.folder / "reports" / "discover.json").read_text())["customers"]
    assert report["contoso"]["status"] == "complete"
    assert report["litware"]["status"] == "undecided"
    assert "nothing confines the app to a group" in run.output
    (before,) = ops.evidence.glob("contoso/*discover*/bag/data/before.json")
    assert json.loads(before.read_text())["entry"]["app.client_id"] == secret[0]

    ops.inventory = written["contoso"]
    check = ops.play("onboard.yml", "--check")
    assert check.failures() == {}, check.output
    assert ops.sandbox.writes == []
    (changed,) = [event for event in check.of("contoso", "changed") if event.module != "tenant_info"]
    assert (changed.module, changed.diff["after"]["unique_name"]) == ("entra_application", "kundo-mail")
    assert works(ops, secret)


def test_adopted_by_that_entry_nothing_is_made_twice_and_the_secret_works_on(
    ops: Operations, secret: tuple[str, str]
) -> None:
    discover(ops, "contoso")
    ops.inventory = ops.folder / "discovered" / "contoso.yml"
    run = ops.play("onboard.yml")
    assert run.failures() == {}, run.output
    assert works(ops, secret)
    named = [
        a for a in ops.sandbox.by_hand(CONTOSO, "GET", "/applications")["value"] if a["displayName"] == "Kundo Mail"
    ]
    assert [(a["appId"], a["uniqueName"], len(a["passwordCredentials"])) for a in named] == [
        (secret[0], "kundo-mail", 1)
    ]
    assert len(ops.sandbox.by_hand(CONTOSO, cmdlet="Get-ApplicationAccessPolicy")["value"]) == 1
    groups = ops.sandbox.by_hand(CONTOSO, cmdlet="Get-DistributionGroup", parameters={"ResultSize": "Unlimited"})[
        "value"
    ]
    assert [g["Name"] for g in groups if "undo" in g["Name"]] == [GROUP]
    ops.sandbox.mark()
    assert ops.play("onboard.yml").changed("contoso") == []
    assert ops.sandbox.writes == []


def test_customers_of_an_inventory_are_discovered_too(ops: Operations, secret: tuple[str, str]) -> None:
    ops.change(lambda entries: None, "contoso")
    run = ops.play("discover.yml")
    assert run.succeeded, run.output
    assert load(ops.folder / "discovered" / "contoso.yml").customers["contoso"].app.client_id == secret[0]
    assert ops.sandbox.writes == []


def test_a_check_writes_no_file(ops: Operations, secret: tuple[str, str]) -> None:
    ops.change(lambda entries: None, "contoso")
    assert ops.play("discover.yml", "--check").succeeded
    assert not Path(ops.folder / "discovered").exists()


def test_a_mistake_in_the_small_file_stops_everything(ops: Operations) -> None:
    run = discover(ops, "contoso", recipient=["x"])
    assert run.rc == 1
    assert "there is no such field; did you mean `recipients`?" in run.output
    assert ops.sandbox.requests(CONTOSO) == []


@pytest.mark.notebook
def test_several_tenants_at_once_are_discovered_and_onboarded_while_the_vendor_works(
    ops: Operations, secret: tuple[str, str]
) -> None:
    """With GRAPHMAIL_DISCOVERY they are verified too."""
    other = ByHand(ops, FABRIKAM, "fabrikam.example").whole_job("anna", "service", rbac=True)
    ops.sandbox.mark()
    with (
        Vendor(ops.sandbox, CONTOSO, [secret], "support@contoso.example") as vendor,
        Vendor(ops.sandbox, FABRIKAM, [other], "service@fabrikam.example") as beside,
    ):
        assert discover(ops, "contoso", "fabrikam", "litware").failures() == {}
        counts = {"discover": (vendor.count, beside.count)}
        written = {name: ops.folder / "discovered" / f"{name}.yml" for name in SOUGHT}
        for name in ("contoso", "fabrikam"):
            assert check_customers(written[name]).returncode == 0
        entries = [yaml.safe_load(written[name].read_text()) for name in ("contoso", "fabrikam")]
        ops.inventory.write_text(
            yaml.safe_dump({**entries[0], "customers": entries[0]["customers"] | entries[1]["customers"]})
        )
        check = ops.play("onboard.yml", "--check")
        assert check.failures() == {}, check.output
        assert ops.sandbox.writes == []
        for name in ("contoso", "fabrikam"):
            changed = [event.module for event in check.of(name, "changed") if event.module != "tenant_info"]
            assert changed == ["entra_application"], name
        counts["check"] = (vendor.count, beside.count)
        run = ops.play("onboard.yml")
        assert run.failures() == {}, run.output
        assert (run.changed("contoso"), run.changed("fabrikam")) == (
            check.changed("contoso"),
            check.changed("fabrikam"),
        )
        counts["onboard"] = (vendor.count, beside.count)
        if COUNT:
            proof = ops.play("verify.yml")
            assert proof.failures() == {}, proof.output
            counts["verify"] = (vendor.count, beside.count)
    assert (vendor.failures, beside.failures) == ([], [])
    asked = [*counts.values()]
    assert all(now[i] > before[i] for before, now in itertools.pairwise([(0, 0), *asked]) for i in (0, 1)), counts
    assert min(vendor.read, beside.read) > 0


def check_customers(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "graphmail.customers", "check", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
