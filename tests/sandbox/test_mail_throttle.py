"""How much one application may ask of one mailbox."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

OTHER_APP = "22222222-3333-4444-8555-666666666666"
INBOX = "/users/{}/mailFolders/inbox?$select=id"
SUPPORT, CEO = INBOX.format("support@contoso.example"), INBOX.format("ceo@contoso.example")


def test_requests_over_the_limit_wait_for_the_windows_end(contoso):
    contoso.tenant.limits.mailbox_requests = 3
    for _ in range(3):
        contoso.got("GET", SUPPORT)
        contoso.advance(60)
    answer = contoso.graph("GET", SUPPORT)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "ApplicationThrottled")
    wait = int(answer.headers["Retry-After"])
    assert 400 < wait <= 420
    contoso.advance(wait - 2)
    contoso.refused(429, "ApplicationThrottled", "GET", SUPPORT)
    contoso.advance(3)
    contoso.got("GET", SUPPORT)


def test_limits_are_those_of_one_app_on_one_mailbox(contoso, fabrikam):
    contoso.tenant.limits.mailbox_requests = 1
    contoso.got("GET", SUPPORT)
    contoso.refused(429, "ApplicationThrottled", "GET", INBOX.format("HELP@contoso.example"))  # the same mailbox
    contoso.got("GET", CEO)
    contoso.got("GET", SUPPORT, client_id=OTHER_APP)
    fabrikam.got("GET", INBOX.format("hr@fabrikam.example"))


def test_bytes_sent_count_and_bytes_read_do_not(contoso):
    contoso.tenant.limits.mailbox_upload = 3000
    path = "/users/support@contoso.example/messages"
    body = {"body": {"contentType": "text", "content": "x" * 3500}}
    made = contoso.got("POST", path, 201, json=body)
    message = contoso.refused(429, "ApplicationThrottled", "PATCH", f"{path}/{made['id']}", json={"isRead": True})
    assert message == "Application is over its IncomingBytes limit."
    contoso.got("GET", f"{path}/{made['id']}")
    contoso.advance(301)
    contoso.got("PATCH", f"{path}/{made['id']}", json={"isRead": True})


def test_slices_count_for_the_app_that_opened_the_session(contoso):
    path = "/users/support@contoso.example/messages"
    made = contoso.got("POST", path, 201, json={})
    item = {"AttachmentItem": {"attachmentType": "file", "name": "x", "size": 4_000_000}}
    url = contoso.got("POST", f"{path}/{made['id']}/attachments/createUploadSession", 201, json=item)["uploadUrl"]
    contoso.tenant.limits.mailbox_upload = 3000
    put = contoso.sockets.http.put(url, data=b"x" * 3000, headers={"Content-Range": "bytes 0-2999/4000000"}, timeout=30)
    again = {"Content-Range": "bytes 3000-5999/4000000"}
    assert put.status_code == 200
    assert contoso.sockets.http.put(url, data=b"x" * 3000, headers=again, timeout=30).status_code == 429
    contoso.refused(429, "ApplicationThrottled", "POST", path, json={})
    contoso.advance(301)
    assert contoso.sockets.http.put(url, data=b"x" * 3000, headers=again, timeout=30).status_code == 200


@pytest.mark.parametrize(("together", "refused"), [(4, False), (12, True)])
def test_four_requests_at_once_are_enough(contoso, together, refused):
    contoso.tenant.limits.mailbox_milliseconds = 150
    bearer = contoso.bearer(("Mail.Read",), (), "https://graph.microsoft.com", OTHER_APP)
    url, ca = f"{contoso.sockets.addresses['graph']}/v1.0{SUPPORT}", contoso.sockets.addresses["ca"]

    def get(_: int) -> requests.Response:
        return requests.get(url, headers={"Authorization": bearer}, verify=ca, timeout=30)

    with ThreadPoolExecutor(together) as pool:
        answers = list(pool.map(get, range(together)))
    over = [a for a in answers if a.status_code == 429]
    assert bool(over) is refused
    assert {a.status_code for a in answers} <= {200, 429}
    assert all(a.json()["error"]["message"] == "Application is over its MailboxConcurrency limit." for a in over)
    assert all(a.headers["Retry-After"] for a in over)
    contoso.got("GET", SUPPORT, client_id=OTHER_APP)


def test_what_a_person_does_by_hand_is_not_counted(contoso):
    contoso.tenant.limits.mailbox_requests = 0
    page = f"{contoso.sockets.addresses['control']}/_sandbox/tenants/{contoso.id}/by-hand"
    answer = contoso.sockets.http.post(page, json={"service": "graph", "method": "GET", "path": SUPPORT}, timeout=30)
    assert answer.json()["status"] == 200


def test_items_of_a_batch_count_each(contoso):
    contoso.tenant.limits.mailbox_requests = 2
    items = [{"id": str(i), "method": "GET", "url": SUPPORT} for i in range(3)]
    answers = contoso.got("POST", "/$batch", json={"requests": items})["responses"]
    assert sorted(a["status"] for a in answers) == [200, 200, 429]
    assert next(a["headers"]["Retry-After"] for a in answers if a["status"] == 429)


def test_keys_may_stand_in_parentheses(contoso):
    inbox = contoso.got("GET", SUPPORT)["id"]
    assert contoso.got("GET", "/users('support@contoso.example')/mailFolders('Inbox')")["id"] == inbox
