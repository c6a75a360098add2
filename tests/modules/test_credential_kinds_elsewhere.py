"""Certificates and federated credentials in what else looks at an app's credentials: consent, drift, expiry."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace

import pytest

from graphmail.customers import load
from graphmail.expiry.fleet import expiries
from graphmail.handover.ledger import Deliveries
from graphmail.state import StateFolder
from tests.modules.conftest import INVENTORY
from tests.modules.test_customer_drift_info import NAME, entry, onboard
from tests.sandbox.signed_in import KeyPair
from tests.sandbox_process import CONTOSO

APP = {"application": "kundo-mail"}
IDENTITY = "entra_federated_identity_credential"
FEDERATED = {"issuer": "https://tokens.vendor.example", "subject": "helpdesk", "audience": "api://AzureADTokenExchange"}


@pytest.fixture
def onboarded(task, contoso):
    onboard(task)
    contoso.settled()
    return contoso


def another_kind(task, contoso, module, **wanted):
    """As after an entry that asks for that kind, and the secret taken back."""
    task("entra_application_password", **APP, state="absent")
    made = task(module, **APP, **wanted)
    contoso.settled()
    return made


def found(task, **credential):
    result = task(NAME, entry=entry(task, credential=credential))
    return [f"{difference['area']}: {difference['what']}" for difference in result["differences"]]


def test_a_strangers_certificate_and_federated_credential_are_nobodys_here(task, contoso, sandbox):
    made = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", **APP)
    path = f"/applications/{made['object_id']}"
    contoso.graph("PATCH", path, {"keyCredentials": [KeyPair(days=4000).credential]})
    body = {"name": "theirs", "issuer": "https://other.example", "subject": "job", "audiences": ["api://x"]}
    theirs = contoso.graph("POST", f"{path}/federatedIdentityCredentials", body)
    contoso.settled()
    key = contoso.app()["keyCredentials"][0]["keyId"]

    message = task.failed("entra_app_role_assignment", **APP, roles=["Mail.Send"])

    assert f"theirs ({theirs['id']})" in message
    assert key in message
    known = [theirs["id"], key]
    assert task("entra_app_role_assignment", **APP, roles=["Mail.Send"], known_credentials=known)["changed"]


def test_what_was_made_here_is_no_drift(task, onboarded, sandbox):
    another_kind(task, onboarded, "entra_application_key")
    assert found(task, kind="certificate") == []
    task("entra_application_key", **APP, state="absent")
    another_kind(task, onboarded, "entra_federated_identity_credential", **FEDERATED)
    assert found(task, kind="federated", federated=FEDERATED) == []


def test_a_certificate_that_is_missing_gone_or_near_its_end_is_drift(task, onboarded, sandbox):
    assert "credential: There is no live certificate made here" in found(task, kind="certificate")
    another_kind(task, onboarded, "entra_application_key", lifetime="40 days")
    sandbox.advance(CONTOSO, 20 * 86400)
    assert found(task, kind="certificate") == ["credential: The certificate is near its end"]
    app = onboarded.app()
    onboarded.graph("PATCH", f"/applications/{app['id']}", {"keyCredentials": []})
    onboarded.settled()
    assert "credential: A certificate made here is gone" in found(task, kind="certificate")


def test_a_changed_federated_credential_is_drift(task, onboarded):
    another_kind(task, onboarded, "entra_federated_identity_credential", **FEDERATED)
    wanted = FEDERATED | {"subject": "another"}
    (difference,) = found(task, kind="federated", federated=wanted)
    assert "subject" in difference


def test_what_stays_of_another_kind_is_named(task, onboarded, sandbox):
    made = task("entra_application_key", **APP)
    onboarded.settled()
    # A rotation to another kind, which is not over before the vendor said that it has it, and its time is past.
    assert found(task, kind="certificate") == []
    clock = SimpleNamespace(now=lambda: datetime.fromisoformat(sandbox.now(CONTOSO)))
    deliveries = Deliveries(StateFolder(task.state, "contoso"), clock)
    marker = "handover of the certificate"
    deliveries.begin(marker, made["key_id"], ["age1"], "run")
    deliveries.delivered(marker, made["key_id"], "0", "file")
    deliveries.acknowledged(made["key_id"], "an operator says so")
    assert found(task, kind="certificate") == []
    sandbox.advance(CONTOSO, 8 * 86400)
    assert found(task, kind="certificate") == [
        "credential: A credential of another kind, made here, is still on the app"
    ]


def test_a_certificate_made_because_of_a_policy_is_as_the_inventory_says(task, onboarded):
    another_kind(task, onboarded, "entra_application_key")
    assert found(task, on_policy="certificate") == []
    assert found(task) != []


def test_the_end_of_a_certificate_is_told_by_its_own_kind_and_a_federated_one_has_none(task, onboarded, monkeypatch):
    monkeypatch.setenv("GRAPHMAIL_STATE", str(task.state))
    made = another_kind(task, onboarded, "entra_application_key")
    task("entra_federated_identity_credential", **APP, **FEDERATED)
    told = [(e.kind, e.key_id) for e in expiries(load(INVENTORY)) if e.customer == "contoso" and e.whose == "mail app"]
    assert told == [("certificate", made["key_id"])]


@pytest.fixture
def federated_beside(task, onboarded, monkeypatch):
    """The inventory asks for a federated credential now; key id of the secret or certificate from before."""
    monkeypatch.setenv("GRAPHMAIL_STATE", str(task.state))

    def beside(kind):
        if kind == "certificate":
            made = another_kind(task, onboarded, "entra_application_key")["key_id"]
        else:
            (made,) = (one["keyId"] for one in onboarded.app()["passwordCredentials"])
        task(IDENTITY, **APP, **FEDERATED)
        onboarded.settled()
        return made

    return beside


def ends():
    return [e.key_id for e in expiries(load(INVENTORY)) if e.customer == "contoso" and e.whose == "mail app"]


def by_hand_removed(contoso, key_id):
    app = contoso.app()
    path = f"/applications/{app['id']}"
    if any(one["keyId"] == key_id for one in app["passwordCredentials"]):
        contoso.graph("POST", f"{path}/removePassword", {"keyId": key_id})
    else:
        contoso.graph("PATCH", path, {"keyCredentials": []})
    contoso.settled()


@pytest.mark.parametrize("kind", ["secret", "certificate"])
def test_the_end_of_one_that_was_taken_back_by_hand_is_told_no_more(task, onboarded, federated_beside, kind):
    key_id = federated_beside(kind)
    task(IDENTITY, **APP, **FEDERATED)
    assert ends() == [key_id]
    by_hand_removed(onboarded, key_id)

    settled = task(IDENTITY, **APP, **FEDERATED)
    again = task(IDENTITY, **APP, **FEDERATED)

    assert (settled["changed"], ends()) == (False, [])
    assert any(key_id in warning for warning in settled["warnings"])
    assert again.get("warnings", []) == []


def test_a_check_does_not_note_that_it_is_gone(task, onboarded, federated_beside):
    key_id = federated_beside("secret")
    by_hand_removed(onboarded, key_id)
    journal = StateFolder(task.state, "contoso").journal
    before = journal.read_bytes()

    task(IDENTITY, **APP, **FEDERATED, check=True)

    assert (journal.read_bytes(), ends()) == (before, [key_id])


def test_a_secret_that_one_read_misses_is_not_gone(task, onboarded, federated_beside, sandbox):
    key_id = federated_beside("secret")
    behind = onboarded.app() | {"passwordCredentials": []}
    sandbox.fault(CONTOSO, "graph", "GET", "*/applications(*", status=200, times=2, body=behind)

    task(IDENTITY, **APP, **FEDERATED)

    assert ends() == [key_id]
