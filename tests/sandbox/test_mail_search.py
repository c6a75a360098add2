"""$search and $count on messages, and ids in other formats."""

from __future__ import annotations

import pytest

from tests.sandbox_in_process import mail

USER = "/users/support@contoso.example"
MESSAGES = f"{USER}/messages"


@pytest.fixture
def mailbox(contoso):
    """support@ with a draft and a received mail."""
    body = {"contentType": "html", "content": "<p>The <b>pizza</b> is cold</p>"}
    contoso.got("POST", MESSAGES, 201, json={"subject": "Order seven", "body": body})
    contoso.got("POST", "/users/ceo@contoso.example/sendMail", 202, json=mail(USER[7:], subject="Budget 2027"))
    contoso.advance(4)
    return contoso


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ('"pizza"', ["Order seven"]),
        ('"subject:budget"', ["Budget 2027"]),
        ('"subject:pizza"', []),
        ('"from:ceo"', ["Budget 2027"]),
        ('"from:ceo@contoso.example AND 2027"', ["Budget 2027"]),
        ('"budget OR pizza"', ["Budget 2027", "Order seven"]),
        ('"NOT budget"', ["Order seven"]),
        ('"seven cold"', ["Order seven"]),
        ('"\\"is cold\\""', ["Order seven"]),
        ('"(budget OR seven) AND to:support"', ["Budget 2027"]),
        ('"udget"', []),
        ('"budg*"', ["Budget 2027"]),
        ("participants:ceo", ["Budget 2027"]),
        ('"hasAttachments:true"', []),
        ('"received>=2020-01-01 AND importance:normal AND seven"', ["Order seven"]),
    ],
)
def test_search_finds_words(mailbox, search, found):
    value = mailbox.got("GET", MESSAGES, params={"$search": search})["value"]
    assert sorted(m["subject"] for m in value) == found


def test_search_is_paged_and_goes_with_select_alone(mailbox):
    page = mailbox.got("GET", MESSAGES, params={"$search": '"contoso"', "$top": "1", "$select": "subject"})
    assert len(mailbox.got("GET", page["@odata.nextLink"])["value"]) == 1
    for option, code in (("$filter", "SearchWithFilter"), ("$orderby", "SearchWithOrderBy")):
        params = {"$search": '"x"', option: "isRead eq true" if option == "$filter" else "subject"}
        mailbox.refused(400, code, "GET", MESSAGES, params=params)
    for bad in ('"', '"(a"', '"colour:red"', '""'):
        mailbox.refused(400, "BadRequest", "GET", MESSAGES, params={"$search": bad})
    mailbox.refused(400, "ErrorInvalidUrlQuery", "GET", f"{USER}/mailFolders", params={"$search": '"x"'})


def test_messages_are_counted(mailbox):
    answer = mailbox.graph("GET", f"{MESSAGES}/$count")
    assert (answer.text, answer.headers["Content-Type"]) == ("2", "text/plain")
    assert mailbox.graph("GET", f"{USER}/mailFolders/inbox/messages/$count").text == "1"
    assert mailbox.graph("GET", f"{MESSAGES}/$count", params={"$filter": "isDraft eq true"}).text == "1"


def test_ids_are_case_sensitive(mailbox):
    item_id = mailbox.got("GET", f"{USER}/mailFolders/inbox/messages")["value"][0]["id"]
    assert mailbox.got("GET", f"{MESSAGES}/{item_id}")["id"] == item_id
    mailbox.refused(404, "ErrorItemNotFound", "GET", f"{MESSAGES}/{item_id.swapcase()}")
    inbox = mailbox.got("GET", f"{USER}/mailFolders/inbox")["id"]
    mailbox.refused(404, "ErrorItemNotFound", "GET", f"{USER}/mailFolders/{inbox.swapcase()}")


def test_ids_are_translated_between_formats(mailbox):
    held = mailbox.got("GET", f"{USER}/mailFolders/inbox/messages")["value"][0]["id"]
    path = f"{USER}/translateExchangeIds"

    def translate(item_id: str, source: str, target: str) -> str:
        body = {"inputIds": [item_id], "sourceIdType": source, "targetIdType": target}
        result = mailbox.got("POST", path, json=body)["value"][0]
        assert result["sourceId"] == item_id
        return result["targetId"]

    fixed = translate(held, "restId", "restImmutableEntryId")
    assert mailbox.got("GET", f"{MESSAGES}/{fixed}")["subject"] == "Budget 2027"
    assert translate(fixed, "restImmutableEntryId", "restId") == held
    ews = translate(held, "restId", "ewsId")
    assert not {"-", "_"} & set(ews)
    assert translate(ews, "ewsId", "restId") == held
    both = {"inputIds": [held, "A" * 60], "sourceIdType": "restId", "targetIdType": "ewsId"}
    assert "errorDetails" in mailbox.got("POST", path, json=both)["value"][1]
    mailbox.refused(400, "ErrorInvalidRequest", "POST", path, json=both | {"inputIds": [held] * 1001})
    mailbox.refused(400, "ErrorInvalidRequest", "POST", path, json=both | {"targetIdType": "x"})
    assert mailbox.graph("POST", path, json=both | {"targetIdType": "entryId"}).status_code == 501


def test_message_is_reached_through_its_folder(mailbox):
    item_id = mailbox.got("GET", f"{USER}/mailFolders/inbox/messages")["value"][0]["id"]
    path = f"{USER}/mailFolders('inbox')/messages('{item_id}')"
    assert mailbox.got("PATCH", path, json={"isRead": True})["isRead"] is True
    mailbox.got("DELETE", path, 204)


def test_who_may_not_read_bodies_may_not_search_them(mailbox):
    params = {"$search": '"pizza"'}
    mailbox.refused(403, "ErrorAccessDenied", "GET", MESSAGES, params=params, roles=("Mail.ReadBasic.All",))
