"""Folders that somebody made, beside those that every mailbox has."""

from __future__ import annotations

from typing import Any

import pytest

USER = "/users/support@contoso.example"
FOLDERS = f"{USER}/mailFolders"
WELL_KNOWN = [
    "archive", "clutter", "conflicts", "conversationhistory", "deleteditems", "drafts", "inbox", "junkemail",
    "localfailures", "msgfolderroot", "outbox", "recoverableitemsdeletions", "scheduled", "searchfolders", "sentitems",
    "serverfailures", "syncissues",
]  # fmt: skip


def make(tenancy: Any, name: str, below: str = "") -> str:
    path = f"{FOLDERS}/{below}/childFolders" if below else FOLDERS
    return str(tenancy.got("POST", path, 201, json={"displayName": name})["id"])


def names(tenancy: Any, path: str, **params: str) -> list[str]:
    return [f["displayName"] for f in tenancy.got("GET", path, params=params)["value"]]


def test_every_documented_well_known_name_is_a_folder_of_its_own(contoso):
    found = [contoso.got("GET", f"{FOLDERS}/{name}")["id"] for name in WELL_KNOWN]
    assert len(set(found)) == len(WELL_KNOWN)
    assert contoso.got("GET", "/users/ceo@contoso.example/mailFolders/clutter")["id"] not in found


def test_list_shows_the_top_and_hidden_ones_on_request(contoso):
    make(contoso, "Customers")
    shown = names(contoso, FOLDERS, **{"$top": "50"})
    assert "Customers" in shown
    assert not {"Clutter", "Sync Issues", "Conflicts", "Deletions", "Top of Information Store"} & set(shown)
    hidden = set(names(contoso, FOLDERS, includeHiddenFolders="true", **{"$top": "50"})) - set(shown)
    assert hidden == {"Clutter", "Sync Issues"}
    assert names(contoso, f"{FOLDERS}/msgfolderroot/childFolders", **{"$top": "50"}) == shown


def test_list_is_filtered_sorted_counted_and_paged(contoso):
    inbox = "displayName eq 'Inbox'"
    assert names(contoso, FOLDERS, **{"$filter": inbox}) == ["Inbox"]
    assert names(contoso, FOLDERS, **{"$filter": "totalItemCount gt 0"}) == []
    first = contoso.got("GET", f"{FOLDERS}?$top=2&$skip=1&$count=true&$orderby=displayName desc")
    assert [f["displayName"] for f in first["value"]] == ["Outbox", "Junk Email"]
    assert first["@odata.count"] == 8
    assert len(contoso.got("GET", first["@odata.nextLink"])["value"]) == 2
    assert contoso.graph("GET", f"{FOLDERS}/$count").text == "8"
    contoso.refused(400, "RequestBroker--ParseUri", "GET", f"{FOLDERS}?$filter=size gt 1")


def test_folder_is_made_in_another_holds_mail_and_is_listed_with_it(contoso):
    outer = make(contoso, "Customers")
    inner = make(contoso, "Åre", outer)
    made = contoso.got("POST", f"{FOLDERS}/{inner}/messages", 201, json={"subject": "x"})
    assert made["parentFolderId"] == inner
    assert [m["subject"] for m in contoso.got("GET", f"{FOLDERS}/{inner}/messages")["value"]] == ["x"]
    shown = contoso.got("GET", f"{FOLDERS}/{outer}?$expand=childFolders")
    assert (shown["childFolderCount"], shown["childFolders"][0]["totalItemCount"]) == (1, 1)
    assert contoso.got("GET", f"{FOLDERS}/{outer}/childFolders/{inner}")["displayName"] == "Åre"
    assert [c.request for c in contoso.ledger] == [
        "POST /users/{id}/mailFolders", "POST /users/{id}/mailFolders/{id}/childFolders",
        "POST /users/{id}/mailFolders/{id}/messages",
    ]  # fmt: skip


