"""What `python -m graphmail.journal` shows, and what is left of a damaged journal: good entries, and no new claim."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphmail.errors import TenantError
from graphmail.journal import Entry, Journal
from graphmail.journal.__main__ import main
from graphmail.journal.prospect import prospect
from graphmail.journal.recovery import recover
from graphmail.state import StateFolder

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MARKERS = [f"graphmail {number:08x}" for number in range(5)]


def _written(path: Path) -> Journal:
    """Five secrets: the first three sealed, then one that is open, then one sealed."""
    journal = Journal(path)
    for number, marker in enumerate(MARKERS):
        journal.intend("addPassword", marker, at=NOON, client_id="c1", display_name="Kundo Mäil")
        if number != 3:
            journal.outcome(marker, "sealed", at=NOON, key_id=f"k{number}", end="2028-01-01T00:00:00+00:00")
    return journal


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StateFolder:
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path))
    return StateFolder(tmp_path, "contoso").make()


def _damage(journal: Journal, number: int) -> bytes:
    lines = journal.path.read_bytes().split(b"\n")
    lines[number - 1] = lines[number - 1].replace(b"graphmail", b"graphmAil")
    journal.path.write_bytes(b"\n".join(lines))
    return lines[number - 1]


def test_open_intents_are_shown_with_what_the_next_run_does_and_the_status_says_so(
    state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    _written(state.journal)

    assert main(["show"]) == 1

    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 3
    assert MARKERS[3] in shown[2]
    assert shown[2].endswith("onboard.yml removes the secret that nobody holds, by its marker, and makes another")


def test_nothing_open_is_well_and_all_shows_everything(state: StateFolder, capsys: pytest.CaptureFixture[str]) -> None:
    journal = _written(state.journal)
    journal.outcome(MARKERS[3], "removed", at=NOON)

    assert main(["show", "contoso"]) == 0
    assert "No intent is open" in capsys.readouterr().out
    assert main(["show", "--all", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [entry["line"] for entry in told["entries"]] == list(range(1, 11))
    assert told["entries"][1]["facts"]["key_id"] == "k0"


def test_a_line_cut_short_is_told_and_is_no_damage(state: StateFolder, capsys: pytest.CaptureFixture[str]) -> None:
    journal = _written(state.journal)
    journal.outcome(MARKERS[3], "removed", at=NOON)
    state.journal.write_bytes(state.journal.read_bytes() + b'{"time": "2026-')

    assert main(["show"]) == 0
    assert "contoso: line 11 was cut short by a crash" in capsys.readouterr().out


def test_a_damaged_line_is_named_and_the_good_ones_are_shown(
    state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    _damage(_written(state.journal), 4)

    assert main(["show"]) == 1

    shown = capsys.readouterr().out
    assert "contoso: line 4 is damaged" in shown
    assert "`python -m graphmail.journal recover contoso`" in shown
    assert MARKERS[3] in shown


def test_nobody_and_strangers_get_a_message(state: StateFolder, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["show", "nobody"], ["show", "../x"], ["recover", "nobody"], ["recover", "contoso"]):
        assert main(arguments) == 1
        assert capsys.readouterr().err


def test_recovery_sets_the_line_aside_and_makes_nothing_up(
    state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = _written(state.journal)
    damaged = _damage(journal, 4)
    before = state.journal.read_bytes().split(b"\n")

    assert main(["recover", "contoso"]) == 0

    assert "Lines 4 are set aside" in capsys.readouterr().out
    after = state.journal.read_bytes().split(b"\n")
    assert after[:3] + after[4:] == before[:3] + before[4:]
    aside = state.path / "journal.jsonl.damaged"
    assert aside.read_bytes() == damaged + b"\n"
    assert stat.S_IMODE(aside.stat().st_mode) == stat.S_IMODE(state.journal.stat().st_mode) == 0o600
    assert len(journal.entries()) == 8
    assert main(["recover", "contoso"]) == 0
    assert "not damaged" in capsys.readouterr().out


def test_an_intent_before_a_lost_line_is_in_doubt_and_never_called_open(
    state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = _written(state.journal)
    _damage(journal, 9)  # after the open one: who knows what it said of it
    recover(state)

    assert journal.open_intents() == []
    assert [entry.marker for entry in journal.doubtful()] == MARKERS[3:]
    assert main(["show"]) == 1
    assert "nothing: a lost line may be its outcome" in capsys.readouterr().out
    journal.intend("addPassword", "graphmail later", at=NOON)
    assert [entry.marker for entry in journal.open_intents()] == ["graphmail later"]
    journal.outcome(MARKERS[3], "retired", at=NOON)
    assert [entry.marker for entry in journal.doubtful()] == MARKERS[4:]


def test_a_run_that_holds_the_lock_keeps_recovery_away(state: StateFolder, capsys: pytest.CaptureFixture[str]) -> None:
    _damage(_written(state.journal), 4)
    before = state.journal.read_bytes()

    with state.lock("20260301T120000Z-site-0a1b2c"):
        assert main(["recover", "contoso"]) == 1

    assert "run 20260301T120000Z-site-0a1b2c" in capsys.readouterr().err
    assert state.journal.read_bytes() == before


def test_a_full_disk_leaves_the_journal_as_it_was(state: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    _damage(_written(state.journal), 4)
    before = state.journal.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TenantError, match="No space left"):
        recover(state)
    assert state.journal.read_bytes() == before
    assert sorted(path.name for path in state.path.glob(".journal*")) == []


@pytest.mark.parametrize(
    "action", ["addPassword", "addCertificate", "send_probe_mail", "handover", "create x", "new one"]
)
def test_every_action_has_a_prospect(action: str) -> None:
    assert prospect(Entry(NOON, "intent", "m", action=action))


def _damaged(content: bytes, data: st.DataObject) -> tuple[bytes, set[int]]:
    """A few flipped bits, and the lines that they struck: two where it was a line's end."""
    flips = data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 7)), max_size=4, unique=True))
    changed, struck = bytearray(content), set()
    for position, bit in flips:
        changed[position] ^= 1 << bit
        struck.add(content.count(b"\n", 0, position))
        if content[position : position + 1] == b"\n":
            struck.add(content.count(b"\n", 0, position) + 1)
    return bytes(changed), struck


