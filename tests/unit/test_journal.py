import json
import os
import stat
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmail.errors import TenantError
from graphmail.journal import Journal

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class StillClock:
    def now(self) -> datetime:
        return NOON


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path / "contoso/journal.jsonl", StillClock())


def test_intent_and_outcome_are_found_again_in_order(journal):
    journal.intend("add password", "kundo-20260101-1", client_id="c1", run_id="r1")
    journal.outcome("kundo-20260101-1", "sealed", key_id="k1", at=NOON + timedelta(hours=1))

    intent, outcome = Journal(journal.path).entries()

    assert (intent.kind, intent.action, intent.marker, intent.time) == (
        "intent",
        "add password",
        "kundo-20260101-1",
        NOON,
    )
    assert intent.facts == {"client_id": "c1", "run_id": "r1"}
    assert (outcome.kind, outcome.result, outcome.facts) == ("outcome", "sealed", {"key_id": "k1"})
    assert outcome.time == NOON + timedelta(hours=1)


def test_only_an_intent_without_outcome_is_open(journal):
    journal.intend("add password", "m1")
    journal.intend("add password", "m2")
    journal.outcome("m1", "sealed")

    assert [entry.marker for entry in journal.open_intents()] == ["m2"]


def test_one_json_object_a_line_with_its_time(journal):
    journal.intend("add password", "m1", display_name="Kundo\nMail å")
    journal.outcome("m1", "sealed")

    lines = journal.path.read_bytes().splitlines()

    assert [json.loads(line)["time"] for line in lines] == [NOON.isoformat()] * 2
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_entry_is_on_disk_with_its_folder_before_the_caller_goes_on(journal, monkeypatch):
    synced = []
    fsync = os.fsync

    def spy(file: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(file).st_mode))
        fsync(file)

    monkeypatch.setattr(os, "fsync", spy)
    journal.intend("add password", "m1")
    journal.outcome("m1", "sealed")

    assert synced == [False, True, False]


def test_marker_is_used_once(journal):
    journal.intend("add password", "m1")

    with pytest.raises(TenantError, match="in the journal already"):
        journal.intend("add password", "m1")


def test_outcome_needs_its_intent(journal):
    with pytest.raises(TenantError, match="no intent"):
        journal.outcome("m1", "sealed")


@pytest.mark.parametrize("name", ["client_secret", "secretText", "access_token", "body", "anything"])
def test_only_known_facts_are_written(journal, name):
    with pytest.raises(ValueError, match=name):
        journal.intend("add password", "m1", **{name: "canary"})

    assert not journal.path.exists()


def test_time_comes_from_somebody_and_knows_its_zone(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")

    for at in (None, datetime(2026, 1, 1)):
        with pytest.raises(ValueError, match="zone"):
            journal.intend("add password", "m1", at=at)
    journal.intend("add password", "m1", at=NOON)


def test_no_journal_is_an_empty_one(journal):
    assert (journal.entries(), journal.open_intents(), journal.cut_short()) == ([], [], [])


@given(data=st.data())
def test_crash_at_any_byte_leaves_what_was_complete_and_the_journal_usable(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("journal") / "journal.jsonl"
    journal = Journal(path, StillClock())
    expected: list[str] = []
    for number in range(4):
        complete = path.read_bytes() if path.exists() else b""
        journal.intend("add password", f"m{number}")
        written = path.read_bytes()
        cut = data.draw(st.integers(len(complete), len(written)))
        path.write_bytes(written[:cut])
        # Complete is an entry but for the line's end, too.
        expected += [f"m{number}"] * (cut >= len(written) - 1)

        assert [entry.marker for entry in journal.open_intents()] == expected

    journal.intend("add password", "last")
    assert [entry.marker for entry in journal.entries()] == [*expected, "last"]
    assert path.read_bytes().endswith(b"\n")


def test_line_cut_short_is_reported_for_ever(journal):
    journal.intend("add password", "m1")
    with journal.path.open("ab") as file:
        file.write(b'{"time": "2026-01-')
    assert journal.cut_short() == [2]

    journal.intend("add password", "m2")

    assert journal.cut_short() == [2]
    assert [entry.marker for entry in journal.entries()] == ["m1", "m2"]


@pytest.mark.parametrize(
    "line", [b"{}", b"nonsense", b'{"time": "2026-01-01T00:00:00+00:00", "kind": "other", "marker": "m"}', b""]
)
def test_damaged_line_is_named_and_nothing_is_written(journal, line):
    journal.intend("add password", "m1")
    journal.intend("add password", "m2")
    first, second = journal.path.read_bytes().splitlines()
    damaged = b"\n".join([first, line, second, b""])
    journal.path.write_bytes(damaged)

    with pytest.raises(TenantError, match="line 2 of"):
        journal.entries()
    with pytest.raises(TenantError, match="line 2 of"):
        journal.intend("add password", "m3")
    assert journal.path.read_bytes() == damaged


def test_full_disk_is_told(journal, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(TenantError, match="No space left"):
        journal.intend("add password", "m1")
