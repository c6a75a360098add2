"""What only this machine knows of the customers, beside the archive: ends of credentials, open intents, waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from graphmail.customers import Inventory
from graphmail.errors import TenantError
from graphmail.expiry import MAIL_APP, VENDOR, Expiry, of_customer
from graphmail.journal import Entry, Journal
from graphmail.journal.prospect import prospect
from graphmail.pending import Pending
from graphmail.printable import visible
from graphmail.state import StateFolder, state_root

# What the action of an open intent was about; another is shown as it stands in the journal.
_ACTIONS = {
    "addPassword": "make a client secret",
    "addCertificate": "upload a certificate",
    "addFederatedCredential": "make a federated credential",
    "revoke consent": "take consent away",
    "send_probe_mail": "send a probe mail",
    "handover": "hand the credential over",
}


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """What a run set out to do and nobody knows the outcome of. `then` is what the next run does about it."""

    customer: str
    action: str
    since: datetime
    run_id: str
    then: str

    @classmethod
    def of(cls, customer: str, entry: Entry, *, doubtful: bool) -> OpenIntent:
        action = _ACTIONS.get(entry.action, visible(entry.action))
        run_id = visible(str(entry.facts.get("run_id") or ""))
        return cls(customer, action, entry.time, run_id, prospect(entry, doubtful=doubtful))


@dataclass(slots=True)
class Local:
    """Empty where there is no inventory. `problems` are what could not be read, by customer."""

    expiries: list[Expiry] = field(default_factory=list)
    intents: list[OpenIntent] = field(default_factory=list)
    waits: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, inventory: Inventory, customers: Iterable[str]) -> Local:
        """Of those customers that the inventory has. Nobody is contacted, and nothing is written."""
        local = cls()
        for name in customers:
            if name in inventory.customers:
                try:
                    local._read(inventory, name)
                except TenantError as error:
                    local.problems[name] = str(error)
        return local

    def of_customer(self, name: str) -> list[Expiry]:
        return [expiry for expiry in self.expiries if expiry.customer == name]

    def ended(self, name: str, now: datetime) -> datetime | None:
        """When what the mail app signs in with ended; None while there is one that lives, or none is known."""
        ends = [e.expires for e in self.of_customer(name) if e.whose in (MAIL_APP, VENDOR) and e.expires]
        return max(ends) if ends and max(ends) <= now else None

    def _read(self, inventory: Inventory, name: str) -> None:
        state = StateFolder(state_root(), name)
        if wait := Pending(state).reason():
            self.waits[name] = wait
        journal = Journal(state.journal)
        self.intents += [OpenIntent.of(name, entry, doubtful=False) for entry in journal.open_intents()]
        self.intents += [OpenIntent.of(name, entry, doubtful=True) for entry in journal.doubtful()]
        self.expiries += of_customer(inventory.customers[name], inventory.path)
