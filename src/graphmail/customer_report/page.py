"""The page itself: self-contained HTML that prints to two A4 pages; all text in it is escaped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from graphmail.customer_report import undoing
from graphmail.customer_report.proof import Proof
from graphmail.customer_report.standing import Standing
from graphmail.customer_report.told import Seal, Told
from graphmail.evidence import EvidenceError
from graphmail.evidence.files import write_over
from graphmail.evidence.report import templates
from graphmail.evidence.seal.log import LOG
from graphmail.printable import visible

# What a permission lets the app do, for whoever has never heard of it.
MEANINGS = {
    "Mail.Send": "send mail in the name of a mailbox, without anybody being signed in",
    "Mail.ReadWrite": "read, create, change and delete mail in a mailbox, without anybody being signed in; "
    "also needed to send mail over 3 MB",
}
# https://learn.microsoft.com/graph/permissions-reference
UNKNOWN = "not explained here; Microsoft's Graph permissions reference says what it allows"


@dataclass(frozen=True)
class CustomerReport:
    """Of one customer, from sealed runs. It says that the app is confined only where the newest records prove it."""

    told: Told
    standing: Standing
    proof: Proof

    @classmethod
    def of(cls, root: Path, customer: str, now: datetime | None = None) -> Self:
        """By `now` a credential may have ended since the tenant was read; the sandbox's tenants have their own clocks.

        Raises EvidenceError where there is nothing to tell, or nothing that can be believed.
        """
        told = Told.of(root, customer)
        standing = Standing.of(told)
        return cls(told, standing, Proof.of(told, standing, now if told.environment == "production" else None))

    @property
    def green(self) -> bool:
        return self.proof.green

    @property
    def tenant_id(self) -> str:
        return str(self.standing.run.run.about()["tenant_id"])

    @property
    def permissions(self) -> dict[str, str]:
        return {name: MEANINGS.get(name, UNKNOWN) for name in self.standing.permissions}

    @cached_property
    def seals(self) -> list[Seal]:
        """Of the runs that the page goes by, oldest first."""
        shown = [self.standing.run, *(one.run for one in (self.proof.access, *self.proof.others) if one)]
        return [run.seal for run in self.told.runs if any(run is one for one in shown)]

    @property
    def undo(self) -> list[undoing.Step]:
        return undoing.steps(self.standing)

    @property
    def own_test(self) -> list[str]:
        outside = self.proof.access.record.subject.outside_mailbox if self.proof.access else ""
        return undoing.checks(self.standing, outside)

    @property
    def credentials(self) -> list[dict[str, Any]]:
        return list(self.standing.state.get("credentials") or ())

    @property
    def tested_with(self) -> list[str]:
        """Key ids that the access proof is about, or signed in with."""
        subject = self.proof.access.record.subject if self.proof.access else None
        return [key.lower() for key in (subject.key_id, subject.signed_in_with) if key] if subject else []

    def to_html(self, now: datetime) -> str:
        found = templates("graphmail.customer_report")
        found.filters["day"] = lambda text: str(text)[:10]
        found.filters["quoted"] = undoing.quoted
        page = found.get_template("customer.html.j2").render(report=self, now=now, whole=self.told.text_is_whole())
        # Names are other people's words: none of them turns the reading direction, or hides behind a control character.
        return visible(page)

    def write(self, file: Path, now: datetime) -> Path:
        """Raises EvidenceError for a place inside an archive, where nothing is added by hand."""
        file = file.absolute()
        if any((folder / LOG).is_file() for folder in file.parents):
            raise EvidenceError("The page would lie in the archive", found=str(file), remedy="name another file")
        file.parent.mkdir(parents=True, exist_ok=True)
        write_over(file, self.to_html(now).encode())
        return file
