"""The operator's side: a receipt that came back, checked against what was delivered, and kept with it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from graphmail.errors import TenantError
from graphmail.evidence.files import write_over
from graphmail.handover.ledger import Deliveries
from graphmail.handover.receipt import Receipt, receipt_path, signature_of
from graphmail.state import StateFolder


def checked(path: Path, state: StateFolder, tenant_id: str, recipients: Sequence[str]) -> Receipt:
    """The receipt in `path`, if it is of a delivery to one of these recipients. Raises TenantError otherwise."""
    receipt = Receipt.read(path, recipients)
    known = Deliveries(state)
    about = {
        "customer": (receipt.customer, state.customer),
        "tenant id": (receipt.tenant_id.lower(), tenant_id.lower()),
    }
    wrong = "; ".join(f"{what} {found}" for what, (found, wanted) in about.items() if found != wanted)
    if wrong or receipt.sha256 not in known.digests(receipt.key_id):
        raise TenantError(
            f"The receipt is not of anything that was handed over for customer {state.customer}",
            expected="a file of this customer that the journal says was sealed to the vendor",
            found=wrong or f"credential {receipt.key_id}, a file of SHA-256 {receipt.sha256}",
            remedy="ask the receiver which file was opened; nothing was taken in",
        )
    return receipt


def take_in(path: Path, state: StateFolder, tenant_id: str, recipients: Sequence[str]) -> Receipt:
    """Check it, keep both files beside what was sealed, and note it in the journal. Again is no error."""
    receipt = checked(path, state, tenant_id, recipients)
    kept = receipt_path(state.handed_over(receipt.key_id))
    if path.resolve() != kept.resolve():
        text, signature = path.read_bytes(), signature_of(path).read_bytes()
        # Of an older one the text goes first: a text beside another one's signature would stop each later run.
        kept.unlink(missing_ok=True)
        write_over(signature_of(kept), signature)
        write_over(kept, text)
    Deliveries(state).received(receipt, hashlib.sha256(kept.read_bytes()).hexdigest())
    return receipt


def receipt_of(state: StateFolder, tenant_id: str, key_id: str, recipients: Sequence[str]) -> Receipt | None:
    """The receipt that was taken in for that credential, checked once more; None while there is none.

    One by a key that it was delivered to earlier, and that is none of `recipients` any more, counts for nothing.
    """
    kept = receipt_path(state.handed_over(key_id))
    if not kept.exists():
        return None
    receipt = checked(kept, state, tenant_id, [*recipients, *Deliveries(state).recipients(key_id)])
    theirs = receipt.recipient.split()[:2] in [line.split()[:2] for line in recipients]
    return receipt if theirs and receipt.key_id == key_id else None
