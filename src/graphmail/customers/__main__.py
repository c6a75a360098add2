"""Check an inventory, or print the field table of docs/inventory.md.

python -m graphmail.customers check inventory.yml
python -m graphmail.customers table
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from graphmail.customers import InventoryError, load
from graphmail.customers.not_yet import TO_DO, not_yet
from graphmail.customers.table import field_table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m graphmail.customers", description="The inventory of customers.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check", help="tell every mistake; contacts nothing").add_argument("inventory", type=Path)
    verbs.add_parser("table", help="print every field as a Markdown table")
    options = parser.parse_args(arguments)
    if options.verb == "table":
        print(field_table(), end="")
        return 0
    try:
        inventory = load(options.inventory)
    except InventoryError as error:
        print(error, file=sys.stderr)
        return 1
    count = len(inventory.customers)
    print(f"{count} customer{'s' * (count != 1)}, no mistake: {', '.join(inventory.customers)}")
    for name, customer in inventory.customers.items():
        for asked in not_yet(customer.credential.kind, keep=customer.credential.keep):
            print(f"{name}: {asked} is not supported yet, and onboard.yml stops this customer. To do: {TO_DO}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
