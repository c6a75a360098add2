"""Every way in which ops signs in, through the preflight: what it can do, and what exactly it lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from graphmail.credentials import ClientCertificate, read
from graphmail.evidence.secrecy import SecretsFound
from tests.modules.test_tenant_info import ASKED
from tests.ops_client import EXCHANGE_SCOPES, GRAPH_SCOPES, OpsClient
from tests.sandbox.signed_in import ADMIN, NOBODY, KeyPair, appoint
from tests.sandbox_process import CONTOSO
from tests.workload import trust_workload

NAME = "tenant_info"
PAIR = KeyPair()
ROLES = {
    "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
}


class Admin:
    """Contoso's way of signing in; `tenant(kind)` is the option that every module takes."""

    def __init__(self, task, sandbox, folder: Path, provider: Path) -> None:
        self.task, self.sandbox, self.folder = task, sandbox, folder
        self.assertion = provider / "assertion"  # the identity provider's own, where no run writes
        self.sealed = folder / "state" / "contoso" / "admin.age"
        self.client_id = sandbox.json["admins"][CONTOSO]["client_id"]

    def tenant(self, kind: str, client_id: str | None = None) -> dict:
        client = {"client_id": client_id} if client_id else {}
        return self.task.connection() | {"admin": {"kind": kind, "sealed": str(self.sealed), **client}}

    def app(self, kind: str) -> dict:
        """The admin app with a credential of that kind, sealed."""
        path = f"/applications(appId='{self.client_id}')"
        if kind == "certificate":
            self.sandbox.by_hand(CONTOSO, "PATCH", path, {"keyCredentials": [PAIR.credential]})
            credential = ClientCertificate(CONTOSO, self.client_id, "k", PAIR.public_pem, PAIR.private_pem)
        else:
            credential = trust_workload(self.sandbox, self.assertion, PAIR)
        self.sandbox.settle(CONTOSO)
        self.sandbox.mark()
        credential.write(self.sealed, [])
        return self.tenant(kind)

    def person(self, kind: str, graph=GRAPH_SCOPES, exchange=EXCHANGE_SCOPES, username: str = ADMIN) -> dict:
        """Ops' client with these scopes consented, and somebody who signs in with it when asked."""
        self.sealed.unlink(missing_ok=True)
        client = OpsClient(self.sandbox, graph, exchange)
        client.consent()
        client.username = username
        self.task.run.tell = client.tell
        self.sandbox.mark()
        return self.tenant(kind, client.client_id)


@pytest.fixture
def admin(task, sandbox, tmp_path, tmp_path_factory) -> Admin:
    return Admin(task, sandbox, tmp_path, tmp_path_factory.mktemp("provider"))


@pytest.mark.parametrize("kind", ["certificate", "federated"])
def test_the_preflight_passes_with_an_app_of_each_kind(task, sandbox, admin, kind):
    result = task(NAME, tenant=admin.app(kind), **ASKED)

    assert result["organization"] == "Contoso"
    assert sandbox.writes == []


def test_the_key_of_an_admin_certificate_that_lies_elsewhere_is_looked_for_in_the_evidence(task, admin, tmp_path):
    tenant = admin.app("certificate")
    elsewhere = tmp_path / "vault" / "contoso.age"
    elsewhere.parent.mkdir()
    admin.sealed.rename(elsewhere)
    tenant["admin"]["sealed"] = str(elsewhere)
    task(NAME, tenant=tenant, **ASKED)
    run = task.run.opened("contoso").evidence
    (run.data / "leak.txt").write_text(read(elsewhere).private_key)

    with pytest.raises(SecretsFound, match=r"leak\.txt: private key"):
        run.close("succeeded", datetime.now(UTC))


@pytest.mark.parametrize("kind", ["device_code", "authorization_code"])
def test_the_preflight_passes_with_a_person(task, sandbox, admin, kind):
    result = task(NAME, tenant=admin.person(kind), **ASKED)

    assert {"Policy.Read.All", "Exchange.Manage"} <= set(result["rights"])
    assert sandbox.writes == []


def test_a_sealed_file_of_another_kind_stops_before_anything_is_asked(task, sandbox, admin):
    before = len(sandbox.requests(CONTOSO))
    message = task.failed(NAME, tenant=admin.tenant("certificate"), **ASKED)

    assert "of another kind than the inventory says" in message
    assert "admin.kind certificate: a certificate" in message
    assert "a client secret" in message
    assert len(sandbox.requests(CONTOSO)) == before


