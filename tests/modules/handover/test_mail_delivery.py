"""The sealed file by mail, from the customer's own new mailbox: once, whatever the answer."""

from __future__ import annotations

import base64
import json

import pytest

from graphmail.credentials import read
from tests.modules.handover.conftest import CEO, NAME, SUPPORT
from tests.modules.tenant_by_hand import GROUP
from tests.sandbox_process import CONTOSO

VENDOR = "onboarding@kundo.example"


@pytest.fixture
def by_mail(task, credential, prove, handover, sandbox):
    """The parameters, of a customer whose app may send already."""
    task("entra_service_principal", application="kundo-mail")
    owners = ["admin@contoso.example"]
    task("exo_distribution_group", name=GROUP, address=f"k@{SUPPORT[8:]}", owners=owners, members=[SUPPORT])
    task("exo_application_access_policy", application="kundo-mail", group=GROUP)
    task("entra_app_role_assignment", application="kundo-mail", roles=["Mail.Send", "Mail.ReadWrite"])
    sandbox.settle(CONTOSO)
    prove()
    return handover | {"delivery": "mail"}


def sent(sandbox):
    return sandbox.control("GET", f"/tenants/{CONTOSO}/left-the-sandbox")["messages"]


def in_sent_items(sandbox):
    sandbox.settle(CONTOSO)
    (mail,) = sandbox.by_hand(CONTOSO, "GET", f"/users/{SUPPORT}/mailFolders/sentitems/messages")["value"]
    return mail


def test_goes_to_the_address_with_the_note_and_the_sealed_file(task, by_mail, credential, vendor, sandbox, tmp_path):
    result = task(NAME, **by_mail)

    assert result["changed"]
    (mail,) = sent(sandbox)
    assert (mail["from"], mail["to"]) == (SUPPORT, [VENDOR])
    text = json.dumps(in_sent_items(sandbox))
    assert credential.client_secret not in text
    assert credential.key_id in text


def test_second_run_sends_nothing(task, by_mail, sandbox):
    task(NAME, **by_mail)

    assert not task(NAME, **by_mail)["changed"]
    assert len(sent(sandbox)) == 1


def test_check_sends_nothing(task, by_mail, sandbox):
    assert task(NAME, check=True, **by_mail)["changed"]
    assert sent(sandbox) == []


@pytest.mark.parametrize("status", [504, 503])
def test_a_lost_answer_is_no_second_mail(task, by_mail, sandbox, status):
    sandbox.fault(CONTOSO, "graph", "POST", "*/sendMail", status=status, when="after")

    assert task(NAME, **by_mail)["changed"]

    assert len(sent(sandbox)) == 1
    assert not task(NAME, **by_mail)["changed"]


def test_a_mail_that_never_went_is_told_and_sent_by_the_next_run(task, by_mail, sandbox):
    sandbox.fault(CONTOSO, "graph", "POST", "*/sendMail", status=504, when="before")
    task.failed(NAME, **by_mail)
    assert sent(sandbox) == []

    assert task(NAME, **by_mail)["changed"]
    assert len(sent(sandbox)) == 1


def test_a_run_that_died_after_sending_does_not_send_again(task, by_mail, sandbox, monkeypatch):
    from graphmail.handover.ledger import Deliveries

    with monkeypatch.context() as dying:
        dying.setattr(Deliveries, "delivered", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            task(NAME, **by_mail)

    assert task(NAME, **by_mail)["changed"]
    assert len(sent(sandbox)) == 1


def test_a_mailbox_that_the_app_may_not_send_from_is_told(task, by_mail, sandbox, prove):
    prove(mailboxes=[CEO], outside_mailbox=SUPPORT)

    message = task.failed(NAME, **by_mail | {"mailboxes": [CEO], "outside_mailbox": SUPPORT})

    assert "403" in message
    assert sent(sandbox) == []


def test_the_attached_file_opens_with_the_vendor_s_key(task, by_mail, credential, vendor, sandbox, tmp_path):
    path = task(NAME, **by_mail)["path"]
    mail = in_sent_items(sandbox)
    (attached,) = sandbox.by_hand(CONTOSO, "GET", f"/users/{SUPPORT}/messages/{mail['id']}/attachments")["value"]
    (tmp_path / "got.age").write_bytes(base64.b64decode(attached["contentBytes"]))

    assert read(tmp_path / "got.age", vendor) == credential
    assert attached["name"] == f"{credential.key_id}.age"
    assert path.endswith(attached["name"])


def test_an_address_that_was_corrected_gets_a_mail_of_its_own(task, by_mail, sandbox):
    task(NAME, **by_mail | {"address": "onbording@kundo.example"})

    assert task(NAME, **by_mail)["changed"]

    assert [mail["to"] for mail in sent(sandbox)] == [["onbording@kundo.example"], [VENDOR]]
    assert not task(NAME, **by_mail)["changed"]


def test_what_lay_as_a_file_goes_by_mail_when_the_inventory_says_so(task, by_mail, sandbox):
    task(NAME, **by_mail | {"delivery": "file"})

    assert task(NAME, **by_mail)["changed"]

    assert len(sent(sandbox)) == 1
