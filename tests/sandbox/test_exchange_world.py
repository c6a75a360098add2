"""What the tenants file says of a tenant's Exchange: settings, contacts, units, what is mastered on premises."""

from __future__ import annotations

import pytest
import yaml

from graphmail.sandbox.call import Caller
from graphmail.sandbox.exchange.rights import delegable, management_roles
from graphmail.sandbox.tenants_file import TenantsFileError, check
from graphmail.sandbox.well_known import DIRECTORY_ROLES, EXCHANGE_APP_ID, EXCHANGE_APP_ROLES, GRAPH_APP_ID
from graphmail.sandbox.world import Blueprint
from tests.sandbox.rbac_world import APP, assign, pointer, reads
from tests.sandbox_process import CONTOSO, EXAMPLE


@pytest.fixture
def content():
    return yaml.safe_load(EXAMPLE.read_text())


def built(content, tmp_path):
    return Blueprint(check(content, tmp_path / "tenants.yml")).build().tenants[CONTOSO]


def test_settings_of_exchange_are_read(content, tmp_path):
    content["tenants"][0]["exchange"] = {
        "redirect": True,
        "stripped_roles": ["Mail Recipients"],
        "audit_enabled": False,
    }
    organization = built(content, tmp_path).exchange
    assert organization.settings.redirect is True
    assert organization.settings.anchor_by_guid == "refused"
    assert (organization.stripped_roles, organization.audit_enabled) == ({"Mail Recipients"}, False)


def test_wrong_setting_is_named(content, tmp_path):
    content["tenants"][0]["exchange"] = {"anchor_by_guid": "sometimes"}
    with pytest.raises(TenantsFileError, match="anchor_by_guid"):
        built(content, tmp_path)


def test_contacts_units_and_what_is_mastered_on_premises(content, tmp_path):
    tenant = content["tenants"][0]
    tenant["users"][0]["synced"] = tenant["groups"][0]["synced"] = True
    tenant["contacts"] = [{"name": "Eva", "address": "eva@elsewhere.example"}]
    tenant["administrative_units"] = [{"name": "Sweden", "members": ["support@contoso.example"]}]
    made = built(content, tmp_path)
    by_address = {r.addresses[0]: r for r in made.recipients.values()}
    assert by_address["support@contoso.example"].synced
    assert by_address["everybody@contoso.example"].synced
    assert by_address["eva@elsewhere.example"].type_details == "MailContact"
    (unit,) = made.exchange.administrative_units.values()
    assert unit.members == {by_address["support@contoso.example"].id}
    tenant["administrative_units"][0]["members"] = ["nobody@contoso.example"]
    with pytest.raises(TenantsFileError, match="nobody@"):
        built(content, tmp_path)


def test_role_of_exchanges_own_is_another_grant_than_graphs_of_the_same_name(content, tmp_path):
    app = {"display_name": "old", "client_id": APP, "roles": ["Mail.Send", "exchange/Mail.Send", "full_access_as_app"]}
    content["tenants"][0]["applications"] = [app]
    made = built(content, tmp_path)
    principals = {p.app_id: p for p in made.service_principals.values()}
    granted = {(a.resource_id, a.app_role_id) for a in principals[APP].assignments}
    exchange, graph = principals[EXCHANGE_APP_ID].id, principals[GRAPH_APP_ID].id
    assert granted == {
        (graph, EXCHANGE_APP_ROLES["Mail.Send"]),
        (exchange, EXCHANGE_APP_ROLES["Mail.Send"]),
        (exchange, EXCHANGE_APP_ROLES["full_access_as_app"]),
    }
    assert len({a.id for a in principals[APP].assignments}) == 3


def test_administrative_unit_is_a_scope(content, tmp_path, contoso):
    content["tenants"][0]["administrative_units"] = [{"name": "Sweden", "members": ["support@contoso.example"]}]
    units = built(content, tmp_path).exchange.administrative_units
    contoso.tenant.exchange.administrative_units = units
    pointer(contoso)
    row = assign(contoso, RecipientAdministrativeUnitScope="sweden")
    assert (row["RecipientWriteScope"], row["CustomResourceScope"]) == ("AdministrativeUnit", next(iter(units)))
    tested = contoso.rows("Test-ServicePrincipalAuthorization", Identity=APP, Resource="support")[0]
    assert (tested["ScopeType"], tested["AllowedResourceScope"]) == ("AdministrativeUnit", next(iter(units)))
    assert (reads(contoso, "support@contoso.example"), reads(contoso, "ceo@contoso.example")) == (200, 403)


def test_signed_in_administrator_connects_with_another_permission(contoso):
    wids = frozenset({DIRECTORY_ROLES["Exchange Administrator"]})
    admin = contoso.recipient("admin@contoso.example").id
    user = Caller(APP, "sp", frozenset({"Exchange.Manage"}), wids, user_id=admin)
    assert "Organization Configuration" in management_roles(contoso.tenant, user)
    assert "Application Mail.Send" in delegable(contoso.tenant, user)
    plain = Caller(APP, "sp", frozenset({"Exchange.Manage"}), frozenset(), user_id=admin)
    assert management_roles(contoso.tenant, plain) == frozenset()
    contoso.rows("Add-RoleGroupMember", Identity="Recipient Management", Member="admin@contoso.example")
    assert "Distribution Groups" in management_roles(contoso.tenant, plain)
    assert management_roles(contoso.tenant, Caller(APP, "sp", frozenset(), wids, user_id=admin)) == frozenset()