def test_a_person_who_signed_in_with_another_client_is_told(task, admin):
    task(NAME, tenant=admin.person("device_code"), **ASKED)
    other = "11111111-2222-4333-8444-555555555555"

    assert f"admin.client_id {other}" in task.failed(NAME, tenant=admin.tenant("device_code", other), **ASKED)


@pytest.mark.parametrize("scope", [name for name in GRAPH_SCOPES if name != "RoleManagement.ReadWrite.Directory"])
def test_a_delegated_permission_that_is_missing_is_named(task, sandbox, admin, scope):
    tenant = admin.person("device_code", tuple(name for name in GRAPH_SCOPES if name != scope))

    message = task.failed(NAME, tenant=tenant, **ASKED)

    assert f"lacks the delegated permission {scope}" in message
    assert "/adminconsent?client_id=" in message
    assert message.count("lacks the delegated permission") == 1
    assert sandbox.writes == []


def test_without_consent_for_exchange_its_permission_is_named(task, admin):
    message = task.failed(NAME, tenant=admin.person("device_code", exchange=()), **ASKED)

    assert "lacks the delegated permission Exchange.Manage" in message


def test_a_person_without_any_role_is_told_each_that_is_needed(task, admin):
    message = task.failed(NAME, tenant=admin.person("device_code", username=NOBODY), **ASKED)

    for scope in ("Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All", "Policy.Read.All", "Exchange.Manage"):
        assert f"{NOBODY} has no directory role that lets {scope} act" in message


def test_the_role_that_is_missing_is_named_and_no_other(task, sandbox, admin):
    for name in ("Application Administrator", "Exchange Administrator"):
        appoint(sandbox, CONTOSO, NOBODY, ROLES[name])
    message = task.failed(NAME, tenant=admin.person("device_code", username=NOBODY), **ASKED)

    assert "lets AppRoleAssignment.ReadWrite.All act" in message
    assert "assign Privileged Role Administrator to sales@contoso.example" in message
    assert message.count("has no directory role") == 1


def test_roles_that_are_just_enough_pass(task, sandbox, admin):
    for role in ROLES.values():
        appoint(sandbox, CONTOSO, NOBODY, role)

    assert task(NAME, tenant=admin.person("device_code", username=NOBODY), **ASKED)["status"] == "ready"


def test_a_blocked_device_code_is_an_obstacle_like_any_other(task, sandbox, admin):
    tenant = admin.person("device_code")
    sandbox.control("PATCH", f"/tenants/{CONTOSO}/sign-in", {"device_code_flow": False})
    result = task._perform(NAME, {"tenant": tenant, **ASKED}, check=False, customer="contoso")

    assert "Device-code sign-in is blocked in this tenant" in result["msg"]
    assert "authorization_code" in result["msg"]
    (obstacle,) = task.run.found("contoso", NAME)["obstacles"]
    assert (obstacle["area"], obstacle["stops"]) == ("sign-in", "yes")


def test_a_refusal_names_the_persons_permissions(task, sandbox, admin):
    scopes = tuple(name for name in GRAPH_SCOPES if name != "Application.ReadWrite.All")
    message = task.failed(
        "entra_application", tenant=admin.person("device_code", scopes), unique_name="kundo-mail", display_name="K"
    )

    assert "let ops' client have Application.ReadWrite.All" in message
    assert "Cloud Application Administrator" in message


def test_a_person_onboards_and_every_write_is_theirs(task, sandbox, admin):
    tenant = admin.person("device_code")
    who = sandbox.by_hand(CONTOSO, "GET", f"/users/{ADMIN}")["id"]
    task("entra_application", tenant=tenant, unique_name="kundo-mail", display_name="Kundo Mail")
    task("exo_distribution_group", tenant=tenant, **GROUP)

    assert sandbox.writes
    assert {write["actor"] for write in sandbox.writes} == {who}


GROUP = {
    "name": "Kundo Mail mailboxes",
    "address": "kundo-mailboxes@contoso.example",
    "owners": ["admin@contoso.example"],
    "members": ["support@contoso.example"],
}
