import os
import stat
import subprocess
import sys

import pytest

from graphmail.errors import TenantError
from graphmail.state import StateFolder, state_root


def test_root_is_named_by_the_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GRAPHMAIL_STATE", raising=False)
    assert state_root() == tmp_path / "state"

    monkeypatch.setenv("GRAPHMAIL_STATE", "elsewhere")
    assert state_root() == tmp_path / "elsewhere"


def test_paths_of_a_customer(tmp_path):
    folder = StateFolder(tmp_path, "contoso")

    paths = [folder.journal, folder.admin, folder.pending, folder.credential("a1"), folder.handed_over("a1")]

    assert [str(path.relative_to(tmp_path)) for path in paths] == [
        "contoso/journal.jsonl",
        "contoso/admin.age",
        "contoso/pending.json",
        "contoso/credentials/a1.age",
        "contoso/handover/a1.age",
    ]
    assert list(tmp_path.iterdir()) == []


def test_folders_are_open_to_nobody_else(tmp_path):
    folder = StateFolder(tmp_path / "state", "contoso").make().make()

    for path in (folder.root, folder.path, folder.credentials, folder.handover):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", "..", "a/b", "Contoso", "contoso\n", "a" * 64, "keys", "checkpoints"])
def test_name_that_is_no_customers_names_no_folder(tmp_path, name):
    with pytest.raises(TenantError):
        StateFolder(tmp_path, name)


@pytest.mark.parametrize("key_id", ["", "../admin", "a/b", "a\n"])
def test_key_id_that_is_none_names_no_file(tmp_path, key_id):
    with pytest.raises(TenantError):
        StateFolder(tmp_path, "contoso").credential(key_id)


def test_second_run_is_told_who_holds_the_lock(tmp_path):
    folder = StateFolder(tmp_path, "contoso")

    with folder.lock("20260101T000000Z-onboard-abcdef"), pytest.raises(TenantError) as caught:
        folder.lock("20260101T000001Z-verify-123456")

    assert f"run 20260101T000000Z-onboard-abcdef, process {os.getpid()}" in str(caught.value)
    assert "contoso" in str(caught.value)


def test_lock_is_free_again_and_keeps_customers_apart_only_from_themselves(tmp_path):
    with StateFolder(tmp_path, "contoso").lock("one"), StateFolder(tmp_path, "fabrikam").lock("one"):
        pass
    StateFolder(tmp_path, "contoso").lock("a-much-longer-run-id-than-before").close()

    with StateFolder(tmp_path, "contoso").lock("two"), pytest.raises(TenantError, match="run two, process"):
        StateFolder(tmp_path, "contoso").lock("three")


def test_forked_child_holds_the_lock_after_its_parent_let_go(tmp_path):
    folder = StateFolder(tmp_path, "contoso")
    lock = folder.lock("one")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.read(reader, 1)  # until the parent closes its end
        os._exit(0)
    os.close(reader)
    lock.close()

    with pytest.raises(TenantError):
        folder.lock("two")

    os.close(writer)
    os.waitpid(child, 0)
    folder.lock("two").close()


def test_lock_of_a_killed_run_is_free_at_once(tmp_path):
    hold = "import sys, time; from pathlib import Path; from graphmail.state import StateFolder\n"
    hold += "lock = StateFolder(Path(sys.argv[1]), 'contoso').lock('dead'); print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", hold, tmp_path], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(TenantError, match=f"run dead, process {holder.pid}"):
        StateFolder(tmp_path, "contoso").lock("two")

    holder.kill()
    holder.wait()
    holder.stdout.close()

    StateFolder(tmp_path, "contoso").lock("two").close()


def test_program_that_a_run_starts_does_not_hold_its_lock(tmp_path):
    lock = StateFolder(tmp_path, "contoso").lock("one")
    waiting = "import sys; print('up', flush=True); sys.stdin.read()"
    program = subprocess.Popen(
        [sys.executable, "-c", waiting], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, close_fds=False
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "up\n"

    lock.close()

    StateFolder(tmp_path, "contoso").lock("two").close()
    program.communicate("")
