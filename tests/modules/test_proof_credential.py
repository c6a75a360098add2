"""The short-lived secret that proves what a kept one may do: told apart from all others, and always removed."""

from __future__ import annotations

import pytest

NAME = "entra_application_password"
PROOF = {"application": "kundo-mail", "proof": True, "lifetime": "2 days"}


@pytest.fixture
def app(task, contoso):
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    body = {"passwordCredential": {"displayName": "vendor"}}
    contoso.graph("POST", f"/applications/{contoso.app()['id']}/addPassword", body)
    contoso.settled()
    return contoso


def names(contoso):
    return sorted(secret["displayName"].rpartition(" ")[0] or secret["displayName"] for secret in contoso.secrets())


def test_it_is_made_once_and_removed_and_nothing_else_is(task, app):
    made = task(NAME, **PROOF)
    assert made["changed"]
    assert not task(NAME, **PROOF)["changed"]
    assert names(app) == ["graphmail proof", "vendor"]
    removed = task(NAME, **PROOF, state="absent")
    assert removed["diff"]["before"] == {"key_id": made["key_id"]}
    assert names(app) == ["vendor"]
    assert not task(NAME, **PROOF, state="absent")["changed"]


def test_it_never_takes_the_delivered_one_for_its_own(task, app):
    """A customer onboarded here, later set to keep."""
    own = task(NAME, application="kundo-mail")
    assert task(NAME, **PROOF)["key_id"] != own["key_id"]
    assert task(NAME, application="kundo-mail")["key_id"] == own["key_id"]
    task(NAME, **PROOF, state="absent")
    assert names(app) == ["graphmail", "vendor"]
    assert task(NAME, **PROOF, state="absent", check=True)["changed"] is False
    assert task(NAME, application="kundo-mail")["changed"] is False


def test_one_that_is_over_or_cannot_be_opened_is_replaced(task, app, sandbox):
    first = task(NAME, **PROOF)["key_id"]
    sandbox.advance(app.tenant, 3 * 86400)
    second = task(NAME, **PROOF)["key_id"]
    (task.state / "contoso" / "credentials" / f"{second}.age").unlink()
    third = task(NAME, **PROOF)["key_id"]
    assert len({first, second, third}) == 3
    assert [s["keyId"] for s in app.secrets() if s["displayName"] != "vendor"] == [third]


def test_a_check_predicts_it_and_writes_nothing(task, app, sandbox):
    assert task(NAME, **PROOF, check=True)["changed"]
    assert sandbox.writes == []
    task(NAME, **PROOF)
    sandbox.mark()
    assert task(NAME, **PROOF, state="absent", check=True)["changed"]
    assert sandbox.writes == []


def test_it_is_never_handed_over(task, app):
    task(NAME, **PROOF)
    wanted = {"mailboxes": ["support@contoso.example"], "outside_mailbox": "ceo@contoso.example", "recipients": []}
    told = task.failed("credential_handover", application="kundo-mail", **wanted)
    assert "has no sealed credential" in told
    kept = task("credential_handover", application="kundo-mail", **wanted, keep=True)
    assert not kept["changed"]
    assert kept["msg"].startswith("Nothing is delivered")
