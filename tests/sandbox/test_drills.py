"""Named drills: what is planned strikes the requests that it names, again with the same seed, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from graphmail.sandbox.drills import DRILLS, schedule
from tests.sandbox.conftest import Graph
from tests.sandbox_process import CONTOSO, FABRIKAM, Sandbox


def plan(sandbox: Sandbox, name: str, status: int | None = 201, **how: Any) -> dict[str, Any]:
    return dict(sandbox.control("POST", f"/tenants/{CONTOSO}/drills", {"name": name, **how}, status))


def planned(sandbox: Sandbox, tenant: str = CONTOSO) -> list[dict[str, Any]]:
    return list(sandbox.control("GET", f"/tenants/{tenant}/drills")["drills"])


def test_the_catalogue_tells_every_drill_with_its_source_and_parameters(sandbox):
    told = sandbox.control("GET", "/_sandbox/drills".removeprefix("/_sandbox"))["drills"]
    assert [d["name"] for d in told] == list(DRILLS)
    assert all(d["imitates"] and d["source"].startswith("https://") for d in told)


def test_the_nth_request_that_fits_is_struck_so_many_times_and_is_told_by_its_request_id(sandbox, graph: Graph):
    plan(sandbox, "http_503_before", service="graph", method="GET", path="/applications*", nth=2, times=2)
    answers = [graph("GET", path) for path in ("/applications", "/users", "/applications", "/applications")]
    answers.append(graph("GET", "/applications"))
    assert [a.status_code for a in answers] == [200, 200, 503, 503, 200]
    (drill,) = planned(sandbox)
    assert [s["request_id"] for s in drill["struck"]] == [a.headers["request-id"] for a in answers[2:4]]
    assert [s["match"] for s in drill["struck"]] == [2, 3]
    assert drill["matched"] == 4


def test_another_tenant_is_not_struck(sandbox, graph_of):
    plan(sandbox, "http_503_before", times=None)
    assert graph_of(FABRIKAM)("GET", "/organization").status_code == 200
    assert planned(sandbox, FABRIKAM) == []


def test_what_a_person_does_by_hand_is_not_struck(sandbox):
    plan(sandbox, "http_503_before", times=None)
    assert sandbox.by_hand(CONTOSO, "GET", "/organization")["value"]


def test_the_same_seed_strikes_the_same_requests_and_another_seed_others(sandbox, graph: Graph):
    def strikes(seed: int) -> list[int]:
        sandbox.control("DELETE", f"/tenants/{CONTOSO}/drills")
        plan(sandbox, "http_500_before", service="graph", times=None, probability=0.3, seed=seed)
        return [n for n in range(30) if graph("GET", "/organization").status_code == 500]

    first = strikes(1)
    assert 0 < len(first) < 30
    assert strikes(1) == first
    assert strikes(2) != first


def test_a_plan_that_cannot_be_made_says_what_there_is(sandbox):
    assert "http_500_before" in plan(sandbox, "nonsense", 400)["error"]
    assert "there are: retry_after" in plan(sandbox, "http_500_before", 400, parameters={"seconds": 1})["error"]
    assert "retry_after" in plan(sandbox, "http_500_before", 400, parameters={"retry_after": "x"})["error"]
    assert "nth" in plan(sandbox, "http_500_before", 400, nth=0)["error"]
    assert "entra" in plan(sandbox, "entra_throttled", 400, service="graph")["error"]
    assert planned(sandbox) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("throttled_without_retry_after", None),
        ("throttled_integer", "10"),
        ("throttled_fractional", "2.128"),
        ("throttled_for_ages", "1000000000"),
        ("throttled_negative", "-5"),
        ("throttled_text", "in a while"),
    ],
)
def test_a_throttle_says_what_it_is_to_say(sandbox, graph: Graph, name, told):
    plan(sandbox, name, service="graph")
    answer = graph("GET", "/organization")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, told)


@pytest.mark.parametrize(("when", "there"), [("before", 0), ("after", 1)])
def test_an_outage_comes_before_or_after_the_commit(sandbox, graph: Graph, when, there):
    plan(sandbox, f"http_504_{when}", method="POST")
    assert graph("POST", "/applications", {"displayName": "new"}).status_code == 504
    apps = sandbox.by_hand(CONTOSO, "GET", "/applications")["value"]
    assert [a["displayName"] for a in apps].count("new") == there


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("reset_before_the_request_is_read", 0),
        ("reset_after_the_commit", 1),
        ("reset_inside_the_answer", 1),
        ("cut_body", 1),
        ("cut_chunk", 1),
    ],
)
def test_a_connection_ends_where_the_drill_says(sandbox, graph: Graph, name, there):
    plan(sandbox, name, method="POST")
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        graph("POST", "/applications", {"displayName": "new"})
    apps = sandbox.by_hand(CONTOSO, "GET", "/applications")["value"]
    assert [a["displayName"] for a in apps].count("new") == there
    assert graph("GET", "/organization").status_code == 200


def test_a_kept_connection_is_reset_when_it_is_used_again(sandbox, graph: Graph):
    plan(sandbox, "reset_on_reuse", service="graph")
    assert graph("GET", "/organization").status_code == 200
    with pytest.raises(requests.exceptions.ConnectionError):
        graph("POST", "/applications", {"displayName": "new"})
    assert sandbox.writes == []


@pytest.fixture
def repeats_reads(sandbox, monkeypatch) -> None:
    """As clients do, once: a request may be on its way on a kept connection before its close is seen."""
    http = requests.Session()
    http.trust_env, http.verify = False, sandbox.http.verify
    http.mount("https://", HTTPAdapter(max_retries=Retry(total=1, read=1)))
    monkeypatch.setattr(sandbox, "http", http)


@pytest.mark.usefixtures("repeats_reads")
def test_a_connection_closed_after_its_answer_costs_nothing_but_a_new_one(sandbox, graph: Graph):
    plan(sandbox, "closed_after_the_answer", service="graph")
    assert graph("GET", "/organization").status_code == 200
    assert graph("GET", "/organization").status_code == 200
    (drill,) = planned(sandbox)
    assert (drill["matched"], len(drill["struck"])) == (2, 1)


@pytest.mark.usefixtures("repeats_reads")
def test_a_port_is_shut_before_the_nth_request_until_the_clock_is_further(sandbox, graph: Graph):
    plan(sandbox, "connection_refused", service="graph", nth=2, parameters={"seconds": 600})
    assert graph("GET", "/organization").status_code == 200
    with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
        graph("GET", "/organization")
    assert sandbox.token(CONTOSO)
    sandbox.advance(CONTOSO, 601)
    assert graph("GET", "/organization").status_code == 200


@pytest.mark.usefixtures("repeats_reads")
def test_a_port_is_shut_at_once_and_a_reset_opens_it(sandbox, graph: Graph):
    plan(sandbox, "connection_refused", service="graph", parameters={"seconds": 600})
    with pytest.raises(requests.exceptions.ConnectionError, match="refused"):
        graph("GET", "/organization")
    sandbox.reset()
    assert graph("GET", "/organization").status_code == 401


def test_a_replica_that_is_behind_answers_from_before_the_change(sandbox, graph: Graph, new_app):
    path = f"/applications/{new_app['id']}"
    plan(sandbox, "reads_go_backwards", parameters={"lags": [20]})
    assert graph("PATCH", path, {"displayName": "changed"}).status_code == 204
    assert graph.ok("GET", path)["displayName"] == "app"
    sandbox.advance(CONTOSO, 21)
    assert graph.ok("GET", path)["displayName"] == "changed"
    assert len(planned(sandbox)[0]["struck"]) == 1


def test_replicas_show_a_secret_and_hide_it_again(sandbox, graph: Graph, new_app):
    path = f"/applications/{new_app['id']}"
    plan(sandbox, "reads_go_backwards", seed=3, parameters={"lags": [0, 60]})
    graph.ok("POST", f"{path}/addPassword", {"passwordCredential": {"displayName": "x"}})
    seen = [len(graph.ok("GET", path)["passwordCredentials"]) for _ in range(12)]
    assert set(seen) == {1, 2}


def test_a_lag_is_at_its_longest_until_it_is_forgotten(sandbox):
    before = sandbox.control("GET", f"/tenants/{CONTOSO}/delays")
    plan(sandbox, "replication_lag")
    plan(sandbox, "policy_lag")
    now = sandbox.control("GET", f"/tenants/{CONTOSO}/delays")
    assert (now["replication"], now["policy"], now["membership"]) == (900, 7200, 7200)
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/drills")
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/delays") == before


def test_a_batch_item_is_struck_by_itself(sandbox, graph: Graph):
    plan(sandbox, "throttled_integer", path="/users*")
    items = [{"id": str(n), "method": "GET", "url": url} for n, url in enumerate(("/organization", "/users"))]
    answers = graph.ok("POST", "/$batch", {"requests": items})["responses"]
    assert {a["id"]: a["status"] for a in answers} == {"0": 200, "1": 429}


@pytest.mark.parametrize(("name", "more"), [("page_twice", 1), ("page_missing", -1)])
def test_pages_of_mail_repeat_rows_and_leave_rows_out(contoso, name, more):
    path = "/users/support@contoso.example/messages"
    for number in range(4):
        contoso.got("POST", path, 201, json={"subject": f"{number}"})
    schedule.plan(contoso.sockets.world, contoso.tenant, {"name": name, "path": "/users/*"})
    found, page = [], f"{path}?$select=subject"
    while page:
        answer = contoso.got("GET", page)
        found += [m["subject"] for m in answer["value"]]
        page = answer.get("@odata.nextLink", "")
    assert len(found) == 4 + more


def test_pages_repeat_rows_leave_rows_out_or_lead_astray(sandbox, graph: Graph):
    def rows(name: str) -> tuple[list[str], str]:
        sandbox.control("DELETE", f"/tenants/{CONTOSO}/drills")
        if name:
            plan(sandbox, name, path="/users")
        found, link, seen = [], f"{sandbox.json['graph']}/v1.0/users?$select=id", set()
        while link and link not in seen and link.startswith(sandbox.json["graph"]):
            seen.add(link)
            page = graph.ok("GET", link)
            found += [row["id"] for row in page["value"]]
            link = page.get("@odata.nextLink", "")
        return found, link

    whole, _ = rows("")
    assert len(whole) > 3
    assert sorted(set(rows("page_twice")[0])) == sorted(whole)
    assert len(rows("page_twice")[0]) == len(whole) + 1
    assert len(rows("page_missing")[0]) == len(whole) - 1
    assert len(rows("page_linked_to_itself")[0]) == 1
    assert "attacker" in rows("page_linked_elsewhere")[1]