@settings(deadline=None)
@given(data=st.data())
def test_whatever_is_truncated_or_flipped_no_good_entry_is_lost_and_no_claim_is_new(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    state = StateFolder(tmp_path_factory.mktemp("state"), "contoso").make()
    whole = _written(state.journal).entries()
    content = state.journal.read_bytes()
    changed, struck = _damaged(content, data)
    cut = data.draw(st.integers(0, len(changed)))
    struck |= set(range(content.count(b"\n", 0, cut), len(whole)))
    state.journal.write_bytes(changed[:cut])
    journal = Journal(state.journal)

    for read in (journal.entries, journal.open_intents, journal.doubtful, journal.cut_short):
        try:
            read()
        except TenantError as error:
            assert "line" in str(error)  # noqa: PT017 - it may also be whole
    recover(state)

    kept = journal.entries()
    assert [entry for number, entry in enumerate(whole) if number not in struck] == [
        entry for entry in kept if whole.index(entry) not in struck
    ]
    assert all(entry in whole for entry in kept)
    # What had an outcome is never taken for something that nobody holds, unless the end of the file itself is gone.
    open_ = {entry.marker for entry in journal.open_intents()}
    there = content.count(b"\n", 0, cut)
    assert [entry for entry in whole[:there] if entry.kind == "outcome" and entry.marker in open_] == []
    journal.intend("addPassword", "afterwards", at=NOON)
    assert journal.entries()[-1].marker == "afterwards"


@settings(deadline=None)
@given(position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_flipped_bit_is_always_noticed(tmp_path_factory: pytest.TempPathFactory, position: int, bit: int) -> None:
    state = StateFolder(tmp_path_factory.mktemp("state"), "contoso").make()
    journal = _written(state.journal)
    content = bytearray(state.journal.read_bytes())
    content[position % len(content)] ^= 1 << bit
    state.journal.write_bytes(content)

    with pytest.raises(TenantError, match="line"):
        journal.entries()
    recover(state)
    # An outcome that was struck leaves its intent in doubt, and not open to be removed.
    assert {entry.marker for entry in journal.open_intents()} <= {MARKERS[3]}
