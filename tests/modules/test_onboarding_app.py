"""The modules of bootstrap.yml: directory roles, the onboarding app's credential, and the sign-in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graphmail.credentials import read
from graphmail.rights import BOOTSTRAP
from tests.ops_client import OpsClient
from tests.sandbox.signed_in import NOBODY, appoint
from tests.sandbox_process import CONTOSO

ROLE, APP = "entra_directory_role_assignment", {"application": "kundo-onboarding"}
EXCHANGE = "Exchange Administrator"
EXCHANGE_TEMPLATE = "29232cdf-9323-42fd-ade2-1d097af3e4de"
OTHERS = [
    ("Directory Readers", "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"),
    ("Global Reader", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"),
]
CONSENTS = ["Organization.Read.All", "Office 365 Exchange Online/Exchange.ManageAsApp"]
NEEDS = {"permissions": ["Organization.Read.All", "Exchange.ManageAsApp"], "directory_roles": [EXCHANGE]}


class Onboarding:
    """Tasks in the name of contoso's administrator, in the onboarding app's part of the state."""

    def __init__(self, task: Any, sandbox: Any, folder: Path) -> None:
        self.task, self.sandbox = task, sandbox
        self.client = OpsClient(sandbox)
        self.client.consent()
        task.run.tell = self.client.tell
        self.admin = folder / "state" / "contoso" / "admin.age"
        sealed = folder / "state" / "contoso" / "onboarding" / "administrator.age"
        signed_in = {"kind": "device_code", "client_id": self.client.client_id, "sealed": str(sealed)}
        self.tenant = task.connection() | {"admin": signed_in, "part": "onboarding"}

    def __call__(self, module: str, **params: Any) -> dict[str, Any]:
        return dict(self.task(module, tenant=self.tenant, **params))

    def failed(self, module: str, **params: Any) -> str:
        return str(self.task.failed(module, tenant=self.tenant, **params))

    def roles(self) -> list[str]:
        path = "/applications(uniqueName='kundo-onboarding')"
        client_id = self.sandbox.by_hand(CONTOSO, "GET", path)["appId"]
        path = f"/servicePrincipals(appId='{client_id}')/transitiveMemberOf"
        return sorted(role["displayName"] for role in self.sandbox.by_hand(CONTOSO, "GET", path)["value"])


@pytest.fixture
def onboarding(task, sandbox, tmp_path) -> Onboarding:
    return Onboarding(task, sandbox, tmp_path)


@pytest.fixture
def app(onboarding) -> Onboarding:
    onboarding("entra_application", unique_name="kundo-onboarding", display_name="Helpdesk")
    onboarding("entra_service_principal", **APP)
    onboarding.sandbox.settle(CONTOSO)
    onboarding.sandbox.mark()
    return onboarding


def test_a_directory_role_is_assigned_and_a_second_run_writes_nothing(app):
    result = app(ROLE, **APP, roles=[EXCHANGE])
    written = len(app.sandbox.writes)

    assert (result["changed"], result["awaiting"], app.roles()) == (True, "", [EXCHANGE])
    assert result["diff"] == {"before": {"roles": []}, "after": {"roles": [EXCHANGE]}}
    assert not app(ROLE, **APP, roles=[EXCHANGE])["changed"]
    assert len(app.sandbox.writes) == written


def assigned_by_hand(app, role, template):
    """Somebody of the customer's gives the onboarding app another role."""
    path = "/applications(uniqueName='kundo-onboarding')"
    client_id = app.sandbox.by_hand(CONTOSO, "GET", path)["appId"]
    principal = app.sandbox.by_hand(CONTOSO, "GET", f"/servicePrincipals(appId='{client_id}')")["id"]
    body = {"principalId": principal, "roleDefinitionId": template, "directoryScopeId": "/"}
    app.sandbox.by_hand(CONTOSO, "POST", "/roleManagement/directory/roleAssignments", body)
    app.sandbox.settle(CONTOSO)
    assert role in app.roles()


