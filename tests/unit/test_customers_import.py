"""Entries from a list: what a spreadsheet saves, checked by the inventory's own rules."""

from __future__ import annotations

import pytest
import yaml

from graphmail.customers import InventoryError, load
from graphmail.customers.__main__ import main
from graphmail.customers.listed import columns, entries_of

from .inventory_samples import CONTOSO, VENDOR, write

COLUMNS = ("customer", "tenant_id", "initial_domain", "cloud", "group.name", "group.address", "group.owners")
HEAD = ",".join([*COLUMNS, "mailboxes", "outside_mailbox", "handover.recipients"])


def row(name: str = "fabrikam", number: int = 2, **cells: str) -> str:
    made = {
        "customer": name,
        "tenant_id": f"5a4d0000-0000-4000-8000-{number:012d}",
        "initial_domain": f"{name}.onmicrosoft.example",
        "cloud": "sandbox",
        "group.name": "Kundo Mail mailboxes",
        "group.address": f"kundo@{name}.example",
        "group.owners": f"anna@{name}.example",
        "mailboxes": f"info@{name}.example; orders@{name}.example",
        "outside_mailbox": f"hr@{name}.example",
        "handover.recipients": VENDOR,
    } | cells
    return ",".join(made.values())


def listed(folder, *lines: str, encoding: str = "utf-8"):
    path = folder / "customers.csv"
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


def mistakes(path, inventory=None) -> list[tuple[int, str, str]]:
    with pytest.raises(InventoryError) as raised:
        entries_of(path, inventory)
    assert all(mistake.file == path for mistake in raised.value.mistakes)
    return [(mistake.line, mistake.field, mistake.problem) for mistake in raised.value.mistakes]


def test_rows_become_entries_that_the_inventory_takes(tmp_path):
    text = entries_of(listed(tmp_path, HEAD, row(), "", row("litware", 3)))
    customers = load(write(tmp_path, text)).customers
    assert list(customers) == ["fabrikam", "litware"]
    assert customers["fabrikam"].mailboxes == ["info@fabrikam.example", "orders@fabrikam.example"]


def test_every_field_of_an_entry_is_a_column(tmp_path):
    assert {"labels", "app.client_id", "app.known_credentials", "credential.keep", "probe.max_wait"} <= set(columns())
    extra = ",labels,app.client_id,app.known_credentials,credential.keep,probe.max_wait,group.extra_members"
    cells = ",pilot retail,AAAAAAAA-0000-4000-8000-000000000001,bbbbbbbb-0000-4000-8000-000000000001,TRUE,1 hour,remove"
    text = entries_of(listed(tmp_path, HEAD + extra, row() + cells))
    customer = load(write(tmp_path, text)).customers["fabrikam"]
    assert customer.labels == ["pilot", "retail"]
    assert customer.app.client_id == "aaaaaaaa-0000-4000-8000-000000000001"
    assert (customer.credential.keep, customer.probe.max_wait, customer.group.extra_members) == (True, 3600, "remove")


def test_what_a_spreadsheet_saves_is_read(tmp_path):
    lines = [
        HEAD.replace(",", ";"),
        row(mailboxes='"info@fabrikam.example\norders@fabrikam.example"').replace(",", ";"),
    ]
    text = entries_of(listed(tmp_path, *lines, encoding="utf-8-sig"))
    assert yaml.safe_load(text)["customers"]["fabrikam"]["mailboxes"] == [
        "info@fabrikam.example",
        "orders@fabrikam.example",
    ]


def test_every_mistake_is_told_with_its_line(tmp_path):
    several = '"a@litware.example\nb@litware.example"'
    path = listed(
        tmp_path,
        HEAD,
        row(tenant_id="no guid"),
        row("litware", 3, mailboxes=several, outside_mailbox="a@litware.example"),
        row("litware", 4),
        row("", 5),
        row("wingtip", 6, customer="Wing Tip") + ",too much",
        row("adatum", 7, cloud="sandbx"),
        row("alpine", 8, **{"group.owners": ""}),
    )
    assert mistakes(path) == [
        (2, "tenant_id", "is not a GUID"),
        (3, "outside_mailbox", "is one of the mailboxes"),
        (5, "customer", "stands twice; the first one is in line 3"),
        (6, "customer", "is missing"),
        (7, "", "is no name for a customer"),
        (7, "", "the row has 11 cells, and there are 10 columns"),
        (8, "cloud", "is none of the allowed values; did you mean `sandbox`?"),
        (9, "group.owners", "is missing"),
    ]


def test_columns_that_do_not_exist_or_stand_twice(tmp_path):
    path = listed(tmp_path, HEAD + ",mailbox,cloud", row() + ",x,sandbox")
    assert mistakes(path) == [
        (1, "cloud", "the column stands twice"),
        (1, "mailbox", "there is no such column; did you mean `mailboxes`?"),
    ]


@pytest.mark.parametrize("text", ["", "tenant_id,cloud\n1,2\n", 'customer,cloud\n"open,sandbox\n'])
def test_what_is_no_list_is_refused(tmp_path, text):
    path = tmp_path / "customers.csv"
    path.write_text(text)
    assert mistakes(path)


def test_another_encoding_names_the_line(tmp_path):
    path = listed(tmp_path, HEAD, row(), row("litware", 3, **{"group.name": "Brevlådor"}), encoding="latin-1")
    assert mistakes(path) == [(3, "", "the file is not UTF-8")]


def test_beside_an_inventory_its_defaults_count_and_its_customers_differ(tmp_path):
    inventory = write(tmp_path, CONTOSO + f"defaults: {{cloud: sandbox, handover: {{recipients: [{VENDOR}]}}}}\n")
    text = entries_of(listed(tmp_path, HEAD, row(cloud="", **{"handover.recipients": ""})), inventory)
    assert "recipients" not in text
    path = listed(tmp_path, HEAD, row("contoso", 9), row(tenant_id="5a4d0000-0000-4000-8000-000000000001"))
    assert [(line, field) for line, field, _ in mistakes(path, inventory)] == [(2, "customer"), (3, "tenant_id")]


def test_nothing_is_written_on_a_mistake_and_nothing_is_overwritten(tmp_path, capsys):
    output = tmp_path / "new.yml"
    assert main(["import", str(listed(tmp_path, HEAD, row(cloud="x"))), "--output", str(output)]) == 1
    assert not output.exists()
    good = str(listed(tmp_path, HEAD, row()))
    assert main(["import", good, "--output", str(output)]) == 0
    written = output.read_text()
    assert main(["import", good, "--output", str(output)]) == 1
    assert output.read_text() == written
    assert "is there already" in capsys.readouterr().err


def test_help_names_every_column(capsys):
    with pytest.raises(SystemExit):
        main(["import", "--help"])
    told = capsys.readouterr().out
    assert all(f"  {column}: " in told for column in columns())
