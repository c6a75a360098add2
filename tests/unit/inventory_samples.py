"""Inventories to break."""

from pathlib import Path

import yaml

from graphmail.customers import InventoryError, Mistake, load

VENDOR = "age1h0z87vjsf7u6cqsev2pvva9h3aw5vl3e75uc8nfmw9grkyku3dyqlcnlv0"

# One line a field, so that a test can say in which line the mistake is.
CONTOSO = f"""\
customers:
  contoso:
    tenant_id: 5a4d0000-0000-4000-8000-000000000001
    initial_domain: contoso.onmicrosoft.example
    cloud: sandbox
    group: {{name: Kundo Mail mailboxes, address: kundo-mailboxes@contoso.example, owners: [admin@contoso.example]}}
    mailboxes: [support@contoso.example, sales@contoso.example]
    outside_mailbox: ceo@contoso.example
    handover: {{recipients: [{VENDOR}]}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "inventory.yml"
    path.write_text(text, encoding="utf-8")
    return path


def entry(name: str = "contoso", number: int = 1, **fields: object) -> dict[str, object]:
    """A customer's entry as data; `fields` replace or add."""
    base = yaml.safe_load(CONTOSO.replace("contoso", name))["customers"][name]
    return {**base, "tenant_id": f"5a4d0000-0000-4000-8000-{number:012d}", **fields}


def inventory(folder: Path, customers: dict[str, object], **top: object) -> Path:
    return write(folder, yaml.safe_dump({**top, "customers": customers}, sort_keys=False))


def mistakes(path: Path) -> list[Mistake]:
    try:
        load(path)
    except InventoryError as error:
        return list(error.mistakes)
    return []


def places(path: Path) -> list[tuple[str, str]]:
    """Customer and field of each mistake."""
    return [(mistake.customer, mistake.field) for mistake in mistakes(path)]
