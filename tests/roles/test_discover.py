"""discover.yml: what somebody did by hand becomes an entry, with which an onboarding has no surprise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from graphmail.customers import load
from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO, LITWARE

pytestmark = pytest.mark.playbook
VENDOR = "age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0"
GROUP = "Kundo Mail mailboxes"
GRAPH = "00000003-0000-0000-c000-000000000000"
SOUGHT = {
    "contoso": {"tenant_id": CONTOSO, "initial_domain": "contoso.onmicrosoft.example", "cloud": "sandbox"},
    "litware": {"tenant_id": LITWARE, "initial_domain": "litware.onmicrosoft.example", "cloud": "sandbox"},
}


@pytest.fixture
def secret(ops: Operations) -> tuple[str, str]:
    """Somebody did the whole job in contoso, and the vendor has the secret: client id and text."""

    def graph(method: str, path: str, body: object = None) -> dict:
        return dict(ops.sandbox.by_hand(CONTOSO, method, path, body) or {})

    def cmdlet(name: str, **parameters: object) -> None:
        ops.sandbox.by_hand(CONTOSO, cmdlet=name, parameters=parameters)

    app = graph("POST", "/applications", {"displayName": "Kundo Mail"})
    principal = graph("POST", "/servicePrincipals", {"appId": app["appId"]})
    cmdlet("New-DistributionGroup", Name=GROUP, Type="Security", PrimarySmtpAddress="kundo@contoso.example")
    cmdlet("Set-DistributionGroup", Identity=GROUP, ManagedBy=["admin@contoso.example"])
    cmdlet("Add-DistributionGroupMember", Identity=GROUP, Member="support@contoso.example")
    ops.sandbox.settle(CONTOSO)
    scope = {"AccessRight": "RestrictAccess", "PolicyScopeGroupId": "kundo@contoso.example", "Description": " "}
    cmdlet("New-ApplicationAccessPolicy", AppId=[app["appId"]], **scope)
    service = graph("GET", f"/servicePrincipals(appId='{GRAPH}')")
    for role in (r for r in service["appRoles"] if r["value"] in ("Mail.Send", "Mail.ReadWrite")):
        grant = {"principalId": principal["id"], "resourceId": service["id"], "appRoleId": role["id"]}
        graph("POST", f"/servicePrincipals/{service['id']}/appRoleAssignedTo", grant)
    made = graph("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {"displayName": "kundo"}})
    ops.sandbox.settle(CONTOSO)
    ops.sandbox.mark()
    return app["appId"], made["secretText"]


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
