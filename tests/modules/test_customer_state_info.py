"""before.json comes ahead of the first write, after.json tells what is there after the last; nothing is made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from graphmail.evidence import Run
from graphmail.evidence.states import NO_WRITE, NOT_YET, UNCHANGED
from tests.modules.tenant_by_hand import GROUP
from tests.modules.test_customer_drift_info import SUPPORT, entry, onboard

NAME = "customer_state_info"
APP = {"unique_name": "kundo-mail", "display_name": "Kundo Mail"}


@pytest.fixture
def run(task) -> Run:
    """This run's evidence of contoso, with its entry of the inventory as the plan."""
    task.run.open(task.connection(), entry(task))
    return task.run.opened("contoso").evidence


def exchanges(run: Run) -> list[dict]:
    return [json.loads(line) for line in (run.data / "http.jsonl").read_text().splitlines()]


def test_the_state_is_read_before_the_first_write_and_not_made_up_after_it(task, run, contoso):
    task("entra_application", **APP)

    before, after = run.state("before"), run.state("after")
    write = next(line for line in exchanges(run) if line["method"] == "PATCH" and "/applications" in line["path"])
    assert datetime.fromisoformat(before["read"]["to"]) <= datetime.fromisoformat(write["at"])
    assert (before["application"], before["group"], before["credentials"]) == (None, None, [])
    assert (after["read"], after["why"]) == (None, NOT_YET)


def test_a_first_write_to_exchange_is_one_too(task, run, contoso):
    people = {"owners": ["admin@contoso.example"], "members": [SUPPORT]}
    task("exo_distribution_group", name=GROUP, address="kundo-mailboxes@contoso.example", **people)
    assert run.state("before")["group"] is None
    assert run.state("after")["why"] == NOT_YET


def test_after_the_last_write_everything_is_read_once(task, run, contoso, sandbox):
    onboard(task)
    contoso.settled()

    assert task(NAME)["status"] == "read"
    after, asked = run.state("after"), len(sandbox.requests(contoso.tenant))
    assert task(NAME)["status"] == "unchanged"

    assert len(sandbox.requests(contoso.tenant)) == asked
    assert after["application"]["client_id"] == contoso.app()["appId"]
    assert after["application"]["asks_for"] == ["Mail.ReadWrite", "Mail.Send"]
    assert after["enterprise_application"]["account_enabled"] is True
    assert [(one["service"], one["permission"]) for one in after["consent"]] == [
        ("Microsoft Graph", "Mail.ReadWrite"),
        ("Microsoft Graph", "Mail.Send"),
    ]
    (secret,) = contoso.secrets()
    assert [(one["kind"], one["key_id"], one["ends"][:10]) for one in after["credentials"]] == [
        ("secret", secret["keyId"], secret["endDateTime"][:10])
    ]
    assert after["group"]["name"] == GROUP
    assert [one["primary_smtp_address"] for one in after["group"]["members"]] == [SUPPORT]
    assert [one["access_right"] for one in after["access_policies"]] == ["RestrictAccess"]
    assert (after["exchange_service_principal"], after["role_assignments"], after["not_read"]) == (None, [], {})


def test_roles_in_exchange_are_read_with_the_pointer(task, run, contoso):
    onboard(task, "rbac")
    contoso.settled()
    task(NAME)
    after = run.state("after")
    assert after["exchange_service_principal"]["client_id"] == contoso.app()["appId"]
    assert sorted(one["role"] for one in after["role_assignments"]) == [
        "Application Mail.ReadWrite",
        "Application Mail.Send",
    ]
    assert after["consent"] == []


def test_a_write_after_the_last_look_takes_back_what_was_said(task, run, contoso):
    task("entra_application", **APP)
    contoso.settled()
    task(NAME)
    assert run.state("after")["read"]

    task("entra_service_principal", application="kundo-mail")

    assert run.state("after")["why"] == NOT_YET
    assert run.state("before")["application"] is None


def test_it_costs_at_most_four_requests_and_none_after_the_preflight(task, run, contoso, sandbox):
    onboard(task)
    contoso.settled()
    asked = len([r for r in sandbox.requests(contoso.tenant) if not r["batch"]])
    task(NAME)
    assert len([r for r in sandbox.requests(contoso.tenant) if not r["batch"]]) - asked <= 4


def test_what_cannot_be_read_is_named_and_stops_nothing(task, run, contoso, sandbox):
    task("entra_application", **APP)
    contoso.settled()
    body = {"error": {"code": "UnknownError", "message": "", "details": []}}
    sandbox.fault(contoso.tenant, "exchange", times=50, status=403, body=body)

    assert task(NAME)["status"] == "unknown"

    after = run.state("after")
    assert after["application"]["unique_name"] == "kundo-mail"
    assert "403" in after["not_read"]["exchange"]
    assert "group" not in after


def test_a_run_that_began_no_write_says_so(task, run, sandbox):
    task("entra_application", check=True, **APP)
    assert not (run.data / "before.json").exists()
    run.close("succeeded", datetime.now(UTC))
    assert (run.state("before")["why"], run.state("after")["why"]) == (NO_WRITE, UNCHANGED)
    assert sandbox.writes == []


def test_a_run_that_was_killed_keeps_what_it_read(task, run, contoso):
    """Somebody else closes it, who knows nothing but the files."""
    task("entra_application", **APP)
    Run(run.folder.parents[1], "contoso", run.run_id).close("aborted", datetime.now(UTC), "killed")
    assert run.state("before")["read"]
    assert run.state("after")["why"] == NOT_YET


def test_no_secret_is_in_it(task, run, contoso):
    made = task("entra_application", **APP)
    contoso.graph("POST", f"/applications/{contoso.app()['id']}/addPassword", {"passwordCredential": {}})
    contoso.settled()
    task("entra_service_principal", application="kundo-mail")
    task(NAME)
    text = (run.data / "after.json").read_text()
    assert made["client_id"] in text
    assert "secretText" not in text
    assert "hint" not in text
