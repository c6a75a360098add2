"""What one ansible-playbook process shares with its workers."""

from __future__ import annotations

import sys

import pytest
from ansible import context

from graphmail.clock import SystemClock
from graphmail.errors import TenantError
from graphmail.evidence.seal.work import new_key
from graphmail.sealed import new_identity
from graphmail.state import StateFolder
from graphmail_ansible.ansible_run import AnsibleRun, playbook_name


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHMAIL_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GRAPHMAIL_EVIDENCE", str(tmp_path / "evidence"))
    monkeypatch.setenv("GRAPHMAIL_IDENTITY", str(tmp_path / "identity"))
    new_identity(tmp_path / "identity")
    return AnsibleRun()


def connection(customer="contoso", cloud="sandbox"):
    return {"customer": customer, "tenant_id": "5a4d0000-0000-4000-8000-000000000001", "cloud": cloud}


@pytest.mark.parametrize(
    ("program", "arguments", "name"),
    [
        ("ansible-playbook", ("playbooks/onboard.yml", "playbooks/verify.yml"), "onboard"),
        ("ansible-playbook", ("/a b/Very-New Play.yaml",), "very_new_play"),
        ("ansible-playbook", (), "adhoc"),
        ("ansible", ("all.yml",), "adhoc"),
        ("pytest", ("contoso",), "adhoc"),
    ],
)
def test_a_run_is_named_by_its_first_playbook(monkeypatch, program, arguments, name):
    monkeypatch.setattr(sys, "argv", [f"/usr/bin/{program}"])
    monkeypatch.setattr(context, "CLIARGS", {"args": arguments})

    assert playbook_name() == name


def test_a_customer_that_another_run_works_on_stays_refused_and_gets_no_evidence(run, tmp_path):
    with StateFolder(tmp_path / "state", "contoso").lock("20260101T000000Z-onboard-abcdef"):
        run.open(connection(), {})
    run.open(connection(), {})

    for _ in range(2):
        with pytest.raises(TenantError, match="run 20260101T000000Z-onboard-abcdef"):
            run.context("contoso", check_mode=False)
    assert run.customers() == {}
    assert not (tmp_path / "evidence").exists()


def test_a_customers_lock_is_held_to_the_end(run, tmp_path):
    run.open(connection(), {})
    run.open(connection(), {})

    with pytest.raises(TenantError, match=run.run_id):
        StateFolder(tmp_path / "state", "contoso").lock("another")
    StateFolder(tmp_path / "state", "fabrikam").lock("another").close()


@pytest.mark.parametrize("root", ["state", "evidence"])
def test_what_cannot_be_written_stops_the_customer_and_leaves_no_lock(run, tmp_path, root):
    (tmp_path / root).write_text("a file where a folder should be")
    run.open(connection(), {})

    with pytest.raises(TenantError, match=f"cannot be written.*{root}"):
        run.context("contoso", check_mode=False)
    (tmp_path / root).unlink()
    StateFolder(tmp_path / "state", "contoso").lock("another").close()


def test_a_task_of_a_customer_that_nobody_opened_is_refused(run):
    run.open(connection(), {})

    with pytest.raises(TenantError, match="no evidence open"):
        run.context("fabrikam", check_mode=False)


def test_evidence_is_begun_once_and_heard_by_every_task(run):
    run.open(connection(), {"what": "shall be"})
    run.open(connection(), {"what": "else"})

    begun = run.customers()["contoso"]
    assert begun.about()["plan"] == {"what": "shall be"}
    assert run.context("contoso", check_mode=False).observe == begun.append_http


@pytest.mark.parametrize(("cloud", "environment"), [("sandbox", "sandbox"), ("global", "production")])
def test_evidence_says_which_world_it_is_of(run, cloud, environment):
    new_key(run.evidence, environment, None, SystemClock().now())
    run.open(connection(cloud=cloud), {})

    assert run.customers()["contoso"].about()["environment"] == environment


def test_in_production_nothing_begins_without_a_signing_key(run):
    run.open(connection(cloud="global"), {})

    with pytest.raises(TenantError, match="new-key"):
        run.context("contoso", check_mode=False)
    assert not run.evidence.exists()


def test_what_another_run_left_open_is_told_once(run):
    run.open(connection(), {})
    run._customers["contoso"].lock.close()  # as when its process was killed
    following = AnsibleRun()
    following.open(connection(), {})

    assert [run.run_id in note for note in following.notes()] == [True]
    assert following.notes() == []


def test_a_check_records_nothing_and_needs_no_lock(run):
    checking = run.context("contoso", check_mode=True)

    assert checking.observe is None
    assert checking.check_mode


def test_the_cache_is_made_once(run):
    run.open_cache()
    first = run.context("contoso", check_mode=True).cache
    run.open_cache()

    assert run.context("fabrikam", check_mode=True).cache is first
