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
