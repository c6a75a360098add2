"""The file that a state is kept in: whose it is, what is in it, and what becomes of one that cannot be used."""

from __future__ import annotations

import contextlib
import sqlite3
import stat
import subprocess
import sys

import pytest
import yaml

from graphmail.sandbox.state.database import FILE, StateError
from graphmail.sandbox.state.kept import KeptState
from graphmail.sandbox.tenants_file import load
from graphmail.sandbox.world import Blueprint
from tests import telling_sandbox
from tests.sandbox.test_state import SUPPORT, get
from tests.sandbox_process import CONTOSO, EXAMPLE, running


def refused(folder, *arguments):
    command = [sys.executable, "-m", "graphmail.sandbox", "--tenants", str(EXAMPLE), "--port", "0"]
    return subprocess.run([*command, "--state", str(folder), *arguments], capture_output=True, text=True, timeout=60)


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
    files = sorted(p.name for p in tmp_path.iterdir() if p.name != telling_sandbox.NAME)
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
