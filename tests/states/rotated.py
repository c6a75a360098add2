"""A customer whose credential is replaced again and again, its vendor, and the timeline of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from graphmail.customers import load
from graphmail.handover.ledger import ACKNOWLEDGED, ACTION, DELIVERED
from graphmail.handover.opening import Opening
from graphmail.handover.received import take_in
from graphmail.journal import Entry, Journal
from graphmail.mailflow import open_flow
from graphmail.sealed import public_key
from tests.states.customer import CustomerOf

ADDRESS = "onboarding@kundo.example"
What = Literal["added", "delivered", "acknowledged", "removed"]


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """Something that happened to one credential, by the tenant's own clock."""

    at: datetime
    number: int  # in the ledger or the journal; orders what one of them says of the same time
    what: What
    key_id: str


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

    def want(self, **sections: dict[str, Any]) -> None:
        """The inventory says these from now on."""
        inventory = self.customer.inventory
        text = yaml.safe_load(inventory.read_text())
        entry = text["customers"][self.customer.entry.name]
        entry["handover"] = {"recipients": [public_key(self.key)]} | entry.get("handover", {})
        entry["handover"]["recipients"] = [public_key(self.key)]
        for name, fields in sections.items():
            entry[name] = {**entry.get(name, {}), **fields}
        inventory.write_text(yaml.safe_dump(text, sort_keys=False))
        self.customer.entry = load(inventory).customers[self.customer.entry.name]

    def onboard(self) -> str:
        """The key id that the vendor has, and said so."""
        for playbook in ("onboard.yml", "verify.yml", "handover.yml"):
            assert self.play(playbook) == ""
            self.customer.hand.settle()
        return self.answers()

    def play(self, playbook: str, **extra: Any) -> str:
        return self.customer.play(playbook, **extra)

    def rotate(self, old: str, grace: str = "none") -> str:
        """The status that rotate.yml ends with."""
        assert self.play("rotate.yml", rotation_replace=old, rotation_grace=grace) == ""
        return str(self.customer.said["credential_rotation"]["status"])

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

    def moments(self) -> list[Moment]:
        return sorted([*self._in_the_tenant(), *self._in_the_journal()])

    def _in_the_tenant(self) -> Iterator[Moment]:
        hand, certificates = self.customer.hand, set[str]()
        for done in hand.sandbox.ledger(hand.names.tenant):
            at, number, detail = datetime.fromisoformat(done["at"]), done["number"], done["detail"]
            verb = done["request"].rpartition("/")[2]
            if done["actor"] == "by-hand":
                continue
            if verb in ("addPassword", "removePassword"):
                yield Moment(at, number, "added" if verb.startswith("add") else "removed", detail["key_id"])
            elif "key_ids" in detail:
                now = set(detail["key_ids"])
                yield from (Moment(at, number, "added", key_id) for key_id in now - certificates)
                yield from (Moment(at, number, "removed", key_id) for key_id in certificates - now)
                certificates = now

    def _in_the_journal(self) -> Iterator[Moment]:
        entries = self.journal()
        begun = {e.marker for e in entries if e.kind == "intent" and e.action == ACTION}
        words: dict[str, What] = {DELIVERED: "delivered", ACKNOWLEDGED: "acknowledged"}
        for number, entry in enumerate(entries):
            if entry.marker in begun and entry.result in words:
                yield Moment(entry.time, number, words[entry.result], str(entry.facts["key_id"]))

    def without_a_gap(self) -> int:
        """From the first delivery on the vendor always has one that works, and never are more than two live.

        The old one goes when the vendor has said that it has the new one. Answers how many were removed.
        """
        live, had = set[str](), {"delivered": set[str](), "acknowledged": set[str]()}
        removed = 0
        for moment in self.moments():
            if moment.what == "added":
                live.add(moment.key_id)
            elif moment.what == "removed":
                live.discard(moment.key_id)
                removed += 1
                if moment.key_id in had["delivered"]:
                    assert live & had["acknowledged"], ("the vendor had said nothing of another one", moment)
            else:
                had[moment.what].add(moment.key_id)
            assert len(live) <= 2, ("more than two live", moment, live)
            assert not had["delivered"] or live & had["delivered"], ("none that the vendor has works", moment)
        return removed


def mails(rotated: Rotated) -> list[str]:
    """Subjects of what was sent to the vendor."""
    hand = rotated.customer.hand
    sent = hand.sandbox.control("GET", f"/tenants/{hand.names.tenant}/left-the-sandbox")["messages"]
    return [str(mail["subject"]) for mail in sent if ADDRESS in mail["to"]]


def sealed_files(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.age")}
