"""The table that ends a run: read by a person in a terminal, who copies a key id out of it."""

import pytest

from graphmail_ansible.fleet_tables import FleetTables

KEY = "2c5b9e0e-8f5c-4c53-a2a1-0d9b4a5c1f77"


@pytest.fixture
def told(tmp_path):
    def told(module, *results):
        tables, said = FleetTables(), []
        for customer, result in results:
            tables.hear(module, customer, result)
        tables.tell(said.append, lambda name: tmp_path / f"{name}.json", {})
        return said[0].strip("\n").splitlines()

    return told


def test_a_rotation_says_what_is_awaited_beside_whole_key_ids(told):
    old, why = KEY.replace("2c", "3d"), "the vendor has until 2026-12-06 16:24 UTC to change over"
    credential = {"key_id": KEY, "kind": "secret", "expires": "2028-11-29T16:22:00.5+00:00", "standing": "acknowledged"}
    found = {"status": "grace", "msg": why, "credentials": [credential, credential | {"key_id": old}]}
    head, _, first, *rest = told("credential_rotation", ("contoso", found))
    assert head.split() == ["customer", "status", "key_id", "kind", "expires", "standing", "why"]
    start = ["contoso", "grace", KEY, "secret", "2028-11-29", "16:22", "acknowledged"]
    assert first.split()[:7] == start
    assert " ".join(" ".join([first, *rest]).split()).count("the vendor has until 2026-12-06 16:24 UTC") == 1
    assert [line.split()[0] for line in rest if old in line] == [old]


def test_why_a_customer_could_not_be_read_stands_under_problem_and_not_in_the_column_of_answers(told):
    head, _, first, second = told(
        "tenant_info", ("contoso", {"msg": "Entra answered 401"}), ("fabrikam", {"status": "ready"})
    )
    assert first.split()[:2] == ["contoso", "unknown"]
    assert first.index("Entra answered 401") == head.index("problem")
    assert second.split() == ["fabrikam", "ready"]


def test_a_customer_without_drift_is_told_with_its_status(told):
    _, _, line = told(
        "customer_drift_info", ("contoso", {"status": "none", "msg": "as the inventory says", "differences": []})
    )
    assert line.split() == ["contoso", "none", "as", "the", "inventory", "says"]
