"""What a person's token may do: the scope and the person's own directory role together."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Graph
from tests.sandbox.signed_in import ADMIN, EXCHANGE_TOOLS, NOBODY, appoint, claims_of, signed_in
from tests.sandbox_process import CONTOSO

ROLES = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Cloud Application Administrator": "158c047a-c907-4556-b7ef-446551a6b5f7",
    "Exchange Administrator": "29232cdf-9323-42fd-ade2-1d097af3e4de",
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
}
GRAPH = "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')"
MAIL_SEND = "b633e1c5-b582-4048-a93e-9f11b44c7e96"
SCOPES = "Application.ReadWrite.All AppRoleAssignment.ReadWrite.All Organization.Read.All User.Read.All Mail.Read"


@pytest.fixture
def graph_as(sandbox):
    """Graph as somebody with these roles, after an administrator has consented for all."""

    def make(*roles: str, user: str = NOBODY) -> Graph:
        appoint(sandbox, CONTOSO, ADMIN, ROLES["Global Administrator"])
        signed_in(sandbox, CONTOSO, ADMIN, SCOPES)
        for role in roles:
            appoint(sandbox, CONTOSO, user, ROLES[role])
        return Graph(sandbox, CONTOSO, signed_in(sandbox, CONTOSO, user, "User.Read.All")["access_token"])

    return make


@pytest.mark.parametrize(
    ("role", "writes", "consents"),
    [
        ("Global Administrator", 204, 201),
        ("Application Administrator", 204, 403),
        ("Cloud Application Administrator", 204, 403),
        ("Privileged Role Administrator", 403, 201),
        ("Exchange Administrator", 403, 403),
    ],
)
def test_who_writes_applications_and_who_consents_to_graphs_app_roles(graph_as, new_app, role, writes, consents):
    graph = graph_as(role)
    assert graph("PATCH", f"/applications/{new_app['id']}", {"notes": "x"}).status_code == writes
    resource = graph.ok("GET", GRAPH)["id"]
    grant = {"principalId": new_app["principal"], "resourceId": resource, "appRoleId": MAIL_SEND}
    path = f"/servicePrincipals/{new_app['principal']}/appRoleAssignments"
    assert graph("POST", path, grant).status_code == consents


def test_role_without_the_scope_is_not_enough(sandbox):
    appoint(sandbox, CONTOSO, ADMIN, ROLES["Global Administrator"])
    graph = Graph(sandbox, CONTOSO, signed_in(sandbox, CONTOSO, ADMIN, "User.Read.All")["access_token"])
    graph.ok("GET", "/users")
    graph.refused(403, "Authorization_RequestDenied", "POST", "/applications", {"displayName": "x"})


def test_user_without_a_role_makes_applications_and_owns_them(graph_as, sandbox, new_app):
    graph = graph_as()
    made = graph.ok("POST", "/applications", {"displayName": "mine"})
    graph.settle()
    graph = graph_as()
    assert [o["userPrincipalName"] for o in graph.ok("GET", f"/applications/{made['id']}/owners")["value"]] == [NOBODY]
    assert graph("PATCH", f"/applications/{made['id']}", {"notes": "x"}).status_code == 204
    graph.refused(403, "Authorization_RequestDenied", "PATCH", f"/applications/{new_app['id']}", {"notes": "x"})


def test_person_reads_their_own_mailbox_and_no_other(graph_as):
    graph = graph_as()
    assert graph("GET", f"/users/{NOBODY}/messages").status_code == 200
    error = graph.refused(403, "ErrorAccessDenied", "GET", f"/users/{ADMIN}/messages")
    assert "RAOP" not in error["message"]


def test_me_is_whoever_signed_in_and_an_app_is_nobody(graph_as, graph):
    assert graph_as().ok("GET", "/me")["userPrincipalName"] == NOBODY
    graph.refused(400, "BadRequest", "GET", "/me")


SELF = "User.Read Mail.ReadWrite Mail.Send MailboxSettings.ReadWrite"


@pytest.fixture
def me(sandbox):
    """Graph as somebody without any role who consented to what mail programs ask for."""
    appoint(sandbox, CONTOSO, ADMIN, ROLES["Global Administrator"])
    signed_in(sandbox, CONTOSO, ADMIN, SELF)
    return Graph(sandbox, CONTOSO, signed_in(sandbox, CONTOSO, NOBODY, SELF)["access_token"])


@pytest.mark.parametrize(
    "path",
    [
        "messages", "messages/$count", "mailFolders", "mailFolders/inbox/messages", "mailFolders('inbox')",
        "mailboxSettings", "memberOf",
    ],
)  # fmt: skip
def test_me_is_the_signed_in_users_own_user(me, path):
    assert me("GET", f"/me/{path}").status_code == 200
    if path != "memberOf":
        assert me("GET", f"/me/{path}").text == me("GET", f"/users/{NOBODY}/{path}").text


def test_mail_is_drafted_and_sent_by_me(me, sandbox):
    message = {"subject": "mine", "toRecipients": [{"emailAddress": {"address": NOBODY}}]}
    assert me("POST", "/me/sendMail", {"message": message}).status_code == 202
    assert sandbox.ledger(CONTOSO)[-1]["request"] == "POST /users/{id}/sendMail"
    draft = me.ok("POST", "/me/messages", message)
    assert me("POST", f"/me/messages/{draft['id']}/send").status_code == 202
    assert sandbox.ledger(CONTOSO)[-1]["request"] == "POST /users/{id}/messages/{id}/send"
    sandbox.settle(CONTOSO)
    page = me.ok("GET", "/me/messages?$top=1")
    assert "/v1.0/me/messages?" in page["@odata.nextLink"]
    assert me.ok("GET", page["@odata.nextLink"])["value"]


def test_me_goes_no_further_than_the_scopes_and_the_routes(graph_as, graph):
    me = graph_as()
    me.refused(403, "ErrorAccessDenied", "POST", "/me/sendMail", {"message": {}})
    assert "/me/events" in me.refused(501, "NotImplemented", "GET", "/me/events")["message"]
    graph.refused(400, "BadRequest", "GET", "/me/messages")


def test_request_log_and_ledger_name_the_person(graph_as, sandbox):
    graph = graph_as()
    user = graph.ok("GET", f"/users/{NOBODY}")["id"]
    assert sandbox.requests(CONTOSO)[-1]["user_id"] == user
    graph.ok("POST", "/applications", {"displayName": "mine"})
    assert sandbox.ledger(CONTOSO)[-1]["actor"] == user


def run(sandbox, token, cmdlet):
    body = {"CmdletInput": {"CmdletName": cmdlet, "Parameters": {}}}
    return sandbox.http.post(
        f"{sandbox.json['exchange']}/adminapi/beta/{CONTOSO}/InvokeCommand", json=body, timeout=30,
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip


@pytest.mark.parametrize(("role", "status"), [("Exchange Administrator", 200), ("Application Administrator", 403)])
def test_exchange_administrator_runs_cmdlets_with_microsofts_own_client(sandbox, role, status):
    appoint(sandbox, CONTOSO, NOBODY, ROLES[role])
    scope = "https://outlook.office365.com/.default openid offline_access"
    answer = signed_in(sandbox, CONTOSO, NOBODY, scope, EXCHANGE_TOOLS)
    token = claims_of(answer["access_token"])
    assert (token["aud"], token["scp"]) == ("https://outlook.office365.com", "Exchange.Manage")
    assert run(sandbox, answer["access_token"], "Get-OrganizationConfig").status_code == status


def test_directory_roles_are_defined_given_and_taken(sandbox):
    role = f"/directoryRoles(roleTemplateId='{ROLES['Global Reader']}')"
    user = sandbox.by_hand(CONTOSO, "GET", f"/users/{NOBODY}")["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{user}"}
    sandbox.by_hand(CONTOSO, "POST", f"{role}/members/$ref", reference)
    assert sandbox.by_hand(CONTOSO, "POST", f"{role}/members/$ref", reference, ok=False)["status"] == 400
    assert [m["id"] for m in sandbox.by_hand(CONTOSO, "GET", f"{role}/members")["value"]] == [user]
    sandbox.by_hand(CONTOSO, "DELETE", f"{role}/members/{user}/$ref")
    assert sandbox.by_hand(CONTOSO, "GET", f"{role}/members")["value"] == []
    path = "/roleManagement/directory/roleDefinitions"
    definitions = {d["displayName"]: d["id"] for d in sandbox.by_hand(CONTOSO, "GET", path)["value"]}
    assert ROLES.items() <= definitions.items()
    assert sandbox.by_hand(CONTOSO, "GET", f"{path}/{ROLES['Global Reader']}")["isBuiltIn"] is True
