"""All customers: what the archive proves of each, and what this machine knows beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from graphmail.clock import SystemClock
from graphmail.customers import Inventory, load
from graphmail.errors import TenantError
from graphmail.evidence.seals import Seals
from graphmail.fleet.customer import FleetCustomer, Here, State
from graphmail.fleet.delays import Distribution, distributions
from graphmail.fleet.doubts import Meant
from graphmail.fleet.local import Local
from graphmail.fleet.needs import Need, needs
from graphmail.fleet.seen_run import SeenRun

ORDER: tuple[State, ...] = ("red", "unknown", "green", "offboarded")


@dataclass(frozen=True, slots=True)
class Fleet:
    """`customers` are red ones first, then unknown, green and offboarded, each by name.

    `faults` are of the archive as a whole; `hidden` is not 0 where it is an excerpt, made for one customer.
    `at` is the operator's own clock; times in records of the sandbox are not.
    """

    root: Path
    at: datetime
    environment: str
    faults: list[str]
    hidden: int
    customers: list[FleetCustomer]
    local: Local
    with_inventory: bool

    @classmethod
    def read(
        cls,
        evidence: Path | str,
        inventory: Path | str | None = None,
        customers: Iterable[str] = (),
        now: datetime | None = None,
    ) -> Fleet:
        """From the archive, and with an inventory from this machine's state too. Nothing is written.

        `customers` limits it to those. Raises TenantError for a name that neither has.
        """
        root, known = Path(evidence), load(Path(inventory)) if inventory else None
        seals = Seals.of(root)
        runs: dict[str, list[SeenRun]] = {}
        for customer, run_id in sorted(seals.all_runs(), key=lambda run: seals.place(*run)):
            runs.setdefault(customer, []).append(SeenRun.of(root, customer, run_id, seals))
        listed = set(known.customers) if known else set(runs)
        names = _chosen({*runs, *listed}, customers)
        at = now or SystemClock().now()
        local = Local.of(known, names) if known else Local()
        found = [
            FleetCustomer.of(
                name,
                _environment(name, seals, known),
                runs.get(name, []),
                listed=name in listed,
                here=Here(local.ended(name, at), local.problems.get(name, "")),
                meant=Meant.of(root, known.customers[name]) if known and name in known.customers else None,
                at=at if seals.environment == "production" else None,  # the sandbox has a clock of its own
            )
            for name in sorted(names)
        ]
        found.sort(key=lambda customer: ORDER.index(customer.state))
        return cls(
            root=root,
            at=at,
            environment=seals.environment or _of_inventory(known) or "unknown",
            faults=seals.faults,
            hidden=seals.hidden,
            customers=found,
            local=local,
            with_inventory=known is not None,
        )

    @property
    def counts(self) -> Counter[State]:
        return Counter(customer.state for customer in self.customers)

    @property
    def state(self) -> Literal["red", "unknown", "green"]:
        """Of the whole: red for a fault of the archive too; green only with a customer that is."""
        counts = self.counts
        if self.faults or counts["red"]:
            return "red"
        whole = not (self.hidden and self.with_inventory)
        return "green" if counts["green"] and not counts["unknown"] and whole else "unknown"

    @property
    def summary(self) -> str:
        """One line: "37 customers: 30 green, 4 red, 3 unknown"."""
        if not self.customers:
            return "No customer is known: the archive is empty"
        counts, number = self.counts, len(self.customers)
        words = [f"{counts[state]} {state}" for state in ("green", "red", "unknown")]
        words += [f"{counts['offboarded']} offboarded"] if counts["offboarded"] else []
        line = f"{number} customer{'s' if number > 1 else ''}: {', '.join(words)}"
        return f"{line}. THE ARCHIVE ITSELF DOES NOT VERIFY" if self.faults else line

    @property
    def needs(self) -> list[Need]:
        excerpt = self.hidden if self.with_inventory else 0
        return needs(self.faults, excerpt, self.customers, self.local, self.at)

    @property
    def distributions(self) -> list[Distribution]:
        """Over every run whose seal verifies, not only the newest."""
        return distributions(
            record for customer in self.customers for run in customer.runs for record in run.records
        )  # fmt: skip


def _chosen(known: set[str], wanted: Iterable[str]) -> set[str]:
    chosen = set(wanted)
    if unknown := sorted(chosen - known):
        raise TenantError(
            "Neither the archive nor the inventory knows this customer",
            found=", ".join(map(ascii, unknown)),
            remedy="no report was written",
        )
    return chosen or known


def _environment(name: str, seals: Seals, inventory: Inventory | None) -> str:
    if inventory and name in inventory.customers:
        return "sandbox" if inventory.customers[name].cloud == "sandbox" else "production"
    return seals.environment or "unknown"


def _of_inventory(inventory: Inventory | None) -> str:
    clouds = {customer.cloud for customer in inventory.customers.values()} if inventory else set()
    return "" if not clouds else "sandbox" if "sandbox" in clouds else "production"
