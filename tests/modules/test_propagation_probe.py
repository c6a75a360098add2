from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from graphmail.evidence import Check, Record, Run, Subject
from tests.modules.tenant_by_hand import GROUP
from tests.sandbox_process import CONTOSO

NAME = "propagation_probe"
SUPPORT, CEO = "support@contoso.example", "ceo@contoso.example"
ASKED = {"mailboxes": [SUPPORT], "outside_mailbox": CEO}


@pytest.fixture
def onboarded(task, sandbox):
    """Contoso as onboard.yml leaves it, before anything acts."""
    owners = ["admin@contoso.example"]
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", application="kundo-mail")
    address = "kundo-mailboxes@contoso.example"
    task("exo_distribution_group", name=GROUP, address=address, owners=owners, members=[SUPPORT])
    task("exo_application_access_policy", application="kundo-mail", group=GROUP)
    task("entra_app_role_assignment", application="kundo-mail", roles=["Mail.Send", "Mail.ReadWrite"])
    task("entra_application_password", application="kundo-mail")
    sandbox.mark()


def rounds(task, **params):
    """Ask again and again, as a playbook does, until it is over."""
    said = []
    while not said or said[-1]["status"] == "pending":
        assert len(said) < 100
        said.append(task(NAME, **ASKED | params))
    return said


def test_tells_what_it_waits_for_and_at_last_that_all_acts(task, onboarded, sandbox):
    said = rounds(task)
    assert said[-1]["status"] == "ready"
    assert said[-1]["waiting_for"] == ""
    reasons = [each["waiting_for"] for each in said[:-1]]
    assert "the token endpoint to accept the new credential" in reasons
    assert f"the restriction to keep the app out of {CEO}" in reasons
    assert not any(each["changed"] for each in said)
    assert sandbox.writes == []


def test_what_it_waits_for_is_kept_until_it_is_over(task, onboarded):
    kept = task.state / "contoso" / "pending.json"
    first = task(NAME, **ASKED)
    assert json.loads(kept.read_text())["observed"] == first["waiting_for"]
    rounds(task)
    assert not kept.exists()


def test_when_the_time_is_over_it_says_so(task, onboarded, contoso, sandbox):
    sandbox.delays(contoso.tenant, policy=10**6)
    said = rounds(task, max_wait=600)
    assert said[-1]["status"] == "expired"
    assert 600 <= said[-1]["waited"] < 700


def test_other_mailboxes_begin_another_wait(task, onboarded, contoso, sandbox):
    first = task(NAME, **ASKED)
    sandbox.advance(contoso.tenant, 60)
    second = task(NAME, **ASKED | {"mailboxes": [SUPPORT, "sales@contoso.example"]})
    assert second["until"] > first["until"]


def test_a_credential_that_was_accepted_before_is_said_to_be_perhaps_removed(task, onboarded, contoso, sandbox):
    contoso.settled()
    (made,) = (task.state / "contoso" / "credentials").glob("*.age")
    assert task(NAME, **ASKED)["status"] == "ready"
    signed_in(task, made.stem)
    path = "/applications(uniqueName='kundo-mail')"
    sandbox.by_hand(contoso.tenant, "POST", f"{path}/removePassword", {"keyId": made.stem})
    contoso.settled()
    told = task(NAME, **ASKED)["waiting_for"]
    assert f"credential {made.stem}, which it accepted before" in told
    assert "removed" in told
    assert "onboard.yml --check" in told


def signed_in(task, key_id):
    """A record of this run: the app signed in with that credential."""
    now = datetime.now(UTC)
    run = Run(task.run.evidence, "contoso", task.run.run_id)
    subject = Subject(client_id="c", key_id=key_id, mailboxes=[SUPPORT], outside_mailbox=CEO)
    check = Check(name="sign_in", claim="c", expected="e", observed="o", verdict="passed")
    about = {"customer": "contoso", "tenant_id": CONTOSO, "environment": "sandbox", "run_id": run.run_id}
    run.write_record(
        Record(**about, notebook="verify_access", started=now, finished=now, subject=subject, checks=[check])
    )


