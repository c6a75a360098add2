"""Stock releases of programs by others, which know nothing of the sandbox and are not patched."""

from __future__ import annotations

import pytest

from tests.clients.conftest import MAILBOX, OTHER_MAILBOX
from tests.sandbox_process import CONTOSO

pytestmark = pytest.mark.clients


def committed(sandbox):
    return [entry["request"] for entry in sandbox.writes if entry["actor"] != "by-hand"]


def test_msgraph_sdk_sends_lists_reads_changes_and_uploads_mail(program, mailer, sandbox):
    seen = program("msgraph_sdk_mail", mailer)
    assert seen["arrived"] == {"has_attachments": True, "is_read": False}
    assert (seen["body"], seen["attachment"], seen["read_after_patch"]) == ("hello", "attached", True)
    assert "Inbox" in seen["folders"]
    assert seen["stranger"] == [404, "ErrorInvalidUser"]
    # As the real service answers the SDK's own upload task: its bearer is Graph's, and the upload URL is Outlook's.
    assert seen["upload_task"] == 401
    assert (seen["slices"], seen["large_equal"]) == ([200, 201], True)
    subjects = [m["subject"] for m in sandbox.mailbox(CONTOSO, MAILBOX)["folders"]["inbox"]]
    assert "large" in subjects


def test_msgraph_sdk_registers_an_app_grants_it_and_makes_its_secret(program, admin, sandbox):
    seen = program("msgraph_sdk_directory", admin)
    assert (seen["audience"], seen["granted_to"], seen["hint"]) == ("AzureADMyOrg", "Kundo Mail", True)
    assert seen["granted_twice"] == [400, "Permission being assigned already exists on the object"]
    assert (seen["found"], seen["secret_text_again"]) == ([["Kundo Mail", 1]], [None])
    assert {"support@contoso.example", "trainee@contoso.example"} <= set(seen["users"])
    assert seen["wrong_secret"] is True
    assert (seen["deleted"], seen["restorable"]) == ([404, "Request_ResourceNotFound"], ["Kundo Mail"])
    assert committed(sandbox)[0] == "POST /applications"


def test_django_sends_mail_as_mime(program, mailer, sandbox):
    assert program("django_mail", mailer) == {"plain": 1, "rich": 1}
    arrived = {m["subject"]: m for m in sandbox.mailbox(CONTOSO, OTHER_MAILBOX)["folders"]["inbox"]}
    assert arrived["from django"]["from"] == "help@contoso.example"
    assert [a["name"] for a in arrived["with attachment"]["attachments"]] == ["åäö.txt"]


def test_o365_uploads_replies_and_moves(program, mailer):
    seen = program("o365_mail", mailer)
    assert seen["authenticated"]
    assert seen["sent"]
    assert (seen["subject"], seen["sender"], seen["large_equal"]) == ("from o365", MAILBOX, True)
    assert seen["marked_read"]
    assert (seen["reply"], seen["moved"]) == (MAILBOX, True)


def test_the_communitys_command_line_signs_in_and_administers_applications(m365, admin, sandbox):
    identity = ["--authType", "secret", "--appId", admin["client_id"], "--secret", admin["client_secret"]]
    signed_in = m365("login", *identity, "--tenant", CONTOSO)
    assert signed_in["connectedAs"] == "Kundo Onboarding"
    assert "support@contoso.example" in {u["mail"] for u in m365("entra", "user", "list")}
    made = m365("entra", "app", "add", "--name", "cli app", "--withSecret")
    assert made["secrets"]
    listed = m365("entra", "app", "list")
    assert made["appId"] in {app["appId"] for app in listed}
    # It reports its use to its makers; nothing of that leaves.
    refused = {r["path"] for r in sandbox.control("GET", "/requests")["requests"] if r["status"] == 403}
    assert all("applicationinsights" in path for path in refused)
