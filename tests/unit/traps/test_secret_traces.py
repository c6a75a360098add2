"""Secrets, tokens and upload URLs leave no trace: in no exception, log line, evidence, cache or file."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from graphmail.credentials import ClientSecret
from graphmail.evidence import Run, new_run_id
from graphmail.retry import Operation
from graphmail.tenant import RunContext
from tests.canary import traced_files, traces
from tests.sandbox_process import CONTOSO
from tests.tls_server import answer, cut, reset

CANARY = "qV7~kJ2pXw9rT4mB8nZc"
BODY = {"passwordCredential": {"displayName": "marker"}}


@pytest.mark.parametrize(
    "form",
    [
        CANARY.encode(),
        b"x" + base64.b64encode(b"a" + CANARY.encode() + b"bc"),
        base64.urlsafe_b64encode(b"ab" + CANARY.encode()),
        base64.b64encode(CANARY.encode()),
        CANARY.encode().hex().encode(),
        CANARY.encode("utf-16-le"),
        "".join(f"%{byte:02X}" for byte in CANARY.encode()).encode(),
        CANARY[4:14].encode(),
    ],
)
def test_a_trace_is_found_in_every_form(form):
    assert traces(CANARY, b"before" + form + b"after")
    assert not traces(CANARY, b"before and after")


class Watched:
    """Collects what somebody could read: texts of exceptions with their whole chain, log lines, evidence, files."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self.caplog = caplog
        self.texts: list[str] = []

    def failing(self, call: Callable[[], Any]) -> None:
        with pytest.raises(Exception) as caught:
            call()
        error = caught.value
        self.texts += [*traceback.format_exception(error), repr(error), repr(error.args), repr(vars(error))]

    def everything(self) -> bytes:
        return "\n".join([*self.texts, self.caplog.text, *(repr(r.args) for r in self.caplog.records)]).encode()


@pytest.fixture
def watched(caplog: pytest.LogCaptureFixture) -> Watched:
    caplog.set_level(logging.DEBUG)
    return Watched(caplog)


def test_of_the_admins_secret_its_tokens_and_the_apps_new_secret(operator, sandbox, run_cache, tmp_path, watched):
    evidence = Run(tmp_path / "evidence", "contoso", new_run_id("onboard", datetime.now(UTC)))
    evidence.begin(tenant_id=CONTOSO, environment="sandbox", at=datetime.now(UTC), plan={})
    run = RunContext(cache=run_cache, observe=evidence.append_http)
    tenant = operator.tenant(run=run)
    app = tenant.graph.call(Operation.KEYED_CREATE, "POST", "/applications", json={"displayName": "x"}).json()
    sandbox.settle(CONTOSO)
    password = f"/applications/{app['id']}/addPassword"

    made = tenant.graph.call(Operation.ONE_SHOT, "POST", password, json=BODY, secret_reply=True).json()
    credential = ClientSecret(CONTOSO, app["appId"], made["keyId"], made["secretText"])
    credential.write(tenant.state.credential(made["keyId"]), [])
    sandbox.fault(CONTOSO, "graph", "POST", password, status=504, when="after", body={"secretText": CANARY})
    watched.failing(lambda: tenant.graph.call(Operation.ONE_SHOT, "POST", password, json=BODY, secret_reply=True))
    sandbox.fault(CONTOSO, "graph", "POST", password, status=400, when="after", body=[{"secretText": CANARY}])
    watched.failing(lambda: tenant.graph.call(Operation.ONE_SHOT, "POST", password, json=BODY, secret_reply=True))
    watched.failing(lambda: tenant.graph.get("/no/such/route"))
    watched.failing(lambda: tenant.exchange.invoke(Operation.READ, "Get-Nothing", Identity="x"))
    sandbox.fault(CONTOSO, "entra", "POST", status=503, body={"echo": CANARY}, times=99)
    watched.failing(lambda: tenant.graph.token(True))
    sandbox.reset()
    watched.failing(lambda: operator.tenant().as_mail_app(credential).token(True))

    admin = sandbox.json["admins"][CONTOSO]["client_secret"]
    tokens = [tenant.graph.token(False).value, tenant.exchange.token(False).value]
    secrets = [admin, made["secretText"], CANARY, *(token.rpartition(".")[2] for token in tokens)]
    assert len(list(run_cache.folder.iterdir())) > 1
    assert "addPassword" in (evidence.data / "http.jsonl").read_text()
    assert [kind for secret in secrets for kind in traces(secret, watched.everything())] == []
    assert traced_files(secrets, tmp_path) == {}
    sealed = [line for line in (evidence.data / "http.jsonl").read_text().splitlines() if "addPassword" in line]
    # Of a short secret a digest would be as good as the secret.
    assert [line for line in sealed if "reply_sha256" in line] == []


@pytest.mark.parametrize(
    "step", [reset, cut({"a": CANARY * 50}), answer(500, {"url": CANARY}), answer(400, {"u": CANARY})]
)
def test_of_an_upload_url(service, watched, step):
    service.server.otherwise = step
    graph, url = service.graph, f"{service.server.url}/api/Users('a')/AttachmentSessions('s')?authtoken={CANARY}"

    watched.failing(lambda: graph.upload(url, b"abc", 0, 3))
    watched.failing(lambda: graph.cancel_upload(url))
    watched.failing(lambda: graph.upload(url.replace("https://", "https://evil.example/"), b"abc", 0, 3))
    watched.failing(lambda: graph.upload(url.replace(str(service.server.port), "1"), b"abc", 0, 3))
    service.server.otherwise = answer(200, {"value": [], "@odata.nextLink": f"https://user:{CANARY}@evil.example/"})
    watched.failing(lambda: list(graph.list_all("/things")))

    assert CANARY in service.server.received[0].target
    assert traces(CANARY, watched.everything() + repr(service.observed).encode()) == []


def test_of_an_upload_url_when_it_all_goes_well(service, watched):
    def defective(connection):
        answer(200, {"nextExpectedRanges": ["3-"]}, **{"No Header": "x"})(connection)  # urllib3 warns, with the URL
        connection.close_connection = True

    service.server.otherwise = defective
    service.graph.upload(f"{service.server.url}/upload?authtoken={CANARY}", b"abc", 0, 3)

    assert traces(CANARY, watched.everything() + repr(service.observed).encode()) == []
