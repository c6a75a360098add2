"""The other kinds of credential, from onboarding to the proof of absence, with the real playbooks."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from graphmail.handover.opening import Opening
from graphmail.sealed import new_identity, open_sealed
from tests.roles.conftest import Operations
from tests.sandbox.signed_in import KeyPair
from tests.sandbox_process import CONTOSO, FABRIKAM, LITWARE
from tests.sweep import sampled

pytestmark = [pytest.mark.playbook, pytest.mark.notebook]
TENANTS = {"contoso": CONTOSO, "fabrikam": FABRIKAM, "litware": LITWARE}
ISSUER, SUBJECT, AUDIENCE = "https://tokens.vendor.example", "helpdesk", "api://AzureADTokenExchange"
PROVIDER, STRANGER = KeyPair(), KeyPair(days=4000)
HOW_PROVED = {False: "proved by a short-lived secret", True: "proved by an assertion"}
POLICY = "/policies/defaultAppManagementPolicy"


@pytest.fixture
def vendor(ops: Operations) -> str:
    """A vendor whose private key the test has."""
    return new_identity(ops.folder / "vendor")


def want(ops: Operations, customers: list[str], vendor: str, known: str = "", **credential: Any) -> None:
    def edit(entries: dict[str, Any]) -> None:
        if known:
            entries["litware"]["app"]["known_credentials"].append(known)
        for customer in customers:
            entries[customer].setdefault("credential", {}).update(credential)
            entries[customer]["handover"] = {"recipients": [vendor]}

    ops.change(edit, *customers)


def app(ops: Operations, customer: str) -> dict[str, Any]:
    tenant = TENANTS[customer]
    apps = ops.sandbox.by_hand(tenant, "GET", "/applications")["value"]
    (own,) = [a for a in apps if a["displayName"] == "Kundo Mail" and a["uniqueName"] == "kundo-mail"]
    return dict(own)


def delivered(ops: Operations, customer: str) -> tuple[dict[str, Any], str, Path]:
    """What the vendor opens, the note beside it, and the file."""
    (file,) = (ops.state(customer) / "handover").glob("*.age")
    opened = json.loads(open_sealed(file, ops.folder / "vendor"))
    return opened, file.with_suffix(".txt").read_text(), file


def test_a_certificate_from_onboarding_to_absence_for_every_customer(
    ops: Operations, vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    litware = ops.sandbox.by_hand(LITWARE, "GET", "/applications")["value"]
    (adopted,) = [a for a in litware if a["displayName"] == "Kundo Mail"]
    theirs = {"keyCredentials": [STRANGER.credential]}
    ops.sandbox.by_hand(LITWARE, "PATCH", f"/applications/{adopted['id']}", theirs)
    (known,) = ops.sandbox.by_hand(LITWARE, "GET", f"/applications/{adopted['id']}")["keyCredentials"]
    want(ops, list(TENANTS), vendor, known["keyId"], kind="certificate")
    ops.sandbox.settle(LITWARE)

    run = ops.play("site.yml")

    assert run.succeeded, run.output
    for name, value in ops.environment.items():
        monkeypatch.setenv(name, value)
    for customer in TENANTS:
        opened, note, file = delivered(ops, customer)
        record = ops.record(customer, "verify_access")
        assert (record["verdict"], record["subject"]["key_id"]) == ("passed", opened["key_id"])
        assert (opened["kind"], opened["client_id"]) == ("certificate", app(ops, customer)["appId"])
        assert "jq -r .private_key" in note
        assert opened["private_key"].splitlines()[1] not in note
        Opening.of(file, ops.folder / "vendor").prove()
        assert opened["key_id"] in [key["keyId"] for key in app(ops, customer)["keyCredentials"]]
    assert [secret["keyId"] for secret in app(ops, "contoso")["passwordCredentials"]] == []

    again = ops.play("onboard.yml")
    assert again.succeeded, again.output
    assert {customer: again.changed(customer) for customer in TENANTS} == {customer: [] for customer in TENANTS}

    gone = ops.play("offboard.yml", "-e offboard=contoso,fabrikam,litware")
    assert gone.succeeded, gone.output
    for customer in TENANTS:
        assert ops.record(customer, "proof_of_absence")["verdict"] == "passed"
    assert [key["keyId"] for key in app(ops, "litware")["keyCredentials"]] == [known["keyId"]]


@pytest.mark.parametrize(
    "asserted",
    sampled([False, True], True),
    ids=HOW_PROVED.get,
)
def test_a_federated_credential_from_onboarding_to_absence(ops: Operations, vendor: str, *, asserted: bool) -> None:
    federated = {"issuer": ISSUER, "subject": SUBJECT}
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "nbf": now, "exp": now + 3000}
    assertion = ops.folder / "assertion"
    assertion.write_text(PROVIDER.sign(claims, "RS256", kid="k1"))
    if asserted:
        ops.sandbox.control("POST", "/issuers", {"issuer": ISSUER, "jwks": PROVIDER.jwks("k1")})
        federated["assertion"] = str(assertion)
    want(ops, ["contoso"], vendor, kind="federated", federated=federated)

    check = ops.play("site.yml", "--check")
    run = ops.play("site.yml")

    assert check.failures() == {}, check.output
    assert run.succeeded, run.output
    opened, note, _file = delivered(ops, "contoso")
    subject = ops.record("contoso", "verify_access")["subject"]
    assert subject["key_id"] == opened["key_id"]
    assert bool(subject["signed_in_with"]) is not asserted
    assert (opened["issuer"], opened["subject"], opened["audience"]) == (ISSUER, SUBJECT, AUDIENCE)
    assert opened["assertion_file"] == ""
    assert "no secret: there is none" in note
    assert app(ops, "contoso")["passwordCredentials"] == []

    again = ops.play("onboard.yml")
    assert again.succeeded, again.output
    assert again.changed("contoso") == []

    gone = ops.play("offboard.yml", "-e offboard=contoso")
    assert gone.succeeded, gone.output
    assert ops.record("contoso", "proof_of_absence")["verdict"] == "passed"
    assertion.unlink()  # the provider's own file: what was produced holds none of it


def forbid(ops: Operations, *rules: dict[str, Any]) -> None:
    policy = {"isEnabled": True, "applicationRestrictions": {"passwordCredentials": list(rules)}}
    ops.sandbox.by_hand(CONTOSO, "PATCH", POLICY, policy)


ADDITION = {"restrictionType": "passwordAddition", "state": "enabled"}
LIFETIME = {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P90D"}


@pytest.mark.parametrize(
    ("rule", "on_policy", "kind", "shown"),
    [(ADDITION, "certificate", "keyCredentials", "24 months"), (LIFETIME, "shorten", "passwordCredentials", "89 days")],
)
def test_a_policy_is_foreseen_and_what_the_inventory_says_is_made(
    ops: Operations, vendor: str, rule: dict[str, Any], on_policy: str, kind: str, shown: str
) -> None:
    forbid(ops, rule)
    want(ops, ["contoso"], vendor, on_policy=on_policy)

    check = ops.play("onboard.yml", "--check")
    run = ops.play("onboard.yml")

    assert run.succeeded, run.output
    assert check.changed("contoso") == run.changed("contoso")
    predicted = [event.diff for event in check.of("contoso", "changed")]
    assert predicted == [event.diff for event in run.of("contoso", "changed")]
    assert predicted[-1]["after"]["lifetime"] == shown
    assert rule["restrictionType"] in predicted[-1]["after"]["because"]
    assert len(app(ops, "contoso")[kind]) == 1
    again = ops.play("onboard.yml")
    assert again.succeeded, again.output
    assert again.changed("contoso") == []


def test_without_a_word_in_the_inventory_a_policy_stops_it_before_anything_is_written(
    ops: Operations, vendor: str
) -> None:
    forbid(ops, ADDITION)
    want(ops, ["contoso"], vendor)
    ops.sandbox.mark()

    run = ops.play("onboard.yml")

    assert "forbids client secrets" in run.failures()["contoso"]
    assert "credential.on_policy" in run.failures()["contoso"]
    assert ops.sandbox.writes == []


@pytest.mark.parametrize(
    ("first", "then", "module"),
    [
        ({}, {"kind": "certificate"}, "entra_application_key"),
        ({"on_policy": "certificate"}, {}, "entra_application_key"),
    ],
    ids=["another kind in the inventory", "a certificate made because of a policy"],
)
def test_a_rotation_makes_the_kind_that_the_inventory_means(
    ops: Operations, vendor: str, first: dict[str, Any], then: dict[str, Any], module: str
) -> None:
    if first:
        forbid(ops, ADDITION)
    want(ops, ["contoso"], vendor, **first)
    run = ops.play("onboard.yml")
    assert run.succeeded, run.output
    (made,) = (ops.state("contoso") / "credentials").glob("*.age")
    want(ops, ["contoso"], vendor, **first, **then)
    ops.sandbox.settle(CONTOSO)
    ops.sandbox.mark()

    check = ops.play("rotate.yml", "--check", f"-e rotation_replace={made.stem}")

    changed = [event.module for event in check.of("contoso", "changed")]
    assert changed == [module], check.output
    assert ops.sandbox.writes == []
