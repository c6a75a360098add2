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


def test_roles_are_an_exact_set_and_absent_takes_away_only_those_named(app):
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
