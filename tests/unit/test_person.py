"""A person signs in to a customer's tenant: both flows, every refusal, and what is sealed."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
import requests
import yaml

from graphmail import person
from graphmail.credentials import RefreshToken, read
from graphmail.credentials.__main__ import main
from graphmail.errors import TenantError, TokenError, WrongTenant
from graphmail.tenant import RunContext
from tests.ops_client import OpsClient
from tests.sandbox.signed_in import ADMIN
from tests.sandbox_process import CONTOSO
from tests.unit.conftest import INVENTORY

AUDIENCE = "https://graph.microsoft.com"
FLOWS = ["device_code", "authorization_code"]


@pytest.fixture
def client(sandbox) -> OpsClient:
    return OpsClient(sandbox)


@pytest.fixture
def consented(client) -> OpsClient:
    client.consent()
    return client


@pytest.fixture
def contoso(operator, client):
    """Contoso, where a person signs in; `contoso(kind)` is a new task of the run."""
    sealed = operator.folder / "state" / "contoso" / "admin.age"
    sealed.unlink()

    def connect(kind: str = "device_code", run: RunContext | None = None):
        admin = {"kind": kind, "client_id": client.client_id, "sealed": str(sealed)}
        return operator.tenant(run=run or RunContext(tell=client.tell), admin=admin)

    return connect


def sealed(operator) -> Path:
    return operator.folder / "state" / "contoso" / "admin.age"


@pytest.mark.parametrize("kind", FLOWS)
def test_whoever_signs_in_is_sealed_with_name_and_object_id(sandbox, operator, consented, contoso, kind):
    token = contoso(kind).admin_token(AUDIENCE)

    kept = read(sealed(operator))
    assert isinstance(kept, RefreshToken)
    assert kept.key_id == sandbox.by_hand(CONTOSO, "GET", f"/users/{ADMIN}")["id"]
    assert (kept.tenant_id, kept.client_id, kept.username) == (CONTOSO, consented.client_id, ADMIN)
    assert token.delegated
    assert "Application.ReadWrite.All" in token.scopes
    assert len(consented.told) == 1


@pytest.mark.parametrize("kind", FLOWS)
def test_nobody_is_asked_again_while_the_sign_in_lasts(consented, contoso, kind):
    contoso(kind).admin_token(AUDIENCE)

    assert contoso(kind).exchange.cmdlets()
    assert len(consented.told) == 1


@pytest.mark.parametrize("kind", FLOWS)
def test_the_message_names_the_customer_and_holds_no_token(operator, consented, contoso, kind):
    contoso(kind).admin_token(AUDIENCE)

    (told,) = consented.told
    assert "Customer contoso, tenant contoso.onmicrosoft.example" in told
    assert not any(secret in told for secret in read(sealed(operator)).secrets())


def test_the_code_is_asked_for_no_sooner_than_told(sandbox, consented, contoso):
    tenant = contoso()
    began = tenant.clock.now()
    tenant.admin_token(AUDIENCE)

    assert tenant.clock.now() - began >= timedelta(seconds=5)
    polls = [r for r in sandbox.requests(CONTOSO) if r["path"].endswith("/token")]
    assert len([r for r in polls if r["status"] == 400]) == 0


@pytest.mark.parametrize("kind", FLOWS)
def test_a_person_who_declines_is_told_and_nothing_is_sealed(operator, consented, contoso, kind):
    consented.decision = "decline"

    with pytest.raises(TokenError, match=r"declined.*nothing was sealed"):
        contoso(kind).admin_token(AUDIENCE)

    assert not sealed(operator).exists()


@pytest.mark.parametrize("kind", FLOWS)
def test_nobody_signs_in_and_the_wait_ends_with_its_deadline(sandbox, operator, consented, contoso, kind):
    consented.tell = lambda text: sandbox.advance(CONTOSO, 890)
    tenant = contoso(kind, RunContext(tell=consented.tell))
    began = tenant.clock.now()

    with pytest.raises(TokenError, match=r"nobody signed in while it was waited for"):
        tenant.admin_token(AUDIENCE)

    # What `tell` moved is known to the tenant's clock from its next sleep on.
    assert timedelta(seconds=880) < tenant.clock.now() - began < timedelta(seconds=930)
    assert not sealed(operator).exists()


def test_conditional_access_that_blocks_the_device_code_names_the_other_way(sandbox, operator, consented, contoso):
    sandbox.control("PATCH", f"/tenants/{CONTOSO}/sign-in", {"device_code_flow": False})

    with pytest.raises(TokenError, match=r"AADSTS53003.*set admin.kind to authorization_code"):
        contoso().admin_token(AUDIENCE)

    assert contoso("authorization_code").admin_token(AUDIENCE).delegated


@pytest.mark.parametrize("kind", FLOWS)
def test_without_consent_the_page_where_an_administrator_gives_it_is_named(sandbox, operator, client, contoso, kind):
    if kind == "authorization_code":
        # The page itself refuses, and no browser comes back.
        real = client.tell
        client.tell = lambda text: (real(text), sandbox.advance(CONTOSO, 890))
    with pytest.raises(TokenError) as caught:
        contoso(kind).admin_token(AUDIENCE)

    link = str(caught.value).partition("open ")[2].partition(" ")[0]
    assert link.startswith(f"{sandbox.json['login']}/{CONTOSO}/adminconsent?client_id={client.client_id}")
    assert sandbox.http.get(link, timeout=30).status_code == 200
    assert not sealed(operator).exists()


@pytest.mark.parametrize(("code", "said"), [(50076, "second factor"), (50079, "aka.ms/mfasetup"), (7000218, "public")])
def test_other_refusals_say_what_to_do(sandbox, consented, contoso, code, said):
    body = {"error": "invalid_grant", "error_codes": [code], "error_description": f"AADSTS{code}: canary-text"}
    plan = {"status": 400, "body": body, "times": 9}
    sandbox.fault(CONTOSO, "entra", "POST", "*/token", **plan)

    with pytest.raises(TokenError, match=rf"AADSTS{code}.*{said}") as caught:
        contoso().admin_token(AUDIENCE)

    assert "canary" not in str(caught.value)


def test_a_sign_in_that_is_over_is_made_anew_where_somebody_can_be_told(operator, consented, contoso):
    contoso().admin_token(AUDIENCE)
    contoso().clock.sleep(91 * 86400)

    assert contoso().graph.get("/organization")["value"][0]["id"] == CONTOSO
    assert len(consented.told) == 2


def test_a_sign_in_that_is_over_says_so_where_nobody_can_be_told(consented, contoso):
    contoso().admin_token(AUDIENCE)
    silent = contoso(run=RunContext())
    silent.clock.sleep(91 * 86400)

    with pytest.raises(TokenError, match=r"AADSTS700082.*graphmail.credentials sign-in contoso"):
        silent.admin_token(AUDIENCE)


def test_where_nobody_sees_a_message_the_command_is_named(contoso):
    with pytest.raises(TenantError, match=r"is missing.*graphmail.credentials sign-in contoso"):
        contoso(run=RunContext()).admin_token(AUDIENCE)


def test_a_check_signs_in_for_itself_and_seals_nothing(operator, consented, contoso, run_cache):
    run = RunContext(check_mode=True, cache=run_cache, tell=consented.tell)

    contoso(run=run).admin_token(AUDIENCE)
    contoso(run=run).exchange.cmdlets()

    assert len(consented.told) == 1
    assert not sealed(operator).exists()


def test_exchange_is_asked_in_the_persons_name(consented, contoso):
    seen = []
    tenant = contoso()
    send = tenant.exchange.transport.send
    tenant.exchange.transport.send = lambda request, *a, **k: (seen.append(request.headers), send(request, *a, **k))[1]
    tenant.exchange.find("Get-Recipient", Identity="support@contoso.example")

    assert {headers["X-AnchorMailbox"] for headers in seen if "X-AnchorMailbox" in headers} == {f"UPN:{ADMIN}"}


@pytest.mark.parametrize("query", ["code=stolen&state=wrong", "code=stolen", "", "error=x"])
def test_what_is_no_answer_to_this_sign_in_is_waited_past(sandbox, operator, consented, contoso, query):
    real = consented.tell

    def tell(text: str) -> None:
        port = text.partition("redirect_uri=http%3A%2F%2Flocalhost%3A")[2].partition("&")[0]
        assert port.isdecimal(), text

        def browse() -> None:
            assert requests.get(f"http://127.0.0.1:{port}/?{query}", timeout=30).status_code == 404
            real(text)

        threading.Thread(target=browse).start()

    assert contoso("authorization_code", RunContext(tell=tell)).admin_token(AUDIENCE).delegated


def test_a_guest_of_another_tenant_is_refused_and_nothing_is_sealed(tmp_path, monkeypatch, operator):
    """A scripted Entra answers with a token of another tenant, as the sandbox never does."""

    other = "5a4d0000-0000-4000-8000-000000000002"
    claims = {"tid": other, "oid": "o", "upn": "guest@fabrikam.example", "scp": "User.Read"}
    token = jwt.encode(claims, "k" * 32, "HS256")
    answer = {"access_token": token, "refresh_token": "canary", "expires_in": 3600, "token_type": "Bearer"}
    monkeypatch.setitem(person.FLOWS, "device_code", lambda *arguments: answer)
    contoso = operator.tenant(
        run=RunContext(tell=print),
        admin={"kind": "device_code", "client_id": "c", "sealed": str(tmp_path / "none.age")},
    )

    with pytest.raises(WrongTenant, match=rf"in another tenant.*{other}.*nothing was sealed"):
        contoso.admin_token(AUDIENCE)

    assert not (tmp_path / "none.age").exists()


def test_the_command_shows_what_to_do_seals_and_prints_the_path_alone(operator, consented, tmp_path):
    described = yaml.safe_load(INVENTORY.read_text())
    described["defaults"]["admin"] = {"kind": "device_code", "client_id": consented.client_id}
    described["customers"] = {"contoso": described["customers"]["contoso"]}
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump(described))
    sealed(operator).unlink()
    command = [sys.executable, "-m", "graphmail.credentials", "sign-in", "contoso", "--inventory", "inventory.yml"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        consented.tell(process.stderr.readline())
        out, said = process.communicate(timeout=60)

    kept = read(sealed(operator))
    assert process.returncode == 0, said
    assert out == f"{sealed(operator)}\n"
    assert f"Signed in as {ADMIN}." in said
    assert not any(secret in out + said for secret in kept.secrets())


def test_the_command_says_so_where_ops_is_an_app(operator, capsys):
    assert main(["sign-in", "contoso", "--inventory", str(INVENTORY)]) == 1

    assert "Ops signs in to the tenant of customer contoso as an app" in capsys.readouterr().err
