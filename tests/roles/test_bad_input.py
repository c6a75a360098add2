"""Bad input: one clear message for that customer, an exit status, nothing written, and the others go on."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from tests.roles.conftest import Operations
from tests.sandbox_process import CONTOSO, FABRIKAM, Sandbox

pytestmark = pytest.mark.playbook

GROUP = "Kundo Mail mailboxes"


def stopped(ops: Operations, *parts: str, **environment: str) -> str:
    """Onboard contoso, which is broken, beside litware, which is not; contoso's message, holding all of `parts`."""
    ops.sandbox.mark()
    run = ops.play("onboard.yml", **environment)
    assert run.rc != 0
    assert run.status == "failed"
    message = run.failures().pop("contoso")
    for part in (*parts, "To do: "):
        assert part in message, message
    contoso = [entry for entry in ops.sandbox.ledger(CONTOSO) if entry["actor"] not in ("by-hand", "world")]
    assert contoso == []
    assert len(run.changed("litware")) == 5, run.failures()
    return message


@pytest.fixture(autouse=True)
def two_customers(ops: Operations) -> None:
    ops.change(lambda entries: None, "contoso", "litware")


def edit(ops: Operations, **fields: object) -> None:
    ops.change(lambda entries: entries["contoso"].update(fields), "contoso", "litware")


@pytest.mark.parametrize(
    ("wrong", "parts"),
    [
        ({"mailboxs": ["support@contoso.example"]}, ["contoso", "mailboxs", "mailboxes"]),
        ({"tenant_id": "5a4d0000-0000-4000-8000-00000000000"}, ["contoso", "tenant_id", "GUID"]),
        ({"tenant_id": "5a4d0000-0000-4000-8000-000000000003"}, ["contoso", "litware", "tenant_id"]),
    ],
    ids=["misspelt field", "bad GUID", "duplicate tenant"],
)
def test_a_schema_error_stops_all_before_any_contact(ops: Operations, wrong: dict, parts: list[str]) -> None:
    edit(ops, **wrong)
    before = len(ops.sandbox.requests(CONTOSO))

    run = ops.play("onboard.yml")

    assert run.rc == 1
    assert run.hosts == []
    for part in (*parts, str(ops.inventory)):
        assert part in run.output
    assert len(ops.sandbox.requests(CONTOSO)) == before


@pytest.mark.parametrize("kind", ["too large", "not an image"])
def test_a_wrong_logo_stops_all_before_any_contact(ops: Operations, kind: str) -> None:
    logo = ops.folder / "logo.png"
    if kind == "too large":
        Image.effect_noise((600, 600), 100).save(logo)
    else:
        logo.write_text("<svg/>")
    edit(ops, app={"logo": str(logo)})

    run = ops.play("onboard.yml")

    assert run.rc == 1
    assert "logo" in run.output
    assert ("100 kib" if kind == "too large" else "png") in run.output.lower()


def test_an_address_outside_the_tenants_domains(ops: Operations) -> None:
    edit(ops, mailboxes=["support@fabrikam.example"])
    stopped(ops, "contoso", "support@fabrikam.example", "contoso.example")


def test_a_mailbox_that_does_not_exist(ops: Operations) -> None:
    edit(ops, mailboxes=["nobody@contoso.example"])
    stopped(ops, "nobody@contoso.example does not exist")


def test_a_user_without_a_licence(ops: Operations) -> None:
    edit(ops, mailboxes=["trainee@contoso.example"])
    stopped(ops, "trainee@contoso.example has no mailbox", "licence")


def test_a_group_name_taken_by_another_type_of_recipient(ops: Operations) -> None:
    edit(ops, group={"name": "Everybody", "address": "everybody@contoso.example", "owners": ["admin@contoso.example"]})
    ops.sandbox.mark()
    run = ops.play("onboard.yml")
    message = run.failures()["contoso"]
    assert run.rc != 0
    assert "taken by another type of recipient" in message
    assert "MailUniversalDistributionGroup" in message
    assert [e for e in ops.sandbox.ledger(CONTOSO) if e["request"].startswith(("New-", "Set-", "Add-"))] == []


