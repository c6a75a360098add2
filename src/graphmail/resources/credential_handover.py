"""Hands the sealed credential to the vendor, and never before a fresh proof of this very access was green."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from graphmail.access_models import ACCESS
from graphmail.cover_note import cover_note
from graphmail.credentials import SealedCredential
from graphmail.errors import TenantError
from graphmail.evidence import Check, Record, latest_record
from graphmail.handover.deliveries import DEFAULT, DELIVERIES, Sealed
from graphmail.handover.ledger import DELIVERED, PACKED, Deliveries, marker_of
from graphmail.handover.parcel import Parcel
from graphmail.handover.receipt import Receipt
from graphmail.handover.received import receipt_of
from graphmail.handover.ssh_signature import fingerprint
from graphmail.live_credential import live_credential
from graphmail.resource import Found, Option, Plan, Resource, State, Values, unordered
from graphmail.sealed import readers
from graphmail.task_record import keep, record_of, subject
from graphmail.tenant import Tenant

PROOF = "verify_access"
MADE_BY = ("entra_application_password", "entra_application_key", "entra_federated_identity_credential")
FRESH = timedelta(hours=24)


class CredentialHandover(Resource):
    """An age file to the vendor and the operators, a note without the secret for a person, and the way there."""

    name = "credential_handover"
    states = ("present",)
    options: ClassVar = {
        "application": Option("", {"type": "str", "required": True}, managed=False),
        "mailboxes": Option("", {"type": "list", "elements": "str", "required": True}, managed=False),
        "outside_mailbox": Option("", {"type": "str", "required": True}, managed=False),
        "recipients": Option("", {"type": "list", "elements": "str", "required": True}, compare=unordered),
        "address": Option("", {"type": "str"}, managed=False),
        "access": Option("", ACCESS, managed=False),
        "delivery": Option("", {"type": "str", "choices": list(DELIVERIES), "default": DEFAULT}, managed=False),
        "keep": Option("", {"type": "bool", "default": False}, managed=False),
    }

    def run(self, tenant: Tenant, params: Values) -> Values:
        if params.get("keep"):
            told = f"Nothing is delivered: the vendor of customer {tenant.customer} keeps the credential that it has"
            return {"changed": False, "msg": told, "diff": {"before": {}, "after": {}}}
        result = super().run(tenant, params)
        if tenant.run.check_mode:
            return result
        credential = live_credential(tenant)
        receipt = receipt_of(tenant.state, tenant.tenant_id, credential.key_id, params["recipients"])
        if receipt:
            _record(tenant, receipt, params)
        return result | {"received": _told(receipt)}

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        if any(tenant.would_create(module, desired["application"]) for module in MADE_BY):
            tenant.warn("The credential and its proof would be made by this run; its hand-over is predicted.")
            return None
        credential = live_credential(tenant)
        self._prove(tenant, credential, desired)
        path = tenant.state.handed_over(credential.key_id)
        marker = _marker(credential, desired)
        delivered = Deliveries(tenant.state).digest_of(marker, DELIVERED)
        if not delivered or _digest(path) != delivered:
            return None
        return Found({"recipients": desired["recipients"]}, {"path": str(path), "key_id": credential.key_id})

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        return Plan(None) if found else Plan("create", after={"recipients": sorted(desired["recipients"])})

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        credential = live_credential(tenant)
        proof = self._prove(tenant, credential, desired)
        deliveries = Deliveries(tenant.state, tenant.clock)
        path = tenant.state.make().handed_over(credential.key_id)
        marker = _marker(credential, desired)
        deliveries.begin(marker, credential.key_id, desired["recipients"], tenant.run.run_id)
        digest = deliveries.digest_of(marker, PACKED, DELIVERED)
        again = bool(digest)
        if not digest or _digest(path) != digest:
            recipients = list(dict.fromkeys([*desired["recipients"], *readers(tenant.connection["operators"])]))
            parcel = Parcel(tenant.customer, tenant.connection["cloud"], credential.for_vendor())
            digest = parcel.write(path, recipients)
            deliveries.packed(marker, credential.key_id, digest, path.name)
        note = path.with_suffix(".txt")
        note.write_text(cover_note(tenant, credential, desired, digest, proof), encoding="utf-8")
        _put_away(path.parent, credential.key_id)
        sealed = Sealed(
            path,
            note,
            credential,
            marker,
            address=desired.get("address") or "",
            sender=desired["mailboxes"][0],
            again=again,
        )
        DELIVERIES[desired["delivery"]].deliver(tenant, sealed)
        deliveries.delivered(marker, credential.key_id, digest, path.name)

    def facts(self, found: Found | None, desired: Values) -> Values:
        if not found:
            return {}
        path = Path(found.object["path"])
        note = path.with_suffix(".txt")
        return {"path": str(path), "note": str(note), "key_id": found.object["key_id"]}

    @staticmethod
    def _prove(tenant: Tenant, credential: SealedCredential, desired: Values) -> Record | None:
        """The newest access proof, if it is green, fresh and about exactly this. Raises TenantError otherwise."""
        if tenant.would_create("verification_notebook", PROOF):
            return None
        evidence, own = tenant.run.evidence, tenant.run.run_id
        record = latest_record(evidence, tenant.customer, PROOF, current=own) if evidence else None
        wrong = why_not_proved(tenant, record, credential, desired)
        if wrong:
            raise TenantError(
                f"The credential of customer {tenant.customer} is not handed over",
                expected="a green access proof, younger than 24 hours, for the same app, credential and mailboxes",
                found=wrong,
                remedy=f"run verify.yml for this customer and mend what it names; {_meanwhile(tenant, credential)}",
            )
        return record


def why_not_proved(tenant: Tenant, record: Record | None, credential: SealedCredential, desired: Values) -> str:
    """Why the record is no proof for this hand-over; empty when it is one. `desired` has the mailboxes."""
    if record is None:
        return "no access proof at all"
    if record.verdict != "passed":
        failed = [c.observed for c in record.checks if c.verdict != "passed"]
        return f"the newest proof, of run {record.run_id}, says {record.verdict}: {'; '.join(failed)[:300]}"
    age = tenant.clock.now() - record.finished
    if age >= FRESH:
        return f"the newest proof is {age.total_seconds() / 3600:.0f} hours old"
    told = {
        "environment": (record.environment, tenant.environment),
        "tenant": (record.tenant_id.lower(), tenant.tenant_id),
        "client id": (record.subject.client_id, credential.client_id),
        "credential": (record.subject.key_id, credential.key_id),
        "mailboxes": (unordered(record.subject.mailboxes), unordered(desired["mailboxes"])),
        "outside mailbox": (record.subject.outside_mailbox.lower(), desired["outside_mailbox"].lower()),
    }
    return "; ".join(f"the proof is for {name} {was}" for name, (was, shall) in told.items() if was != shall)


def _meanwhile(tenant: Tenant, credential: SealedCredential) -> str:
    """Where the credential is until then: sealed here, or with the vendor."""
    delivered = [entry for entry in Deliveries(tenant.state).all() if entry.facts.get("key_id") == credential.key_id]
    if not delivered:
        return "the credential stays sealed"
    return (
        f"credential {credential.key_id} was handed over on {delivered[-1].time:%Y-%m-%d} already: "
        "if the app reaches what it must not, decide whether to disable the app in Entra until then"
    )


def _marker(credential: SealedCredential, desired: Values) -> str:
    way = DELIVERIES[desired["delivery"]].way(desired.get("address") or "")
    return marker_of(credential.key_id, desired["recipients"], way)


def _digest(path: Path) -> str:
    """The file's SHA-256; empty where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def _told(receipt: Receipt | None) -> Values | None:
    if receipt is None:
        return None
    return {"at": receipt.received.isoformat(), "by": fingerprint(receipt.recipient)}


def _record(tenant: Tenant, receipt: Receipt, desired: Values) -> None:
    """Keep in this run's evidence that the vendor has it: who signed, when, and that a token was got."""
    check = Check(
        name="received",
        claim=f"The vendor has credential {receipt.key_id}, and it works there",
        expected="a receipt signed by one of the inventory's recipients, after a token was got",
        observed=f"received {receipt.received:%Y-%m-%d %H:%M} UTC, signed by {fingerprint(receipt.recipient)}, "
        f"proved by a token {receipt.proved:%Y-%m-%d %H:%M} UTC; sealed file of SHA-256 {receipt.sha256}",
        verdict="passed",
    )
    about = subject(receipt.client_id, receipt.key_id, desired["mailboxes"], desired["outside_mailbox"])
    keep(tenant, record_of(tenant, "handover", about, [check], tenant.clock.now()))


def _put_away(folder: Path, key_id: str) -> None:
    """Move what was handed over of other credentials: what lies in the folder itself is what counts."""
    for file in folder.iterdir():
        if file.is_file() and not file.name.startswith(f"{key_id}."):
            (folder / "replaced").mkdir(mode=0o700, exist_ok=True)
            file.replace(folder / "replaced" / file.name)
