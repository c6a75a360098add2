"""A customer's first time, as an operator and the customer's administrator live it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from graphmail.credentials import read
from graphmail_ansible.playbook_run import PlaybookRun, run_playbook
from tests.ops_client import OpsClient
from tests.roles.conftest import Operations
from tests.sandbox.signed_in import ADMIN, NOBODY, KeyPair, appoint, post
from tests.sandbox_process import CONTOSO
from tests.sweep import sampled
from tests.workload import trust_workload

pytestmark = pytest.mark.playbook

APPLICATION_ADMINISTRATOR = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
PAGE = "https://login.microsoftonline.com/common/oauth2/nativeclient"


class FirstTime:
    """Contoso, which nobody has a way into yet, and its administrator."""

    def __init__(self, ops: Operations, client: OpsClient) -> None:
        self.ops, self.client, self.sandbox = ops, client, ops.sandbox
        self.admin = ops.state("contoso") / "admin.age"
        # The sandbox has a "Kundo Onboarding" that somebody made by hand.
        self.name = "Helpdesk Onboarding"

    def inventory(self, kind: str = "client_secret", sign_in: str = "device_code") -> None:
        def edit(entries: dict[str, Any]) -> None:
            entries["contoso"]["admin"] = {"kind": kind, "client_id": self.client.client_id}
            entries["contoso"]["bootstrap"] = {"sign_in": sign_in, "display_name": self.name}

        self.ops.change(edit, "contoso")

    def play(self, playbook: str, *arguments: str, show: Callable[[str], None] | None = None) -> PlaybookRun:
        environment = self.ops.environment
        return run_playbook(
            playbook, self.ops.inventory, environment, "--diff", *arguments, show=show or self.client.tell
        )

    def app(self) -> list[dict[str, Any]]:
        found = self.sandbox.by_hand(CONTOSO, "GET", "/applications")["value"]
        return [app for app in found if app["uniqueName"] == "kundo-onboarding"]

    def rights(self) -> tuple[list[str], list[str]]:
        """Consents and directory roles of the onboarding app."""
        (app,) = self.app()
        path = f"/servicePrincipals(appId='{app['appId']}')"
        granted = self.sandbox.by_hand(CONTOSO, "GET", f"{path}/appRoleAssignments")["value"]
        held = self.sandbox.by_hand(CONTOSO, "GET", f"{path}/transitiveMemberOf")["value"]
        names = {}
        for resource in {grant["resourceId"] for grant in granted}:
            offered = self.sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals/{resource}")["appRoles"]
            names |= {role["id"]: role["value"] for role in offered}
        return sorted(names[g["appRoleId"]] for g in granted), sorted(role["displayName"] for role in held)


@pytest.fixture
def first(ops: Operations) -> FirstTime:
    client = OpsClient(ops.sandbox)
    client.consent()
    first = FirstTime(ops, client)
    first.admin.unlink()
    first.inventory()
    ops.sandbox.mark()
    return first


def report(run: PlaybookRun) -> list[tuple[str, str, Any]]:
    return [(e.task, e.outcome, e.diff) for e in run.of("contoso") if e.outcome in ("ok", "changed", "skipped")]


@pytest.mark.parametrize("kind", sampled(["client_secret", "certificate"], "certificate"))
def test_from_nothing_to_onboarded_and_dropped_again(first: FirstTime, kind: str) -> None:
    first.inventory(kind)
    predicted = first.play("bootstrap.yml", "--check")
    assert predicted.succeeded, predicted.output
    assert first.sandbox.writes == []
    assert not first.admin.exists()

    made = first.play("bootstrap.yml")
    assert made.succeeded, made.output
    assert made.changed("contoso") == predicted.changed("contoso")
    assert [e.diff for e in made.of("contoso", "changed")] == [e.diff for e in predicted.of("contoso", "changed")]
    assert first.rights() == (
        [
            "AppRoleAssignment.ReadWrite.All",
            "Application.ReadWrite.All",
            "Exchange.ManageAsApp",
            "Organization.Read.All",
            "Policy.Read.All",
            "User.Read.All",
        ],
        ["Exchange Administrator"],
    )
    admin = read(first.admin)
    assert (admin.kind, admin.client_id) == (kind, first.app()[0]["appId"])
    assert not list(first.ops.state("contoso").glob("**/administrator.age"))
    assert not any(secret in made.output for secret in admin.secrets())

    first.sandbox.mark()
    again = first.play("bootstrap.yml")
    assert (again.changed("contoso"), first.sandbox.writes) == ([], [])

    onboarded = first.play("onboard.yml")
    assert onboarded.succeeded, onboarded.output
    assert {w["actor"] for w in first.sandbox.writes} == {admin.client_id}

    dropped = first.play("bootstrap.yml", "--tags", "drop")
    assert dropped.succeeded, dropped.output
    assert first.app() == []
    assert not first.admin.exists()
    assert "A new token with the dropped credential: none: AADSTS700016" in dropped.output
    assert first.sandbox.by_hand(CONTOSO, "GET", "/applications(uniqueName='kundo-mail')")

    first.sandbox.mark()
    assert first.play("bootstrap.yml", "--tags", "drop").changed("contoso") == []
    assert first.sandbox.writes == []
    assert "graphmail.credentials seal contoso" in first.play("drift.yml").output


def principal(first: FirstTime, client_id: str) -> str:
    return str(first.sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{client_id}')")["id"])


def test_who_may_not_consent_is_told_who_may_and_the_next_run_goes_on(first: FirstTime) -> None:
    appoint(first.sandbox, CONTOSO, NOBODY, APPLICATION_ADMINISTRATOR)
    first.client.username = NOBODY
    predicted = first.play("bootstrap.yml", "--check")
    waiting = first.play("bootstrap.yml")

    assert waiting.succeeded, waiting.output
    assert predicted.changed("contoso") == waiting.changed("contoso")
    (app,) = first.app()
    assert f"/adminconsent?client_id={app['appId']}" in waiting.output
    assert "assign the directory role Exchange Administrator" in waiting.output
    wait = json.loads((first.ops.state("contoso") / "pending.json").read_text())
    assert wait["subject"] == f"consent to app {app['appId']}"
    assert "/adminconsent?" in wait["reason"]
    assert "Exchange Administrator" in wait["reason"]
    assert first.rights() == ([], [])
    assert app["passwordCredentials"] == []
    assert not first.admin.exists()

    # Somebody else does what was asked.
    form = {"client_id": app["appId"], "redirect_uri": PAGE, "username": ADMIN, "decision": "approve"}
    assert "admin_consent=True" in post(first.sandbox, f"{CONTOSO}/adminconsent", form).headers["Location"]
    body = {
        "principalId": principal(first, app["appId"]),
        "roleDefinitionId": "29232cdf-9323-42fd-ade2-1d097af3e4de",
        "directoryScopeId": "/",
    }
    first.sandbox.by_hand(CONTOSO, "POST", "/roleManagement/directory/roleAssignments", body)
    resumed = first.play("bootstrap.yml")

    assert resumed.succeeded, resumed.output
    assert first.admin.exists()
    assert not (first.ops.state("contoso") / "pending.json").exists()
    assert first.app()[0]["appId"] == app["appId"]


def test_an_administrator_signs_in_with_a_browser(first: FirstTime) -> None:
    first.inventory(sign_in="authorization_code")

    made = first.play("bootstrap.yml")

    assert made.succeeded, made.output
    assert first.admin.exists()
    assert len(first.client.pages) == 2


def test_a_customer_who_has_a_person_sign_in_needs_no_app(first: FirstTime) -> None:
    first.inventory("device_code")

    refused = first.play("bootstrap.yml")

    assert "With admin.kind device_code no app is made for ops" in refused.failures()["contoso"]
    assert first.sandbox.writes == []


@pytest.mark.parametrize("kind", sampled(["device_code", "authorization_code"], "device_code"))
def test_a_person_signs_in_once_within_a_playbook_that_onboards(first: FirstTime, kind: str) -> None:
    first.inventory(kind)

    run = first.play("onboard.yml")

    assert run.succeeded, run.output
    person = first.sandbox.by_hand(CONTOSO, "GET", f"/users/{ADMIN}")["id"]
    assert {w["actor"] for w in first.sandbox.writes} == {person}
    assert first.play("onboard.yml").changed("contoso") == []
    assert len([told for told in first.client.told if "sign in" in told]) == 1


def test_an_app_that_signs_in_with_a_workloads_assertion_onboards(ops: Operations, tmp_path_factory: Any) -> None:
    provider = tmp_path_factory.mktemp("provider")
    admin = trust_workload(ops.sandbox, provider / "assertion", KeyPair())
    (ops.state("contoso") / "admin.age").unlink()
    admin.write(ops.state("contoso") / "admin.age", [])

    def edit(entries: dict[str, Any]) -> None:
        entries["contoso"]["admin"] = {"kind": "federated"}

    ops.change(edit, "contoso")
    ops.sandbox.mark()
    run = ops.play("onboard.yml")

    assert run.succeeded, run.output
    assert {w["actor"] for w in ops.sandbox.writes} == {admin.client_id}
    assert ops.play("onboard.yml").changed("contoso") == []


def test_an_onboarding_app_made_by_hand_is_not_taken_over(first: FirstTime) -> None:
    first.name = "Kundo Onboarding"
    first.inventory()

    (said,) = first.play("bootstrap.yml").failures().values()

    assert "seal how ops signs in with it instead" in said
    assert first.sandbox.writes == []
