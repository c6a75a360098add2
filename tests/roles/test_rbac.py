"""Customers whom Exchange's own roles confine: no consent in Entra at all."""

from __future__ import annotations

import pytest

from tests.sandbox_process import CONTOSO

pytestmark = [pytest.mark.playbook, pytest.mark.notebook]
PRINCIPAL = "/servicePrincipals(appId='{}')/appRoleAssignments"


@pytest.fixture
def rbac(ops):
    ops.change(lambda customers: customers["contoso"].update(access="rbac"), "contoso")
    return ops


def app(sandbox):
    found = sandbox.by_hand(CONTOSO, "GET", "/applications")["value"]
    return next(a for a in found if a["uniqueName"] == "kundo-mail")


def consents(sandbox):
    return sandbox.by_hand(CONTOSO, "GET", PRINCIPAL.format(app(sandbox)["appId"]))["value"]


def test_the_whole_job_is_green_without_any_consent(rbac, sandbox):
    run = rbac.play("site.yml")
    assert run.failures() == {}, run.output
    assert consents(sandbox) == []
    rows = sandbox.by_hand(CONTOSO, cmdlet="Get-ManagementRoleAssignment", parameters={"RoleAssignee": "Kundo Mail"})
    assert {r["CustomResourceScope"] for r in rows["value"]} == {"Kundo Mail mailboxes"}
    assert rbac.record("contoso", "verify_access")["verdict"] == "passed"
    (note,) = (rbac.state("contoso") / "handover").glob("*.txt")
    assert "RBAC for Applications" in note.read_text()
    assert "carry no Mail.* roles" in note.read_text()


def test_second_onboarding_changes_nothing_and_a_check_predicted_the_first(rbac, sandbox):
    check = rbac.play("onboard.yml", "--check")
    assert sandbox.writes == []
    run = rbac.play("onboard.yml")
    assert check.failures() == run.failures() == {}
    assert check.changed("contoso") == run.changed("contoso")
    assert rbac.play("onboard.yml").changed("contoso") == []


def test_consent_that_somebody_adds_is_taken_away_and_shown(rbac, sandbox):
    assert rbac.play("onboard.yml").succeeded
    sandbox.advance(CONTOSO, 7200)  # younger roles might not act yet, and taking consent away would cut the app off
    graph = sandbox.by_hand(CONTOSO, "GET", "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    role = next(r["id"] for r in graph["appRoles"] if r["value"] == "Mail.Send")
    principal = sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{app(sandbox)['appId']}')")
    grant = {"principalId": principal["id"], "resourceId": graph["id"], "appRoleId": role}
    sandbox.by_hand(CONTOSO, "POST", f"/servicePrincipals/{graph['id']}/appRoleAssignedTo", grant)
    sandbox.settle(CONTOSO)
    run = rbac.play("onboard.yml")
    (event,) = [e for e in run.of("contoso", "changed") if e.module == "entra_app_role_assignment"]
    assert event.diff == {"before": {"roles": ["Mail.Send"]}, "after": {"roles": []}}
    assert consents(sandbox) == []


def test_a_customer_that_works_by_consent_is_not_cut_off_but_sent_to_the_migration(ops, sandbox):
    ops.change(lambda customers: None, "contoso")
    assert ops.play("onboard.yml").succeeded
    sandbox.mark()
    ops.change(lambda customers: customers["contoso"].update(access="rbac"), "contoso")
    run = ops.play("onboard.yml")
    assert "migrate.yml" in run.failures()["contoso"]
    assert sandbox.writes == []


def test_roles_that_may_not_act_yet_do_not_let_consent_go(ops, sandbox):
    ops.change(lambda customers: None, "contoso")
    assert ops.play("onboard.yml").succeeded
    principal = sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{app(sandbox)['appId']}')")["id"]
    identity = {"AppId": app(sandbox)["appId"], "ObjectId": principal, "DisplayName": "Kundo Mail"}
    sandbox.by_hand(CONTOSO, cmdlet="New-ServicePrincipal", parameters=identity)
    sandbox.settle(CONTOSO)
    for role in ("Mail.Send", "Mail.ReadWrite"):
        made = {"App": principal, "Role": f"Application {role}", "RecipientGroupScope": "Kundo Mail mailboxes"}
        sandbox.by_hand(CONTOSO, cmdlet="New-ManagementRoleAssignment", parameters=made)
    sandbox.mark()
    ops.change(lambda customers: customers["contoso"].update(access="rbac"), "contoso")
    assert "migrate.yml" in ops.play("onboard.yml").failures()["contoso"]
    assert sandbox.writes == []


def test_an_organization_never_customized_stops_before_anything_is_written(rbac, sandbox):
    body = {"value": [{"Name": "contoso", "IsDehydrated": True}]}
    sandbox.fault(CONTOSO, "exchange", cmdlet="Get-OrganizationConfig", status=200, body=body)
    run = rbac.play("onboard.yml")
    assert "Enable-OrganizationCustomization" in run.failures()["contoso"]
    assert sandbox.writes == []


def test_a_secret_that_nobody_here_made_gets_no_roles_until_it_is_listed(rbac, sandbox):
    made = sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "Kundo Mail", "uniqueName": "kundo-mail"})
    stray = sandbox.by_hand(CONTOSO, "POST", f"/applications/{made['id']}/addPassword", {})["keyId"]
    sandbox.settle(CONTOSO)
    sandbox.mark()
    told = rbac.play("onboard.yml").failures()["contoso"]
    assert stray in told
    assert "its roles in Exchange would be widened" in told
    assert sandbox.writes == []

    def listed(customers):
        customers["contoso"]["access"] = "rbac"
        customers["contoso"].setdefault("app", {})["known_credentials"] = [stray]

    rbac.change(listed, "contoso")
    run = rbac.play("onboard.yml")
    assert run.failures() == {}, run.output