def test_an_app_of_the_same_name_that_the_inventory_does_not_name(ops: Operations) -> None:
    made = ops.sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "Kundo Mail"})
    ops.sandbox.settle(CONTOSO)
    stopped(ops, "named 'Kundo Mail'", made["appId"], "client_id")


def test_a_wrong_admin_secret(ops: Operations) -> None:
    ops.seal_admin("contoso", client_secret="wrong" * 8)
    message = stopped(ops, "AADSTS7000215", CONTOSO)
    assert "wrongwrong" not in message


@pytest.mark.parametrize("right", ["AppRoleAssignment.ReadWrite.All", "Exchange.ManageAsApp", "Organization.Read.All"])
def test_an_admin_that_lacks_a_right_which_is_named(ops: Operations, right: str) -> None:
    take_away(ops.sandbox, right)
    stopped(ops, f"lacks the application permission {right}")


def take_away(sandbox: Sandbox, right: str) -> None:
    admin = sandbox.json["admins"][CONTOSO]["client_id"]
    path = f"/servicePrincipals(appId='{admin}')"
    principal = sandbox.by_hand(CONTOSO, "GET", path)["id"]
    for assignment in sandbox.by_hand(CONTOSO, "GET", f"{path}/appRoleAssignments")["value"]:
        resource = sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals/{assignment['resourceId']}")
        if any(r["id"] == assignment["appRoleId"] and r["value"] == right for r in resource["appRoles"]):
            sandbox.by_hand(CONTOSO, "DELETE", f"/servicePrincipals/{principal}/appRoleAssignments/{assignment['id']}")
    sandbox.settle(CONTOSO)


def test_an_admin_credential_of_another_tenant(ops: Operations) -> None:
    ops.seal_admin("contoso", tenant_id=FABRIKAM)
    stopped(ops, "of another tenant", CONTOSO, FABRIKAM)


def test_a_tenant_id_that_is_not_the_tokens(ops: Operations) -> None:
    other = {"responses": [{"id": str(n), "status": 200, "body": {"value": []}} for n in range(20)]}
    other["responses"][0]["body"] = {"value": [{"id": FABRIKAM, "displayName": "Fabrikam", "verifiedDomains": []}]}
    ops.sandbox.fault(CONTOSO, "graph", "POST", "/$batch", times=1, status=200, body=other)
    stopped(ops, "another tenant than the inventory names", CONTOSO, FABRIKAM)


def test_a_tenant_policy_that_forbids_secrets(ops: Operations) -> None:
    rule = {"restrictionType": "passwordAddition", "state": "enabled", "maxLifetime": None}
    policy = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": [rule]}}
    ops.sandbox.by_hand(CONTOSO, "PATCH", "/policies/defaultAppManagementPolicy", policy)
    stopped(ops, "forbids client secrets", "certificate")


def test_an_endpoint_that_hangs(ops: Operations) -> None:
    ops.sandbox.fault(CONTOSO, "graph", "POST", "/$batch", times=50, hang=3)
    stopped(ops, "no answer within 1 s", GRAPHMAIL_TIMEOUT="1")


def test_an_endpoint_that_refuses(ops: Operations) -> None:
    description = json.loads(ops.sandbox.path.read_text()) | {"graph": "https://127.0.0.1:9"}
    elsewhere = ops.folder / "refusing.json"
    elsewhere.write_text(json.dumps(description))

    run = ops.play("onboard.yml", GRAPHMAIL_SANDBOX=str(elsewhere))

    assert run.rc != 0
    for customer in ("contoso", "litware"):
        assert "the connection was refused" in run.failures()[customer]
    assert [entry for entry in ops.sandbox.writes if entry["actor"] != "by-hand"] == []


def test_a_credential_on_an_adopted_app_that_nobody_here_made(ops: Operations) -> None:
    ops.change(lambda entries: entries["litware"]["app"].update(known_credentials=[]), "litware")

    run = ops.play("onboard.yml")

    assert run.rc != 0
    message = run.failures()["litware"]
    assert "5a4d0000-0003-4000-8000-00000000b001" in message
    assert "known_credentials" in message
    assert [e for e in ops.sandbox.writes if e["actor"] not in ("by-hand", "world")] == []
