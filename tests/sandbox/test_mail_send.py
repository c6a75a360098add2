"""sendMail and send: what is accepted, what it becomes, what is refused."""

from __future__ import annotations

import base64

import pytest

from tests.sandbox_in_process import mail, to

SEND = "/users/support@contoso.example/sendMail"
DRAFTS = "/users/support@contoso.example/messages"
CEO = "ceo@contoso.example"


def test_send_mail_is_202_without_body_and_one_line_in_the_ledger(contoso):
    answer = contoso.graph("POST", SEND, json=mail(CEO))
    assert (answer.status_code, answer.content) == (202, b"")
    assert [(c.service, c.request, c.actor[:8]) for c in contoso.ledger] == [
        ("graph", "POST /users/{id}/sendMail", "11111111"),
    ]


def test_mail_is_in_sent_items_and_inbox_after_the_delay_and_not_before(contoso):
    contoso.got("POST", SEND, 202, json=mail(CEO))
    for user, folder in ((CEO, "inbox"), ("support@contoso.example", "sentitems")):
        assert contoso.got("GET", f"/users/{user}/mailFolders/{folder}/messages")["value"] == []
    received, sent = contoso.arrived(CEO)[0], contoso.arrived("support@contoso.example", "sentitems")[0]
    assert received["internetMessageId"] == sent["internetMessageId"]
    assert (received["isRead"], sent["isRead"], sent["isDraft"]) == (False, True, False)
    assert received["from"]["emailAddress"] == {"name": "Contoso Support", "address": "support@contoso.example"}


def test_mail_need_not_be_saved_to_sent_items(contoso):
    contoso.got("POST", SEND, 202, json={**mail(CEO), "saveToSentItems": False})
    assert len(contoso.arrived(CEO)) == 1
    assert contoso.arrived("support@contoso.example", "sentitems") == []


@pytest.mark.parametrize(("given", "kept"), [("false", 0), ("False", 0), ("true", 1)])
def test_save_to_sent_items_may_be_text_as_in_microsofts_own_example(contoso, given, kept):
    contoso.got("POST", SEND, 202, json={**mail(CEO), "saveToSentItems": given})
    assert len(contoso.arrived(CEO)) == 1
    assert len(contoso.arrived("support@contoso.example", "sentitems")) == kept


@pytest.mark.parametrize("given", ["no", "", 0, []])
def test_save_to_sent_items_that_is_neither_true_nor_false_is_400(contoso, given):
    contoso.refused(400, "RequestBodyRead", "POST", SEND, json={**mail(CEO), "saveToSentItems": given})


def test_parameter_names_are_taken_in_either_case(contoso):
    contoso.got("POST", SEND, 202, json={"Message": mail(CEO)["message"], "SaveToSentItems": False})


def test_custom_headers_arrive(contoso):
    headers = [{"name": "X-Kundo-Test-Id", "value": "4711"}, {"name": "x-other", "value": "ö"}]
    contoso.got("POST", SEND, 202, json=mail(CEO, internetMessageHeaders=headers))
    held = contoso.arrived(CEO)[0]["internetMessageHeaders"]
    assert [h for h in held if h["name"].lower().startswith("x-")] == headers


def test_more_than_five_headers_of_ones_own_are_400(contoso):
    headers = [{"name": f"X-Number-{n}", "value": "1"} for n in range(6)]
    contoso.got("POST", SEND, 202, json=mail(CEO, internetMessageHeaders=headers[:5]))
    code = "InvalidInternetMessageHeaderCollection"
    message = contoso.refused(400, code, "POST", SEND, json=mail(CEO, internetMessageHeaders=headers))
    assert message == "Maximum number of headers in one message should be less than or equal to 5."


def test_recipients_without_a_name_get_their_own_or_their_address(contoso):
    contoso.got("POST", SEND, 202, json=mail(CEO, ccRecipients=to("somebody@elsewhere.test")))
    sent = contoso.arrived("support@contoso.example", "sentitems")[0]
    assert sent["toRecipients"] == [{"emailAddress": {"name": "Cecilia Ek", "address": CEO}}]
    message = contoso.got("GET", f"{DRAFTS}/{sent['id']}")
    elsewhere = {"name": "somebody@elsewhere.test", "address": "somebody@elsewhere.test"}
    assert message["ccRecipients"] == [{"emailAddress": elsewhere}]
    assert contoso.arrived(CEO)[0]["toRecipients"] == sent["toRecipients"]


def test_name_that_was_given_is_kept_and_a_changed_draft_is_named_too(contoso):
    given = [{"emailAddress": {"name": "The boss", "address": CEO}}]
    path = f"{DRAFTS}/{contoso.got('POST', DRAFTS, 201, json={'toRecipients': given})['id']}"
    assert contoso.got("GET", path)["toRecipients"] == given
    changed = contoso.got("PATCH", path, json={"toRecipients": to(CEO)})
    assert changed["toRecipients"][0]["emailAddress"]["name"] == "Cecilia Ek"


