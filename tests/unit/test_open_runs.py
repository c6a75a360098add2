"""An open run of which nothing is here: what `verify` tells of it, and when it is a forgery."""

from __future__ import annotations

import shutil

import pytest

from graphmail.evidence import Run, verify
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seals import Seals

from .evidence_samples import NOON, TENANT
from .sealed_archive import production


@pytest.fixture
def archive(tmp_path, monkeypatch):
    return production(tmp_path, monkeypatch)


def logged(archive, number, customer="contoso") -> Run:
    """As a process leaves it that dies between the log's line and the run's folder."""
    run = Run(archive.root, customer, f"20260301T12{number:04}Z-site-{number:06x}")
    archive.sealer.opened(run, TENANT, NOON)
    return run


@pytest.mark.parametrize("made", [None, "an empty folder"])
@pytest.mark.parametrize("first", [True, False])
def test_one_that_died_before_it_had_a_folder_is_open_and_no_forgery(archive, first, made):
    if not first:
        archive.seal(1)
    run = logged(archive, 2)
    if made:
        run.folder.mkdir(parents=True)
    said = []
    assert verify(archive.root, said.append)
    assert f"contoso/{run.run_id}: open, and nothing of it is here" in said[0]
    assert Seals.of(archive.root).open == {("contoso", run.run_id)}


def test_one_whose_folder_was_taken_away_is_told_the_same(archive):
    run = archive.open(1)
    said = []
    assert verify(archive.root, said.append)
    assert "it is running" in said[0]
    shutil.rmtree(run.folder)
    assert verify(archive.root, said.append)
    assert Examination(archive.root).run().not_begun == [f"contoso/{run.run_id}"]


@pytest.mark.parametrize("what", ["folder", "bag"])
def test_before_a_later_run_of_the_customer_it_is_a_forgery(archive, what):
    run = archive.open(1)
    archive.seal(2)
    assert Examination(archive.root).run().good
    shutil.rmtree(getattr(run, what))
    said = []
    assert not verify(archive.root, said.append)
    assert any(f"NOT GENUINE. contoso/{run.run_id}" in line and line.endswith("missing") for line in said)
    assert ("contoso", run.run_id) in Seals.of(archive.root).broken


def test_what_lies_there_instead_is_a_fault(archive):
    run = archive.open(1)
    shutil.rmtree(run.bag)
    (run.folder / "note.txt").write_text("moved\n")
    assert not Examination(archive.root).run().good


def test_the_next_run_gives_it_a_folder_and_closes_it(archive):
    run = logged(archive, 1)
    list(archive.sealer.settle("contoso", NOON))
    found = Examination(archive.root).run()
    assert (found.faults, found.aborted, found.not_begun) == ([], [f"contoso/{run.run_id}"], [])
