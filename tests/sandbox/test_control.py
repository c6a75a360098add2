"""The control pages: docs/architecture.md."""

from __future__ import annotations

from datetime import datetime

import pytest
import requests

from tests.sandbox_process import CONTOSO, FABRIKAM, LITWARE


def test_health_names_the_tenants(sandbox):
    assert sandbox.control("GET", "/health") == {"status": "ok", "tenants": [CONTOSO, FABRIKAM, LITWARE]}


def test_reset_puts_all_back_and_forgets_tokens(graph, sandbox):
    graph.ok("POST", "/applications", {"displayName": "app"})
    sandbox.advance(CONTOSO, 100)
    sandbox.reset()
    assert sandbox.ledger(CONTOSO) == sandbox.requests(CONTOSO) == []
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/clock")["offset"] == 0
    graph.refused(401, "InvalidAuthenticationToken", "GET", "/organization")
    assert [a["displayName"] for a in sandbox.by_hand(CONTOSO, "GET", "/applications")["value"]] == ["Kundo Onboarding"]


def test_reset_of_one_tenant_leaves_the_others(sandbox):
    for tenant in (CONTOSO, FABRIKAM):
        sandbox.by_hand(tenant, "POST", "/applications", {"displayName": "app"})
    sandbox.reset(CONTOSO)
    assert (len(sandbox.ledger(CONTOSO)), len(sandbox.ledger(FABRIKAM))) == (0, 1)


def test_ids_and_admin_secrets_survive_a_reset(sandbox):
    before = sandbox.by_hand(LITWARE, "GET", "/users")["value"]
    sandbox.reset()
    assert sandbox.by_hand(LITWARE, "GET", "/users")["value"] == before
    assert sandbox.token(LITWARE)


def test_clock_of_one_tenant_advances_alone(sandbox):
    sandbox.advance(CONTOSO, 3600)
    apart = datetime.fromisoformat(sandbox.now(CONTOSO)) - datetime.fromisoformat(sandbox.now(FABRIKAM))
    assert apart.total_seconds() == pytest.approx(3600, abs=5)


@pytest.mark.parametrize("seconds", [-1, "1", None, True])
def test_clock_does_not_go_back(sandbox, seconds):
    sandbox.control("POST", f"/tenants/{CONTOSO}/clock", {"advance": seconds}, status=400)


def test_delays_and_limits_can_be_changed(graph, sandbox):
    sandbox.delays(CONTOSO, replication=0, consent=1)
    sandbox.limits(CONTOSO, request=1000)
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/delays")["consent"] == 1
    created = graph.ok("POST", "/applications", {"displayName": "app"})
    graph.ok("GET", f"/applications/{created['id']}")
    assert graph("POST", "/applications", {"displayName": "a" * 1000}).status_code == 413


@pytest.mark.parametrize(("page", "change"), [("delays", {"replicaton": 1}), ("limits", {"request": -1})])
def test_wrong_delay_or_limit_is_refused(sandbox, page, change):
    sandbox.control("PATCH", f"/tenants/{CONTOSO}/{page}", change, status=400)


def test_unknown_tenant_is_404(sandbox):
    sandbox.control("GET", "/tenants/5a4d0000-0000-4000-8000-00000000ffff/ledger", status=404)


def test_ledger_tells_who_did_what_when_in_order(graph, sandbox):
    created = graph.ok("POST", "/applications", {"displayName": "app"})
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{created['id']}", {"notes": "by hand"})
    first, second = sandbox.ledger(CONTOSO)
    assert set(first) == {"number", "at", "actor", "service", "request", "target", "detail", "request_id"}
    assert (first["number"], second["number"]) == (1, 2)
    assert (first["actor"], second["actor"]) == (sandbox.json["admins"][CONTOSO]["client_id"], "by-hand")
    assert (second["service"], second["request"]) == ("graph", "PATCH /applications/{id}")
    assert second["detail"]["changed"] == ["notes"]


def test_reads_and_refused_writes_are_in_the_log_and_not_in_the_ledger(graph, sandbox):
    graph("POST", "/applications", {})
    graph("GET", "/organization")
    assert sandbox.ledger(CONTOSO) == []
    logged = [(r["method"], r["route"], r["status"]) for r in sandbox.requests(CONTOSO)][-2:]
    assert logged == [("POST", "/applications", 400), ("GET", "/organization", 200)]


def test_request_log_never_holds_bodies_queries_or_bearers(graph, sandbox):
    graph("POST", "/applications", {"displayName": "very-private"})
    graph("GET", "/users?$filter=mail eq 'also-private@contoso.example'")
    logged = str(sandbox.requests(CONTOSO))
    assert "private" not in logged
    assert graph.token[-20:] not in logged


def test_by_hand_needs_no_permission_and_sees_its_changes_at_once(sandbox):
    created = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
    assert sandbox.by_hand(CONTOSO, "GET", f"/applications/{created['id']}")["displayName"] == "app"
    assert sandbox.by_hand(CONTOSO, "GET", "/groups")["value"]


def test_by_hand_answers_the_services_error(sandbox):
    answer = sandbox.by_hand(CONTOSO, "GET", "/users/nobody", ok=False)
    assert (answer["status"], answer["body"]["error"]["code"]) == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize("wanted", [{}, {"service": "entra"}, {"service": "graph"}, {"service": "exchange"}])
def test_by_hand_that_cannot_be_understood_is_refused(sandbox, wanted):
    sandbox.control("POST", f"/tenants/{CONTOSO}/by-hand", wanted, status=400)


