"""Runs are logged before they begin and sealed when they end; a crash loses none and leaves no half that verifies."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from graphmail.evidence import EvidenceError, Run
from graphmail.evidence.seal import log as log_module
from graphmail.evidence.seal import sealer as sealer_module
from graphmail.evidence.seal.bundle import Bundle
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.keys import SigningKey
from graphmail.evidence.seal.log import Log
from graphmail.evidence.seal.work import new_key, revoke_key, seal_all
from graphmail.evidence.states import NOT_YET, unread
from graphmail.evidence.steps import HttpCall
from tests.sandbox_process import ROOT

from .evidence_samples import NOON, TENANT
from .sealed_archive import Archive, production

NOW = datetime.now(UTC)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    return Archive(tmp_path)


def examined(archive, kept=None):
    return Examination(archive.root, kept).run()


def predicate(run):
    return Bundle.unpack((run.folder / "run.sigstore.json").read_bytes()).statement()["predicate"]


def test_a_sealed_archive_is_genuine_and_counts_its_runs(archive):
    archive.seal(1)
    archive.seal(2, "fabrikam")
    archive.open(3)
    found = examined(archive)
    assert found.faults == []
    assert (len(found.sealed), len(found.aborted), len(found.open)) == (2, 0, 1)


def test_a_run_is_in_the_log_before_it_has_a_folder(archive):
    run = Run(archive.root, "contoso", "20260301T120001Z-site-000001")
    archive.sealer.opened(run, TENANT, NOON)
    assert not run.exists
    assert json.loads((archive.root / "LOG").read_text().splitlines()[-1])["type"] == "opened"
    assert examined(archive).open == [f"contoso/{run.run_id}"]


def test_a_seal_names_the_customers_run_before(archive):
    first = archive.seal(1)
    archive.seal(2, "fabrikam")
    last = predicate(archive.seal(3))
    assert last["previous_run"]["run_id"] == first.run_id
    assert last["previous_run"]["bundle_sha256"]
    assert predicate(first)["previous_run"] is None


def test_an_authority_that_does_not_answer_loses_no_run(archive):
    archive.authority.away = True
    run = archive.seal(1)
    assert run.closed
    assert "not reached" in run.not_sealed
    assert examined(archive).open == [f"contoso/{run.run_id}"]
    archive.authority.away = False
    assert "as succeeded" in "".join(archive.sealer.settle("contoso", NOW))
    assert examined(archive).sealed == [f"contoso/{run.run_id}"]


def test_a_killed_run_is_sealed_as_aborted_by_the_next(archive):
    run = archive.open(1)
    (run.data / ".http.jsonl.x1").write_text("half")
    assert "as aborted" in "".join(archive.sealer.settle("contoso", NOW))
    found = examined(archive)
    assert (found.faults, found.aborted) == ([], [f"contoso/{run.run_id}"])
    assert predicate(run)["outcome"]["result"] == "aborted"


def test_a_run_killed_before_it_had_a_folder_is_not_lost(archive):
    run = Run(archive.root, "contoso", "20260301T120001Z-site-000001")
    archive.sealer.opened(run, TENANT, NOON)
    list(archive.sealer.settle("contoso", NOW))
    assert examined(archive).aborted == [f"contoso/{run.run_id}"]


def test_a_run_that_holds_secrets_stays_open(archive):
    run = archive.open(1)
    (run.folder / "not-closed.txt").write_text("The evidence of this run holds secrets")
    assert "stays open" in "".join(archive.sealer.settle("contoso", NOW))
    assert not run.closed


class Died(BaseException):
    pass


@pytest.mark.parametrize("module", [log_module, sealer_module], ids=["log", "sealer"])
def test_dying_at_any_write_loses_no_run_and_leaves_no_half_seal(archive, monkeypatch, module):
    for moment in range(1, 12):
        real, left = module.write_over, [moment]

        def dying(path, content, real=real, left=left):
            left[0] -= 1
            if not left[0]:
                raise Died
            real(path, content)

        monkeypatch.setattr(module, "write_over", dying)
        died = False
        try:
            archive.seal(moment)
        except Died:
            died = True
        monkeypatch.setattr(module, "write_over", real)
        archive.with_key(archive.key)  # another process
        half = examined(archive)
        assert len(half.sealed) + len(half.aborted) + len(half.open) <= moment or half.faults
        list(archive.sealer.settle("contoso", NOW))
        found = examined(archive)
        opened = [line for line in (archive.root / "LOG").read_text().splitlines() if '"type":"opened"' in line]
        assert found.faults == []
        assert len(found.sealed) + len(found.aborted) == len(opened)
        if not died:
            break
    else:
        pytest.fail("there was no end to the writes")


def test_half_a_line_of_a_process_that_died_goes(archive):
    archive.seal(1)
    with (archive.root / "LOG").open("a") as file:
        file.write('{"at":"2026-')
    assert not examined(archive).good
    archive.seal(2)
    assert examined(archive).faults == []


def test_nothing_is_appended_to_a_log_that_was_shortened(archive):
    archive.seal(1)
    lines = (archive.root / "LOG").read_bytes().splitlines(keepends=True)
    (archive.root / "LOG").write_bytes(b"".join(lines[:-1]))
    archive.with_key(archive.key)
    with pytest.raises(EvidenceError, match="shorter"):
        archive.seal(2)


def test_an_archive_is_of_one_environment(archive):
    archive.seal(1)
    archive.environment = "production"
    archive.with_key(archive.key)
    with pytest.raises(EvidenceError, match="another folder"):
        archive.open(2)


def test_two_processes_append_in_turn(archive):
    archive.seal(1)
    first = archive.sealer
    archive.with_key(archive.key)
    archive.seal(2)
    archive.sealer = first
    archive.seal(3)
    assert len(examined(archive).sealed) == 3


def test_a_key_follows_another_and_both_count(tmp_path, monkeypatch):
    archive = production(tmp_path, monkeypatch)
    archive.seal(1)
    new_key(archive.root, "production", None, NOW)
    archive.with_key(SigningKey.open(tmp_path / "state" / ".signing" / "production.age"))
    archive.seal(2)
    found = examined(archive)
    assert (found.faults, len(found.sealed), len(found.keys)) == ([], 2, 2)


def test_in_production_a_key_that_nobody_vouched_for_is_refused(tmp_path, monkeypatch):
    archive = production(tmp_path, monkeypatch)
    archive.seal(1)
    archive.with_key(SigningKey.make(tmp_path / "other.age", [], NOW))
    with pytest.raises(EvidenceError, match="does not know this key"):
        archive.seal(2)


@pytest.mark.parametrize(("since", "good"), [(timedelta(hours=1), True), (timedelta(hours=-1), False)])
def test_a_revoked_key_counts_until_it_got_into_other_hands(tmp_path, monkeypatch, since, good):
    archive = production(tmp_path, monkeypatch)
    run = archive.seal(1)
    before = archive.key.public.id
    new_key(archive.root, "production", None, NOW)
    revoke_key(archive.root, None, before[:12], f"{NOW + since:%Y-%m-%dT%H:%M:%SZ}", "a laptop was stolen", NOW)
    archive.with_key(SigningKey.open(tmp_path / "state" / ".signing" / "production.age"))
    archive.seal(2)
    faults = examined(archive).faults
    assert (faults == []) is good
    assert good or (len(faults) == 1 and run.run_id in faults[0] and "revoked" in faults[0])


def test_the_key_in_use_cannot_be_revoked(tmp_path, monkeypatch):
    archive = production(tmp_path, monkeypatch)
    archive.seal(1)
    with pytest.raises(EvidenceError, match="cannot be revoked"):
        revoke_key(archive.root, None, archive.key.public.id, "2026-03-01T12:00:00Z", "x", NOW)


def test_without_the_key_before_no_key_follows(tmp_path, monkeypatch):
    archive = production(tmp_path, monkeypatch)
    archive.seal(1)
    (tmp_path / "state" / ".signing" / "production.age").unlink()
    with pytest.raises(EvidenceError, match="vouch"):
        new_key(archive.root, "production", None, NOW)


def test_a_kept_checkpoint_shows_that_the_end_of_the_log_is_gone(archive):
    archive.seal(1)
    size = len((archive.root / "LOG").read_text().splitlines())
    run = archive.seal(2)
    kept = sorted((archive.root / "checkpoints").iterdir())[-1].read_bytes()
    assert examined(archive, kept).good
    lines = (archive.root / "LOG").read_bytes().splitlines(keepends=True)
    (archive.root / "LOG").write_bytes(b"".join(lines[:size]))
    for note in sorted((archive.root / "checkpoints").iterdir())[size:]:
        note.unlink()
    subprocess.run(["rm", "-r", str(run.folder)], check=True)
    assert examined(archive).good, "without the checkpoint nobody can tell"
    assert not examined(archive, kept).good


def test_the_programs_seal_what_waits_and_say_so(archive, monkeypatch):
    archive.authority.away = True
    archive.seal(1)
    archive.open(2, "fabrikam")
    archive.authority.away = False
    monkeypatch.setattr(
        "graphmail.evidence.seal.work.Sealing", lambda root: type("S", (), {"sealer": lambda *a: archive.sealer})
    )
    said = []
    assert seal_all(archive.root, None, NOW, said.append, killed=False)
    assert "1 sealed, 1 open" in said[-1]
    assert seal_all(archive.root, None, NOW, said.append, killed=True)
    assert len(examined(archive).aborted) == 1


def test_the_program_verifies_and_names_the_file(archive):
    run = archive.seal(1)
    command = [sys.executable, "-m", "graphmail.evidence", "verify"]
    for folder in (archive.root, run.folder, run.bag):
        told = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
        assert (told.returncode, "Everything is as it was sealed" in told.stdout) == (0, True), told.stdout
    (archive.root / "extra").touch()
    told = subprocess.run([*command, str(archive.root)], capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "NOT GENUINE. extra: added" in told.stdout


def test_every_inclusion_proof_leads_to_the_root_that_was_signed(archive):
    for number in range(1, 8):
        archive.seal(number)
    for file in archive.root.glob("*/*/inclusion.json"):
        proof = json.loads(file.read_bytes())
        found = hashlib.sha256(b"\x00" + proof["entry"].encode()).digest()
        index, last = proof["leaf_index"], proof["tree_size"] - 1
        for node in map(bytes.fromhex, proof["proof"]):  # RFC 9162, 2.1.3.2
            if index % 2 or index == last:
                found = hashlib.sha256(b"\x01" + node + found).digest()
                while not index % 2 and index:
                    index, last = index // 2, last // 2
            else:
                found = hashlib.sha256(b"\x01" + found + node).digest()
            index, last = index // 2, last // 2
        assert found.hex() == proof["root_sha256"]
        note = (archive.root / proof["checkpoint"]).read_text().splitlines()
        assert base64.b64decode(note[2]) == found


def test_a_log_is_read_once_by_each_process(archive):
    archive.seal(1)
    log = Log(archive.root)
    with log.locked(archive.key):
        read = log._read
    archive.seal(2)
    with log.locked(archive.key):
        assert log._read > read


def test_each_examiners_question_is_answered_by_a_field_of_the_seal(archive):
    run = archive.seal(1)
    said = predicate(run)
    table = (ROOT / "docs" / "evidence.md").read_text().split("| question | field |")[1].split("\n\n")[0]
    answers = [row.split("|")[2] for row in table.splitlines()[2:]]
    assert len(answers) == 17
    for answer in answers:
        for name in re.findall(r"`([a-z][A-Za-z0-9_./]+)`", answer):
            if name.startswith("bag/"):
                assert (run.folder / name).exists(), name
            elif name in ("plan", "invocation"):
                assert name in run.about()
            elif name not in ("at", "service", "by", "attempt", "attempts"):
                value = said
                for step in name.split("."):
                    assert step in value, name
                    value = value[step]
                assert value not in ("", {}, []) or name in MAY_BE_EMPTY, name
    assert set(said["tenant"]["confirmed"][0]) == {"at", "service", "by"}


# Of this sample: it asked nothing of a service that tells the time, ended well, and is its customer's first.
MAY_BE_EMPTY = {"services_clock.first", "services_clock.last", "outcome.reason", "previous_run"}
# And it began no write, so nobody read the state.
MAY_BE_EMPTY |= {"state.before.read", "state.after.read"}


def test_each_field_of_an_exchange_is_explained():
    table = (ROOT / "docs" / "evidence.md").read_text().split("## A line of http.jsonl")[1]
    told = set(re.findall(r"`([a-z_0-9]+)`", "".join(row.split("|")[1] for row in table.splitlines() if "|" in row)))
    assert told == set(HttpCall.model_fields)


def test_what_was_refused_and_repeated_is_counted_in_the_seal(archive):
    run = archive.open(1)
    asked = {"at": NOON, "method": "GET", "path": "/v1.0/organization"}
    for attempt, status in ((1, 0), (2, 503), (3, 200)):
        run.append_http(asked | {"status": status, "attempt": attempt})
    run.sealer = archive.sealer
    run.close("failed", NOON)
    results = predicate(run)["results"]
    assert (results["unanswered_requests"], results["refused_requests"], results["repeated_requests"]) == (1, 1, 2)


def test_the_seal_says_when_the_state_was_read_or_why_it_was_not(archive):
    run = archive.open(1)
    run.write_state("before", {"schema": 1, "read": {"from": "2026", "to": "2027"}, "group": None})
    run.write_state("after", unread(NOT_YET))
    run.sealer = archive.sealer
    run.close("failed", NOON)
    assert predicate(run)["state"] == {
        "before": {"read": {"from": "2026", "to": "2027"}, "why": ""},
        "after": {"read": None, "why": NOT_YET},
    }
