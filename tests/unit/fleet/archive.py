"""An archive of many customers, sealed as runs seal it, with whatever verdicts a test wants."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from graphmail.customers import load
from graphmail.evidence import Check, Run, Subject
from graphmail.evidence.titles import VERIFICATIONS
from tests.sandbox_process import ROOT
from tests.unit.evidence_samples import TENANT, check, record
from tests.unit.sealed_archive import Archive

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
EXAMPLE = load(ROOT / "inventory.example.yml")
VERDICTS = ("passed", "failed", "unknown")
MEASURED = {
    "verify_send": ("send a@contoso.example", "latency_seconds", 3.5),
    "verify_receive": ("receive a@contoso.example", "latency_seconds", 8.0),
}


class FleetArchive(Archive):
    """`left` writes one run and seals it, unless it is to stay open."""

    number = 0

    def left(
        self,
        customer: str,
        day: int = 0,
        *,
        playbook: str = "site",
        ended: str = "succeeded",
        why: str = "",
        checks: dict[str, list[Check]] | None = None,
        **verdicts: str,
    ) -> Run:
        """A run of that day with those records, by name: `verify_send="failed"`; `all="passed"` is each proof's."""
        self.number += 1
        at = DAY + timedelta(days=day, seconds=self.number % 3000)
        run = Run(self.root, customer, f"{at:%Y%m%dT%H%M%SZ}-{playbook}-{self.number:06x}")
        self.sealer.opened(run, TENANT, at)
        run.begin(tenant_id=TENANT, environment=self.environment, at=at, plan={"group": {"name": "Mailboxes"}})
        every = verdicts.pop("all", "")
        verdicts = dict.fromkeys(VERIFICATIONS, every) | verdicts if every else verdicts
        found = {name: [self.check(name, verdict)] for name, verdict in verdicts.items()}
        if "verify_access" in found:
            found["verify_access"] = self.access(customer, verdicts["verify_access"])
        found |= checks or {}
        for name, made in found.items():
            about = {"customer": customer, "run_id": run.run_id, "environment": self.environment, "notebook": name}
            run.write_record(record(*made, at=at, subject=self.subject(customer), **about))
        if ended != "open":
            run.sealer = self.sealer
            run.close(ended, at + timedelta(minutes=9), why)
        return run

    def subject(self, customer: str) -> Subject:
        """As the example's inventory has it, where it has the customer."""
        known = EXAMPLE.customers.get(customer)
        mailboxes = list(known.mailboxes) if known else ["a@contoso.example"]
        client_id = (known.app.client_id if known else None) or "c"
        outside = known.outside_mailbox if known else "ceo@x.example"
        return Subject(client_id=client_id, key_id="k", mailboxes=mailboxes, outside_mailbox=outside)

    def access(self, customer: str, verdict: str) -> list[Check]:
        """A test of each mailbox; the first has the verdict."""
        about = self.subject(customer)
        tests = [f"access {mailbox}" for mailbox in (*about.mailboxes, about.outside_mailbox)]
        return [check("passed" if number else verdict, name=name) for number, name in enumerate(tests)]

    def check(self, name: str, verdict: str) -> Check:
        subject, unit, value = MEASURED.get(name, (name, "", 0.0))
        measured = {unit: value + self.number % 7} if unit and verdict == "passed" else {}
        return check(verdict, name=subject, measured=measured, seconds=1.5)

    def tampered(self, run: Run) -> None:
        """Somebody makes a failed check of that run's evidence a passed one."""
        path = next(run.data.glob("records/*.json"), run.data / "plan.json")
        path.write_text(path.read_text().replace('"failed"', '"passed"') + " ")


def grown(archive: FleetArchive, customers: int, seed: int = 1) -> dict[str, dict[str, str]]:
    """Many customers with random histories; what is true of the newest proofs of each, told from the making."""
    chance = random.Random(seed)
    truth: dict[str, dict[str, str]] = {}
    for number in range(customers):
        name = f"customer-{number:03}"
        newest: dict[str, str] = {}
        for day in range(chance.randint(1, 3)):
            weights = (12, 1, 1) if number % 5 else (1, 1, 1)
            verdicts = {kind: chance.choices(VERDICTS, weights)[0] for kind in VERIFICATIONS if chance.random() < 0.97}
            archive.left(name, day, ended="failed" if "failed" in verdicts.values() else "succeeded", **verdicts)
            newest |= verdicts
            newest["last"] = "failed" if "failed" in verdicts.values() else "succeeded"
        truth[name] = newest
    return truth
