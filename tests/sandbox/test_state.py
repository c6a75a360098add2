"""`--state DIR`: a restart goes on where the last process stopped, however it ended."""

from __future__ import annotations

import base64
import contextlib
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
import yaml

from graphmail.sandbox.state.database import FILE, StateError
from graphmail.sandbox.state.kept import KeptState
from graphmail.sandbox.tenants_file import load
from graphmail.sandbox.world import Blueprint
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


def refused(folder, *arguments):
    command = [sys.executable, "-m", "graphmail.sandbox", "--tenants", str(EXAMPLE), "--port", "0"]
    return subprocess.run([*command, "--state", str(folder), *arguments], capture_output=True, text=True, timeout=60)


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


def test_another_tenants_file_is_refused_and_says_what_to_do(tmp_path):
    with running(tmp_path):
        pass
    content = yaml.safe_load(EXAMPLE.read_text())
    content["tenants"][0]["users"][0]["name"] = "Somebody Else"
    other = tmp_path / "other.yml"
    other.write_text(yaml.safe_dump(content))
    ended = refused(tmp_path, "--tenants", str(other))
    assert ended.returncode == 2
    for words in ("another tenants file", "--fresh", "--state"):
        assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_comments_and_layout_of_the_tenants_file_do_not_matter(tmp_path):
    with running(tmp_path) as sandbox:
        sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
    same = tmp_path / "same.yml"
    same.write_text(yaml.safe_dump(yaml.safe_load(EXAMPLE.read_text()), sort_keys=True))
    with running(tmp_path, same) as sandbox:
        assert len(sandbox.ledger(CONTOSO)) == 1


def test_two_sandboxes_do_not_share_a_state(tmp_path):
    with running(tmp_path) as sandbox:
        ended = refused(tmp_path)
        assert (ended.returncode, "another sandbox runs" in ended.stderr) == (2, True)
        assert sandbox.control("GET", "/health")["status"] == "ok"


@pytest.mark.parametrize("spoil", ["garbage", "version"])
def test_a_state_that_cannot_be_used_is_refused_and_fresh_begins_anew(tmp_path, spoil):
    KeptState.open(tmp_path, "x").close()
    if spoil == "garbage":
        (tmp_path / FILE).write_bytes(b"no database, but long enough to look at" * 100)
    else:
        with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as database:
            database.execute("UPDATE meta SET value = ? WHERE name = 'version'", (b"0",))
            database.commit()
    with pytest.raises(StateError, match="--fresh"):
        KeptState.open(tmp_path, "x")
    KeptState.open(tmp_path, "x", fresh=True).close()
    KeptState.open(tmp_path, "x").close()


def test_the_state_is_one_private_file_and_holds_no_secret_of_an_app(tmp_path):
    with running(tmp_path) as sandbox:
        created = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
        text = sandbox.by_hand(CONTOSO, "POST", f"/applications/{created['id']}/addPassword", {})["secretText"]
        token = sandbox.token(CONTOSO)
    files = sorted(p.name for p in tmp_path.iterdir())
    assert files == ["ca.pem", FILE]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    kept = (tmp_path / FILE).read_bytes()
    assert text.encode() not in kept
    assert token.encode() not in kept


def test_reading_requests_write_nothing(tmp_path):
    with running(tmp_path) as sandbox:
        sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
        token = sandbox.token(CONTOSO)
        files = [tmp_path / FILE, tmp_path / f"{FILE}-journal"]
        before = [(f.stat().st_size, f.stat().st_mtime_ns) for f in files]
        for path in ("/applications", "/users", "/organization"):
            assert get(sandbox, token, path).status_code == 200
        sandbox.mailbox(CONTOSO, SUPPORT)
        assert [(f.stat().st_size, f.stat().st_mtime_ns) for f in files] == before


def test_only_what_changed_is_written(tmp_path):
    blueprint = Blueprint(load(EXAMPLE))
    state = KeptState.open(tmp_path, blueprint.digest)
    blueprint.go_on(state)
    world = blueprint.build()
    connection = state._database.connection
    world.tenants[CONTOSO].touch()
    world.write_down()
    rows = connection.total_changes
    world.tenants[CONTOSO].delays.consent = 1
    world.tenants[CONTOSO].touch()
    world.write_down()
    assert connection.total_changes - rows == 1
    assert {t for (t,) in connection.execute("SELECT DISTINCT tenant FROM part")} == {"", CONTOSO}


def test_a_write_that_fails_is_made_good_by_the_next(tmp_path):
    blueprint = Blueprint(load(EXAMPLE))
    blueprint.go_on(KeptState.open(tmp_path, blueprint.digest))
    world = blueprint.build()
    tenant = world.tenants[CONTOSO]
    tenant.commit("me", "graph", "POST /x", "first")
    tenant.left_the_sandbox.append({"subject": object()})
    with pytest.raises(ValueError, match="serialize"):
        world.write_down()
    tenant.left_the_sandbox.clear()
    tenant.commit("me", "graph", "POST /x", "second")
    world.write_down()
    blueprint._state.close()
    again = Blueprint(load(EXAMPLE))
    again.go_on(KeptState.open(tmp_path, again.digest))
    assert again.build().tenants[CONTOSO] == tenant


def test_a_closed_state_is_told_apart_from_one_in_use(tmp_path):
    first = KeptState.open(tmp_path, "x")
    with pytest.raises(StateError, match="another sandbox"):
        KeptState.open(tmp_path, "x")
    first.close()
    KeptState.open(tmp_path, "x").close()
