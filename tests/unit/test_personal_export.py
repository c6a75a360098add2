"""What is exported for one customer verifies alone, with our tools and with foreign ones, and names no other."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import zipfile
from datetime import UTC, datetime

import pytest

from graphmail.evidence import EvidenceError, verify
from graphmail.evidence.export import export
from graphmail.evidence.seal.dropping import drop
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.log import Log
from graphmail.evidence.seal.merkle import leaf_hash
from tests.canary import traced_files
from tests.verify_page import BLOCKS, NODE_MODULES, TOOLS, Page, shell  # noqa: F401 - shell is a fixture

from .sealed_archive import Archive
from .test_personal_evidence import PEOPLE, opened

NOW = datetime.now(UTC)
OTHERS = ("fabrikamxqzwvkjh", "litwarepdqmzxwvt")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three customers whose runs alternate; of one the personal data was dropped, and a run is open."""
    kept = {name: os.environ.get(name) for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY")}
    archive = Archive(tmp_path_factory.mktemp("archive"))
    for number, customer in enumerate(("contoso", OTHERS[0], "contoso", OTHERS[1], OTHERS[0], "contoso"), 1):
        opened(archive, number, customer).close("succeeded", NOW)
    drop(archive.sealer, "contoso", "They left", NOW, lambda text: None)
    drop(archive.sealer, OTHERS[1], "They left too", NOW, lambda text: None)
    opened(archive, 7, "contoso").close("succeeded", NOW)
    opened(archive, 8, "contoso")
    opened(archive, 9, OTHERS[0])
    yield archive
    for name, value in kept.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture
def archive(made, monkeypatch):
    monkeypatch.setenv("GRAPHMAIL_STATE", str(made.folder / "state"))
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(made.folder / "identity"))
    return made


@pytest.fixture
def exported(archive, tmp_path):
    export(archive.sealer, "contoso", tmp_path / "contoso", NOW, lambda text: None)
    return tmp_path / "contoso" / "evidence"


def test_what_is_exported_verifies_alone(exported, monkeypatch):
    monkeypatch.setenv("GRAPHMAIL_STATE", str(exported / "an outsider has none"))
    said = []
    assert verify(exported, said.append), said
    told = "\n".join(said)
    assert "exported for contoso: " in told
    assert "contoso: personal data dropped on" in told
    assert "5 runs opened: 4 sealed, 0 aborted, 1 open" in told


def test_it_names_no_other_customer_and_nobody_at_all(exported):
    assert traced_files([*OTHERS, *PEOPLE.values()], exported) == {}
    assert b"leaf_sha256" in (exported / "LOG").read_bytes()


def test_an_entry_that_could_be_guessed_is_salted(archive):
    entries = [json.loads(line) for line in (archive.root / "LOG").read_text().splitlines()]
    salts = [entry["salt"] for entry in entries if entry["type"] == "opened"]
    assert len(set(salts)) == len(salts) == 9
    assert all(len(salt) == 32 for salt in salts)


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="one of the page's tools is not installed")
def test_foreign_tools_verify_it_and_find_every_harm(exported, tmp_path, shell):  # noqa: F811
    page = Page(exported, shell)
    for block in BLOCKS:
        done = page.run(block)
        assert done.returncode == 0, f"{block}: {done.stdout}{done.stderr}"
    assert "exported for one customer" in page.run("log").stdout
    assert page.run("runs").stdout.count(": sealed ") == 4
    kept = max((exported / "checkpoints").iterdir())
    for harm in HARMS:
        copy = tmp_path / "harmed" / "evidence"
        shutil.copytree(exported, copy)
        HARMS[harm](copy)
        assert Page(copy, page.environment).complaints(), harm
        assert not Examination(copy, kept.read_bytes()).run().good, harm
        shutil.rmtree(copy)


@pytest.mark.skipif(not (NODE_MODULES / "@sigstore").is_dir(), reason="@sigstore/verify is not there: `make clients`")
def test_sigstores_own_library_verifies_what_was_exported(exported, shell):  # noqa: F811
    done = Page(exported, shell).run("sigstore")
    assert (done.returncode, done.stdout) == (0, "4 bundles verify\n"), done.stderr


def _lines(root, change):
    lines = (root / "LOG").read_bytes().splitlines()
    change(lines)
    (root / "LOG").write_bytes(b"".join(line + b"\n" for line in lines))


def _hidden(lines):
    return next(number for number, line in enumerate(lines) if b"leaf_sha256" in line)