def test_mailbox_is_shown_by_folder_to_tests_and_as_a_page_to_people(sandbox):
    view = sandbox.mailbox(CONTOSO, "support@contoso.example")
    assert view["folders"]["inbox"] == view["folders"]["sentitems"] == []
    url = f"{sandbox.json['control']}/_sandbox/tenants/{CONTOSO}/mailboxes/support@contoso.example"
    page = sandbox.http.get(url, headers={"Accept": "text/html"})
    assert page.headers["Content-Type"].startswith("text/html")
    assert "sandbox" in page.text
    sandbox.control("GET", f"/tenants/{CONTOSO}/mailboxes/trainee@contoso.example", status=404)


def test_fault_before_the_commit_answers_as_planned_and_does_nothing(graph, sandbox):
    sandbox.fault(
        CONTOSO, "graph", "POST", "/applications", status=503, headers={"Retry-After": "3"}, body={"error": {}}
    )
    answer = graph("POST", "/applications", {"displayName": "app"})
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (503, "3", {"error": {}})
    assert sandbox.ledger(CONTOSO) == []
    assert graph("POST", "/applications", {"displayName": "app"}).status_code == 201


def test_fault_after_the_commit_hides_a_success(graph, sandbox):
    sandbox.fault(CONTOSO, "graph", "POST", "/applications/*/addPassword", status=504, when="after", body="<html>")
    created = graph.ok("POST", "/applications", {"displayName": "app"})
    graph.settle()
    answer = graph("POST", f"/applications/{created['id']}/addPassword", {})
    assert (answer.status_code, answer.text) == (504, "<html>")
    assert len(graph.ok("GET", f"/applications/{created['id']}")["passwordCredentials"]) == 1


@pytest.mark.parametrize(("when", "committed"), [("before", 0), ("after", 1)])
def test_fault_without_a_status_cuts_the_connection(graph, sandbox, when, committed):
    sandbox.fault(CONTOSO, "graph", "POST", "/applications", when=when)
    with pytest.raises(requests.ConnectionError):
        graph("POST", "/applications", {"displayName": "app"})
    assert len(sandbox.ledger(CONTOSO)) == committed
    assert sandbox.requests(CONTOSO)[-1]["status"] == 0


def test_fault_that_hangs_holds_the_connection_in_real_seconds(graph, sandbox):
    sandbox.fault(CONTOSO, "graph", "GET", "/organization", hang=5)
    url = f"{sandbox.json['graph']}/v1.0/organization"
    # Cut at once, it would be a ConnectionError.
    with pytest.raises(requests.ReadTimeout):
        sandbox.http.get(url, headers={"Authorization": f"Bearer {graph.token}"}, timeout=0.2)


def test_fault_strikes_as_often_as_planned_and_only_where_it_fits(graph, sandbox):
    sandbox.fault(CONTOSO, "graph", "GET", "/organization", status=500, times=2)
    assert [graph("GET", p).status_code for p in ("/users", "/organization", "/organization", "/organization")] == [
        200,
        500,
        500,
        200,
    ]


def test_fault_of_the_token_endpoint(sandbox):
    sandbox.fault(CONTOSO, "entra", "POST", "*/token", status=429, headers={"Retry-After": "1"})
    assert [sandbox.token_answer(CONTOSO).status_code for _ in range(2)] == [429, 200]
    assert sandbox.token_answer(FABRIKAM).status_code == 200


def test_faults_can_be_seen_and_forgotten(graph, sandbox):
    sandbox.fault(CONTOSO, "graph", status=500, times=9)
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/faults")["faults"][0]["times"] == 9
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/faults")
    assert graph("GET", "/organization").status_code == 200


@pytest.mark.parametrize(
    "plan", [{"service": "imap"}, {"service": "graph", "colour": 1}, {"service": "graph", "when": "x"}]
)
def test_wrong_fault_is_refused(sandbox, plan):
    sandbox.control("POST", f"/tenants/{CONTOSO}/faults", plan, status=400)


def test_by_hand_is_neither_logged_nor_struck_by_faults(sandbox):
    sandbox.fault(CONTOSO, "graph", status=500)
    sandbox.by_hand(CONTOSO, "GET", "/organization")
    assert sandbox.requests(CONTOSO) == []
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/faults")["faults"][0]["times"] == 1


def test_ledger_names_the_request_that_did_it(sandbox, graph):
    made = graph("POST", "/applications", {"displayName": "one"})
    batch = [{"id": "1", "method": "POST", "url": "/applications", "headers": {"Content-Type": "application/json"}}]
    graph.ok("POST", "/$batch", {"requests": [batch[0] | {"body": {"displayName": "two"}}]})
    logged = {entry["request_id"]: entry for entry in sandbox.requests(CONTOSO)}
    first, second = (logged[entry["request_id"]] for entry in sandbox.ledger(CONTOSO))
    assert first["request_id"] == made.headers["request-id"]
    assert (second["path"], bool(second["batch"])) == ("/applications", True)


@pytest.mark.parametrize("name", [CONTOSO, "contoso.onmicrosoft.example", "contoso.example"])
def test_tenant_is_named_by_its_id_or_any_of_its_domains(sandbox, name):
    assert sandbox.control("GET", f"/tenants/{name}/delays")["replication"] == 4


def test_mailbox_with_half_a_surrogate_pair_is_shown(sandbox):
    address = "support@contoso.example"
    sandbox.by_hand(CONTOSO, "POST", f"/users/{address}/messages", {"subject": "half \ud800"})
    drafts = sandbox.control("GET", f"/tenants/{CONTOSO}/mailboxes/{address}")["folders"]["drafts"]
    assert [m["subject"] for m in drafts] == ["half \ud800"]
