"""`--state DIR`: a restart goes on where the last process stopped, however it ended."""

from __future__ import annotations

import base64
import contextlib
import random
import signal
import threading
import time
from pathlib import Path

import requests

from tests.sandbox_process import CONTOSO, EXAMPLE, FABRIKAM, LITWARE, running

SUPPORT = "support@contoso.example"
LARGE = bytes(range(256)) * 16 * 1024  # 4 MiB


def get(sandbox, token, path):
    return sandbox.http.get(
        f"{sandbox.json['graph']}/v1.0{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )


def send(sandbox, tenant, sender, to, **message):
    recipients = [{"emailAddress": {"address": to}}]
    mail = {"subject": "hello", "body": {"contentType": "text", "content": "text"}, "toRecipients": recipients}
    sandbox.by_hand(tenant, "POST", f"/users/{sender}/sendMail", {"message": mail | message})


def everything(sandbox, tenant):
    """What the services and the pages show of a tenant."""
    asked = ("/users", "/groups", "/applications", "/servicePrincipals", "/directory/deletedItems/microsoft.graph.application")  # fmt: skip  # noqa: E501
    shown = {path: sandbox.by_hand(tenant, "GET", path)["value"] for path in asked}
    for page in ("ledger", "delays", "limits", "left-the-sandbox", "faults"):
        shown[page] = sandbox.control("GET", f"/tenants/{tenant}/{page}")
    for user in shown["/users"]:
        if user["mail"]:
            with contextlib.suppress(AssertionError):  # no mailbox
                shown[user["mail"]] = sandbox.mailbox(tenant, user["mail"])
    return shown


def test_a_restart_shows_everything_as_it_was(tmp_path):
    with running(tmp_path) as sandbox:
        created = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "Åpp", "tags": ["a"]})
        sandbox.by_hand(CONTOSO, "POST", f"/applications/{created['id']}/addPassword", {})
        gone = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "gone"})
        sandbox.by_hand(CONTOSO, "DELETE", f"/applications/{gone['id']}")
        attached = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.bin"}
        content = base64.b64encode(b"\x00\xff" * 700).decode()
        send(sandbox, CONTOSO, SUPPORT, "ceo@contoso.example", attachments=[attached | {"contentBytes": content}])
        send(sandbox, CONTOSO, SUPPORT, "service@fabrikam.example")
        send(sandbox, CONTOSO, SUPPORT, "somebody@elsewhere.example")
        sandbox.delays(CONTOSO, consent=7)
        sandbox.limits(CONTOSO, request=5_000_000)
        sandbox.advance(CONTOSO, 86_400)
        sandbox.fault(CONTOSO, "graph", status=500, times=3)
        before = {tenant: everything(sandbox, tenant) for tenant in (CONTOSO, FABRIKAM, LITWARE)}
        offset = sandbox.control("GET", f"/tenants/{CONTOSO}/clock")["offset"]
    with running(tmp_path) as sandbox:
        assert {tenant: everything(sandbox, tenant) for tenant in before} == before
        assert sandbox.control("GET", f"/tenants/{CONTOSO}/clock")["offset"] == offset == 86_400


def test_tokens_and_secrets_stay_and_clients_go_on_with_the_new_authority(tmp_path):
    with running(tmp_path) as sandbox:
        first, token = sandbox.json, sandbox.token(CONTOSO)
        authority = Path(sandbox.json["ca"]).read_text()
    with running(tmp_path) as sandbox:
        assert sandbox.json["admins"] == first["admins"]
        assert Path(sandbox.json["ca"]).read_text() != authority
        assert get(sandbox, token, "/organization").status_code == 200
        assert sandbox.token(CONTOSO)
        sandbox.advance(CONTOSO, 4000)
        assert get(sandbox, token, "/organization").status_code == 401


def test_an_upload_goes_on_where_it_was(tmp_path):
    with running(tmp_path) as sandbox:
        draft = sandbox.by_hand(CONTOSO, "POST", f"/users/{SUPPORT}/messages", {"subject": "large"})
        where = f"/users/{SUPPORT}/messages/{draft['id']}/attachments"
        item = {"AttachmentItem": {"attachmentType": "file", "name": "large.bin", "size": len(LARGE)}}
        url = sandbox.by_hand(CONTOSO, "POST", f"{where}/createUploadSession", item)["uploadUrl"]
        half = len(LARGE) // 2
        assert put(sandbox, url, 0, half).status_code == 200
        root = sandbox.json["graph"]
        sandbox.process.kill()
        sandbox.process.wait()
    with running(tmp_path) as sandbox:
        url = url.replace(root, sandbox.json["graph"])
        assert put(sandbox, url, half, len(LARGE)).status_code == 201
        sandbox.process.kill()
        sandbox.process.wait()
    with running(tmp_path) as sandbox:
        (attachment,) = sandbox.by_hand(CONTOSO, "GET", where)["value"]
        assert base64.b64decode(attachment["contentBytes"]) == LARGE


