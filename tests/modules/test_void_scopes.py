"""What makes a confinement void is named by the module too, as data and as a warning, before anybody consents."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphmail.credentials import read
from tests.modules.tenant_by_hand import GROUP
from tests.void_scopes import HOURS, RBAC, SUPPORT, VOIDS, App

NAME = "exo_application_access_info"
APP = {"application": "kundo-mail"}
ROLES = ["Mail.Send", "Mail.ReadWrite"]


@pytest.fixture
def confined(task, contoso):
    """Onboard with that model."""

    def onboard(model):
        task("entra_application", unique_name="kundo-mail", display_name="Kundo Mail")
        task("entra_service_principal", **APP)
        address, owners = "kundo-mailboxes@contoso.example", ["admin@contoso.example"]
        task("exo_distribution_group", name=GROUP, address=address, owners=owners, members=[SUPPORT])
        if model == RBAC:
            task("exo_service_principal", **APP)
            task("exo_management_role_assignment", **APP, group=GROUP, roles=ROLES)
        else:
            task("exo_application_access_policy", **APP, group=GROUP)
            task("entra_app_role_assignment", **APP, roles=ROLES)
        credential = read(Path(task("entra_application_password", **APP)["sealed"]))
        contoso.sandbox.advance(contoso.tenant, HOURS)
        return App(contoso.sandbox, contoso.tenant, credential.client_id, credential.client_secret)

    return onboard


@pytest.mark.parametrize("name", VOIDS)
def test_what_makes_it_void_is_named(task, confined, sandbox, name):
    void = VOIDS[name]
    asked = APP | {"access": void.model, "group": GROUP}
    app = confined(void.model)
    assert task(NAME, **asked)["findings"] == []
    void.build(app)
    app.sandbox.settle(app.tenant)
    sandbox.mark()

    result = task(NAME, **asked)

    found = {finding["kind"]: finding["repair"] for finding in result["findings"]}
    assert found.keys() == {void.kind, void.also} - {""}
    assert any(void.says in warning and found[void.kind] in warning for warning in result["warnings"])
    assert sandbox.writes == []
