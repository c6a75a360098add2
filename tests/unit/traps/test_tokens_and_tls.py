"""Measured behaviour of msal, requests and TLS that bites, each kept away by our own code."""

from __future__ import annotations

import multiprocessing
import os

import pytest

from graphmail import sessions
from graphmail.errors import TokenError, WrongTenant
from graphmail.tenant import RunContext
from tests.sandbox_process import CONTOSO, FABRIKAM


def asked(sandbox, tenant, path):
    return [r for r in sandbox.requests(tenant) if path in r["path"]]


def test_two_tenants_of_one_run_never_share_a_token(operator, run_cache):
    run = RunContext(cache=run_cache)
    tokens = {
        tenant: operator.tenant(name, run).graph.token(False).claims["tid"]
        for name, tenant in (("contoso", CONTOSO), ("fabrikam", FABRIKAM))
    }
    assert tokens == {CONTOSO: CONTOSO, FABRIKAM: FABRIKAM}


def test_a_wrong_secret_gets_no_token_though_the_right_one_is_cached(operator, run_cache):
    run = RunContext(cache=run_cache)
    operator.tenant(run=run).graph.token(False)
    operator.seal_admin(client_secret="wrong" * 8, key_id="another")
    with pytest.raises(TokenError) as caught:
        operator.tenant(run=run).graph.token(False)
    assert caught.value.codes == (7000215,)


def test_a_wrong_secret_under_the_same_key_id_gets_no_token_either(operator, run_cache):
    run = RunContext(cache=run_cache)
    operator.seal_admin(key_id="same")
    operator.tenant(run=run).graph.token(False)
    operator.seal_admin(client_secret="wrong" * 8, key_id="same")
    with pytest.raises(TokenError):
        operator.tenant(run=run).graph.token(False)


def test_a_refused_token_is_asked_for_again_at_once(contoso, operator, sandbox):
    operator.seal_admin(client_secret="wrong" * 8)
    for _ in range(2):
        with pytest.raises(TokenError):
            contoso.graph.token(True)
    assert len([r for r in asked(sandbox, CONTOSO, "/token") if r["status"] == 401]) == 2


def test_the_tasks_of_a_run_ask_for_one_token_and_one_discovery(operator, run_cache, sandbox):
    run = RunContext(cache=run_cache)
    for _ in range(3):
        tenant = operator.tenant(run=run)
        tenant.graph.token(False)
        tenant.exchange.token(False)
    assert len(asked(sandbox, CONTOSO, "oauth2/v2.0/token")) == 2
    assert len(asked(sandbox, CONTOSO, "openid-configuration")) == 1


def test_a_token_ends_by_the_tenants_own_clock(contoso, sandbox):
    first = contoso.graph.token(False)
    contoso.clock.sleep(3000)
    assert contoso.graph.token(False) is first
    contoso.clock.sleep(600)
    assert contoso.graph.token(False) is not first


def test_a_token_that_was_revoked_is_replaced_once(contoso, sandbox):
    contoso.graph.get("/organization")
    sandbox.reset()  # forgets all tokens
    assert contoso.graph.get("/organization")["value"][0]["id"] == CONTOSO


def test_a_bundle_in_the_environment_does_not_beat_the_sandboxs_own(contoso, tmp_path, monkeypatch):
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("no certificate")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(rubbish))
    monkeypatch.setattr(sessions, "_sessions", {})
    assert contoso.graph.get("/organization")["value"]


def test_a_netrc_entry_does_not_replace_the_bearer(contoso, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert contoso.graph.get("/organization")["value"]


def test_a_proxy_in_the_environment_is_not_asked_for_the_sandbox(contoso, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert contoso.graph.get("/organization")["value"]


def test_four_forks_use_a_client_that_the_parent_has_warmed(contoso, sandbox):
    contoso.graph.get("/organization")
    fork = multiprocessing.get_context("fork")
    answers, together = fork.SimpleQueue(), fork.Barrier(4)

    def work():
        try:
            together.wait(10)
            ids = {contoso.graph.get("/organization")["value"][0]["id"] for _ in range(10)}
            answers.put((os.getpid(), ids.pop() if len(ids) == 1 else str(ids)))
        except Exception as error:
            answers.put((os.getpid(), repr(error)))

    workers = [fork.Process(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    seen = [answers.get() for _ in workers]
    for worker in workers:
        worker.join(10)
    assert {answer for _pid, answer in seen} == {CONTOSO}
    assert len({pid for pid, _answer in seen}) == 4
    # A connection that is shared over a fork breaks; it would be asked again, so count.
    assert len([r for r in sandbox.requests(CONTOSO) if r["service"] == "graph"]) == 1 + 4 * 10
    assert {r["status"] for r in sandbox.requests(CONTOSO)} == {200}
    assert contoso.graph.get("/organization")["value"]


def test_a_sealed_credential_of_another_tenant_is_not_used(operator, sandbox):
    other = operator.admin(tenant_id=FABRIKAM)
    path = operator.folder / "state" / "contoso" / "admin.age"
    path.unlink()
    other.write(path, [])
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/requests")
    with pytest.raises(WrongTenant):
        operator.tenant().graph.token(False)
    assert asked(sandbox, CONTOSO, "token") == []


def test_neither_secret_nor_token_stands_in_an_error_or_in_the_evidence(operator, sandbox):
    exchanges: list = []
    tenant = operator.tenant(run=RunContext(observe=exchanges.append))
    secret = sandbox.json["admins"][CONTOSO]["client_secret"]
    token = tenant.graph.token(False).value
    operator.seal_admin(client_secret="canary" * 6)
    texts = []
    for look in (lambda: operator.tenant().graph.token(False), lambda: tenant.graph.get("/no/such/route")):
        with pytest.raises(Exception) as caught:
            look()
        texts += [str(caught.value), repr(caught.value), repr(caught.value.__dict__), str(caught.value.__cause__)]
    everything = " ".join([*texts, str(exchanges), repr(tenant.graph.token(False))])
    for canary in (secret, token, token[-40:], "canarycanary"):
        assert canary not in everything
