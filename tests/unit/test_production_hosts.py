"""The client as it meets Microsoft's own host names, behind an HTTPS proxy: nothing of the sandbox's cloud."""

from __future__ import annotations

import pytest

from graphmail import sessions
from tests.sandbox_process import CONTOSO
from tests.unit.conftest import Operator


@pytest.fixture
def outside(operator: Operator, monkeypatch: pytest.MonkeyPatch):
    """The operator's machine, whose way out is the sandbox's proxy."""
    monkeypatch.setenv("HTTPS_PROXY", operator.sandbox.json["proxy"])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", operator.sandbox.json["ca"])
    monkeypatch.delenv("GRAPHMAIL_SANDBOX")
    sessions.tls_context.cache_clear()
    monkeypatch.setattr(sessions, "_sessions", {})
    yield operator
    sessions.tls_context.cache_clear()


def test_signs_in_reads_graph_and_administers_exchange_there(outside, sandbox):
    tenant = outside.tenant(cloud="global")

    assert tenant.graph.get("/organization")["value"][0]["displayName"] == "Contoso"
    assert len(list(tenant.graph.list_all("/users", params={"$top": "2"}))) > 4
    assert tenant.exchange.find("Get-OrganizationConfig")[0]["DisplayName"] == "Contoso"
    assert {r["service"] for r in sandbox.requests(CONTOSO)} == {"entra", "graph", "exchange"}


def test_takes_a_page_link_to_the_same_host_only(outside, sandbox):
    answer = {"value": [], "@odata.nextLink": "https://graph.microsoft.us/v1.0/users?$skiptoken=x"}
    sandbox.fault(CONTOSO, "graph", "GET", "/users", status=200, body=answer)

    with pytest.raises(Exception, match=r"graph\.microsoft\.us"):
        list(outside.tenant(cloud="global").graph.list_all("/users"))
