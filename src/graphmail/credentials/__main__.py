"""How ops signs in to a customer's tenant, into a sealed file; and which credential ends when.

    python -m graphmail.credentials seal CUSTOMER --inventory inventory.yml [--stdin]
    python -m graphmail.credentials sign-in CUSTOMER --inventory inventory.yml
    python -m graphmail.credentials report --inventory inventory.yml [--json FILE] [--ical FILE]

`seal` asks for what `admin.kind` of the customer is made of (a secret, a certificate, where a workload's assertion
lies), or reads it as JSON. `sign-in` lets an administrator sign in where `admin.kind` says that a person does. Both
seal it to the operators and print the file's path, never a secret.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphmail.admin import KINDS, keep
from graphmail.credentials import ClientCertificate, from_json, no_credential
from graphmail.credentials.asked import Answers, asked
from graphmail.customers import Inventory, load
from graphmail.customers.to_discover import ToDiscover, load_to_discover, says_discover
from graphmail.customers.values import GUID
from graphmail.errors import TenantError
from graphmail.expiry import report
from graphmail.person import FLOWS, sign_in
from graphmail.tenant import RunContext, Tenant


def seal_admin(inventory: Inventory | ToDiscover, name: str, answers: Answers) -> Path:
    """Seal how ops signs in to that customer's tenant; the file. `answers` as `--stdin` takes them."""
    connection = _connection(inventory, name)
    tenant_id, kind = connection["tenant_id"], connection["admin"]["kind"]
    if (answers.get("tenant_id") or tenant_id).lower() != tenant_id:
        # Not shown unless it is an id: somebody may have put the secret into the wrong field.
        found = str(answers["tenant_id"])
        found = found if re.fullmatch(GUID, found) else "no tenant id"
        raise TenantError("This credential is for another tenant", expected=tenant_id, found=found)
    if (answers.get("kind") or kind) != kind:
        raise TenantError(
            f"This credential is of another kind than the inventory says of customer {name}",
            expected=f"admin.kind {kind}",
            found=str(answers["kind"]) if answers["kind"] in KINDS else "another word",
            remedy="correct admin.kind, or give what it says; nothing was sealed",
        )
    credential = from_json(json.dumps({**answers, "tenant_id": tenant_id, "kind": kind}).encode())
    if re.fullmatch(GUID, credential.client_id) is None:
        raise TenantError(
            "The client id is no GUID",
            expected="the admin app's Application (client) ID, such as 11111111-2222-4333-8444-555555555555",
            remedy="copy it from Entra, App registrations; nothing was sealed",
        )
    credential.check()
    if isinstance(credential, ClientCertificate):
        credential = credential.with_end()
    path = Path(connection["admin"]["sealed"])
    credential.write(path, connection["operators"])
    return path


def sign_in_admin(inventory: Inventory | ToDiscover, name: str) -> Path:
    """Let an administrator of that customer sign in, and seal what that leaves; the file."""
    connection = _connection(inventory, name)
    kind = connection["admin"]["kind"]
    if kind not in FLOWS:
        raise TenantError(
            f"Ops signs in to the tenant of customer {name} as an app",
            expected=f"admin.kind {' or '.join(FLOWS)}",
            found=f"admin.kind {kind}",
            remedy=f"python -m graphmail.credentials seal {name}, or let bootstrap.yml make the app",
        )
    tenant = Tenant.connect(connection, RunContext(tell=lambda text: print(text, file=sys.stderr, flush=True)))
    # A run that goes on meanwhile seals the newer sign-in over and over.
    with tenant.state.lock("sign-in"):
        person = sign_in(tenant)
        keep(tenant, person)
    print(f"Signed in as {person.username}.", file=sys.stderr)
    return Path(connection["admin"]["sealed"])


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


def _answers(inventory: Inventory | ToDiscover, name: str, *, stdin: bool) -> Answers:
    kind = _connection(inventory, name)["admin"]["kind"]
    if kind in FLOWS:
        raise TenantError(
            f"An administrator signs in for customer {name}, so there is nothing to seal",
            found=f"admin.kind {kind}",
            remedy=f"python -m graphmail.credentials sign-in {name} --inventory <your inventory>",
        )
    return _read_stdin() if stdin else asked(name, kind)


def _read_stdin() -> Answers:
    try:
        answers = json.load(sys.stdin)
    except ValueError:
        raise no_credential() from None
    if not isinstance(answers, dict):
        raise no_credential()
    return answers


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m graphmail.credentials", description="Credentials in sealed files.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    seal = verbs.add_parser("seal", help="seal what the admin app of a customer's tenant signs in with")
    seal.add_argument(
        "--stdin",
        action="store_true",
        help="read JSON: client_id, key_id, expires, and client_secret, or certificate and private_key (PEM), or "
        "assertion_file, as admin.kind says",
    )
    signed = verbs.add_parser("sign-in", help="let an administrator of a customer's tenant sign in")
    for verb in (seal, signed):
        verb.add_argument("customer")
        verb.add_argument("--inventory", type=Path, required=True)
    report.add_options(verbs.add_parser("report", help=report.HELP))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        if options.verb == "report":
            return report.run(options)
        sought = says_discover(options.inventory)
        inventory = load_to_discover(options.inventory) if sought else load(options.inventory)
        sealed_before = Path(_connection(inventory, options.customer)["admin"]["sealed"]).exists()
        if options.verb == "seal":
            answers = _answers(inventory, options.customer, stdin=options.stdin)
            print(seal_admin(inventory, options.customer, answers))
        else:
            print(sign_in_admin(inventory, options.customer))
        if sealed_before:
            print("This replaced the credential that was sealed there before.", file=sys.stderr)
    except TenantError as error:
        print(error, file=sys.stderr)
        return report.UNKNOWN if options.verb == "report" else 1
    except KeyboardInterrupt:
        print("Ended before anybody had signed in; nothing was sealed.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