def test_name_is_taken_once_in_a_folder(contoso):
    outer = make(contoso, "Customers")
    contoso.refused(409, "ErrorFolderExists", "POST", FOLDERS, json={"displayName": "customers"})
    make(contoso, "Customers", outer)
    contoso.refused(400, "ErrorInvalidRequest", "POST", FOLDERS, json={"displayName": " "})
    contoso.refused(400, "RequestBodyRead", "POST", FOLDERS, json={"name": "x"})


def test_folder_is_renamed_and_a_well_known_one_is_not(contoso):
    folder = make(contoso, "Old")
    assert contoso.got("PATCH", f"{FOLDERS}/{folder}", json={"displayName": "New"})["displayName"] == "New"
    contoso.refused(403, "ErrorAccessDenied", "PATCH", f"{FOLDERS}/inbox", json={"displayName": "New"})
    contoso.refused(409, "ErrorFolderExists", "PATCH", f"{FOLDERS}/{folder}", json={"displayName": "Inbox"})


def test_deleted_folder_goes_to_deleted_items_and_then_away(contoso):
    folder = make(contoso, "Old")
    contoso.got("POST", f"{FOLDERS}/{folder}/messages", 201, json={"subject": "kept"})
    contoso.got("DELETE", f"{FOLDERS}/{folder}", 204)
    assert names(contoso, f"{FOLDERS}/deleteditems/childFolders") == ["Old"]
    contoso.got("DELETE", f"{FOLDERS}/{folder}", 204)
    contoso.refused(404, "ErrorItemNotFound", "GET", f"{FOLDERS}/{folder}")
    kept = contoso.got("GET", f"{FOLDERS}/recoverableitemsdeletions/messages")["value"]
    assert [m["subject"] for m in kept] == ["kept"]
    contoso.refused(403, "ErrorDeleteDistinguishedFolder", "DELETE", f"{FOLDERS}/inbox")


def test_folder_deleted_for_good_takes_its_messages_along(contoso):
    folder = make(contoso, "Old")
    make(contoso, "Inner", folder)
    made = contoso.got("POST", f"{FOLDERS}/{folder}/messages", 201, json={})
    contoso.got("POST", f"{FOLDERS}/{folder}/permanentDelete", 204)
    contoso.refused(404, "ErrorItemNotFound", "GET", f"{USER}/messages/{made['id']}")
    assert contoso.recipient("support@contoso.example").mailbox.own_folders == {}


def test_folder_moves_and_is_copied_with_what_is_in_it(contoso):
    folder, target = make(contoso, "A"), make(contoso, "B")
    make(contoso, "Inner", folder)
    contoso.got("POST", f"{FOLDERS}/{folder}/messages", 201, json={"subject": "x"})
    copy = contoso.got("POST", f"{FOLDERS}/{folder}/copy", 201, json={"destinationId": target})
    assert (copy["totalItemCount"], copy["childFolderCount"], copy["parentFolderId"]) == (1, 1, target)
    contoso.refused(409, "ErrorFolderExists", "POST", f"{FOLDERS}/{folder}/move", json={"destinationId": target})
    contoso.refused(400, "ErrorMoveCopyFailed", "POST", f"{FOLDERS}/{target}/move", json={"destinationId": copy["id"]})
    moved = contoso.got("POST", f"{FOLDERS}/{folder}/move", 201, json={"destinationId": "archive"})
    assert moved["id"] == folder
    assert names(contoso, f"{FOLDERS}/archive/childFolders") == ["A"]


@pytest.mark.parametrize(("method", "suffix"), [("POST", ""), ("PATCH", "/inbox"), ("DELETE", "/inbox")])
def test_folders_are_changed_with_mail_readwrite_alone(contoso, method, suffix):
    contoso.refused(403, "ErrorAccessDenied", method, f"{FOLDERS}{suffix}", json={}, roles=("Mail.Read",))
