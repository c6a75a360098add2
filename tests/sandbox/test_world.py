"""The tenants file, and the world made from it."""

from __future__ import annotations

import pytest
import yaml

from graphmail.sandbox.tenants_file import TenantsFileError, check, load
from graphmail.sandbox.world import Blueprint
from tests.sandbox_process import CONTOSO, EXAMPLE, FABRIKAM, LITWARE


@pytest.fixture
def content():
    return yaml.safe_load(EXAMPLE.read_text())


@pytest.fixture
def world():
    return Blueprint(load(EXAMPLE)).build()


def mistakes(content, tmp_path):
    with pytest.raises(TenantsFileError) as caught:
        check(content, tmp_path / "tenants.yml")
    return caught.value.problems


def test_example_has_the_three_customers(world):
    assert list(world.tenants) == [CONTOSO, FABRIKAM, LITWARE]
    shared = [
        r.primary_address for r in world.tenants[FABRIKAM].recipients.values() if r.type_details == "SharedMailbox"
    ]
    assert shared == ["info@fabrikam.example"]


def test_what_somebody_did_by_hand_has_no_lag_running(world):
    litware = world.tenants[LITWARE]
    now = litware.clock.now()
    app = next(a for a in litware.applications.values() if a.app_id == "5a4d0000-0003-4000-8000-00000000a001")
    principal = next(p for p in litware.service_principals.values() if p.app_id == app.app_id)
    group = litware.recipient_with("kundo-mailboxes@litware.example")
    spans = [
        app.span,
        principal.span,
        app.secrets[0].span,
        principal.assignments[0].span,
        *(s for spans in group.memberships.values() for s in spans),
    ]
    assert all(span.holds(now, litware.delays.of("policy")) for span in spans)
    assert app.secrets[0].start < now < app.secrets[0].end


def test_mailbox_exists_for_licensed_and_shared_and_no_other(world):
    fabrikam = world.tenants[FABRIKAM]
    without = [r.primary_address for r in fabrikam.recipients.values() if r.mailbox is None]
    assert without == ["temp@fabrikam.example", "warehouse@fabrikam.example"]
    assert fabrikam.recipient_with("orders@fabrikam-shop.example").primary_address == "orders@fabrikam.example"


def test_everything_settable_for_a_tenant_arrives(content, tmp_path):
    content["tenants"][0] |= {
        "delays": {"consent": 1.5},
        "limits": {"request": 1000},
        "dehydrated": True,
        "admin": {"roles": ["User.Read.All"], "directory_roles": []},
        "app_management_policy": {
            "is_enabled": True,
            "password_credentials": [{"restriction_type": "passwordLifetime", "max_lifetime": "P90D"}],
        },
        "skus": [{"sku_part_number": "SPE_E3", "service_plans": ["EXCHANGE_S_ENTERPRISE"], "enabled": 3}],
    }
    content["tenants"][0]["users"][0] |= {"max_send_size": "150 MiB", "max_receive_size": 1000}
    tenant = Blueprint(check(content, tmp_path)).build().tenants[CONTOSO]
    assert (tenant.delays.consent, tenant.delays.secret, tenant.limits.request, tenant.dehydrated) == (
        1.5,
        12,
        1000,
        True,
    )
    mailbox = tenant.recipient_with("support@contoso.example").mailbox
    assert (mailbox.max_send_size, mailbox.max_receive_size) == (150 * 1024 * 1024, 1000)
    rule = tenant.app_management_policy["applicationRestrictions"]["passwordCredentials"][0]
    assert (rule["restrictionType"], rule["maxLifetime"]) == ("passwordLifetime", "P90D")
    assert tenant.skus[0]["skuPartNumber"] == "SPE_E3"
    admin = next(p for p in tenant.service_principals.values() if p.properties["displayName"] == "Kundo Onboarding")
    assert (len(admin.assignments), admin.directory_roles) == (1, set())


def test_all_mistakes_come_at_once_and_name_their_place(content, tmp_path):
    content["tenants"][0]["users"][0]["adress"] = "x"
    content["tenants"][1]["id"] = "11111111-0000-4000-8000-000000000002"
    content["tenants"][2]["domains"] = ["litware.com"]
    content["tenants"][2]["admin"] = {"roles": ["Mail.Sned"]}
    found = "\n".join(mistakes(content, tmp_path))
    for place in ("tenants[0].users[0].adress", "tenants[1].id", "tenants[2].domains[0]", "tenants[2].admin.roles[0]"):
        assert place in found
    assert "Mail.Send" in found


def test_contradictions_within_a_tenant_are_mistakes(content, tmp_path):
    contoso = content["tenants"][0]
    contoso["users"].append({"address": "ceo@contoso.example", "name": "Twin"})
    contoso["users"].append({"address": "a@fabrikam.example", "name": "Foreigner"})
    contoso["groups"][0]["members"].append("nobody@contoso.example")
    contoso["delays"] = {"consnet": 1}
    found = mistakes(content, tmp_path)
    for said in ("'ceo@contoso.example' stands there twice", "a@fabrikam.example", "nobody@contoso.example", "consnet"):
        assert any(said in line for line in found), said


def test_tenant_twice_is_a_mistake(content, tmp_path):
    content["tenants"].append(content["tenants"][0])
    assert any("tenant id" in line for line in mistakes(content, tmp_path))


def test_no_value_is_coerced(content, tmp_path):
    content["tenants"][0]["dehydrated"] = "yes"
    content["tenants"][0]["users"][0]["name"] = 7
    assert len(mistakes(content, tmp_path)) == 2


@pytest.mark.parametrize("text", ["", "[]", "tenants: []", "tenants: {", "tenants: x"])
def test_file_that_is_no_tenants_file(tmp_path, text):
    path = tmp_path / "tenants.yml"
    path.write_text(text)
    with pytest.raises(TenantsFileError):
        load(path)


def test_quotas_and_rules_for_mail_come_from_the_file(content, tmp_path):
    tenant = content["tenants"][0]
    tenant["users"][0]["quota"] = "2 MiB"
    tenant["mail_rules"] = {"junk": ["@fabrikam.example"], "received_edits": "by_date"}
    made = Blueprint(check(content, tmp_path)).build().tenants[CONTOSO]
    owner = made.recipient_with(tenant["users"][0]["address"])
    assert owner.mailbox.quota == 2 * 1024 * 1024
    assert (made.mail_rules.junk, made.mail_rules.received_edits) == (["@fabrikam.example"], "by_date")
    tenant["mail_rules"]["received_edits"] = "never"
    assert "mail_rules.received_edits" in mistakes(content, tmp_path)[0]
