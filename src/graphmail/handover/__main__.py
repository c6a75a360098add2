"""Open what was handed over, and take in the receipt of it.

    python -m graphmail.handover open FILE [--identity KEY] [--json]
    python -m graphmail.handover receive RECEIPT --inventory inventory.yml

`open` is for the receiver: shows tenant id, client id and the secret, gets a token with them, and writes a receipt
signed with the receiver's ssh-ed25519 key. `receive` is for the operator whom the receipt was sent to.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from graphmail.credentials import SealedCredential
from graphmail.customers import load
from graphmail.errors import TenantError
from graphmail.handover.opening import Opening
from graphmail.handover.receipt import Receipt, signature_of
from graphmail.handover.received import take_in
from graphmail.handover.ssh_signature import fingerprint
from graphmail.printable import visible
from graphmail.sealed import identity_file
from graphmail.state import StateFolder, state_root


def shown(credential: SealedCredential) -> str:
    """The values to put where secrets are kept, for a person at a terminal."""
    fields = json.loads(credential.to_json())
    names = ("tenant_id", "client_id", "key_id", "expires")
    own = [name for name in fields if name not in (*names, "kind")]
    # Whoever sealed the file chose the texts, and they go to a terminal.
    fields = {name: visible(str(value)) if value else "" for name, value in fields.items()}
    lines = [f"{name:16}{fields[name]}" for name in (*names, *own) if fields[name] and "\n" not in fields[name]]
    blocks = [f"{name}:\n{fields[name]}" for name in own if "\n" in fields[name]]
    return "\n".join([*lines, *blocks])


def open_file(file: Path, identity: Path | None, *, as_json: bool, assertion: Path | None = None) -> None:
    """What is secret goes to standard output alone, everything else to standard error."""
    opening = Opening.of(file, identity or identity_file()).with_assertion(assertion)
    credential = opening.parcel.credential
    print(credential.to_json().decode() if as_json else shown(credential))
    if not credential.can_sign_in:
        print(
            "\nNot tried: nothing here can sign in. With --assertion FILE, a token of your identity provider, "
            "it is tried and a receipt is written.",
            file=sys.stderr,
        )
        return
    proved = opening.prove()
    print(f"\nThey work: Entra gave a token of tenant {credential.tenant_id} for them.", file=sys.stderr)
    path = opening.acknowledge(proved, datetime.now(UTC))
    if path is None:
        print(
            f"{opening.identity} is no ssh-ed25519 key and cannot sign, so there is no receipt: "
            f"tell the sender that you have credential {credential.key_id}.",
            file=sys.stderr,
        )
        return
    print(f"Send both back: {path} and {signature_of(path)}. They hold no secret.", file=sys.stderr)


def receive(path: Path, inventory: Path) -> Receipt:
    """Take the receipt in for the customer that it names."""
    customers = load(inventory).customers
    try:
        name = json.loads(path.read_bytes())["customer"]
        customer = customers[name]
    except OSError as error:
        raise TenantError(
            "A receipt cannot be read",
            found=f"{path}: {error.strerror}",
            remedy="name the file that ends in .receipt.json, with its .sig beside it, as the receiver got both",
        ) from None
    except (ValueError, KeyError, TypeError):
        raise TenantError(
            "This is no receipt of a customer in the inventory",
            expected=f"one of {', '.join(customers)}",
            found=str(path),
            remedy="name the inventory in which the customer stands, and the file that ends in .receipt.json",
        ) from None
    state = StateFolder(state_root(), customer.name)
    with state.lock("receive"):
        return take_in(path, state, customer.tenant_id, customer.handover.recipients)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m graphmail.handover", description=__doc__.split("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    opening = verbs.add_parser("open", help="for the receiver: open, try, and sign a receipt")
    opening.add_argument("file", type=Path, help="the .age file")
    opening.add_argument("--identity", type=Path, help="your private key; GRAPHMAIL_IDENTITY unless given")
    opening.add_argument("--assertion", type=Path, help="a token of your identity provider, for a federated credential")
    opening.add_argument("--json", action="store_true", help="print the values as JSON, for a secret store")
    receiving = verbs.add_parser("receive", help="for the operator: check a receipt and keep it")
    receiving.add_argument("receipt", type=Path, nargs="+", help="FILE.receipt.json, with its .sig beside it")
    receiving.add_argument("--inventory", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        if options.verb == "open":
            open_file(options.file, options.identity, as_json=options.json, assertion=options.assertion)
            return 0
        for path in options.receipt:
            receipt = receive(path, options.inventory)
            by = f"{fingerprint(receipt.recipient)} at {receipt.received:%Y-%m-%d %H:%M} UTC"
            print(f"{receipt.customer}: credential {receipt.key_id} was received by {by}, and proved by a token.")
    except TenantError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
