"""Reads made ahead: they confirm, they never make anybody write, and a write makes them void."""

import pytest

from graphmail.errors import GraphError
from graphmail.exchange import Cmdlet
from graphmail.reads import Reads
from graphmail.retry import Operation
from graphmail.run_cache import RunCache
from graphmail.tenant import RunContext
from tests.sandbox_process import CONTOSO

SUPPORT = "/users/support@contoso.example"
MAILBOX = Cmdlet("Get-Mailbox", {"Identity": "support@contoso.example"})


@pytest.fixture
def run(run_cache):
    return RunContext(run_id="run", cache=run_cache)


@pytest.fixture
def ahead(operator, run, sandbox):
    """What a preflight of that run has read; the request log begins after it."""
    tenant = operator.tenant(run=run)
    tenant.graph.batch([SUPPORT, "/users/nobody@contoso.example"], ahead=True)
    tenant.exchange.batch([MAILBOX, Cmdlet("Get-Mailbox", {"Identity": "nobody@x"})], ahead=True)
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/requests")
    return tenant


def test_a_later_task_of_the_run_asks_for_nothing(operator, run, sandbox, ahead):
    later = operator.tenant(run=run)

    assert later.graph.get(SUPPORT)["mail"] == "support@contoso.example"
    assert later.graph.find("/users/nobody@contoso.example") is None
    assert [answer.missing for answer in later.graph.batch([SUPPORT, "/users/nobody@contoso.example"])] == [False, True]
    assert later.exchange.invoke(Operation.READ, MAILBOX.name, **MAILBOX.parameters)
    assert later.exchange.find("Get-Mailbox", Identity="nobody@x") == []
    assert sandbox.requests(CONTOSO) == []
    assert later.reads.used


def test_what_was_missing_is_still_an_error_to_who_must_have_it(operator, run, ahead):
    with pytest.raises(GraphError) as caught:
        operator.tenant(run=run).graph.get("/users/nobody@contoso.example")

    assert caught.value.status == 404


@pytest.mark.parametrize("service", ["graph", "exchange"])
def test_any_write_makes_all_of_them_void(operator, run, sandbox, ahead, service):
    later = operator.tenant(run=run)
    if service == "graph":
        later.graph.call(Operation.KEYED_CREATE, "POST", "/applications", json={"displayName": "x"})
    else:
        change = {"Identity": "Everybody", "DisplayName": "All", "BypassSecurityGroupManagerCheck": True}
        later.exchange.invoke(Operation.IDEMPOTENT, "Set-DistributionGroup", **change)
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/requests")

    last = operator.tenant(run=run)
    last.graph.get(SUPPORT)
    last.exchange.find(MAILBOX.name, **MAILBOX.parameters)

    assert len([r for r in sandbox.requests(CONTOSO) if r["service"] in ("graph", "exchange")]) == 2


def test_a_write_that_fails_makes_them_void_too(operator, run, ahead):
    later = operator.tenant(run=run)
    with pytest.raises(GraphError):
        later.graph.call(Operation.KEYED_CREATE, "POST", "/applications", json={"displayName": 1})

    assert later.reads.get(SUPPORT) is None


def test_only_the_very_same_question_is_answered(operator, run, sandbox, ahead):
    later = operator.tenant(run=run)

    later.graph.get(f"{SUPPORT}?$select=id")
    later.graph.get(SUPPORT, params={"$select": "id"})
    later.exchange.find("Get-Mailbox", Identity="ceo@contoso.example")

    assert len([r for r in sandbox.requests(CONTOSO) if r["service"] in ("graph", "exchange")]) == 3


def test_errors_that_pass_are_not_kept(operator, run, sandbox):
    sandbox.fault(CONTOSO, "graph", "GET", SUPPORT, status=403, body={"error": {"code": "Denied"}})
    operator.tenant(run=run).graph.batch([SUPPORT], ahead=True)

    assert operator.tenant(run=run).graph.get(SUPPORT)["mail"]


def test_another_customer_of_the_same_run_has_its_own(operator, run, ahead):
    other = operator.tenant("fabrikam", run)

    assert other.reads.get(SUPPORT) is None
    assert other.graph.find(SUPPORT) is None


def test_without_a_run_nothing_is_kept():
    reads = Reads(None, "contoso")
    reads.put({"/x": {"status": 200, "body": {}}})
    reads.drop()

    assert reads.get("/x") is None
    assert not reads.used


def test_another_run_reads_for_itself(operator, run, ahead, tmp_path):
    other = RunCache.beside(tmp_path / "state")
    try:
        assert Reads(other, "contoso").get(SUPPORT) is None
    finally:
        other.close()
