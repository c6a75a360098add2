"""Who may ask the control pages, and what their answers tell a browser to keep out."""

from __future__ import annotations

import pytest

from tests.sandbox_process import CONTOSO

CLOCK = f"/_sandbox/tenants/{CONTOSO}/clock"
EVERY = (
    ("GET", "/_sandbox/health"),
    ("GET", "/_sandbox/"),
    ("GET", CLOCK),
    ("POST", CLOCK),
    ("PATCH", f"/_sandbox/tenants/{CONTOSO}/delays"),
    ("DELETE", f"/_sandbox/tenants/{CONTOSO}/faults"),
    ("POST", "/timestamp"),
    ("GET", "/nowhere"),
)


def ask(sandbox, method, path, body=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return sandbox.http.request(method, sandbox.json["control"] + path, json=body, headers=named, timeout=30)


def offset(sandbox):
    return sandbox.control("GET", f"/tenants/{CONTOSO}/clock")["offset"]


@pytest.mark.parametrize(("method", "path"), EVERY)
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8443", "10.0.0.1"])
def test_a_name_that_is_not_the_sandboxs_own_gets_nothing(sandbox, method, path, host):
    answer = ask(sandbox, method, path, Host=host)
    assert answer.status_code == 421
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST:8443", "[::1]:9"])
def test_loopback_names_are_its_own(sandbox, host):
    assert ask(sandbox, "GET", "/_sandbox/health", Host=host).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "own"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "none", "Origin": "null"},
    ],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_a_page_of_another_site_changes_nothing(sandbox, said, accept):
    if said.get("Origin") == "own":
        said = said | {"Origin": sandbox.json["control"]}
    assert ask(sandbox, "POST", CLOCK, {"advance": 9}, Accept=accept, **said).status_code == 403
    assert ask(sandbox, "PATCH", f"/_sandbox/tenants/{CONTOSO}/delays", {"policy": 9}, **said).status_code == 403
    assert ask(sandbox, "DELETE", f"/_sandbox/tenants/{CONTOSO}/requests", **said).status_code == 403
    assert offset(sandbox) == 0


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Origin": "own"},
        {"Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "own"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "null"},
    ],
)
def test_its_own_page_and_plain_clients_may(sandbox, said):
    if said.get("Origin") == "own":
        said = said | {"Origin": sandbox.json["control"]}
    assert ask(sandbox, "POST", CLOCK, {"advance": 9}, **said).status_code == 200
    assert offset(sandbox) == 9


@pytest.mark.parametrize(("method", "path"), EVERY)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_every_answer_keeps_scripts_frames_and_other_sites_out(sandbox, method, path, accept):
    answer = ask(sandbox, method, path, Accept=accept)
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers


def test_a_refusal_has_the_same_headers(sandbox):
    answer = ask(sandbox, "GET", "/_sandbox/health", Host="evil.example")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
