"""VERIFY.md of a real archive, run literally, where this package is not: only the tools that it names."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graphmail.evidence.seal import log as log_module
from graphmail.evidence.seal import sealer as sealer_module
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.keys import SigningKey
from graphmail.evidence.seal.work import new_key, revoke_key
from graphmail.sandbox.timestamp import authority
from tests.verify_page import BLOCKS, NODE_MODULES, TOOLS, Page, shell

from .sealed_archive import Archive, production
from .test_tamper import made  # noqa: F401 - a fixture

__all__ = ["shell"]
pytestmark = pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="one of the page's tools is not installed")


@pytest.fixture
def page(made, tmp_path, shell):  # noqa: F811
    """A copy of the archive."""
    root = tmp_path / "evidence"
    shutil.copytree(made[0], root)
    return Page(root, shell)


def test_the_page_has_these_blocks_and_no_other_shell(page):
    assert set(page.blocks) == {*BLOCKS, "sigstore"}
    assert (page.root / "VERIFY.md").read_text().count("```") == 2 * len(page.blocks)


def test_a_genuine_archive_passes_every_block(page):
    for block in BLOCKS:
        done = page.run(block)
        assert done.returncode == 0, f"{block}: {done.stdout}{done.stderr}"
    assert "3 runs opened, 3 ended" in page.run("population").stdout
    assert page.run("runs").stdout.count(": sealed ") == 3


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


HARM = {
    "a step": lambda page: _flip(page.first("*/*/bag/data/steps.jsonl")),
    "a manifest": lambda page: _flip(page.first("*/*/bag/tagmanifest-sha512.txt")),
    "a seal": lambda page: _flip(page.first("*/*/run.sigstore.json")),
    "an inclusion": lambda page: _flip(page.first("*/*/inclusion.json")),
    "a line of the log": lambda page: _flip(page.root / "LOG"),
    "a checkpoint": lambda page: _flip(page.first("checkpoints/*")),
    "a key": lambda page: _flip(page.first("keys/*")),
    "the page": lambda page: _flip(page.root / "VERIFY.md"),
    "a run taken away": lambda page: shutil.rmtree(page.first("*/*/bag").parent),
    "a file added to a bag": lambda page: (page.first("*/*/bag/data") / "extra").touch(),
    "a file added to a run": lambda page: (page.first("*/*/bag").parent / "extra").touch(),
    "a file added to the archive": lambda page: (page.root / "extra").touch(),
    "an empty folder": lambda page: (page.first("*/*/bag/data") / "extra").mkdir(),
    "a link": lambda page: (page.first("*/*/bag/data") / "extra").symlink_to("plan.json"),
    "a checkpoint added": lambda page: (page.root / "checkpoints" / "00000099.note").touch(),
    "a hidden checkpoint": lambda page: (page.root / "checkpoints" / ".00000003.note").touch(),
    "a hidden folder of checkpoints": lambda page: (
        (page.root / "checkpoints" / ".d").mkdir(),
        (page.root / "checkpoints" / ".d" / "evil.exe").touch(),
    ),
    "another run's seal": lambda page: shutil.copy(
        sorted(page.root.glob("*/*/run.sigstore.json"))[1], page.first("*/*/run.sigstore.json")
    ),
    "a folder that is no run": lambda page: shutil.copytree(
        page.first("*/*/bag").parent, page.root / "contoso" / "20260301T120009Z-site-000009"
    ),
}


@pytest.mark.parametrize("harm", HARM)
def test_a_tampered_archive_fails_a_block(page, harm):
    HARM[harm](page)
    assert page.complaints()
    assert not Examination(page.root).run().good


def test_a_shortened_log_fails_against_a_checkpoint_that_was_kept(page, tmp_path):
    kept = shutil.copy(sorted((page.root / "checkpoints").iterdir())[-1], tmp_path / "kept.note")
    assert page.run("kept", CHECKPOINT=str(kept)).returncode == 0
    lines = (page.root / "LOG").read_bytes().splitlines(keepends=True)
    (page.root / "LOG").write_bytes(b"".join(lines[:-1]))
    assert page.run("kept", CHECKPOINT=str(kept)).returncode == 1


@pytest.mark.skipif(not (NODE_MODULES / "@sigstore").is_dir(), reason="@sigstore/verify is not there: `make clients`")
def test_sigstores_own_library_verifies_every_seal_and_refuses_a_changed_one(page):
    done = page.run("sigstore")
    assert (done.returncode, done.stdout) == (0, "3 bundles verify\n"), done.stderr
    seal = page.first("*/*/run.sigstore.json")
    text = seal.read_text()
    place = text.index('"sig":"') + 17
    seal.write_text(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :])
    assert page.run("sigstore").returncode != 0


class LongAgo(datetime):
    """Eleven years ago, when the authority's certificate was made: it ended a year ago."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) - timedelta(days=11 * 365)


def test_after_eleven_years_with_all_certificates_and_keys_ended_the_verdict_is_the_same(tmp_path, monkeypatch, shell):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    with monkeypatch.context() as then:
        then.setattr(authority, "datetime", LongAgo)
        then.setattr(log_module.SystemClock, "now", lambda self: LongAgo.now(UTC))
        archive = Archive(tmp_path)
        archive.with_key(SigningKey.make(tmp_path / "then.age", [], LongAgo.now(UTC)))
        archive.seal(1)
    ended = archive.authority.service.certificate.not_valid_after_utc
    assert ended < datetime.now(UTC)
    assert Examination(archive.root).run().good
    page = Page(archive.root, shell)
    assert page.complaints() == []
    assert f": sealed {LongAgo.now():%b}" in page.run("runs").stdout
    _flip(page.first("*/*/bag/data/steps.jsonl"))
    assert not Examination(archive.root).run().good


def test_a_key_that_had_ended_when_it_signed_does_not_count(tmp_path, monkeypatch, shell):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    for module in (log_module, sealer_module):
        monkeypatch.setattr(module, "must_count", lambda *about: None)  # which does not let it sign
    archive = Archive(tmp_path)
    archive.with_key(SigningKey.make(tmp_path / "then.age", [], LongAgo.now(UTC)))
    run = archive.seal(1)
    assert [
        fault for fault in Examination(archive.root).run().faults if run.run_id in fault and "did not count" in fault
    ]
    page = Page(archive.root, shell)
    assert page.complaints() == ["runs"]
    assert "did not count" in page.run("runs").stdout


@pytest.mark.parametrize(("since", "good"), [(timedelta(hours=1), True), (timedelta(hours=-1), False)])
def test_a_key_that_was_rotated_counts_on_and_a_revoked_one_until_it_got_into_other_hands(
    tmp_path, monkeypatch, shell, since, good
):
    archive = production(tmp_path, monkeypatch)
    run = archive.seal(1)
    first, now = archive.key.public.id, datetime.now(UTC)
    new_key(archive.root, "production", None, now)
    page = Page(archive.root, shell)
    assert page.complaints() == []
    revoke_key(archive.root, None, first, f"{now + since:%Y-%m-%dT%H:%M:%SZ}", "a laptop was stolen", now)
    archive.with_key(SigningKey.open(tmp_path / "state" / ".signing" / "production.age"))
    archive.seal(2)

    assert Examination(archive.root).run().good is good
    assert page.complaints() == ([] if good else ["runs"])
    assert good or f"{run.customer}/{run.run_id}: sealed" in page.run("runs").stdout