@pytest.mark.parametrize(("other", "template"), OTHERS, ids=["of no table of ours", "of our table"])
def test_a_role_that_somebody_else_assigned_stays(app, other, template):
    assigned_by_hand(app, other, template)

    result = app(ROLE, **APP, roles=[EXCHANGE])

    assert result["diff"] == {"before": {"roles": []}, "after": {"roles": [EXCHANGE]}}
    assert app.roles() == sorted([EXCHANGE, other])
    assert not app(ROLE, **APP, roles=[EXCHANGE])["changed"]
    gone = app(ROLE, **APP, roles=[EXCHANGE], state="absent")
    assert (gone["diff"]["before"], app.roles()) == ({"roles": [EXCHANGE]}, [other])


def test_the_role_asked_for_that_somebody_else_assigned_is_not_taken_away(app):
    assigned_by_hand(app, EXCHANGE, EXCHANGE_TEMPLATE)
    app.sandbox.mark()

    assert not app(ROLE, **APP, roles=[EXCHANGE])["changed"]
    left = app(ROLE, **APP, roles=[EXCHANGE], state="absent")

    assert (left["changed"], app.roles(), app.sandbox.writes) == (False, [EXCHANGE], [])
    assert "it was not assigned here" in left["warnings"][0]


def test_a_role_that_was_taken_away_and_that_somebody_else_assigns_again_is_theirs(app):
    app(ROLE, **APP, roles=[EXCHANGE])
    app(ROLE, **APP, roles=[EXCHANGE], state="absent")
    assigned_by_hand(app, EXCHANGE, EXCHANGE_TEMPLATE)

    assert not app(ROLE, **APP, roles=[EXCHANGE], state="absent")["changed"]


def test_a_role_held_through_a_group_is_held_and_stays(app):
    role = {"@odata.type": "#microsoft.graph.directoryRole", "id": "x", "displayName": "x"}
    through = {"value": [role | {"roleTemplateId": EXCHANGE_TEMPLATE}]}
    for state, roles in (("present", [EXCHANGE]), ("present", [EXCHANGE, "Global Reader"]), ("absent", [EXCHANGE])):
        app.sandbox.fault(CONTOSO, "graph", "GET", "*/transitiveMemberOf*", status=200, times=1, body=through)
        done = app(ROLE, **APP, roles=roles, state=state)
        assert done["changed"] == ("Global Reader" in roles)

    assert "it was not assigned here" in done["warnings"][0]
    assert app.roles() == ["Global Reader"]


def test_a_role_that_a_dead_run_assigned_is_taken_away_as_ours(app, tmp_path):
    app(ROLE, **APP, roles=[EXCHANGE])
    journal = tmp_path / "state" / "contoso" / "onboarding" / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:-1]))  # it died before it could say so

    assert app(ROLE, **APP, roles=[EXCHANGE], state="absent")["changed"]
    assert app.roles() == []


def test_of_those_assigned_here_the_ones_no_longer_asked_for_go_and_absent_takes_away_only_those_named(app):
    app(ROLE, **APP, roles=[EXCHANGE, "Global Reader"])
    app(ROLE, **APP, roles=["Global Reader"])
    assert app.roles() == ["Global Reader"]

    assert not app(ROLE, **APP, roles=[EXCHANGE], state="absent")["changed"]
    assert app(ROLE, **APP, roles=["Global Reader"], state="absent")["changed"]
    assert (app.roles(), app(ROLE, **APP, roles=["Global Reader"], state="absent")["changed"]) == ([], False)


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_check_predicts_and_writes_nothing(app, state):
    if state == "absent":
        app(ROLE, **APP, roles=[EXCHANGE])
    app.sandbox.mark()

    predicted = app(ROLE, **APP, roles=[EXCHANGE], state=state, check=True)

    assert app.sandbox.writes == []
    done = app(ROLE, **APP, roles=[EXCHANGE], state=state)
    assert (done["changed"], done["diff"]) == (predicted["changed"], predicted["diff"])


def test_a_wrong_role_names_the_choices(app):
    assert "Exchange Administrator" in app.failed(ROLE, **APP, roles=["Exchange Admin"])


def test_an_answer_that_got_lost_is_read_back(app):
    app.sandbox.fault(CONTOSO, "graph", "POST", "*/roleAssignments", when="after", status=504, times=1)

    assert app(ROLE, **APP, roles=[EXCHANGE])["changed"]
    assert app.roles() == [EXCHANGE]


@pytest.fixture
def equipped(app) -> Onboarding:
    app("entra_app_role_assignment", **APP, roles=CONSENTS)
    app(ROLE, **APP, roles=[EXCHANGE])
    app("entra_application_password", **APP, lifetime="90 days")
    return app


