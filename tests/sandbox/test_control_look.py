"""What a browser gets where a program gets JSON: pages and forms. How they look and behave is tested in tests/pages."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.sandbox_in_process import mail
from tests.sandbox_process import CONTOSO, FABRIKAM, running

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Site": "same-origin", "Origin": "null"}
FORM = BROWSER | {"Content-Type": "application/x-www-form-urlencoded"}
HERE = f"/_sandbox/tenants/{CONTOSO}"


@pytest.fixture
def look(sandbox):
    """Open a page as a browser does: `look("/_sandbox/")`."""

    def get(path, status=200):
        answer = sandbox.http.get(sandbox.json["control"] + path, headers=BROWSER, timeout=30)
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
        return answer.text

    return get


@pytest.fixture
def send(sandbox):
    """Send a form as a browser does, and return the page that follows."""

    def post(path, status=200, **fields):
        answer = sandbox.http.post(sandbox.json["control"] + path, data=fields or "x=", headers=FORM, timeout=30)
        assert answer.status_code == status, answer.text
        return answer.text

    return post


def test_listing_the_tenants_builds_none_of_them(sockets):
    sockets.blueprint.reset(sockets.world)
    page = sockets.http.get(f"{sockets.addresses['control']}/_sandbox/", headers=BROWSER)
    assert all(name in page.text for name in ("Contoso", "Fabrikam", "Litware"))
    assert list(sockets.world.tenants.built) == []


def test_looking_at_one_tenant_builds_that_one(sockets):
    sockets.blueprint.reset(sockets.world)
    for page in ("", "/mailboxes", "/applications", "/ledger", "/drills"):
        assert sockets.http.get(f"{sockets.addresses['control']}{HERE}{page}", headers=BROWSER).status_code == 200
    assert list(sockets.world.tenants.built) == [CONTOSO]


def test_programs_get_json_at_the_same_address(look, sandbox):
    assert "<table>" in look(f"{HERE}/ledger")
    for accept in ("*/*", "application/json", ""):
        answer = sandbox.http.get(sandbox.json["control"] + f"{HERE}/ledger", headers={"Accept": accept})
        assert answer.json() == {"ledger": []}


@pytest.mark.parametrize("path", ["", "/", "/_sandbox"])
def test_whoever_types_less_than_the_address_gets_there(look, path):
    assert "<h1>Tenants" in look(path)


def test_what_no_page_is_for_stays_json_for_a_browser(sandbox):
    answer = sandbox.http.get(f"{sandbox.json['control']}/_sandbox/health", headers=BROWSER)
    assert answer.json()["status"] == "ok"


def test_the_ledger_shows_the_newest_200_and_leads_to_older_ones(look, contoso):
    for number in range(250):
        contoso.tenant.commit("by-hand", "graph", "POST /things", f"thing-{number}")
    url = f"{contoso.sockets.addresses['control']}{HERE}/ledger"
    first = contoso.sockets.http.get(url, headers=BROWSER).text
    assert first.index("thing-249") < first.index("thing-50<")
    assert "thing-49<" not in first
    assert "?skip=200" in first
    older = contoso.sockets.http.get(f"{url}?skip=200", headers=BROWSER).text
    assert older.index("thing-49<") < older.index("thing-0<")
    for odd in ("-1", "x", "9" * 50, "²"):
        assert "thing-249" in contoso.sockets.http.get(f"{url}?skip={odd}", headers=BROWSER).text


def test_the_ledger_names_who_did_it(graph, look):
    graph.ok("POST", "/applications", {"displayName": "app"})
    page = look(f"{HERE}/ledger")
    assert "Kundo Onboarding" in page
    assert "POST /applications" in page


def test_half_a_surrogate_pair_in_a_subject_can_be_looked_at(contoso):
    contoso.got("POST", "/users/support@contoso.example/sendMail", 202, json=mail("sales@contoso.example"))
    mailbox = contoso.recipient("sales@contoso.example").mailbox
    (message,) = mailbox.messages.values()
    message.properties["subject"] = "half \ud800 of it"
    url = f"{contoso.sockets.addresses['control']}{HERE}/mailboxes/sales@contoso.example"
    assert "half ? of it" in contoso.sockets.http.get(url, headers=BROWSER).text
    url += f"/messages/{quote(message.id, safe='')}"
    assert "half ? of it" in contoso.sockets.http.get(url, headers=BROWSER).text


@pytest.mark.parametrize(
    "path", ["/_sandbox/tenants/nobody", f"{HERE}/mailboxes/nobody@contoso.example", "/_sandbox/tenants/x/drills"]
)
def test_what_is_not_there_is_a_page_too(look, path):
    assert "That did not work" in look(path, 404)


def test_forms_change_delays_limits_and_sign_in(send, sandbox):
    send(f"{HERE}/delays", consent="1.5", policy="0")
    send(f"{HERE}/limits", request="1000")
    send(f"{HERE}/sign-in", device_code_flow="blocked")
    delays = sandbox.control("GET", f"/tenants/{CONTOSO}/delays")
    assert (delays["consent"], delays["policy"], delays["secret"]) == (1.5, 0, 12)
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/limits")["request"] == 1000
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/sign-in") == {"device_code_flow": False}


def test_a_form_resets_one_tenant_or_all(send, sandbox):
    for tenant in (CONTOSO, FABRIKAM):
        sandbox.advance(tenant, 60)
    send("/_sandbox/reset", tenant=CONTOSO)
    offsets = [sandbox.control("GET", f"/tenants/{t}/clock")["offset"] for t in (CONTOSO, FABRIKAM)]
    assert offsets == [0, 60]
    assert "Tenants" in send("/_sandbox/reset")
    assert sandbox.control("GET", f"/tenants/{FABRIKAM}/clock")["offset"] == 0


def test_every_drill_can_be_switched_on_as_its_form_has_it(send, sandbox):
    for drill in sandbox.control("GET", "/drills")["drills"]:
        said = {f"parameter.{name}": str(value) for name, value in drill["parameters"].items()}
        service = "graph" if "graph" in drill["services"] else ""
        page = send(
            f"{HERE}/drills", name=drill["name"], service=service, nth="9", times="", seed="", method="", **said
        )
        assert f"Switch {drill['name']} off" in page
    planned = sandbox.control("GET", f"/tenants/{CONTOSO}/drills")["drills"]
    defaults = {d["name"]: d["parameters"] for d in sandbox.control("GET", "/drills")["drills"]}
    assert all(p["parameters"] == defaults[p["name"]] for p in planned)
    assert len(planned) == len(defaults)
    send(f"{HERE}/drills/forget", number=str(planned[0]["number"]))
    assert len(sandbox.control("GET", f"/tenants/{CONTOSO}/drills")["drills"]) == len(planned) - 1
    assert "everything works as it should" in send(f"{HERE}/drills/forget")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("clock", {"advance": "-1", "unit": "1"}),
        ("clock", {"advance": "nan", "unit": "1"}),
        ("clock", {"advance": "999999999999999", "unit": "86400"}),
        ("clock", {}),
        ("delays", {"policy": "soon"}),
        ("limits", {"nothing": "1"}),
        ("drills", {"name": "<b>nothing</b>"}),
        ("drills", {"name": "http_500_before", "times": "0"}),
        ("drills", {"name": "http_500_before", "parameter.retry_after": "soon"}),
    ],
)
def test_a_wrong_form_says_what_is_wrong_and_changes_nothing(send, sandbox, path, fields):
    page = send(f"{HERE}/{path}", 400, **fields)
    assert "That did not work" in page
    assert "<b>" not in page
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/clock")["offset"] == 0
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/drills")["drills"] == []


@pytest.mark.parametrize("seconds", [1e300, 10**12, 3e11])
def test_a_clock_ends_before_dates_do(sandbox, seconds):
    sandbox.control("POST", f"/tenants/{CONTOSO}/clock", {"advance": seconds}, status=400)
    assert sandbox.control("GET", f"/tenants/{CONTOSO}/clock")["offset"] == 0


def test_curl_which_calls_its_json_a_form_is_understood(sandbox):
    said = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"}
    answer = sandbox.http.post(f"{sandbox.json['control']}{HERE}/clock", data='{"advance": 5}', headers=said)
    assert answer.json()["offset"] == 5


def test_json_is_understood_whatever_the_client_would_like_to_read(sandbox):
    answer = sandbox.http.post(f"{sandbox.json['control']}{HERE}/clock", json={"advance": 5}, headers=BROWSER)
    assert answer.json()["offset"] == 5


def test_what_a_form_changed_is_kept_like_everything_else(tmp_path):
    with running(tmp_path) as sandbox:
        sandbox.http.post(f"{sandbox.json['control']}{HERE}/clock", data={"advance": "2", "unit": "3600"}, headers=FORM)
    with running(tmp_path) as sandbox:
        assert sandbox.control("GET", f"/tenants/{CONTOSO}/clock")["offset"] == 7200
