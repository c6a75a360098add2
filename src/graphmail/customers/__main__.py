"""Check an inventory, make entries from a list, or print the field table of docs/inventory.md.

python -m graphmail.customers check inventory.yml
python -m graphmail.customers import customers.csv [--inventory inventory.yml] [--output new.yml]
python -m graphmail.customers table
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from graphmail.customers import InventoryError, load
from graphmail.customers.listed import entries_of, explained
from graphmail.customers.table import field_table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m graphmail.customers", description="The inventory of customers.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("check", help="tell every mistake; contacts nothing").add_argument("inventory", type=Path)
    _add_import(verbs)
    verbs.add_parser("table", help="print every field as a Markdown table")
    options = parser.parse_args(arguments)
    try:
        if options.verb == "table":
            print(field_table(), end="")
        elif options.verb == "import":
            _import(options.list, options.inventory, options.output)
        else:
            _check(options.inventory)
    except InventoryError as error:
        print(error, file=sys.stderr)
        return 1
    except FileExistsError:
        print(f"{options.output} is there already; nothing was written", file=sys.stderr)
        return 1
    return 0


def _add_import(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser(
        "import",
        help="make entries from a CSV list; nothing is written if it has a mistake",
        description="Makes inventory entries from a list, one row for each customer, and contacts nothing.",
        epilog=explained(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("list", type=Path, metavar="FILE.csv")
    parser.add_argument(
        "--inventory", type=Path, help="where they shall go: its defaults count, its customers must differ from them"
    )
    parser.add_argument("--output", type=Path, help="a new file for the YAML; else it is printed")


def _import(path: Path, inventory: Path | None, output: Path | None) -> None:
    text = entries_of(path, inventory)
    if output is None:
        print(text, end="")
        return
    with output.open("x", encoding="utf-8") as file:
        file.write(text)
    print(output)


def _check(path: Path) -> None:
    inventory = load(path)
    count = len(inventory.customers)
    print(f"{count} customer{'s' * (count != 1)}, no mistake: {', '.join(inventory.customers)}")


if __name__ == "__main__":
    sys.exit(main())