def put(sandbox, url, start, end):
    ranged = {"Content-Range": f"bytes {start}-{end - 1}/{len(LARGE)}"}
    return sandbox.http.put(url, data=LARGE[start:end], headers=ranged, timeout=30)


def test_a_kill_at_any_moment_keeps_every_answered_change_and_nothing_by_halves(tmp_path):
    """Rounds of load and SIGKILL on one state: objects are what the ledger says, and nothing answered is lost."""
    dice = random.Random(3)
    answered: dict[str, set[str]] = {CONTOSO: set(), FABRIKAM: set()}
    for _ in range(3):
        with running(tmp_path) as sandbox:
            threads = [threading.Thread(target=change, args=(sandbox, t, seen)) for t, seen in answered.items()]
            for thread in threads:
                thread.start()
            wanted = {tenant: len(ids) + dice.randint(2, 9) for tenant, ids in answered.items()}
            while any(len(answered[tenant]) < count for tenant, count in wanted.items()):
                time.sleep(dice.uniform(0.001, 0.03))
            sandbox.process.send_signal(signal.SIGKILL)
            sandbox.process.wait()
            for thread in threads:
                thread.join(30)
        with running(tmp_path) as sandbox:
            for tenant, ids in answered.items():
                ledger = sandbox.ledger(tenant)
                assert [entry["number"] for entry in ledger] == list(range(1, len(ledger) + 1))
                made = {e["target"] for e in ledger if e["request"] == "POST /applications"}
                there = {a["id"] for a in sandbox.by_hand(tenant, "GET", "/applications?$top=999")["value"]}
                assert ids <= made <= there
                assert len(there - made) == 1  # the admin's own app, of the tenants file
                sent = [e for e in ledger if "sendMail" in e["request"]]
                assert len(inbox(sandbox, tenant)) == len(sent)
    assert all(len(ids) > 5 for ids in answered.values())


def change(sandbox, tenant, seen):
    """Create and send until the sandbox is gone; note what was answered."""
    user = inbox_owner(tenant)
    with contextlib.suppress(requests.RequestException), requests.Session() as http:
        http.verify, http.trust_env = sandbox.json["ca"], False
        url = f"{sandbox.json['control']}/_sandbox/tenants/{tenant}/by-hand"
        mail = {"message": {"subject": "x", "toRecipients": [{"emailAddress": {"address": user}}]}}
        while True:
            wanted = {"service": "graph", "method": "POST", "path": "/applications", "body": {"displayName": "app"}}
            seen.add(http.post(url, json=wanted, timeout=30).json()["body"]["id"])
            http.post(url, json=wanted | {"path": f"/users/{user}/sendMail", "body": mail}, timeout=30)


def inbox_owner(tenant):
    return SUPPORT if tenant == CONTOSO else "service@fabrikam.example"


def inbox(sandbox, tenant):
    return sandbox.mailbox(tenant, inbox_owner(tenant))["folders"]["inbox"]


def test_a_reset_is_kept_too(tmp_path):
    with running(tmp_path) as sandbox:
        token = sandbox.token(CONTOSO)
        for tenant in (CONTOSO, FABRIKAM):
            sandbox.by_hand(tenant, "POST", "/applications", {"displayName": "app"})
        send(sandbox, CONTOSO, SUPPORT, SUPPORT)
        sandbox.reset(CONTOSO)
    with running(tmp_path) as sandbox:
        assert (len(sandbox.ledger(CONTOSO)), len(sandbox.ledger(FABRIKAM))) == (0, 1)
        assert sandbox.mailbox(CONTOSO, SUPPORT)["folders"]["inbox"] == []
        assert get(sandbox, token, "/organization").status_code == 401


def test_fresh_forgets_everything(tmp_path):
    with running(tmp_path) as sandbox:
        first = sandbox.json["admins"]
        sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
    with running(tmp_path, EXAMPLE, "--fresh") as sandbox:
        assert sandbox.ledger(CONTOSO) == []
        assert sandbox.json["admins"] != first