def test_the_credential_takes_its_place_and_what_was_there_is_kept_beside_it(equipped):
    before = equipped.admin.read_bytes()

    result = equipped("admin_credential", **APP, **NEEDS, sealed=str(equipped.admin))

    assert (result["changed"], result["token"]) == (True, "every right")
    assert equipped.admin.with_name("admin.replaced.age").read_bytes() == before
    assert "admin.replaced.age" in result["warnings"][0]
    assert read(equipped.admin).key_id
    assert not equipped("admin_credential", **APP, **NEEDS, sealed=str(equipped.admin))["changed"]


def test_rights_that_do_not_come_end_the_wait_and_are_named(equipped):
    wanted = NEEDS | {"permissions": [*NEEDS["permissions"], "Policy.Read.All"]}

    said = equipped.failed("admin_credential", **APP, **wanted, sealed=str(equipped.admin), max_wait=300)

    assert "Waited 300 s" in said
    assert "what it lacked last: Policy.Read.All" in said


def test_what_was_dropped_is_asked_for_until_it_opens_nothing(equipped):
    sealed = str(equipped.admin)
    equipped("admin_credential", **APP, **NEEDS, sealed=sealed)
    equipped(ROLE, **APP, roles=[EXCHANGE], state="absent")
    equipped("entra_app_role_assignment", **APP, roles=[], state="absent")
    equipped("entra_application_password", **APP, state="absent")

    result = equipped("admin_credential", **APP, **NEEDS, sealed=sealed, state="absent")

    assert result["changed"]
    assert result["token"] in ("one without rights", "none: AADSTS7000215")
    assert not equipped.admin.exists()
    assert not equipped("admin_credential", **APP, **NEEDS, sealed=sealed, state="absent")["changed"]


def test_a_credential_that_still_opens_something_is_not_called_dropped(equipped, sandbox):
    sealed = str(equipped.admin)
    equipped("entra_application_key", **APP, lifetime="90 days")
    equipped("admin_credential", **APP, **NEEDS, sealed=sealed)
    certificate = read(equipped.admin).key_credential
    equipped("entra_application_key", **APP, state="absent")
    # Somebody puts it back.
    path = "/applications(uniqueName='kundo-onboarding')"
    put_back = {name: certificate[name] for name in ("type", "usage", "key")}
    sandbox.by_hand(CONTOSO, "PATCH", path, {"keyCredentials": [put_back]})
    sandbox.settle(CONTOSO)

    said = equipped.failed("admin_credential", **APP, **NEEDS, sealed=sealed, state="absent", max_wait=60)

    assert "rights to be gone from new tokens" in said


def test_the_mail_apps_journal_knows_nothing_of_it(equipped, tmp_path):
    state = tmp_path / "state" / "contoso"

    assert (state / "onboarding" / "journal.jsonl").exists()
    assert not (state / "journal.jsonl").exists()
    assert not list((state / "credentials").glob("*.age"))


def test_the_sign_in_must_have_every_permission_and_is_forgotten(onboarding):
    asked = {"permissions": list(BOOTSTRAP), "as_person": ["Application.ReadWrite.All"]}

    result = onboarding("admin_sign_in", **asked)

    assert (result["username"], result["roles"]) == ("admin@contoso.example", ["Global Administrator"])
    assert Path(onboarding.tenant["admin"]["sealed"]).exists()
    onboarding("admin_sign_in", state="absent")
    assert not Path(onboarding.tenant["admin"]["sealed"]).exists()


def test_a_person_who_may_not_register_apps_is_told_which_role_does(onboarding):
    appoint(onboarding.sandbox, CONTOSO, NOBODY, "f2ef992c-3afb-46b9-b7cf-a126ee74c451")
    onboarding.client.username = NOBODY

    said = onboarding.failed("admin_sign_in", permissions=list(BOOTSTRAP), as_person=["Application.ReadWrite.All"])

    assert "assign Cloud Application Administrator to sales@contoso.example" in said
    assert "AppRoleAssignment" not in said


def test_without_ops_own_client_nobody_can_sign_in(onboarding):
    onboarding.tenant["admin"].pop("client_id")

    assert "without ops' own public client" in onboarding.failed("admin_sign_in")
