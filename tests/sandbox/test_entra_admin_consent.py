"""The admin consent page: learn.microsoft.com/entra/identity-platform/v2-admin-consent, and delegated grants."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.signed_in import ADMIN, GRAPH_TOOLS, NOBODY, Device, appoint, claims_of, post
from tests.sandbox_process import CONTOSO, FABRIKAM

GLOBAL, APPLICATION = "62e90394-69f5-4237-9190-012177145e10", "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
GRAPH = "00000003-0000-0000-c000-000000000000"
MAIL_SEND, MAIL_READ_WRITE = "b633e1c5-b582-4048-a93e-9f11b44c7e96", "e2a3a72e-5f79-4c64-b1b1-878b674786c9"
USER_READ = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
BACK = "https://app.example/back"


def declare(sandbox, app, roles=(), scopes=()):
    access = [{"id": r, "type": "Role"} for r in roles] + [{"id": s, "type": "Scope"} for s in scopes]
    declared = [{"resourceAppId": GRAPH, "resourceAccess": access}]
    body = {"requiredResourceAccess": declared, "web": {"redirectUris": [BACK]}}
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{app['id']}", body)


def consent(sandbox, app, tenant=CONTOSO, username=ADMIN, decision="approve"):
    form = {"client_id": app["client_id"], "redirect_uri": BACK, "state": "7", "username": username}
    answer = post(sandbox, f"{tenant}/adminconsent", form | {"decision": decision})
    assert answer.status_code == 302, answer.text
    return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def granted(sandbox, principal, tenant=CONTOSO):
    """App role ids, and scopes for all users."""
    roles = sandbox.by_hand(tenant, "GET", f"/servicePrincipals/{principal}/appRoleAssignments")["value"]
    grants = sandbox.by_hand(tenant, "GET", f"/oauth2PermissionGrants?$filter=clientId eq '{principal}'")["value"]
    return {r["appRoleId"] for r in roles}, {g["scope"] for g in grants if g["consentType"] == "AllPrincipals"}


def test_global_administrator_grants_what_is_declared(sandbox, new_app):
    appoint(sandbox, CONTOSO, ADMIN, GLOBAL)
    declare(sandbox, new_app, [MAIL_SEND], [USER_READ])
    sandbox.mark()
    assert consent(sandbox, new_app) == {"admin_consent": "True", "tenant": CONTOSO, "state": "7"}
    assert granted(sandbox, new_app["principal"]) == ({MAIL_SEND}, {"User.Read"})
    assert [(w["service"], w["request"]) for w in sandbox.writes] == [("entra", "POST /{tenant}/adminconsent")] * 2
    sandbox.settle(CONTOSO)
    app = {"client_id": new_app["client_id"], "client_secret": new_app["client_secret"]}
    assert claims_of(sandbox.token(CONTOSO, **app))["roles"] == ["Mail.Send"]


def test_what_is_declared_no_more_is_revoked(sandbox, new_app):
    appoint(sandbox, CONTOSO, ADMIN, GLOBAL)
    declare(sandbox, new_app, [MAIL_SEND], [USER_READ])
    consent(sandbox, new_app)
    declare(sandbox, new_app, [MAIL_READ_WRITE])
    consent(sandbox, new_app)
    assert granted(sandbox, new_app["principal"]) == ({MAIL_READ_WRITE}, set())


@pytest.mark.parametrize(("username", "decision"), [(ADMIN, "decline"), (NOBODY, "approve")])
def test_refused_consent_comes_back_as_permission_denied(sandbox, new_app, username, decision):
    appoint(sandbox, CONTOSO, ADMIN, GLOBAL)
    declare(sandbox, new_app, [MAIL_SEND])
    sandbox.mark()
    back = consent(sandbox, new_app, username=username, decision=decision)
    assert (back["error"], back["state"]) == ("permission_denied", "7")
    assert sandbox.writes == []


def test_application_administrator_consents_to_scopes_and_not_to_app_roles_of_graph(sandbox, new_app):
    appoint(sandbox, CONTOSO, NOBODY, APPLICATION)
    declare(sandbox, new_app, [], [USER_READ])
    assert consent(sandbox, new_app, username=NOBODY)["admin_consent"] == "True"
    declare(sandbox, new_app, [MAIL_SEND], [USER_READ])
    assert consent(sandbox, new_app, username=NOBODY)["error"] == "permission_denied"


def test_unregistered_redirect_gets_a_page_and_no_redirect(sandbox, new_app):
    declare(sandbox, new_app, [MAIL_SEND])
    form = {"client_id": new_app["client_id"], "redirect_uri": "https://evil.example", "username": ADMIN}
    answer = post(sandbox, f"{CONTOSO}/adminconsent", form | {"decision": "approve"})
    assert (answer.status_code, "AADSTS50011" in answer.text) == (400, True)


def test_page_names_the_permissions(sandbox, new_app):
    declare(sandbox, new_app, [MAIL_SEND], [USER_READ])
    url = f"{sandbox.json['login']}/{CONTOSO}/adminconsent"
    page = sandbox.http.get(url, params={"client_id": new_app["client_id"], "redirect_uri": BACK}).text
    assert "Microsoft Graph: Mail.Send" in page
    assert "<script" not in page


def test_multi_tenant_application_comes_into_another_tenant_by_consent(sandbox, new_app):
    appoint(sandbox, FABRIKAM, "anna@fabrikam.example", GLOBAL)
    declare(sandbox, new_app, [MAIL_SEND])
    form = {"client_id": new_app["client_id"], "redirect_uri": BACK, "username": "anna@fabrikam.example"}
    path = f"{FABRIKAM}/adminconsent"
    assert "AADSTS700016" in post(sandbox, path, form | {"decision": "approve"}).text
    body = {"signInAudience": "AzureADMultipleOrgs"}
    sandbox.by_hand(CONTOSO, "PATCH", f"/applications/{new_app['id']}", body)
    assert consent(sandbox, new_app, "organizations", "anna@fabrikam.example")["tenant"] == FABRIKAM
    principal = sandbox.by_hand(FABRIKAM, "GET", f"/servicePrincipals(appId='{new_app['client_id']}')")
    assert principal["appOwnerOrganizationId"] == CONTOSO
    sandbox.settle(FABRIKAM)
    app = {"client_id": new_app["client_id"], "client_secret": new_app["client_secret"]}
    token = claims_of(sandbox.token(FABRIKAM, **app))
    assert (token["tid"], token["oid"], token["roles"]) == (FABRIKAM, principal["id"], ["Mail.Send"])


def test_delegated_grant_acts_after_its_lag_until_it_is_deleted(sandbox):
    tools = sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{GRAPH_TOOLS}')")["id"]
    graph = sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{GRAPH}')")["id"]
    body = {"clientId": tools, "consentType": "AllPrincipals", "resourceId": graph, "scope": "User.Read"}
    made = sandbox.by_hand(CONTOSO, "POST", "/oauth2PermissionGrants", body)
    assert sandbox.by_hand(CONTOSO, "POST", "/oauth2PermissionGrants", body, ok=False)["status"] == 409

    def poll():
        device = Device(sandbox, CONTOSO, "User.Read")
        device.decide(NOBODY)
        return device.poll()

    assert poll().json()["error_codes"] == [65001]
    sandbox.advance(CONTOSO, 46)
    assert poll().status_code == 200
    sandbox.by_hand(CONTOSO, "DELETE", f"/oauth2PermissionGrants/{made['id']}")
    assert poll().json()["error_codes"] == [65001]
