"""What somebody made by hand is taken over by client id and exact name alone, and never made a second time."""

from __future__ import annotations

import pytest

from tests.roles.conftest import Operations
from tests.sandbox_process import LITWARE

pytestmark = pytest.mark.playbook
CLIENT = "5a4d0000-0003-4000-8000-00000000a001"
KNOWN = "5a4d0000-0003-4000-8000-00000000b001"
GROUP = "Kundo Mail mailboxes"


def graph(ops: Operations, method: str, path: str, body: object = None) -> dict:
    return dict(ops.sandbox.by_hand(LITWARE, method, path, body) or {})


def rows(ops: Operations, cmdlet: str, **parameters: object) -> list[dict]:
    return list(ops.sandbox.by_hand(LITWARE, cmdlet=cmdlet, parameters=parameters)["value"])


def apps(ops: Operations) -> list[dict]:
    return [a for a in graph(ops, "GET", "/applications")["value"] if a["displayName"] == "Kundo Mail"]


@pytest.fixture
def litware(ops: Operations) -> Operations:
    """The app and the group by hand, and a policy that somebody made for them, too."""
    scope = {
        "AppId": [CLIENT],
        "AccessRight": "RestrictAccess",
        "PolicyScopeGroupId": "kundo-mailboxes@litware.example",
    }
    ops.sandbox.by_hand(LITWARE, cmdlet="New-ApplicationAccessPolicy", parameters=scope | {"Description": "by hand"})
    ops.change(lambda entries: None, "litware")
    ops.sandbox.settle(LITWARE)
    ops.sandbox.mark()
    return ops


def test_taken_over_once_and_shown_by_the_check(litware: Operations) -> None:
    groups = [g["Guid"] for g in rows(litware, "Get-DistributionGroup", ResultSize="Unlimited")]
    (policy,) = rows(litware, "Get-ApplicationAccessPolicy")

    check = litware.play("onboard.yml", "--check")
    assert litware.sandbox.writes == []
    run = litware.play("onboard.yml")

    assert check.failures() == run.failures() == {}, run.output
    shown = {event.module: event.diff for event in check.of("litware", "changed")}
    done = {event.module: event.diff for event in run.of("litware", "changed")}
    assert shown == done
    assert shown["entra_application"]["after"]["unique_name"] == "kundo-mail"
    assert shown["entra_application"]["before"]["unique_name"] is None
    assert "it@litware.example" in shown["exo_distribution_group"]["before"]["members"]
    assert "exo_application_access_policy" not in shown
    (app,) = apps(litware)
    assert (app["appId"], app["uniqueName"]) == (CLIENT, "kundo-mail")
    assert KNOWN in [secret["keyId"] for secret in app["passwordCredentials"]]
    assert [g["Guid"] for g in rows(litware, "Get-DistributionGroup", ResultSize="Unlimited")] == groups
    assert rows(litware, "Get-ApplicationAccessPolicy") == [policy]
    litware.sandbox.mark()
    assert litware.play("onboard.yml").changed("litware") == []
    assert litware.sandbox.writes == []


def test_an_unknown_credential_blocks_wider_consent_until_it_is_listed(litware: Operations) -> None:
    body = {"passwordCredential": {"displayName": "somebody"}}
    stray = graph(litware, "POST", f"/applications/{apps(litware)[0]['id']}/addPassword", body)["keyId"]
    litware.sandbox.settle(LITWARE)
    litware.sandbox.mark()

    told = litware.play("onboard.yml").failures()["litware"]
    assert stray in told
    assert KNOWN not in told
    assert litware.sandbox.writes == []

    litware.change(lambda entries: entries["litware"]["app"].update(known_credentials=[KNOWN, stray]), "litware")
    run = litware.play("onboard.yml")
    assert run.failures() == {}, run.output
    kept = [secret["keyId"] for secret in apps(litware)[0]["passwordCredentials"]]
    assert {KNOWN, stray} < set(kept)


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("Council", "taken by another type of recipient"),
        ("Kundo Mail boxes", "RestrictAccess for 'Kundo Mail mailboxes'"),
    ],
)
def test_a_group_of_another_type_or_name_is_never_taken_over(litware: Operations, named: str, why: str) -> None:
    litware.change(lambda entries: entries["litware"]["group"].update(name=named), "litware")
    told = litware.play("onboard.yml").failures()["litware"]
    assert why in told
    assert litware.sandbox.writes == []


def test_a_look_alike_is_named_and_never_touched(litware: Operations) -> None:
    litware.change(lambda entries: entries["litware"].update(app={"known_credentials": [KNOWN]}), "litware")
    told = litware.play("onboard.yml").failures()["litware"]
    assert f"client_id: {CLIENT}" in told
    assert len(apps(litware)) == 1
    assert litware.sandbox.writes == []
