"""Rules that join fields and customers."""

import pytest

from graphmail.customers import load

from .inventory_samples import VENDOR, entry, inventory, mistakes, places

REAL = {
    "tenant_id": "11111111-2222-4333-8444-555555555555",
    "initial_domain": "contoso.onmicrosoft.com",
    "cloud": "global",
    "group": {"name": "G", "address": "g@contoso.com", "owners": ["admin@contoso.com"]},
    "mailboxes": ["support@contoso.com"],
    "outside_mailbox": "ceo@contoso.com",
}


def test_duplicate_tenant_names_the_other_customer_and_both_lines(tmp_path):
    path = inventory(tmp_path, {"contoso": entry("contoso"), "fabrikam": entry("fabrikam")})
    lines = [number for number, line in enumerate(path.read_text().splitlines(), 1) if "tenant_id" in line]

    (mistake,) = mistakes(path)

    assert (mistake.customer, mistake.field, mistake.line) == ("fabrikam", "tenant_id", lines[1])
    assert "duplicate tenant" in mistake.problem
    assert f"customer contoso has the same in line {lines[0]}" in mistake.problem


def test_duplicate_tenant_is_seen_in_another_case_and_beside_other_mistakes(tmp_path):
    other = entry("fabrikam", tenant_id="5A4D0000-0000-4000-8000-000000000001", cloud="nowhere")

    assert places(inventory(tmp_path, {"contoso": entry(), "fabrikam": other})) == [
        ("fabrikam", "tenant_id"),
        ("fabrikam", "cloud"),
    ]


def test_two_customers_share_a_tenant_with_an_app_and_a_group_each(tmp_path):
    group = {"name": "Kundo Chat", "address": "chat@contoso.example", "owners": ["admin@contoso.example"]}
    second = entry(app={"unique_name": "kundo-chat", "display_name": "Kundo Chat"}, group=group)

    assert list(load(inventory(tmp_path, {"contoso": entry(), "contoso-chat": second})).customers) == [
        "contoso",
        "contoso-chat",
    ]


def test_two_customers_of_a_tenant_with_the_same_names_are_refused(tmp_path):
    second = entry(app={"unique_name": "kundo-chat"})

    assert places(inventory(tmp_path, {"contoso": entry(), "contoso-chat": second})) == [
        ("contoso-chat", "group.name"),
        ("contoso-chat", "group.address"),
        ("contoso-chat", "app.display_name"),
    ]


def test_outside_mailbox_among_the_mailboxes_is_refused(tmp_path):
    assert places(inventory(tmp_path, {"contoso": entry(outside_mailbox="Support@contoso.example")})) == [
        ("contoso", "outside_mailbox")
    ]


def test_mailbox_that_stands_twice_is_refused_in_any_case(tmp_path):
    twice = ["support@contoso.example", "SUPPORT@contoso.example"]

    assert places(inventory(tmp_path, {"contoso": entry(mailboxes=twice)})) == [("contoso", "mailboxes[1]")]


def test_group_with_the_address_of_a_mailbox_is_refused(tmp_path):
    group = {"name": "G", "address": "support@contoso.example", "owners": ["admin@contoso.example"]}

    assert places(inventory(tmp_path, {"contoso": entry(group=group)})) == [("contoso", "group.address")]


@pytest.mark.parametrize("app", [{}, {"known_credentials": []}])
def test_keeping_a_credential_needs_one_that_is_known(tmp_path, app):
    path = inventory(tmp_path, {"contoso": entry(app=app, credential={"keep": True})})
    assert places(path) == [("contoso", "credential.keep")]
    (mistake,) = mistakes(path)
    assert "app.known_credentials" in mistake.allowed


def test_receiver_is_one_of_the_mailboxes(tmp_path):
    assert places(inventory(tmp_path, {"contoso": entry(probe={"receiver": "ceo@contoso.example"})})) == [
        ("contoso", "probe.receiver")
    ]


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("tenant_id", REAL["tenant_id"], "tenant_id"),
        ("initial_domain", "contoso.onmicrosoft.com", "initial_domain"),
        ("initial_domain", "contoso.example", "initial_domain"),
        ("mailboxes", ["support@contoso.com"], "mailboxes[0]"),
        ("outside_mailbox", "ceo@contoso.com", "outside_mailbox"),
        ("handover", {"recipients": [VENDOR], "address": "x@vendor.com"}, "handover.address"),
        ("probe", {"sender": "ops@vendor.com"}, "probe.sender"),
        ("probe", {"relay": "relay.vendor.com:25"}, "probe.relay"),
    ],
)
def test_sandbox_takes_nothing_of_a_real_tenant(tmp_path, field, value, place):
    assert places(inventory(tmp_path, {"contoso": entry(**{field: value})})) == [("contoso", place)]


@pytest.mark.parametrize("relay", ["127.0.0.1:25", "localhost:25", "[::1]:25"])
def test_sandbox_relay_on_loopback_is_taken(tmp_path, relay):
    assert mistakes(inventory(tmp_path, {"contoso": entry(probe={"relay": relay})})) == []


def test_real_customer_is_taken(tmp_path):
    assert mistakes(inventory(tmp_path, {"contoso": entry(**REAL)}, operators=[VENDOR])) == []


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("tenant_id", "5a4d0000-0000-4000-8000-000000000001", "tenant_id"),
        ("initial_domain", "contoso.onmicrosoft.example", "initial_domain"),
        ("cloud", "china", "initial_domain"),
        ("mailboxes", ["support@contoso.example"], "mailboxes[0]"),
    ],
)
def test_real_cloud_takes_nothing_of_the_sandbox(tmp_path, field, value, place):
    path = inventory(tmp_path, {"contoso": entry(**{**REAL, field: value})}, operators=[VENDOR])

    assert places(path) == [("contoso", place)]


def test_operators_may_be_empty_only_in_the_sandbox(tmp_path):
    (mistake,) = mistakes(
        inventory(tmp_path, {"contoso": entry(**REAL), "fabrikam": entry("fabrikam", 2)}, operators=[])
    )

    assert mistake.field == "operators"
    assert "contoso" in mistake.problem


@pytest.mark.parametrize("label", ["rbac", "sandbox", "customers", "all", "gcc-high", "contoso"])
def test_label_with_the_name_of_a_customer_or_a_group_is_refused(tmp_path, label):
    assert places(inventory(tmp_path, {"contoso": entry(labels=[label])})) == [("contoso", "labels[0]")]


@pytest.mark.parametrize("name", ["rbac", "global", "all", "ungrouped", "localhost", "customers"])
def test_customer_with_the_name_of_a_group_is_refused(tmp_path, name):
    assert places(inventory(tmp_path, {name: entry()})) == [(name, "")]


@pytest.mark.parametrize("kind", ["device_code", "authorization_code"])
def test_a_person_signs_in_with_ops_own_client(tmp_path, kind):
    path = inventory(tmp_path, {"contoso": entry(admin={"kind": kind})})

    assert places(path) == [("contoso", "admin.client_id")]
    assert mistakes(path)[0].allowed.startswith("ops' own multi-tenant public client")


def test_ops_own_client_stands_once_for_all(tmp_path):
    client = "11111111-2222-4333-8444-555555555555"
    people = {"contoso": entry(admin={"kind": "device_code"}), "fabrikam": entry("fabrikam", 2)}

    customers = load(inventory(tmp_path, people, defaults={"admin": {"client_id": client}})).customers

    assert customers["contoso"].connection(tmp_path / "inventory.yml")["admin"]["client_id"] == client
    assert customers["fabrikam"].admin.kind == "client_secret"
