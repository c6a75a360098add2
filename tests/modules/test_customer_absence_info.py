"""What the proof of absence says of a credential that cannot be tried any more."""

from __future__ import annotations

import pytest

from graphmail.evidence import Run
from tests.modules.tenant_by_hand import GROUP
from tests.sandbox_process import CONTOSO

NAME = "customer_absence_info"
APP = {"unique_name": "kundo-mail", "client_id": None, "on_offboard": "keep_deleted"}
ENTRY = {
    "app": APP,
    "group": {"name": GROUP},
    "mailboxes": ["support@contoso.example"],
    "outside_mailbox": "ceo@contoso.example",
}


@pytest.fixture
def taken_back(task, sandbox):
    """The key id of a secret that was taken back, and whose sealed copy somebody threw away."""
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    made = task("entra_application_password", application="kundo-mail")
    task("entra_application_password", application="kundo-mail", state="absent")
    (task.state / "contoso" / "credentials" / "retired" / f"{made['key_id']}.age").unlink()
    sandbox.settle(CONTOSO)
    return made["key_id"]


def token(task):
    (record,) = Run(task.run.evidence, "contoso", task.run.run_id).records()
    return next(check for check in record.checks if check.name == "token")


def test_one_whose_copy_is_lost_is_not_called_never_made(task, taken_back):
    task("entra_application", unique_name="kundo-mail", state="absent")

    assert task(NAME, entry=ENTRY)["status"] == "absent"
    assert token(task).observed == f"{taken_back}: not tried, since no sealed copy of it is left; no longer on the app"


def test_one_whose_copy_is_lost_and_that_is_on_the_app_is_red(task, taken_back, contoso):
    app = contoso.graph("GET", "/applications(uniqueName='kundo-mail')")
    line = f'"key_id": "{taken_back}"'
    made = contoso.graph("POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": {}})
    path = task.state / "contoso" / "journal.jsonl"
    path.write_text(_unsummed(path.read_text()).replace(line, f'"key_id": "{made["keyId"]}"'))
    contoso.settled()

    task.failed(NAME, entry=ENTRY)

    assert (token(task).verdict, token(task).observed) == ("failed", f"credential {made['keyId']} is still on the app")


def test_consent_that_was_granted_here_to_an_adopted_app_is_red_while_it_is_left(task, contoso):
    app = contoso.graph("POST", "/applications", {"displayName": "Mail robot"})
    contoso.graph("POST", "/servicePrincipals", {"appId": app["appId"]})
    contoso.settled()
    named = {"application": "kundo-mail", "client_id": app["appId"]}
    task("entra_app_role_assignment", **named, roles=["Mail.Send"])
    entry = ENTRY | {"app": APP | {"client_id": app["appId"]}}

    assert "granted here and not revoked: Mail.Send" in task.failed(NAME, entry=entry)

    task("entra_app_role_assignment", **named, roles=[], state="absent", made_here_only=True)
    contoso.settled()
    assert task(NAME, entry=entry)["status"] == "absent"


def _unsummed(text: str) -> str:
    """Lines of older journals have no digest of their own."""
    lines = [line.rpartition(', "sum"')[0] + "}" if ', "sum"' in line else line for line in text.splitlines()]
    return "\n".join(lines) + "\n"
