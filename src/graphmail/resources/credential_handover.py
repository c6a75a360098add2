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
from graphmail.evidence import Record, latest_record
from graphmail.journal import Entry, Journal
from graphmail.live_credential import live_credential
from graphmail.resource import Found, Option, Plan, Resource, State, Values, unordered
from graphmail.sealed import readers
from graphmail.tenant import Tenant

PROOF = "verify_access"
FRESH = timedelta(hours=24)


class CredentialHandover(Resource):
    """An age file to the vendor and the operators, and a note without the secret that a person can read."""

    name = "credential_handover"
    states = ("present",)
    options: ClassVar = {
        "application": Option("", {"type": "str", "required": True}, managed=False),
        "mailboxes": Option("", {"type": "list", "elements": "str", "required": True}, managed=False),
        "outside_mailbox": Option("", {"type": "str", "required": True}, managed=False),
        "recipients": Option("", {"type": "list", "elements": "str", "required": True}, compare=unordered),
        "address": Option("", {"type": "str"}, managed=False),
        "access": Option("", ACCESS, managed=False),
        "keep": Option("", {"type": "bool", "default": False}, managed=False),
    }

    def run(self, tenant: Tenant, params: Values) -> Values:
        if params.get("keep"):
            told = f"Nothing is delivered: the vendor of customer {tenant.customer} keeps the credential that it has"
            return {"changed": False, "msg": told, "diff": {"before": {}, "after": {}}}
        return super().run(tenant, params)

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        if tenant.would_create("entra_application_password", desired["application"]):
            tenant.warn("The credential and its proof would be made by this run; its hand-over is predicted.")
            return None
        credential = live_credential(tenant)
        self._prove(tenant, credential, desired)
        path = tenant.state.handed_over(credential.key_id)
        delivered = _delivered(tenant).get(_marker(credential, desired["recipients"]))
        if delivered is None or not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != delivered:
            return None
        return Found({"recipients": desired["recipients"]}, {"path": str(path), "key_id": credential.key_id})

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        return Plan(None) if found else Plan("create", after={"recipients": sorted(desired["recipients"])})

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        credential = live_credential(tenant)
        proof = self._prove(tenant, credential, desired)
        recipients = list(dict.fromkeys([*desired["recipients"], *readers(tenant.connection["operators"])]))
        path = tenant.state.make().handed_over(credential.key_id)
        digest = credential.write(path, recipients)
        note = cover_note(tenant, credential, desired, digest, proof)
        path.with_suffix(".txt").write_text(note, encoding="utf-8")
        _put_away(path.parent, credential.key_id)
        journal = Journal(tenant.state.journal, tenant.clock)
        marker = _marker(credential, desired["recipients"])
        if all(entry.marker != marker for entry in journal.entries()):
            journal.intend("handover", marker, key_id=credential.key_id, recipients=sorted(desired["recipients"]))
        journal.outcome(marker, "delivered", key_id=credential.key_id, sha256=digest, path=path.name)

    def facts(self, found: Found | None, desired: Values) -> Values:
        if not found:
            return {}
        path = Path(found.object["path"])
        return {"path": str(path), "note": str(path.with_suffix(".txt")), "key_id": found.object["key_id"]}

    @staticmethod
    def _prove(tenant: Tenant, credential: SealedCredential, desired: Values) -> Record | None:
        """The newest access proof, if it is green, fresh and about exactly this. Raises TenantError otherwise."""
        if tenant.would_create("verification_notebook", PROOF):
            return None
        record = latest_record(tenant.run.evidence, tenant.customer, PROOF) if tenant.run.evidence else None
        wrong = _wrong(tenant, record, credential, desired)
        if wrong:
            raise TenantError(
                f"The credential of customer {tenant.customer} is not handed over",
                expected="a green access proof, younger than 24 hours, for the same app, credential and mailboxes",
                found=wrong,
                remedy=f"run verify.yml for this customer and mend what it names; {_meanwhile(tenant, credential)}",
            )
        return record


def _wrong(tenant: Tenant, record: Record | None, credential: SealedCredential, desired: Values) -> str:
    """Why the record is no proof for this hand-over; empty when it is one."""
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
    delivered = [entry for entry in _deliveries(tenant) if entry.facts.get("key_id") == credential.key_id]
    if not delivered:
        return "the credential stays sealed"
    return (
        f"credential {credential.key_id} was handed over on {delivered[-1].time:%Y-%m-%d} already: "
        "if the app reaches what it must not, decide whether to disable the app in Entra until then"
    )


def _marker(credential: SealedCredential, recipients: list[str]) -> str:
    digest = hashlib.sha256("\n".join(sorted(recipients)).encode()).hexdigest()[:16]
    return f"handover {credential.key_id} {digest}"


def _delivered(tenant: Tenant) -> dict[str, str]:
    """Marker -> SHA-256 of the file that was delivered."""
    return {entry.marker: str(entry.facts["sha256"]) for entry in _deliveries(tenant)}


def _deliveries(tenant: Tenant) -> list[Entry]:
    entries = Journal(tenant.state.journal).entries()
    return [entry for entry in entries if entry.kind == "outcome" and entry.result == "delivered"]


def _put_away(folder: Path, key_id: str) -> None:
    """Move what was handed over of other credentials: what lies in the folder itself is what counts."""
    for file in folder.iterdir():
        if file.is_file() and file.stem != key_id:
            (folder / "replaced").mkdir(mode=0o700, exist_ok=True)
            file.replace(folder / "replaced" / file.name)