def _other_hash(lines):
    lines[_hidden(lines)] = b'{"leaf_sha256":"' + b"0" * 64 + b'"}'


def _hide_a_run(lines):
    number = next(n for n, line in enumerate(lines) if b'"type":"opened"' in line and b"000003" in line)
    lines[number] = b'{"leaf_sha256":"' + leaf_hash(lines[number]).hex().encode() + b'"}'


HARMS = {
    "another hash": lambda root: _lines(root, _other_hash),
    "a run in between hidden": lambda root: _lines(root, _hide_a_run),
    "a line taken away": lambda root: _lines(root, lambda lines: lines.pop(_hidden(lines))),
    "a checkpoint taken away": lambda root: max((root / "checkpoints").iterdir()).unlink(),
    "a run taken away": lambda root: shutil.rmtree(sorted((root / "contoso").iterdir())[1]),
    "a data key taken away": lambda root: next((root / "keys").glob("data-*")).unlink(),
    "a mapping taken away": lambda root: next(root.glob("contoso/*/bag/data/personal/*")).unlink(),
}


def test_a_checkpoint_kept_elsewhere_fits_what_was_exported(archive, exported, tmp_path):
    for note in sorted((archive.root / "checkpoints").iterdir()):
        assert Examination(exported, note.read_bytes()).run().good
    other = Archive(tmp_path / "other")
    other.seal(1)
    assert not Examination(exported, max((other.root / "checkpoints").iterdir()).read_bytes()).run().good


def test_nobody_appends_to_what_was_exported(archive, exported):
    with pytest.raises(EvidenceError), Log(exported).locked(archive.key):
        pass


def test_with_names_where_the_key_is_there_and_not_at_all_where_it_was_dropped(archive, tmp_path):
    export(archive.sealer, OTHERS[0], tmp_path / "x", NOW, lambda text: None, readable=True)
    pages = list((tmp_path / "x" / "readable").glob("*/*/data/report.html"))
    assert len(pages) == 2
    assert all(PEOPLE["mailbox"] in page.read_text() for page in pages)
    assert traced_files(PEOPLE.values(), tmp_path / "x" / "evidence") == {}
    said = []
    export(archive.sealer, "contoso", tmp_path / "y", NOW, said.append, readable=True)
    assert len(list((tmp_path / "y" / "readable" / "contoso").iterdir())) == 1
    assert sum("Left out" in told for told in said) == 3
    with pytest.raises(EvidenceError, match="does not open here"):
        export(archive.sealer, OTHERS[1], tmp_path / "z", NOW, lambda text: None, readable=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "y"]


@pytest.mark.parametrize("name", ["contoso.zip", "contoso.tar.gz"])
def test_one_file_holds_the_same(archive, tmp_path, name):
    export(archive.sealer, "contoso", tmp_path / name, NOW, lambda text: None)
    opener = zipfile.ZipFile if name.endswith("zip") else tarfile.open
    with opener(tmp_path / name) as packed:
        packed.extractall(tmp_path / "out")
    assert Examination(tmp_path / "out" / "evidence").run().good
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 2


def test_nothing_is_written_over_or_into_an_archive_and_a_failure_leaves_nothing(archive, tmp_path, monkeypatch):
    (tmp_path / "there").touch()
    for target in (tmp_path / "there", archive.root / "there", archive.root / "contoso" / "there"):
        with pytest.raises(EvidenceError):
            export(archive.sealer, "contoso", target, NOW, lambda text: None)
    with pytest.raises(EvidenceError, match="no sealed run"):
        export(archive.sealer, "nobody", tmp_path / "new", NOW, lambda text: None)
    monkeypatch.setattr("graphmail.evidence.export.shutil.copytree", _dying)
    with pytest.raises(KeyboardInterrupt):
        export(archive.sealer, "contoso", tmp_path / "new", NOW, lambda text: None)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert Examination(archive.root).run().good


def _dying(*given, **more):
    raise KeyboardInterrupt


def test_an_archive_that_is_not_genuine_is_not_exported(archive, tmp_path):
    shutil.copytree(archive.root, tmp_path / "evidence")
    step = next((tmp_path / "evidence").glob("contoso/*1/bag/data/steps.jsonl"))
    step.write_bytes(step.read_bytes() + b"x")
    sealer = type(archive.sealer)(tmp_path / "evidence", "sandbox", archive.key, archive.sealer.authority)
    with pytest.raises(EvidenceError, match=r"not genuine.*steps\.jsonl"):
        export(sealer, "contoso", tmp_path / "new", NOW, lambda text: None)
    assert not (tmp_path / "new").exists()
