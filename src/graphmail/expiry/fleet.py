"""Every credential of every customer that the inventory and the state folder know of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from graphmail.credentials import FederatedAssertion, RefreshToken, read
from graphmail.customers import Customer, Inventory
from graphmail.errors import TenantError
from graphmail.expiry.expiry import Expiry
from graphmail.expiry.kept import Kept
from graphmail.handover.ledger import DELIVERED, RECEIVED
from graphmail.journal import Journal
from graphmail.live_credential import for_proof, made_here
from graphmail.resources.credential_journal import KINDS
from graphmail.state import StateFolder, state_root

MAIL_APP, ADMIN, VENDOR = "mail app", "automation", "mail app, kept by the vendor"
OF_PERSON = "a person's sign-in: ends with a new password, or when it is not used for long"
NOT_TOLD = "no end was told: seal it again, and say it"


def expiries(inventory: Inventory) -> list[Expiry]:
    """In the inventory's order.

    Of a sealed file that does not open or a damaged journal the end is unknown, and it is said why.
    """
    return [expiry for customer in inventory.customers.values() for expiry in of_customer(customer, inventory.path)]


def of_customer(customer: Customer, inventory: Path) -> Iterator[Expiry]:
    """The same for one customer."""
    state = StateFolder(state_root(), customer.name)
    try:
        yield from list(_made_here(customer, state))
    except TenantError as error:
        why = f"{error.problem}: {error.found}"
        yield _expiry(customer, MAIL_APP, customer.credential.kind, "", None, why)
    if customer.credential.keep:
        yield from _kept(customer, state)
    yield from _admin(customer, inventory, state)


def _made_here(customer: Customer, state: StateFolder) -> Iterator[Expiry]:
    journal = Journal(state.journal)
    live = [entry for entry in made_here(journal, "sealed") if not for_proof(entry.marker)]
    kinds = {entry.marker: KINDS[entry.action] for entry in journal.entries() if entry.action in KINDS}
    for entry in live:
        kind = kinds.get(entry.marker, customer.credential.kind)
        if kind == "federated":
            continue  # it has no end
        key_id, end = str(entry.facts["key_id"]), entry.facts.get("end")
        expires = datetime.fromisoformat(str(end)) if end else None
        yield _expiry(customer, MAIL_APP, kind, key_id, expires, _standing(journal, key_id))
    if not live and not customer.credential.keep and customer.credential.kind != "federated":
        yield _expiry(customer, MAIL_APP, customer.credential.kind, "", None, "none was made here yet")


def _kept(customer: Customer, state: StateFolder) -> Iterator[Expiry]:
    seen = Kept(state).read()
    if not seen:
        yield _expiry(customer, VENDOR, "", "", None, "no run has seen it yet: run preflight.yml or drift.yml")
        return
    for credential in seen:
        yield _expiry(customer, VENDOR, credential.kind, credential.key_id, credential.end, "as last seen on the app")


def _admin(customer: Customer, inventory: Path, state: StateFolder) -> Iterator[Expiry]:
    """How ops signs in. Opened in memory for its end alone."""
    try:
        credential = read(customer.admin_file(inventory, state.root))
    except TenantError as error:
        yield _expiry(customer, ADMIN, customer.admin.kind, "", None, error.problem)
        return
    if isinstance(credential, FederatedAssertion):
        return  # it has no end
    never = OF_PERSON if isinstance(credential, RefreshToken) else NOT_TOLD
    standing = "sealed here" if credential.expires else never
    yield _expiry(customer, ADMIN, credential.kind, credential.key_id, credential.expires, standing)


def _standing(journal: Journal, key_id: str) -> str:
    """How far it has got: sealed here, handed over, received."""
    of_key = [entry for entry in journal.entries() if entry.facts.get("key_id") == key_id]
    for result, words in ((RECEIVED, "received"), (DELIVERED, "handed over, no receipt yet")):
        if found := [entry for entry in of_key if entry.result == result]:
            return f"{words} {found[-1].time:%Y-%m-%d}" if result == RECEIVED else words
    return "sealed here, not handed over"


def _expiry(
    customer: Customer, whose: str, kind: str, key_id: str, expires: datetime | None, standing: str
) -> Expiry:  # fmt: skip
    return Expiry(
        customer=customer.name,
        environment="sandbox" if customer.cloud == "sandbox" else "production",
        whose=whose,
        kind=kind,
        key_id=key_id,
        expires=expires,
        standing=standing,
        rotate_before=customer.credential.rotate_before,
        critical_before=customer.credential.critical_before,
    )
