"""Nothing is signed with a key that does not count: not yet, no more, or revoked. A run is refused before it begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from graphmail.evidence import EvidenceError, Run
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.keys import EARLIER, LIFETIME, SigningKey
from graphmail.evidence.seal.sealing import Sealing
from graphmail.evidence.seal.standing import DoesNotCount
from graphmail.evidence.seal.work import new_key, revoke_key
from graphmail.sandbox.timestamp import authority

from .evidence_samples import NOON, TENANT
from .sealed_archive import production

NOW = datetime.now(UTC)
ENDED = NOW - LIFETIME - timedelta(hours=1)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    return production(tmp_path, monkeypatch)


def state_file(archive):
    return archive.folder / "state" / ".signing" / "production.age"


def faults(archive) -> list[str]:
    return Examination(archive.root).run().faults


def text(archive) -> bytes:
    return (archive.root / "LOG").read_bytes()


def follow(archive) -> SigningKey:
    """The key before, when another has followed it and it was revoked, as on the machine of whoever has not heard."""
    before = archive.key
    new_key(archive.root, "production", None, NOW)
    soon = canonical.time(datetime.now(UTC) + timedelta(hours=1))
    revoke_key(archive.root, None, before.public.id[:16], soon, "a laptop was stolen", NOW)
    return before


@pytest.mark.parametrize(
    ("made", "why"), [(ENDED, "counts no more.*new-key"), (NOW + EARLIER + timedelta(hours=1), "not count yet.*clock")]
)
def test_a_run_with_a_key_outside_its_dates_is_refused_before_anything_is_written(archive, made, why):
    archive.with_key(SigningKey.make(archive.folder / "other.age", [], made))
    run = Run(archive.root, "contoso", "20260301T120001Z-site-000001")
    with pytest.raises(DoesNotCount, match=why):
        archive.sealer.opened(run, TENANT, NOON)
    assert text(archive) == b""
    assert not run.folder.exists()


def later(monkeypatch, by: timedelta) -> None:
    """All clocks, this machine's and the authority's."""

    class Later(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + by

    monkeypatch.setattr(authority, "datetime", Later)
    monkeypatch.setattr("graphmail.clock.SystemClock.now", lambda self: Later.now(UTC))


def test_in_an_archive_that_had_begun_it_is_refused_too(archive, monkeypatch):
    archive.seal(1)
    before = text(archive)
    later(monkeypatch, LIFETIME)
    for what in (lambda: archive.open(2), lambda: list(archive.sealer.settle("contoso", NOON))):
        with pytest.raises(DoesNotCount, match="counts no more"):
            what()
    assert text(archive) == before


def test_a_key_that_has_ended_vouches_for_the_next_and_for_nothing_else(archive, monkeypatch):
    archive.seal(1)
    later(monkeypatch, LIFETIME)
    new_key(archive.root, "production", None, NOW + LIFETIME)
    archive.with_key(SigningKey.open(state_file(archive)))
    archive.seal(2)
    assert faults(archive) == []
    assert len(Examination(archive.root).run().sealed) == 2


def test_a_colleague_who_has_the_revoked_key_yet_cannot_spoil_the_archive(archive):
    archive.seal(1)
    before = follow(archive)
    log = text(archive)
    archive.with_key(before)
    for what in (lambda: archive.open(2), lambda: list(archive.sealer.settle("contoso", NOON))):
        with pytest.raises(DoesNotCount, match=r"was revoked.*line \d+ of LOG"):
            what()
    other = SigningKey.make(archive.folder / "other.age", [], NOW)
    with archive.sealer.log.locked(before), pytest.raises(DoesNotCount):
        archive.sealer.log.add_key(other, before, NOON)
    assert text(archive) == log
    assert faults(archive) == []


def test_a_run_whose_key_is_revoked_meanwhile_is_closed_and_sealed_later(archive):
    archive.seal(1)
    run = archive.open(2)
    run.sealer = archive.sealer
    follow(archive)
    run.close("succeeded", NOON)
    assert run.closed
    assert "was revoked" in run.not_sealed
    archive.with_key(SigningKey.open(state_file(archive)))
    assert "as succeeded" in "".join(archive.sealer.settle("contoso", NOON))
    assert faults(archive) == []


def test_a_seal_whose_timestamp_is_of_a_time_when_the_key_does_not_count_is_not_logged(archive, monkeypatch):
    run = archive.open(1)
    run.sealer = archive.sealer
    with monkeypatch.context() as then:
        later(then, LIFETIME)
        then.setattr("graphmail.clock.SystemClock.now", lambda self: datetime.now(UTC))  # this machine's is right
        run.close("succeeded", NOON)
    assert run.closed
    assert "counts no more" in run.not_sealed
    assert b'"sealed"' not in text(archive)
    assert "as succeeded" in "".join(archive.sealer.settle("contoso", NOON))
    assert faults(archive) == []


def test_just_after_new_key_the_operators_clock_may_be_ahead_of_the_authoritys(archive):
    archive.with_key(SigningKey.make(archive.folder / "new.age", [], datetime.now(UTC) + timedelta(minutes=10)))
    run = archive.seal(1)
    assert run.not_sealed == ""
    assert faults(archive) == []
    assert SigningKey.open(archive.folder / "new.age").public == archive.key.public


def test_root_certificates_that_are_not_ascii_leave_the_run_closed_and_name_the_file(archive):
    pem = archive.folder / "roots.pem"
    pem.write_bytes("# TÜRKTRUST\n".encode() + archive.authority.roots)
    settings = {"timestamp_authority": "http://127.0.0.1:9/", "timestamp_roots": str(pem)}
    archive.sealer = Sealing(archive.root).sealer("production", settings, NOW)
    run = archive.seal(1)
    assert run.closed
    assert f"{pem}" in run.not_sealed
    assert "ASCII" in run.not_sealed


def test_nor_are_they_logged(archive):
    archive.open(1)
    log = text(archive)
    with archive.sealer.log.locked(archive.key), pytest.raises(EvidenceError, match="ASCII"):
        archive.sealer.log.add_authority("# TÜRKTRUST\n".encode() + archive.authority.roots, archive.key, NOON)
    assert text(archive) == log
