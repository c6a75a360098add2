"""What is exported shows every entry that names no customer: a key's revocation above all cannot be hidden in it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest

from graphmail.evidence import verify
from graphmail.evidence.export import export
from graphmail.evidence.seal import canonical, history
from graphmail.evidence.seal import log as log_module
from graphmail.evidence.seal.dropping import drop
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.keys import SigningKey
from graphmail.evidence.seal.merkle import leaf_hash
from tests.verify_page import BLOCKS, TOOLS, Page, shell  # noqa: F401 - shell is a fixture

from .evidence_samples import NOON, check, record
from .sealed_archive import production

NOW = datetime.now(UTC)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    return production(tmp_path, monkeypatch)


def revoked(archive) -> None:
    """Its key is followed by another, and revoked, so that no seal of it counts."""
    old = archive.key
    new = SigningKey.make(archive.folder / "new.age", [], datetime.now(UTC))
    with archive.sealer.log.locked(old):
        archive.sealer.log.add_key(new, old, NOW)
    archive.with_key(new)
    with archive.sealer.log.locked(new):
        told = {"key_id": old.public.id, "from": "2026-01-01T00:00:00Z", "reason": 'stolen, "customer":'}
        archive.sealer.log.append("key-revoked", told, new, NOW)


def hide(root, *what: bytes) -> None:
    lines = (root / "LOG").read_bytes().splitlines()
    hidden = [all(part in line for part in what) for line in lines]
    shown = [
        canonical.encode({"leaf_sha256": leaf_hash(line).hex()}) if gone else line
        for line, gone in zip(lines, hidden, strict=True)
    ]
    assert shown != lines
    (root / "LOG").write_bytes(b"".join(line + b"\n" for line in shown))


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="one of the page's tools is not installed")
def test_a_revocation_before_the_customers_newest_run_cannot_be_hidden(archive, shell):  # noqa: F811
    archive.seal(1)
    revoked(archive)
    archive.seal(2)
    page = Page(archive.root, shell)
    assert page.complaints() == ["runs"], "of the revoked key"
    hide(archive.root, b'"type":"key-revoked"')
    (fault,) = Examination(archive.root).run().faults
    assert "name no customer" in fault
    assert "log" in page.complaints()
    assert "name no customer" in page.run("log").stdout


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="one of the page's tools is not installed")
@pytest.mark.parametrize("counting", [True, False])
def test_logs_with_and_without_the_count_verify_whole_and_exported(archive, shell, monkeypatch, counting):  # noqa: F811
    with monkeypatch.context() as older:
        older.setattr(log_module, "COUNTING", history.COUNTING if counting else ())
        archive.seal(1)
        archive.seal(2, "fabrikam")
    archive.seal(3)
    entries = [json.loads(line) for line in (archive.root / "LOG").read_text().splitlines()]
    runs = [entry for entry in entries if entry["type"] in history.COUNTING]
    assert [entry["type"] for entry in runs] == ["opened", "sealed"] * 3
    assert ["common" in entry for entry in runs] == [counting] * 4 + [True] * 2
    export(archive.sealer, "contoso", archive.folder / "out", NOW, lambda text: None)
    for root in (archive.root, archive.folder / "out" / "evidence"):
        assert Examination(root).run().faults == []
        assert [name for name in BLOCKS if Page(root, shell).run(name).returncode] == []


@pytest.mark.parametrize("count", [0, 99, "2", True, None])
def test_a_wrong_count_cannot_stand_in_the_log(archive, count):
    run = archive.open(1)
    assert run.exists
    with archive.sealer.log.locked(archive.key):
        told = archive.sealer.log.history
        entry = {"type": "opened", "seq": told.size, "at": canonical.time(NOW), "customer": "contoso", "common": count}
        entry |= {"run_id": "20260301T120002Z-site-000002", "tenant_id": "t", "previous": run.run_id}
        with pytest.raises(log_module.EvidenceError, match="cannot stand"):
            told.add(entry, b"")


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="one of the page's tools is not installed")
@pytest.mark.parametrize("what", [b'"type":"key-revoked"', b"site-000002"])
def test_what_came_before_an_export_cannot_be_hidden_in_it(archive, shell, what):  # noqa: F811
    archive.seal(1)
    revoked(archive)
    run = archive.open(2)
    root = archive.folder / "out" / "evidence"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "graphmail.evidence.export.Examination.run", lambda self: self.finding
        )  # it is of a revoked key
        archive.seal(3, "fabrikam")
        export(archive.sealer, "contoso", archive.folder / "out", NOW, lambda text: None)
    page = Page(root, shell)
    done = page.run("log")
    assert done.returncode == 0, done.stdout
    assert f"nothing is left out until: {canonical.time(NOW)}, newest run {run.run_id}" in done.stdout
    lines = (root / "LOG").read_bytes().splitlines()
    assert len(json.loads(lines[-1])["salt"]) == 32, "its hash stands in what other customers get"
    shown = [
        canonical.encode({"leaf_sha256": leaf_hash(line).hex()}) if what in line and b'"exported"' not in line else line
        for line in lines
    ]
    assert shown != lines
    (root / "LOG").write_bytes(b"".join(line + b"\n" for line in shown))
    assert any("cannot stand there" in fault for fault in Examination(root).run().faults)
    assert "log" in page.complaints() or "population" in page.complaints()


def a_failed_run(archive, number):
    run = archive.open(number)
    run.write_record(record(check("failed"), run_id=run.run_id, environment="production"))
    run.sealer = archive.sealer
    run.close("failed", NOON)
    return run


def exported(archive, *, counting=True):
    with pytest.MonkeyPatch.context() as older:
        if not counting:
            append = log_module.Log.append
            older.setattr(
                log_module.Log,
                "append",
                lambda self, kind, fields, *rest: append(
                    self, kind, {name: value for name, value in fields.items() if name != "own"}, *rest
                ),
            )
        export(archive.sealer, "contoso", archive.folder / "out", NOW, lambda text: None)
    return archive.folder / "out" / "evidence"


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="one of the page's tools is not installed")
def test_a_failed_run_cannot_be_made_to_look_open_in_an_export(archive, shell):  # noqa: F811
    archive.seal(1)
    failed = a_failed_run(archive, 2)
    archive.seal(3, "fabrikam")
    root = exported(archive)
    page = Page(root, shell)
    assert (Examination(root).run().faults, page.complaints()) == ([], [])
    assert "but no line counts" not in page.run("log").stdout
    said = []
    assert verify(root, said.append)
    assert f"contoso: nothing is left out until {canonical.time(NOW)}, newest run {failed.run_id}" in said

    hide(root, b'"type":"sealed"', failed.run_id.encode())
    shutil.rmtree(root / "contoso" / failed.run_id)
    assert any("are of its customer" in fault for fault in Examination(root).run().faults)
    assert page.complaints() == ["log"]
    assert "lines before it are of contoso" in page.run("log").stdout


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="one of the page's tools is not installed")
@pytest.mark.parametrize("kinds", [["data-key-destroyed"], ["dropped", "data-key-destroyed"]])
def test_that_personal_data_was_dropped_cannot_be_hidden_in_an_export(archive, shell, kinds):  # noqa: F811
    archive.seal(1)
    drop(archive.sealer, "contoso", "They left", NOW, lambda text: None)
    archive.seal(3, "fabrikam")
    root = exported(archive)
    assert Examination(root).run().faults == []
    for kind in kinds:
        hide(root, f'"type":"{kind}"'.encode())
    assert any("are of its customer" in fault for fault in Examination(root).run().faults)
    assert "log" in Page(root, shell).complaints()


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="one of the page's tools is not installed")
def test_an_export_that_does_not_count_them_verifies_and_says_what_it_cannot_show(archive, shell):  # noqa: F811
    archive.seal(1)
    archive.seal(2, "fabrikam")
    root = exported(archive, counting=False)
    page = Page(root, shell)
    said = []
    assert verify(root, said.append), said
    assert page.complaints() == []
    assert any("does not count the customer's own" in line and "ask for another export" in line for line in said)
    assert "but no line counts the customer's own" in page.run("log").stdout


@pytest.mark.parametrize(("kind", "own"), [("exported", 0), ("exported", "2"), ("exported", True), ("opened", 2)])
def test_a_wrong_count_of_the_customers_own_cannot_stand_in_the_log(archive, kind, own):
    run = archive.open(1)
    told = archive.sealer.log.history
    entry = {"type": kind, "seq": told.size, "at": canonical.time(NOW), "customer": "contoso", "own": own}
    entry |= {"newest": run.run_id, "common": told.common} if kind == "exported" else {}
    if kind == "opened":
        entry |= {"run_id": "20260301T120002Z-site-000002", "tenant_id": "t", "previous": run.run_id}
    with pytest.raises(log_module.EvidenceError, match="cannot stand"):
        told.add(entry, b"")
