"""Seal how ops signs in to a customer's tenant, and tell which credential ends when.

    python -m graphmail.credentials seal CUSTOMER --inventory inventory.yml [--stdin]
    python -m graphmail.credentials report --inventory inventory.yml [--json FILE] [--ical FILE]

`seal` asks for the admin app's client id, its secret's id and the secret, or reads them as JSON, and seals them to
the operators. Prints the file's path, never a secret.
"""

from __future__ import annotations

import argparse
import getpass
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphmail.credentials import from_json, no_credential
from graphmail.customers import Inventory, load
from graphmail.customers.to_discover import ToDiscover, load_to_discover, says_discover
from graphmail.customers.values import GUID
from graphmail.errors import TenantError
from graphmail.expiry import report


def seal_admin(inventory: Inventory | ToDiscover, name: str, answers: dict[str, str | None]) -> Path:
    """Seal how ops signs in to that customer's tenant; the file. `answers` as `--stdin` takes them."""
    connection = _connection(inventory, name)
    tenant_id = connection["tenant_id"]
    if (answers.get("tenant_id") or tenant_id).lower() != tenant_id:
        raise TenantError("This credential is for another tenant", expected=tenant_id, found=str(answers["tenant_id"]))
    credential = from_json(json.dumps({**answers, "tenant_id": tenant_id}).encode())
    if re.fullmatch(GUID, credential.client_id) is None:
        raise TenantError(
            "The client id is no GUID",
            expected="the admin app's Application (client) ID, such as 11111111-2222-4333-8444-555555555555",
            remedy="copy it from Entra, App registrations; nothing was sealed",
        )
    credential.check()
    path = Path(connection["admin"]["sealed"])
    credential.write(path, connection["operators"])
    return path


def _connection(inventory: Inventory | ToDiscover, name: str) -> dict[str, Any]:
    if isinstance(inventory, ToDiscover):
        if name not in inventory.discover:
            raise TenantError(f"Nobody named {name} is to be discovered", expected=", ".join(inventory.discover))
        return inventory.connection(name)
    if name not in inventory.customers:
        raise TenantError(
            f"The inventory has no customer {name}", expected=", ".join(inventory.customers), found=str(inventory.path)
        )
    return inventory.customers[name].connection(inventory.path)


def _asked(name: str) -> dict[str, str | None]:
    try:
        return {
            "client_id": input(f"Client id of the admin app in {name}'s tenant: ").strip(),
            "key_id": input("Id of its secret (may be left empty): ").strip(),
            "client_secret": getpass.getpass("Client secret (not shown): ").strip(),
        }
    except (EOFError, KeyboardInterrupt):
        print(file=sys.stderr)
        remedy = "answer all three, or give them as JSON with --stdin; nothing was sealed"
        raise TenantError("The input ended before the last answer", remedy=remedy) from None


def _read_stdin() -> dict[str, str | None]:
    try:
        answers = json.load(sys.stdin)
    except ValueError:
        raise no_credential() from None
    if not isinstance(answers, dict):
        raise no_credential()
    return answers


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m graphmail.credentials", description="Credentials in sealed files.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    seal = verbs.add_parser("seal", help="seal how ops signs in to a customer's tenant")
    seal.add_argument("customer")
    seal.add_argument("--inventory", type=Path, required=True)
    seal.add_argument("--stdin", action="store_true", help="read JSON: client_id, client_secret, key_id, expires")
    report.add_options(verbs.add_parser("report", help=report.HELP))
    options = parser.parse_args(arguments)
    try:
        if options.verb == "report":
            return report.run(options)
        sought = says_discover(options.inventory)
        inventory = load_to_discover(options.inventory) if sought else load(options.inventory)
        sealed_before = Path(_connection(inventory, options.customer)["admin"]["sealed"]).exists()
        print(seal_admin(inventory, options.customer, _read_stdin() if options.stdin else _asked(options.customer)))
        if sealed_before:
            print("This replaced the credential that was sealed there before.", file=sys.stderr)
    except TenantError as error:
        print(error, file=sys.stderr)
        return report.UNKNOWN if options.verb == "report" else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
