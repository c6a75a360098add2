"""Folders and messages of a mailbox: drafts, changes, moves, removal."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sandbox_in_process import mail, to

USER = "/users/support@contoso.example"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


def draft(tenancy: Any, **properties: Any) -> dict[str, Any]:
    return dict(tenancy.got("POST", f"{USER}/messages", 201, json={"subject": "draft"} | properties))


@pytest.fixture
def received(contoso):
    """A message that lies in the Inbox of support@."""
    contoso.got("POST", "/users/ceo@contoso.example/sendMail", 202, json=mail("support@contoso.example"))
    contoso.advance(4)
    return contoso.got("GET", f"{USER}/mailFolders/inbox/messages")["value"][0]


def test_folders_are_listed_and_found_by_well_known_name(contoso):
    names = {f["displayName"] for f in contoso.got("GET", f"{USER}/mailFolders")["value"]}
    assert {"Inbox", "Drafts", "Sent Items", "Deleted Items", "Junk Email"} <= names
    inbox = contoso.got("GET", f"{USER}/mailFolders/Inbox")
    assert contoso.got("GET", f"{USER}/mailFolders/{inbox['id']}")["displayName"] == "Inbox"
    assert set(contoso.got("GET", f"{USER}/mailFolders/inbox?$select=id")) == {"@odata.context", "id"}


def test_folder_counts_what_has_arrived(contoso, received):
    inbox = contoso.got("GET", f"{USER}/mailFolders/inbox")
    assert (inbox["totalItemCount"], inbox["unreadItemCount"]) == (1, 1)


def test_unknown_folder_is_404_and_a_malformed_id_400(contoso):
    contoso.refused(404, "ErrorItemNotFound", "GET", f"{USER}/mailFolders/{'A' * 60}")
    contoso.refused(400, "ErrorInvalidIdMalformed", "GET", f"{USER}/mailFolders/inboxx")
    contoso.refused(404, "ErrorItemNotFound", "GET", f"{USER}/messages/{'A' * 60}")
    contoso.refused(400, "ErrorInvalidIdMalformed", "GET", f"{USER}/messages/1")


def test_draft_is_made_in_drafts_with_all_its_ids(contoso):
    made = draft(contoso, body={"contentType": "HTML", "content": "<p>Hello</p>"}, toRecipients=to("a@b.example"))
    drafts = contoso.got("GET", f"{USER}/mailFolders/drafts")
    assert made["isDraft"] is True
    assert made["parentFolderId"] == drafts["id"]
    assert made["internetMessageId"].endswith("@contoso.example>")
    assert made["changeKey"]
    assert made["conversationId"]
    assert (made["body"]["contentType"], made["bodyPreview"]) == ("html", "Hello")
    assert made["from"]["emailAddress"]["address"] == "support@contoso.example"
    assert [c.request for c in contoso.ledger] == ["POST /users/{id}/messages"]


def test_draft_is_made_in_the_folder_named(contoso):
    made = contoso.got("POST", f"{USER}/mailFolders/inbox/messages", 201, json={"subject": "x"})
    assert made["parentFolderId"] == contoso.got("GET", f"{USER}/mailFolders/inbox")["id"]


def test_draft_is_made_of_mime(contoso):
    raw = b"From: support@contoso.example\r\nTo: a@b.example\r\nSubject: =?utf-8?q?H=C3=A4?=\r\nX-Mark: 1\r\n\r\ntext"
    headers = {"Content-Type": "text/plain"}
    made = contoso.got("POST", f"{USER}/messages", 201, data=base64.b64encode(raw), headers=headers)
    assert (made["subject"], made["body"]["content"]) == ("Hä", "text")
    contoso.refused(
        400, "ErrorMimeContentInvalidBase64String", "POST", f"{USER}/messages", data=b"%%%", headers=headers
    )


@pytest.mark.parametrize(
    "body",
    [
        {"Subject": "x"},
        {"unheardOf": 1},
        {"body": {"contentType": "text", "text": "x"}},
        {"toRecipients": [{"address": "a@b.example"}]},
        {"toRecipients": {"emailAddress": {"address": "a@b.example"}}},
        {"isRead": "yes"},
        {"importance": "urgent"},
        {"subject": 7},
    ],
)
def test_unknown_property_or_wrong_type_is_400(contoso, body):
    contoso.refused(400, "RequestBodyRead", "POST", f"{USER}/messages", json=body)
    assert contoso.ledger == []


def test_read_only_properties_are_ignored(contoso):
    made = draft(contoso, id="mine", isDraft=False, receivedDateTime="2020-01-01T00:00:00Z", bodyPreview="x")
    assert made["isDraft"] is True
    assert made["receivedDateTime"] > "2020-01-02"


def test_draft_is_changed(contoso):
    made = draft(contoso)
    changes = {"subject": "new", "toRecipients": to("x@y.example"), "isRead": False, "categories": ["red"]}
    changed = contoso.got("PATCH", f"{USER}/messages/{made['id']}", json=changes)
    assert (changed["subject"], changed["categories"], changed["isRead"]) == ("new", ["red"], False)
    assert changed["changeKey"] != made["changeKey"]
    cleared = contoso.got("PATCH", f"{USER}/messages/{made['id']}", json={"toRecipients": None, "subject": None})
    assert (cleared["toRecipients"], cleared["subject"]) == ([], "")


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "x"},
        {"body": {"contentType": "text", "content": "x"}},
        {"toRecipients": []},
        {"replyTo": []},
        {"internetMessageId": "<x@y>"},
    ],
)
def test_content_of_a_received_message_can_be_changed_until_that_is_enforced(contoso, received, change):
    path = f"{USER}/messages/{received['id']}"
    contoso.got("PATCH", path, json=change)
    contoso.tenant.mail_rules.received_edits = "enforced"
    before = len(contoso.ledger)
    contoso.refused(403, "ErrorAccessDenied", "PATCH", path, json=change)
    assert len(contoso.ledger) == before
    contoso.got("PATCH", path, json=change, roles=("Mail.ReadWrite", "Mail-Advanced.ReadWrite.All"))
    contoso.got("PATCH", path, json={"isRead": True, "categories": ["x"]})


def test_content_of_received_messages_is_closed_by_date(contoso, received):
    contoso.tenant.mail_rules.received_edits = "by_date"
    path = f"{USER}/messages/{received['id']}"
    last = datetime(2026, 12, 31, tzinfo=UTC) - contoso.tenant.clock.now()
    if last.total_seconds() > 120:
        contoso.advance(last.total_seconds() - 60)
        contoso.got("PATCH", path, json={"subject": "x"})
        contoso.advance(61)
    contoso.refused(403, "ErrorAccessDenied", "PATCH", path, json={"subject": "y"})
    made = draft(contoso)
    contoso.got("PATCH", f"{USER}/messages/{made['id']}", json={"subject": "y"})


def test_change_of_an_old_version_is_412(contoso, received):
    path = f"{USER}/messages/{received['id']}"
    stale = {"If-Match": received["@odata.etag"]}
    fresh = {"If-Match": contoso.got("PATCH", path, json={"isRead": True}, headers=stale)["@odata.etag"]}
    contoso.refused(412, "ErrorIrresolvableConflict", "PATCH", path, json={"isRead": False}, headers=stale)
    contoso.refused(412, "ErrorIrresolvableConflict", "DELETE", path, headers=stale)
    contoso.got("PATCH", path, json={"isRead": False}, headers=fresh)
    contoso.got("DELETE", path, 204, headers={"If-Match": "*"})


def test_minimal_answers_have_no_body(contoso, received):
    headers = {"Prefer": "return=minimal"}
    answer = contoso.graph("PATCH", f"{USER}/messages/{received['id']}", json={"isRead": True}, headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Preference-Applied"] == "return=minimal"
    made = contoso.graph("POST", f"{USER}/messages", json={}, headers=headers)
    assert (made.status_code, made.content) == (201, b"")
    assert contoso.got("GET", made.headers["Location"])["isDraft"] is True


def test_received_message_is_marked_read_flagged_and_categorised(contoso, received):
    change = {"isRead": True, "flag": {"flagStatus": "flagged"}, "categories": ["done"], "id": received["id"]}
    changed = contoso.got("PATCH", f"{USER}/messages/{received['id']}", json=change)
    assert (changed["isRead"], changed["flag"]["flagStatus"], changed["categories"]) == (True, "flagged", ["done"])
    before = len(contoso.ledger)
    contoso.got("PATCH", f"{USER}/messages/{received['id']}", json={"isRead": True})
    assert len(contoso.ledger) == before


def test_move_gives_a_new_id_and_keeps_the_immutable_one(contoso, received):
    fixed = contoso.got("GET", f"{USER}/messages/{received['id']}", headers=IMMUTABLE)["id"]
    moved = contoso.got("POST", f"{USER}/messages/{received['id']}/move", 201, json={"destinationId": "archive"})
    assert moved["id"] != received["id"]
    contoso.refused(404, "ErrorItemNotFound", "GET", f"{USER}/messages/{received['id']}")
    assert (
        contoso.got("GET", f"{USER}/messages/{fixed}", headers=IMMUTABLE)["parentFolderId"] == moved["parentFolderId"]
    )
    again = contoso.got(
        "POST", f"{USER}/messages/{fixed}/move", 201, json={"destinationId": "inbox"}, headers=IMMUTABLE
    )
    assert again["id"] == fixed


def test_delete_goes_to_deleted_items_then_to_the_recoverable_ones_then_away(contoso, received):
    fixed = contoso.got("GET", f"{USER}/messages/{received['id']}", headers=IMMUTABLE)["id"]
    path = f"{USER}/messages/{fixed}"
    for folder in ("deleteditems", "recoverableitemsdeletions"):
        contoso.got("DELETE", path, 204)
        home = contoso.got("GET", f"{USER}/mailFolders/{folder}")["id"]
        assert contoso.got("GET", path)["parentFolderId"] == home
    assert contoso.got("GET", f"{USER}/messages")["value"] == []
    contoso.got("DELETE", path, 204)
    contoso.refused(404, "ErrorItemNotFound", "GET", path)


def test_permanent_delete_leaves_nothing(contoso, received):
    contoso.got("POST", f"{USER}/messages/{received['id']}/permanentDelete", 204)
    for folder in ("inbox", "deleteditems", "recoverableitemsdeletions"):
        assert contoso.got("GET", f"{USER}/mailFolders/{folder}/messages")["value"] == []


def test_preferences_are_applied_and_echoed(contoso):
    made = draft(contoso, body={"contentType": "html", "content": "<b>bold</b><style>x</style>"})
    headers = {"Prefer": 'IdType="ImmutableId", outlook.body-content-type="text"'}
    answer = contoso.graph("GET", f"{USER}/messages/{made['id']}", headers=headers)
    assert answer.json()["body"] == {"contentType": "text", "content": "bold"}
    assert 'outlook.body-content-type="text"' in answer.headers["Preference-Applied"]
    assert answer.json()["id"] != made["id"]


def test_headers_are_shown_only_when_selected(contoso, received):
    path = f"{USER}/messages/{received['id']}"
    assert "internetMessageHeaders" not in contoso.got("GET", path)
    names = {h["name"] for h in contoso.got("GET", f"{path}?$select=internetMessageHeaders")["internetMessageHeaders"]}
    assert {"Received", "From", "To", "Subject", "Message-ID"} <= names


@pytest.mark.parametrize("name", ["Message-ID", "In-Reply-To", "XKundo", "x-bad name"])
def test_custom_headers_must_start_with_x(contoso, name):
    body = {"internetMessageHeaders": [{"name": name, "value": "1"}]}
    contoso.refused(400, "InvalidInternetMessageHeader", "POST", f"{USER}/messages", json=body)


def test_mime_of_a_message_can_be_read(contoso):
    made = draft(contoso, subject="Grüße", internetMessageHeaders=[{"name": "X-Mark", "value": "7"}])
    answer = contoso.graph("GET", f"{USER}/messages/{made['id']}/$value")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert b"X-Mark: 7\r\n" in answer.content
    assert made["internetMessageId"].encode() in answer.content


PROPERTY = "String {00020329-0000-0000-c000-000000000046} Name Kundo"


def test_extended_properties_are_filtered_by_and_expanded(contoso):
    draft(contoso, singleValueExtendedProperties=[{"id": PROPERTY, "value": "1"}])
    draft(contoso, singleValueExtendedProperties=[{"id": PROPERTY, "value": "2"}])
    any_of = f"singleValueExtendedProperties/any(ep:ep/id eq '{PROPERTY.upper()}' and ep/value eq '2')"
    expand = f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
    found = contoso.got("GET", f"{USER}/messages", params={"$filter": any_of, "$expand": expand})["value"]
    assert [m["singleValueExtendedProperties"] for m in found] == [[{"id": PROPERTY, "value": "2"}]]
    assert "singleValueExtendedProperties" not in contoso.got("GET", f"{USER}/messages/{found[0]['id']}")


def test_extended_property_id_has_a_form(contoso):
    body = {"singleValueExtendedProperties": [{"id": "Kundo", "value": "1"}]}
    contoso.refused(400, "ErrorInvalidProperty", "POST", f"{USER}/messages", json=body)


@pytest.mark.parametrize("property_id", ["String 0x7D", "String 0x007D", "Integer 0x0E07"])
def test_tag_of_an_extended_property_has_any_number_of_digits(contoso, property_id):
    held = [{"id": property_id, "value": "1"}]
    made = contoso.got("POST", f"{USER}/messages", 201, json={"singleValueExtendedProperties": held})
    expand = f"$expand=singleValueExtendedProperties($filter=id eq '{property_id}')"
    assert contoso.got("GET", f"{USER}/messages/{made['id']}?{expand}")["singleValueExtendedProperties"] == held


def test_attachment_that_does_not_say_what_it_is_is_told_so(contoso):
    message = {"attachments": [{"name": "a.txt", "contentBytes": "YQ=="}]}
    assert "'@odata.type'" in contoso.refused(400, "RequestBodyRead", "POST", f"{USER}/messages", json=message)
