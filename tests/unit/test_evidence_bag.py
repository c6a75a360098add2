from __future__ import annotations

import os
import shutil
import subprocess
import sys

import bagit
import pytest

from graphmail.evidence import BagError, Run
from graphmail.evidence.bag import check as check_bag

from .evidence_samples import NOON, RUN_ID, begun, check, record, step


@pytest.fixture
def closed(tmp_path):
    run = begun(tmp_path / "evidence")
    run.append_step(step())
    run.write_record(record(check()))
    run.close("succeeded", NOON)
    return run


def _verify(folder):
    command = [sys.executable, "-m", "graphmail.evidence", "verify", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_closed_run_is_a_bag_for_the_library_and_for_us(closed):
    bag = bagit.Bag(str(closed.bag))
    assert bag.version_info == (1, 0)
    assert bag.is_valid()
    assert sorted(bag.algorithms) == ["sha256", "sha512"]
    assert bag.info["Run-Outcome"] == "succeeded"
    assert bag.info["Environment"] == "sandbox"
    assert check_bag(closed.bag) == 7


def test_closing_leaves_nothing_beside_the_bag(closed):
    assert os.listdir(closed.folder) == ["bag"]


def test_a_failed_run_without_any_check_is_closed_too(tmp_path):
    run = begun(tmp_path)
    run.close("failed", NOON, "Entra refused the administrator's secret")
    assert check_bag(run.bag) == 5


def test_what_a_crash_left_of_a_file_does_not_enter_the_bag(tmp_path):
    run = begun(tmp_path)
    (run.data / ".verify_send.json.abc").write_text("half")
    run.close("failed", NOON)
    assert not (run.data / ".verify_send.json.abc").exists()


def test_a_link_is_no_evidence(tmp_path):
    run = begun(tmp_path)
    (run.data / "records").mkdir()
    (run.data / "records" / "x.txt").symlink_to("/etc/hostname")
    with pytest.raises(BagError, match="not a regular file"):
        run.close("failed", NOON)
    assert not run.closed


def _every_file(folder):
    return sorted(os.path.join(here, name) for here, _folders, names in os.walk(folder) for name in names)


def test_a_changed_bit_anywhere_is_noticed_and_its_file_named(closed):
    for path in _every_file(closed.bag):
        with open(path, "rb") as file:
            content = file.read()
        # Payload is hashed whole, so a few places stand for all; tag files are read in every byte.
        stride = 1 if os.path.dirname(path) == str(closed.bag) else max(1, len(content) // 5)
        for place in range(0, len(content), stride):
            flipped = bytearray(content)
            flipped[place] ^= 1 << (place % 8)
            with open(path, "wb") as file:
                file.write(flipped)
            with pytest.raises(BagError, match=os.path.basename(path)):
                check_bag(closed.bag)
        with open(path, "wb") as file:
            file.write(content)
    assert check_bag(closed.bag)


def test_upper_case_digits_in_a_tag_manifest_are_noticed(closed):
    path = closed.bag / "tagmanifest-sha256.txt"
    lines = path.read_text().splitlines(keepends=True)
    digest, _, name = lines[0].partition(" ")
    path.write_text("".join([f"{digest.upper()} {name}", *lines[1:]]))
    assert bagit.Bag(str(closed.bag)).is_valid()
    with pytest.raises(BagError, match="tagmanifest-sha256"):
        check_bag(closed.bag)


def test_every_removed_file_is_noticed_and_named(closed):
    for path in _every_file(closed.bag):
        with open(path, "rb") as file:
            content = file.read()
        os.unlink(path)
        with pytest.raises(BagError, match=os.path.basename(path)):
            check_bag(closed.bag)
        with open(path, "wb") as file:
            file.write(content)


@pytest.mark.parametrize("name", ["data/records/added.json", "added.txt", "fetch.txt", "tagmanifest-md5.txt"])
def test_an_added_file_is_noticed_and_named(closed, name):
    (closed.bag / name).write_text("")
    with pytest.raises(BagError, match=os.path.basename(name)):
        check_bag(closed.bag)


def test_verify_of_one_bag_says_ok_and_exits_with_0(closed):
    result = _verify(closed.bag)
    assert result.returncode == 0
    assert result.stdout.endswith("ok, 7 files\n")


def test_verify_names_the_changed_file_and_exits_with_1(closed, tmp_path):
    with open(closed.data / "steps.jsonl", "a") as file:
        file.write("{}\n")
    for folder in (tmp_path / "evidence", closed.folder, closed.bag):
        result = _verify(folder)
        assert result.returncode == 1
        assert "data/steps.jsonl" in result.stdout


def test_verify_names_every_bad_file(closed):
    (closed.data / "plan.json").write_text("{}")
    (closed.data / "tools.json").unlink()
    (closed.data / "records" / "added.json").write_text("{}")
    (closed.bag / "bag-info.txt").write_text("Customer: another\n")
    (closed.bag / "beside.txt").write_text("")
    (closed.data / "link").symlink_to("/etc/hostname")

    told = _verify(closed.bag).stdout

    for fault in (
        "changed: data/plan.json",
        "missing: data/tools.json",
        "added: data/records/added.json",
        "changed: bag-info.txt",
        "added: beside.txt",
        "no regular file: data/link",
    ):
        assert told.count(fault) == 1, told


def test_an_archive_without_a_log_is_not_genuine(closed, tmp_path):
    begun(tmp_path / "evidence", customer="fabrikam")
    told = _verify(tmp_path / "evidence")
    assert told.returncode == 1
    assert f"contoso/{RUN_ID}: ok, 7 files" in told.stdout
    assert f"fabrikam/{RUN_ID}: open" in told.stdout
    assert told.stdout.splitlines()[-1].endswith("LOG: missing; nothing here is sealed")


def test_verify_into_a_closed_pipe_ends_quietly(closed, tmp_path):
    command = f"{sys.executable} -m graphmail.evidence verify {tmp_path / 'evidence'} | true"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_verify_of_nothing_is_not_green(tmp_path):
    assert _verify(tmp_path).returncode == 1


def test_verify_of_a_customers_name_says_that_it_wants_a_path(tmp_path):
    done = _verify("contoso")
    assert done.returncode == 1
    assert "evidence/contoso" in done.stdout


def test_a_bag_whose_declaration_is_gone_is_not_taken_for_open(closed, tmp_path):
    (closed.bag / "bagit.txt").unlink()
    result = _verify(tmp_path / "evidence")
    assert result.returncode == 1
    assert "bagit.txt" in result.stdout


def _close_and_die(run: Run, moment: int) -> int:
    """Close in a child that is gone, without any clean-up, before its `moment`-th change of the file system."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    count = 0

    def hook(event: str, _arguments: object) -> None:
        nonlocal count
        if event in ("os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "open"):
            count += 1
            if count == moment:
                os._exit(9)

    sys.addaudithook(hook)
    run.close("succeeded", NOON)
    os._exit(0)


def test_dying_anywhere_while_closing_leaves_no_half_bag_that_validates(tmp_path):
    sample = begun(tmp_path / "sample")
    sample.append_step(step())
    sample.write_record(record(check()))
    payload = {"plan.json", "tools.json", "steps.jsonl", "records/verify_send.json"}
    moment = 0
    while True:
        moment += 1
        root = tmp_path / "now"
        shutil.copytree(tmp_path / "sample", root)
        run = Run(root, "contoso", RUN_ID)
        status = _close_and_die(run, moment)
        if run.closed:
            check_bag(run.bag)
        else:
            with pytest.raises(bagit.BagError):
                bagit.Bag(str(run.bag))
            run.close("failed", NOON)
            check_bag(run.bag)
        assert all((run.data / name).is_file() for name in payload)
        assert not [name for name in _every_file(run.data) if os.path.basename(name).startswith(".")]
        shutil.rmtree(root)
        if status == 0:
            break
    assert moment > 30
