"""Each way in which a confinement is void: built in the tenant, really there for Graph, and named by the proof."""

from __future__ import annotations

import pytest

from tests.void_scopes import CEO, EXCHANGE, GRAPH, HOURS, RBAC, SUPPORT, VOIDS, App


@pytest.fixture
def app(contoso):
    """Contoso's, confined by a policy."""
    return App(contoso.sandbox, contoso.tenant, contoso.app["appId"], contoso.secret)


@pytest.fixture
def rbac(contoso, app):
    """The same, confined by Exchange's own roles instead of policy and consent."""
    contoso.unrestrict()
    for role in ("Mail.Send", "Mail.ReadWrite"):
        contoso.withdraw(role)
        app.assign(role, f"kundo-mail Application {role}", RecipientGroupScope=contoso.customer.group.name)
    contoso.changed_inventory(access="rbac")
    contoso.sandbox.advance(contoso.tenant, HOURS)
    return app


@pytest.fixture
def proof(contoso):
    """The checks of an access proof, by name."""

    def prove():
        with contoso.proof("verify_access", max_wait=120) as flow:  # every lag is over
            flow.sign_in()
            flow.prove_access()
        return {check.name: check for check in flow.checks}

    return prove


@pytest.mark.parametrize(
    ("model", "title"), [("app", "an Exchange application access policy"), ("rbac", "RBAC for Applications")]
)
def test_a_confined_app_has_no_finding(request, proof, model, title):
    app = request.getfixturevalue(model)
    app.sandbox.advance(app.tenant, HOURS)
    assert (app.reached(SUPPORT), app.reached(CEO)) == ({"read", "send"}, set())
    checks = proof()
    assert {check.verdict for check in checks.values()} == {"passed"}
    assert title in checks["scope"].observed


@pytest.mark.parametrize("name", VOIDS)
def test_what_makes_it_void_is_there_for_graph_and_named_by_the_proof(request, proof, name):
    void = VOIDS[name]
    app = request.getfixturevalue("rbac" if void.model == RBAC else "app")
    void.build(app)
    app.sandbox.advance(app.tenant, HOURS)
    assert not void.opens or app.reached(void.opens)
    assert not void.refuses or app.reached(void.refuses) == set()
    checks = proof()
    assert checks["scope"].verdict == "failed"
    assert void.says in checks["scope"].observed
    # The mailbox that must stay closed is looked at itself, whatever the configuration says.
    assert (checks[f"access {CEO}"].verdict == "failed") == (void.opens == CEO)
    assert (checks[f"access {SUPPORT}"].verdict == "failed") == (void.refuses == SUPPORT)


def test_rights_to_administer_are_named_since_they_open_any_mailbox(rbac, proof):
    role = "29232cdf-9323-42fd-ade2-1d097af3e4de"
    body = {"principalId": rbac.object_id, "roleDefinitionId": role, "directoryScopeId": "/"}
    rbac.graph("POST", "/roleManagement/directory/roleAssignments", body)
    rbac.consent(EXCHANGE, "Exchange.ManageAsApp")
    rbac.consent(GRAPH, "AppRoleAssignment.ReadWrite.All")
    rbac.sandbox.settle(rbac.tenant)
    observed = proof()["scope"].observed
    for named in ("Exchange Administrator", "Exchange.ManageAsApp", "AppRoleAssignment.ReadWrite.All"):
        assert named in observed, named
