"""The pages where a person decides: no other site's page may, and no other host's name leads to them."""

from __future__ import annotations

import pytest

from tests.sandbox.signed_in import ADMIN
from tests.sandbox.test_entra_admin_consent import BACK, GLOBAL, MAIL_SEND, appoint, declare, granted
from tests.sandbox_process import CONTOSO

OWN = "the page's own origin"


def decide(sandbox, app, **headers):
    if headers.get("Origin") == OWN:
        headers["Origin"] = sandbox.json["login"]
    form = {"client_id": app["client_id"], "redirect_uri": BACK, "username": ADMIN, "decision": "approve"}
    url = f"{sandbox.json['login']}/{CONTOSO}/adminconsent"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return sandbox.http.post(url, data=form, headers=named, allow_redirects=False, timeout=30)


@pytest.fixture
def declared(sandbox, new_app):
    appoint(sandbox, CONTOSO, ADMIN, GLOBAL)
    declare(sandbox, new_app, [MAIL_SEND])
    sandbox.mark()
    return new_app


@pytest.mark.parametrize(
    "said",
    [
        {"Origin": "https://attacker.example", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": OWN, "Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_page_of_another_site_consents_to_nothing(sandbox, declared, said):
    assert decide(sandbox, declared, **said).status_code == 403
    assert (granted(sandbox, declared["principal"]), sandbox.writes) == ((set(), set()), [])
    assert sandbox.requests(CONTOSO)[-1]["refused"] == "a page of another site"


@pytest.mark.parametrize("said", [{}, {"Origin": OWN}, {"Origin": "null", "Sec_Fetch_Site": "same-origin"}])
def test_its_own_page_and_plain_clients_may_consent(sandbox, declared, said):
    assert decide(sandbox, declared, **said).status_code == 302
    assert granted(sandbox, declared["principal"]) == ({MAIL_SEND}, set())


def test_its_own_page_at_a_real_host_name_may_consent(sandbox, declared):
    host = "login.microsoftonline.com"
    answer = decide(sandbox, declared, Host=host, Origin=f"https://{host}", Sec_Fetch_Site="same-origin")
    assert answer.status_code == 302


@pytest.mark.parametrize("path", ["oauth2/deviceauth", "oauth2/v2.0/authorize", "adminconsent"])
def test_every_page_refuses_forms_of_another_site(sandbox, path):
    url = f"{sandbox.json['login']}/{CONTOSO}/{path}"
    answer = sandbox.http.post(url, data={"decision": "approve"}, headers={"Origin": "https://a.example"}, timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "CrossSite")


@pytest.mark.parametrize("service", ["login", "graph", "exchange"])
@pytest.mark.parametrize("host", ["attacker.example:8444", "127.0.0.1.attacker.example", "graph.microsoft.com:80"])
def test_no_service_answers_for_a_name_that_is_not_its_own(sandbox, service, host):
    answer = sandbox.http.get(f"{sandbox.json[service]}/{CONTOSO}/adminconsent", headers={"Host": host}, timeout=30)
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "MisdirectedRequest")
    noted = sandbox.control("GET", "/requests")["requests"][-1]
    assert (noted["status"], noted["refused"]) == (421, "another host's name")
