"""`python -m graphmail.fleet`: what it says, and its exit status. The notebook itself is tested where kernels are."""

from __future__ import annotations

import pytest

from graphmail.fleet import Fleet, write_all
from graphmail.fleet import __main__ as program
from tests.sandbox_process import ROOT

EXAMPLE = str(ROOT / "inventory.example.yml")


@pytest.fixture
def run(archive, tmp_path, monkeypatch, capsys):
    """The program, with the notebook's work done in this process; its exit status and what it said."""

    def make(evidence, into, *, inventory=None, customers=()):
        return write_all(Fleet.read(evidence, inventory, customers), into)

    monkeypatch.setattr(program, "make", make)

    def run(*arguments):
        status = program.main(["--evidence", str(archive.root), *arguments])
        return status, capsys.readouterr()

    return run


def test_the_exit_status_says_how_the_fleet_stands_and_accept_what_is_good_enough(archive, run):
    archive.left("contoso", all="passed")
    archive.left("fabrikam", all="failed")
    archive.left("litware", all="unknown")
    wanted = {"contoso": (0, 0, 0), "litware": (3, 0, 0), "fabrikam": (1, 1, 0)}
    for customer, statuses in wanted.items():
        for accepted, status in zip(("green", "unknown", "red"), statuses, strict=True):
            assert run("--customer", customer, "--accept", accepted)[0] == status, (customer, accepted)
    assert run()[0] == 1
    assert run("--inventory", EXAMPLE, "--customer", "contoso")[0] == 0


def test_an_empty_archive_is_not_green(run):
    status, said = run()
    assert status == 3
    assert said.out.startswith("No customer is known: the archive is empty\n")


def test_what_needs_a_person_is_said_and_what_is_more_is_counted(archive, run, tmp_path):
    for number in range(22):
        archive.left(f"red-{number:02}", verify_send="failed")
    _status, said = run()
    lines = said.out.splitlines()
    assert lines[0] == "22 customers: 0 green, 22 red, 0 unknown"
    assert lines[1] == "  red     red-00: shown to be untrue: send"
    assert "  … and 24 more" in lines
    assert f"report    {tmp_path / 'reports' / 'fleet.html'}" in lines


def test_a_wrong_name_or_folder_is_2(archive, run, capsys):
    archive.left("contoso", all="passed")
    status, said = run("--customer", "contso")
    assert (status, said.out) == (2, "")
    assert "Neither the archive nor the inventory knows this customer" in said.err
    assert run("--into", str(archive.root))[0] == 2
    with pytest.raises(SystemExit) as ended:
        run("--acept", "red")
    assert ended.value.code == 2
