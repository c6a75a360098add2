"""Who may sign the log, as VERIFY.md finds it with foreign tools: never more than our own verification lets."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from graphmail.evidence import verify
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal.entries import Entries
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.history import History
from graphmail.evidence.seal.keys import SigningKey
from graphmail.evidence.seal.work import new_key, revoke_key
from graphmail.sandbox.timestamp import authority
from tests.verify_page import BLOCKS, TOOLS, Page, shell

from .sealed_archive import NOON, Archive, Authority, production

__all__ = ["shell"]
pytestmark = pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="one of the page's tools is not installed")


@pytest.fixture
def archive(tmp_path, monkeypatch):
    made = production(tmp_path, monkeypatch)
    made.seal(1)
    return made


class AnHourAgo(datetime):
    """What a timestamp authority says whose owner sets its clock."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) - timedelta(hours=1)


def added_by_itself(archive) -> SigningKey:
    """A key that a line of the log adds, and nobody signed that line but this key."""
    key = SigningKey.make(archive.folder / "own.age", [], datetime.now(UTC) - timedelta(hours=1))
    log, entries = archive.root / "LOG", Entries()
    for line in log.read_bytes().splitlines():
        entries.add(line)
    entry = {"type": "key-added", "seq": entries.history.size, "at": canonical.time(NOON), "key": key.public.entry()}
    entries.add(canonical.encode(entry))
    with log.open("ab") as file:
        file.write(entries.line + b"\n")
    (archive.root / "checkpoints" / entries.head.file_name).write_bytes(entries.head.signed(key))
    (archive.root / "keys" / key.public.file_name).write_bytes(key.public.file(entries.history.origin))
    return key


def signed_by_anybody(self):
    return iter([key.public for key in self.keys.values()])


def test_a_revoked_key_signs_no_later_length_whatever_time_its_own_authority_tells(archive, monkeypatch, shell):
    stolen, now = archive.key, datetime.now(UTC)
    new_key(archive.root, "production", None, now)
    revoke_key(
        archive.root, None, stolen.public.id, canonical.time(now + timedelta(minutes=1)), "a laptop was stolen", now
    )
    page = Page(archive.root, shell)
    assert (page.complaints(), Examination(archive.root).run().faults) == ([], [])

    monkeypatch.setattr(authority, "datetime", AnHourAgo)
    archive.authority = Authority()
    with monkeypatch.context() as patched:
        patched.setattr(History, "signers", signed_by_anybody)
        for module in ("log", "sealer"):
            patched.setattr(f"graphmail.evidence.seal.{module}.must_count", lambda *about: None)
        archive.with_key(stolen)
        archive.seal(2)
    assert any("not signed by a key" in fault for fault in Examination(archive.root).run().faults)
    assert page.complaints() == ["log"]
    assert "no key that counted then signed it" in page.run("log").stdout
    assert "sealed" in page.run("runs").stdout, "the time alone would have passed"


def test_a_key_does_not_vouch_for_itself_in_production(archive, monkeypatch, shell):
    own = added_by_itself(archive)
    with monkeypatch.context() as patched:
        patched.setattr(History, "signers", signed_by_anybody)
        archive.with_key(own)
        archive.seal(2)
    assert any("not signed by a key" in fault for fault in Examination(archive.root).run().faults)
    page = Page(archive.root, shell)
    assert page.complaints() == ["log"]
    assert "no key that counted then signed it" in page.run("log").stdout


def test_in_the_sandbox_a_key_may_vouch_for_itself_and_the_page_says_that_it_is_one(tmp_path, monkeypatch, shell):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    archive = Archive(tmp_path)
    archive.seal(1)
    archive.with_key(SigningKey.make(tmp_path / "next.age", [], datetime.now(UTC)))
    archive.seal(2)
    page = Page(archive.root, shell)
    assert [page.run(block).stdout for block in BLOCKS if page.run(block).returncode] == []
    assert Examination(archive.root).run().faults == []
    assert "of a rehearsal in a sandbox" in page.run("log").stdout


def test_what_is_to_be_compared_elsewhere_is_printed_of_every_key_and_certificate(archive, shell):
    archive.authority = Authority()
    new_key(archive.root, "production", None, datetime.now(UTC))
    archive.with_key(SigningKey.open(archive.folder / "state" / ".signing" / "production.age"))
    archive.seal(2)
    told = Page(archive.root, shell).run("compare").stdout
    assert told.count("Key-Id: ") == 2
    assert archive.key.public.id in told
    said: list[str] = []
    assert verify(archive.root, said.append)
    by = [line.split(" ")[2].rstrip(":") for line in said if line.startswith("timestamps by ")]
    assert sorted(by) == sorted(re.findall("Fingerprint=(.*)", told))
    assert len(by) == 2
