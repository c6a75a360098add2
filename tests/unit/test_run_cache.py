"""What a run's processes share lies sealed, and goes with the run."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import subprocess
import sys

from graphmail.reads import Reads
from graphmail.run_cache import RunCache


def test_a_forked_child_reads_what_the_parent_put_and_the_other_way_round(run_cache):
    run_cache.put("from parent", b"one")
    fork = multiprocessing.get_context("fork")

    def work():
        assert run_cache.get("from parent") == b"one"
        run_cache.put("from child", b"two")
        run_cache.close()  # a child must not remove what the others use

    child = fork.Process(target=work)
    child.start()
    child.join(10)
    assert child.exitcode == 0
    assert run_cache.get("from child") == b"two"


def test_files_are_ciphertext_and_nobody_elses_to_read(run_cache):
    run_cache.put("token", b"very secret token")
    (file,) = run_cache.folder.iterdir()
    assert b"secret" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(run_cache.folder.stat().st_mode) == 0o700
    assert "token" not in file.name


def test_another_runs_file_is_nothing(run_cache, tmp_path):
    run_cache.put("token", b"one")
    (file,) = run_cache.folder.iterdir()
    other = RunCache(run_cache.folder)
    assert other.get("token") is None
    file.write_bytes(b"garbage")
    assert run_cache.get("token") is None


def test_it_goes_when_the_process_ends_and_dead_ones_are_swept(tmp_path):
    program = (
        "import sys; from pathlib import Path; from graphmail.run_cache import RunCache;"
        "cache = RunCache.beside(Path(sys.argv[1])); cache.put('x', b'y'); print(cache.folder, flush=True);"
        "{}"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program.format("pass"), str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert not os.path.exists(ended.stdout.strip())
    killed = subprocess.run(
        [sys.executable, "-c", program.format("import os; os.kill(os.getpid(), 9)"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert os.path.exists(killed.stdout.strip())
    RunCache.beside(tmp_path).close()
    assert not os.path.exists(killed.stdout.strip())


def test_reads_made_ahead_are_one_customers_and_go_with_a_write(run_cache):
    mine, yours = Reads(run_cache, "contoso"), Reads(run_cache, "fabrikam")
    mine.put({"/a": {"status": 200, "body": {"n": 1}}})
    assert mine.get("/a")["body"] == {"n": 1}
    assert mine.used
    assert yours.get("/a") is None
    mine.drop()
    assert mine.get("/a") is None
    assert not mine.used
    assert json.dumps(Reads(None, "contoso").get("/a")) == "null"


def test_the_folder_of_a_run_that_lives_is_left_alone_and_so_is_what_is_none(run_cache, tmp_path):
    run_cache.put("token", b"one")
    strange = tmp_path / "state" / ".run-what"
    strange.mkdir()

    RunCache.beside(tmp_path / "state").close()

    assert run_cache.get("token") == b"one"
    assert strange.exists()


def test_what_was_put_last_counts_and_what_was_dropped_is_gone(run_cache):
    run_cache.drop("token")
    run_cache.put("token", b"one")
    run_cache.put("token", b"two")
    assert run_cache.get("token") == b"two"

    run_cache.drop("token")

    assert run_cache.get("token") is None
    assert list(run_cache.folder.iterdir()) == []