def test_asks_for_folder_ids_only(task, onboarded, contoso, sandbox):
    contoso.settled()
    sandbox.control("DELETE", f"/tenants/{contoso.tenant}/requests")
    assert task(NAME, **ASKED)["status"] == "ready"
    routes = {r["route"] for r in sandbox.requests(contoso.tenant) if r["service"] == "graph"}
    assert all("messages" not in route.lower() for route in routes)
    assert sandbox.writes == []


def test_check_contacts_nothing(task, sandbox, contoso):
    before = len(sandbox.requests(contoso.tenant))
    result = task(NAME, check=True, **ASKED)
    assert (result["skipped"], result["status"]) == (True, "skipped")
    assert len(sandbox.requests(contoso.tenant)) == before


def test_without_a_credential_it_says_what_to_run(task):
    assert "run onboard.yml" in task.failed(NAME, **ASKED)


def test_a_wrong_value_says_what_is_wanted(task):
    assert "max_wait" in task.failed(NAME, **ASKED | {"max_wait": "soon"})


def test_how_long_each_grant_took_is_kept_in_the_runs_evidence(task, onboarded, contoso, sandbox):
    sandbox.delays(contoso.tenant, policy=900)
    said = rounds(task)
    (kept,) = Run(task.run.evidence, "contoso", task.run.run_id).records()
    checks = {check.name: check for check in kept.checks}
    assert (kept.notebook, kept.verdict) == ("propagation", "passed")
    assert list(checks) == ["credential", "consent", "membership", "policy"]
    policy = checks["policy"].measured
    # The same run made it, some seconds before the first look.
    assert policy["not_before_seconds"] < 900 <= policy["delay_seconds"]
    assert said[-2]["waited"] < policy["delay_seconds"] < said[-1]["waited"] + 60
    assert "since it was made" in checks["policy"].observed


def test_an_rbac_assignment_has_a_delay_of_its_own_and_no_consent_is_waited_for(task, sandbox, contoso):
    # An app that calls all the time has its rights loaded anew so long after they were.
    sandbox.delays(contoso.tenant, rbac_busy=1800)
    app = {"application": "kundo-mail"}
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", **app)
    group = {"address": "kundo-mailboxes@contoso.example", "owners": ["admin@contoso.example"], "members": [SUPPORT]}
    task("exo_distribution_group", name=GROUP, **group)
    task("exo_service_principal", **app)
    task("entra_application_password", **app)
    while "to reach" not in task(NAME, **ASKED, access="rbac")["waiting_for"]:
        pass
    task("exo_management_role_assignment", **app, group=GROUP, roles=["Mail.Send", "Mail.ReadWrite"])
    assert rounds(task, access="rbac")[-1]["status"] == "ready"
    (kept,) = Run(task.run.evidence, "contoso", task.run.run_id).records()
    checks = {check.name: check.measured for check in kept.checks}
    assert list(checks) == ["credential", "rbac"]
    assert 1200 < checks["rbac"]["not_before_seconds"] < 1800 <= checks["rbac"]["delay_seconds"] < 2400


def test_what_acts_at_the_first_look_measures_nothing(task, onboarded, contoso):
    contoso.settled()
    assert task(NAME, **ASKED)["status"] == "ready"
    (kept,) = Run(task.run.evidence, "contoso", task.run.run_id).records()
    assert [check.measured for check in kept.checks] == [{}] * 4
    assert {check.observed for check in kept.checks} == {"acted at the first look"}


def test_a_grant_that_does_not_act_in_time_is_unknown_and_measures_nothing(task, onboarded, contoso, sandbox):
    sandbox.delays(contoso.tenant, policy=10**6)
    rounds(task, max_wait=600)
    (kept,) = Run(task.run.evidence, "contoso", task.run.run_id).records()
    policy = next(check for check in kept.checks if check.name == "policy")
    assert (policy.verdict, policy.measured) == ("unknown", {})
    assert CEO in policy.observed
