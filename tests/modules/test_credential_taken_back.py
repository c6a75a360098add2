"""Taking a credential back, where one replica does not know the app for a moment."""

from __future__ import annotations

import pytest

from tests.sandbox_process import CONTOSO

APP = {"application": "kundo-mail"}


@pytest.mark.parametrize(
    ("module", "collection"),
    [("entra_application_password", "passwordCredentials"), ("entra_application_key", "keyCredentials")],
)
def test_an_app_that_one_read_does_not_show_still_loses_what_is_taken_back(task, sandbox, module, collection):
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    made = task(module, **APP)
    sandbox.settle(CONTOSO)
    missing = {"error": {"code": "Request_ResourceNotFound", "message": "does not exist"}}
    sandbox.fault(CONTOSO, "graph", "GET", "/applications(*", status=404, body=missing)

    assert task(module, **APP, state="absent", key_id=made["key_id"])["changed"]

    sandbox.settle(CONTOSO)
    assert sandbox.by_hand(CONTOSO, "GET", "/applications(uniqueName='kundo-mail')")[collection] == []


@pytest.mark.parametrize("module", ["entra_application_password", "entra_application_key"])
def test_of_an_app_that_is_gone_it_is_noted(task, sandbox, module):
    app = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task(module, **APP)
    sandbox.by_hand(CONTOSO, "DELETE", f"/applications/{app['object_id']}")
    sandbox.settle(CONTOSO)

    assert task(module, **APP, state="absent")["changed"]
    assert not task(module, **APP, state="absent")["changed"]


def test_a_federated_credential_of_an_app_that_one_read_does_not_show_goes_too(task, sandbox):
    app = task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    trusted = {"issuer": "https://tokens.vendor.example", "subject": "helpdesk"}
    task("entra_federated_identity_credential", **APP, **trusted)
    sandbox.settle(CONTOSO)
    missing = {"error": {"code": "Request_ResourceNotFound", "message": "does not exist"}}
    sandbox.fault(CONTOSO, "graph", "GET", "/applications(*", status=404, body=missing)

    assert task("entra_federated_identity_credential", **APP, **trusted, state="absent")["changed"]

    sandbox.settle(CONTOSO)
    path = f"/applications/{app['object_id']}/federatedIdentityCredentials"
    assert sandbox.by_hand(CONTOSO, "GET", path)["value"] == []


def test_consent_of_an_enterprise_application_that_one_read_does_not_show_is_revoked(task, sandbox, contoso):
    task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
    task("entra_service_principal", **APP)
    task("entra_app_role_assignment", **APP, roles=["Mail.Send"])
    contoso.settled()
    missing = {"error": {"code": "Request_ResourceNotFound", "message": "does not exist"}}
    sandbox.fault(CONTOSO, "graph", "GET", "/servicePrincipals(appId*", status=404, body=missing)

    assert task("entra_app_role_assignment", **APP, roles=[], state="absent")["changed"]

    contoso.settled()
    assert contoso.consents() == []