def test_mime_is_sent(contoso):
    lines = [
        "From: support@contoso.example",
        "To: ceo@contoso.example",
        "Subject: as MIME",
        "Message-ID: <mine@contoso.example>",
        "In-Reply-To: <other@x.example>",
        "X-Mark: 7",
        "Content-Type: text/html",
        "",
        "<b>text</b>",
    ]
    raw = "\r\n".join(lines).encode()
    headers = {"Content-Type": "text/plain"}
    contoso.got("POST", SEND, 202, data=base64.b64encode(raw), headers=headers)
    received = contoso.arrived(CEO)[0]
    assert (received["subject"], received["internetMessageId"]) == ("as MIME", "<mine@contoso.example>")
    assert received["body"]["contentType"] == "html"
    held = {h["name"]: h["value"] for h in received["internetMessageHeaders"]}
    assert (held["X-Mark"], held["In-Reply-To"]) == ("7", "<other@x.example>")
    code = "ErrorMimeContentInvalidBase64String"
    message = contoso.refused(400, code, "POST", SEND, data=b"Subject: plain text", headers=headers)
    assert message == "Invalid base64 string for MIME content."


@pytest.mark.parametrize(
    ("recipients", "text"),
    [
        ({"toRecipients": []}, "contains no recipients"),
        ({"toRecipients": to("bad")}, "Recipient 'bad' is not resolved"),
        ({"ccRecipients": to("a b@c.example")}, "is not resolved"),
        ({"bccRecipients": [{"emailAddress": {"name": "no address"}}]}, "is not resolved"),
    ],
)
def test_mail_that_cannot_go_out_is_400_and_leaves_no_trace(contoso, recipients, text):
    message = contoso.refused(400, "ErrorInvalidRecipients", "POST", SEND, json={"message": recipients})
    assert text in message
    assert contoso.ledger == []
    assert contoso.arrived("support@contoso.example", "sentitems") == []


@pytest.mark.parametrize("body", [{}, {"message": 1}, {"message": {}, "save": True}, []])
def test_body_without_a_message_is_400(contoso, body):
    contoso.refused(400, "ErrorInvalidRequest", "POST", SEND, json=body)


def test_unknown_property_is_400(contoso):
    contoso.refused(400, "RequestBodyRead", "POST", SEND, json=mail(CEO, importants="high"))


def test_another_sender_needs_send_as(contoso):
    other = {"emailAddress": {"address": CEO}}
    contoso.refused(403, "ErrorSendAsDenied", "POST", SEND, json=mail(CEO, **{"from": other}))
    own = {"emailAddress": {"address": "help@contoso.example"}}
    contoso.got("POST", SEND, 202, json=mail(CEO, **{"from": own}))
    assert contoso.arrived(CEO)[0]["from"]["emailAddress"]["address"] == "help@contoso.example"


def test_mail_over_the_senders_limit_is_400(contoso):
    contoso.recipient("support@contoso.example").mailbox.max_send_size = 50_000
    big = {"contentType": "text", "content": "x" * 60_000}
    contoso.refused(400, "ErrorMessageSizeExceeded", "POST", SEND, json=mail(CEO, body=big))


def test_draft_is_found_in_sent_items_under_its_immutable_id(contoso):
    headers = {"Prefer": 'IdType="ImmutableId"'}
    made = contoso.got("POST", DRAFTS, 201, json={"subject": "draft", "toRecipients": to(CEO)}, headers=headers)
    path = f"{DRAFTS}/{made['id']}"
    answer = contoso.graph("POST", f"{path}/send", headers={"Content-Length": "0"})
    assert (answer.status_code, answer.content) == (202, b"")
    contoso.refused(404, "ErrorItemNotFound", "GET", path)
    assert contoso.got("GET", "/users/support@contoso.example/mailFolders/drafts/messages")["value"] == []
    contoso.advance(4)
    sent = contoso.got("GET", path, headers=headers)
    assert sent["parentFolderId"] == contoso.got("GET", "/users/support@contoso.example/mailFolders/sentitems")["id"]
    assert (sent["isDraft"], sent["internetMessageId"]) == (False, made["internetMessageId"])
    assert contoso.arrived(CEO)[0]["subject"] == "draft"


def test_draft_keeps_no_ordinary_id_when_sent(contoso):
    made = contoso.got("POST", DRAFTS, 201, json={"subject": "draft", "toRecipients": to(CEO)})
    contoso.got("POST", f"{DRAFTS}/{made['id']}/send", 202)
    contoso.advance(4)
    contoso.refused(404, "ErrorItemNotFound", "GET", f"{DRAFTS}/{made['id']}")


def test_draft_without_recipients_cannot_be_sent_and_stays(contoso):
    made = contoso.got("POST", DRAFTS, 201, json={"subject": "draft"})
    contoso.refused(400, "ErrorInvalidRecipients", "POST", f"{DRAFTS}/{made['id']}/send")
    assert contoso.got("GET", f"{DRAFTS}/{made['id']}")["isDraft"] is True


def test_what_was_sent_cannot_be_sent_again(contoso):
    contoso.got("POST", SEND, 202, json=mail(CEO))
    sent = contoso.arrived("support@contoso.example", "sentitems")[0]
    contoso.refused(400, "ErrorInvalidRequest", "POST", f"{DRAFTS}/{sent['id']}/send")


def test_shared_mailbox_sends(fabrikam):
    fabrikam.got("POST", "/users/info@fabrikam.example/sendMail", 202, json=mail("hr@fabrikam.example"))
    assert fabrikam.arrived("hr@fabrikam.example")[0]["from"]["emailAddress"]["address"] == "info@fabrikam.example"
