"""Many tenants are many tenants: each its own, made when met. Speed is measured in benchmarks/, never here."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from datetime import timedelta

import pytest

from graphmail.sandbox import generate, store
from graphmail.sandbox.entra.tokens import digest
from graphmail.sandbox.sign_in_records import IssuedToken
from graphmail.sandbox.tenants_file import load
from graphmail.sandbox.tokens_issued import FIRST_SWEEP
from graphmail.sandbox.world import Blueprint
from tests.sandbox_process import CONTOSO, EXAMPLE, running


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A tenants file of 300 tenants with 10 mailboxes each, as an operator makes it."""
    said = io.StringIO()
    with redirect_stdout(said):
        assert generate.main(["--tenants", "300", "--mailboxes", "10"]) == 0
    path = tmp_path_factory.mktemp("many") / "tenants.yml"
    path.write_text(said.getvalue())
    return path


def tenant_id(number):
    return f"5a4d0000-0000-4000-9000-{number:012x}"


def test_tenants_are_made_when_they_are_first_asked_for(many):
    world = Blueprint(load(many)).build()
    assert (len(world.tenants), len(world.tenants.built)) == (300, 0)
    assert world.tenants.get("5a4d0000-0000-4000-9000-ffffffffffff") is None
    assert world.tenant_of_domain("Customer77.example").id == tenant_id(77)
    assert list(world.tenants.built) == [tenant_id(77)]
    assert len([r for r in world.tenants[tenant_id(77)].recipients.values() if r.mailbox]) == 10


def test_every_domain_leads_to_its_own_tenant(many):
    world = Blueprint(load(many)).build()
    for number in (1, 150, 300):
        for domain in (f"customer{number}.example", f"customer{number}.onmicrosoft.example"):
            assert world.tenant_of_domain(domain).id == tenant_id(number)
    assert world.tenant_of_domain("elsewhere.example") is None


def test_a_reset_makes_the_same_tenant_again():
    blueprint = Blueprint(load(EXAMPLE))
    world = blueprint.build()
    before = world.tenants[CONTOSO]
    blueprint.reset(world, CONTOSO)
    assert world.tenants[CONTOSO] is not before
    assert world.tenants[CONTOSO] == before
    with pytest.raises(KeyError):
        blueprint.reset(world, "unknown")


def test_no_two_tenants_share_a_secret_or_an_id(many):
    blueprint = Blueprint(load(many))
    world = blueprint.build()
    secrets = {admin["client_secret"] for admin in blueprint.admins().values()}
    ids = [i for t in world.tenants.values() for i in (*t.recipients, *t.applications, *t.service_principals)]
    assert len(secrets) == 300
    assert len(ids) == len(set(ids)) > 300 * 10


def test_whoever_changes_one_tenant_changes_no_other(many, tmp_path):
    with running(tmp_path, many) as sandbox:
        assert len(sandbox.tenants) == 300
        sandbox.by_hand(tenant_id(300), "POST", "/applications", {"displayName": "app"})
        seen = {n: len(sandbox.by_hand(tenant_id(n), "GET", "/applications")["value"]) for n in (1, 299, 300)}
        assert seen == {1: 1, 299: 1, 300: 2}
        assert sandbox.token(tenant_id(123))


def test_tokens_long_expired_are_dropped_and_living_ones_stay():
    blueprint = Blueprint(load(EXAMPLE))
    world = blueprint.build()
    clock = world.tenants[CONTOSO].clock

    def issue(name):
        expires = clock.now() + timedelta(hours=1)
        world.issued[digest(name)] = IssuedToken(CONTOSO, "", "", "", frozenset(), frozenset(), expires)

    for number in range(FIRST_SWEEP):
        issue(f"old {number}")
    clock.advance(timedelta(hours=3).total_seconds())
    issue("new")
    world.issued.drop_expired(lambda tenant: world.tenants[tenant].clock.now())
    assert list(world.issued) == [digest("new")]


def test_a_token_dropped_long_after_its_end_is_called_expired_and_not_foreign(sandbox, graph):
    sandbox.advance(CONTOSO, 3 * 3600)
    for _ in range(FIRST_SWEEP + 1):
        sandbox.token(CONTOSO)
    assert "expired" in graph.refused(401, "InvalidAuthenticationToken", "GET", "/organization")["message"]
    assert sandbox.control("GET", "/requests")["requests"][-1]["refused"].startswith("Lifetime")


def test_the_request_log_keeps_the_newest(monkeypatch, contoso):
    contoso.tenant.requests = store.deque(maxlen=3)
    for path in ("/users", "/groups", "/applications", "/organization"):
        contoso.graph("GET", path)
    assert [r["path"] for r in contoso.tenant.requests] == ["/groups", "/applications", "/organization"]
    assert store.Tenant("", "", "", []).requests.maxlen == store.REQUESTS_KEPT


@pytest.mark.parametrize("wrong", [["--tenants", "0"], ["--mailboxes", "-1"]])
def test_generate_refuses_what_makes_no_world(wrong):
    with pytest.raises(SystemExit):
        generate.main(wrong)
