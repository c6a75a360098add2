"""A customer whose credential is replaced again and again, its vendor, and the timeline of both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from graphmail.customers import load
from graphmail.handover.opening import Opening
from graphmail.handover.received import take_in
from graphmail.journal import Entry, Journal
from graphmail.mailflow import open_flow
from graphmail.sealed import public_key
from tests.credential_timeline import moments, without_a_gap
from tests.states.customer import CustomerOf
from tests.states.playbook import Failed

ADDRESS = "onboarding@kundo.example"


class Rotated:
    """`onboard` makes, proves and delivers one credential; `through` replaces it."""

    def __init__(self, customer: CustomerOf, **credential: Any) -> None:
        self.customer = customer
        self.key = customer.inventory.with_name("id_ed25519")
        if not self.key.exists():
            self.key.touch(mode=0o600)
            made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
            self.key.write_bytes(made)
        customer.instead["verification"] = self._prove
        self.want(credential={"kind": "secret"} | credential)

    def want(self, **sections: Any) -> None:
        """The inventory says these from now on."""
        inventory = self.customer.inventory
        text = yaml.safe_load(inventory.read_text())
        entry = text["customers"][self.customer.entry.name]
        entry["handover"] = {"recipients": [public_key(self.key)]} | entry.get("handover", {})
        entry["handover"]["recipients"] = [public_key(self.key)]
        for name, fields in sections.items():
            entry[name] = {**entry.get(name, {}), **fields} if isinstance(fields, dict) else fields
        inventory.write_text(yaml.safe_dump(text, sort_keys=False))
        self.customer.entry = load(inventory).customers[self.customer.entry.name]

    def onboard(self) -> str:
        """The key id that the vendor has, and said so."""
        for playbook in ("onboard.yml", "verify.yml", "handover.yml"):
            assert self.play(playbook) == ""
            self.customer.hand.settle()
        key_id = self.answers()
        assert self.rotate("") == "nothing"  # and the journal says that the vendor has it
        return key_id

    def play(self, playbook: str, **extra: Any) -> str:
        return self.customer.play(playbook, **extra)

    def rotate(self, old: str, grace: str = "none") -> str:
        """The status that rotate.yml ends with."""
        failed = self.play("rotate.yml", rotation_replace=old, rotation_grace=grace)
        assert failed == "", failed
        return str(self.customer.said["credential_rotation"]["status"])

    def begun(self, old: str) -> str:
        """A rotation that a red proof stops: two are live, and the vendor has the old one. The new one's key id."""
        verification = self.customer.instead["verification"]
        self.customer.instead["verification"] = _red
        assert self.play("rotate.yml", rotation_replace=old, rotation_grace="none") == "red"
        self.customer.instead["verification"] = verification
        (new,) = set(self.on_the_app) - {old}
        return new

    def through(self, old: str) -> str:
        """From the old one to the next, whatever was done of it already; the new one's key id."""
        for _ in range(4):
            status = self.rotate(old)
            if status == "nothing":
                return str(self.customer.said["credential_rotation"]["key_id"])
            assert status == "awaiting_receipt"
            assert self.answers() != old
        raise AssertionError("the rotation never ends")

    def answers(self) -> str:
        """Key id of what the vendor opened, tried and acknowledged."""
        (path,) = self.customer.folder.handover.glob("*.age")
        opening = Opening.of(path, self.key)
        receipt = opening.acknowledge(opening.prove(), datetime.now(UTC))
        assert receipt is not None
        recipients = self.customer.entry.handover.recipients
        take_in(receipt, self.customer.folder, self.customer.entry.tenant_id, recipients)
        return opening.parcel.credential.key_id

    def _prove(self) -> None:
        """What the notebook's cells do, in this process."""
        entry, run = self.customer.entry, self.customer.run
        evidence = self.customer.folder.root.parent / "evidence"
        flow = open_flow(
            entry.name, str(self.customer.inventory), run.run_id, str(evidence), 7200, notebook="verify_access"
        )
        flow.sign_in()
        flow.prove_access()
        flow.conclude()

    # What became of the credentials

    @property
    def on_the_app(self) -> dict[str, str]:
        """Key id -> display name of every credential on the customer's app but those made by hand."""
        found = self.customer.hand.graph("GET", "/applications?$top=999")["value"]
        names = self.customer.names
        mine = [app for app in found if app["uniqueName"] == "kundo-mail" or app["appId"] == names.client_id]
        there = [one for app in mine for name in ("passwordCredentials", "keyCredentials") for one in app[name]]
        return {one["keyId"]: one["displayName"] for one in there if one["keyId"] != names.key_id}

    def journal(self) -> list[Entry]:
        return Journal(self.customer.folder.journal).entries()

    def nothing_lost(self) -> None:
        """Of each credential on the app there is a sealed copy or an open intent, at any moment."""
        open_ = {intent.marker for intent in Journal(self.customer.folder.journal).open_intents()}
        sealed = {path.stem for path in self.customer.folder.credentials.rglob("*.age")}
        for key_id, name in self.on_the_app.items():
            assert key_id in sealed or name in open_, (key_id, name)

    def nothing_dead(self) -> None:
        """What the journal calls live is on the app, sealed, and nothing else is."""
        last = {e.marker: e for e in self.journal() if e.kind == "outcome"}
        live = {str(e.facts["key_id"]) for e in last.values() if e.result == "sealed"}
        assert live == set(self.on_the_app)
        assert all(self.customer.folder.credential(key_id).exists() for key_id in live)

    def without_a_gap(self) -> int:
        """The vendor always had one that works, and never were more than two live; how many were removed."""
        hand = self.customer.hand
        return without_a_gap(moments(hand.sandbox.ledger(hand.names.tenant), self.customer.folder.journal))


def _red() -> None:
    raise Failed("red")


def mails(rotated: Rotated) -> list[str]:
    """Subjects of what was sent to the vendor."""
    hand = rotated.customer.hand
    sent = hand.sandbox.control("GET", f"/tenants/{hand.names.tenant}/left-the-sandbox")["messages"]
    return [str(mail["subject"]) for mail in sent if ADDRESS in mail["to"]]
