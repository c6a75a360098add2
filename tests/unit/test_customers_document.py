"""The YAML file itself: lines, keys that stand twice, and files that are none."""

import pytest

from graphmail.customers import NoInventory, load

from .inventory_samples import CONTOSO, mistakes, write


def test_key_that_stands_twice_is_told_with_both_lines(tmp_path):
    (mistake,) = mistakes(write(tmp_path, CONTOSO + "    cloud: sandbox\n"))

    assert (mistake.line, mistake.customer, mistake.field) == (10, "contoso", "cloud")
    assert "line 5" in mistake.problem


def test_customer_that_stands_twice_is_told(tmp_path):
    (mistake,) = mistakes(write(tmp_path, CONTOSO + CONTOSO.removeprefix("customers:\n")))

    assert (mistake.line, mistake.customer) == (10, "contoso")
    assert "line 2" in mistake.problem


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("customers:\n  contoso: [\n", 3),
        ("customers:\n  a: b: c\n", 2),
        ("customers:\n\tcontoso: {}\n", 2),
        ("customers:\n  a: *nobody\n", 2),
        ("customers:\n  a: !vault |\n    x\n", 2),
        ("customers: {}\n---\ncustomers: {}\n", 2),
        ("customers:\n  ? [a]\n  : b\n", 2),
        ("customers:\n  a: \x07\n", 1),
        ("customers: " + "[" * 5000, 1),
        ("customers: &a [*a]\n", 1),
    ],
)
def test_broken_yaml_is_told_with_its_line(tmp_path, text, line):
    (mistake,) = mistakes(write(tmp_path, text))

    assert mistake.line == line


def test_file_that_is_not_utf8_is_told_with_its_line(tmp_path):
    path = tmp_path / "inventory.yml"
    path.write_bytes(b"customers:\n  contoso: \xe5\n")

    (mistake,) = mistakes(path)

    assert mistake.line == 2


def test_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NoInventory, match=r"absent\.yml"):
        load(tmp_path / "absent.yml")


@pytest.mark.parametrize("text", ["", "- contoso\n", "customers:\n", "customers: []\n", "operators: []\n"])
def test_inventory_without_customers_is_a_mistake(tmp_path, text):
    assert len(mistakes(write(tmp_path, text))) == 1


def test_anchors_and_merge_keys_work_and_keep_their_lines(tmp_path):
    text = CONTOSO.replace("  contoso:\n", "  contoso: &one\n")
    second = "  second:\n    <<: *one\n    tenant_id: 5a4d0000-0000-4000-8000-000000000002\n    cloud: nothing\n"

    (mistake,) = mistakes(write(tmp_path, text + second))

    assert (mistake.line, mistake.customer, mistake.field) == (13, "second", "cloud")


def test_aliases_of_aliases_do_not_multiply(tmp_path):
    bomb = "x0: &x0 [a, a]\n" + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 40))

    assert all("no such field" in mistake.problem for mistake in mistakes(write(tmp_path, bomb + CONTOSO)))


def test_byte_order_mark_is_no_mistake(tmp_path):
    assert load(write(tmp_path, "\ufeff" + CONTOSO)).customers
