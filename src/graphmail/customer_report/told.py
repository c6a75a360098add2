"""The sealed runs of one customer, newest last, with addresses and names where the customer's data key is here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from graphmail.evidence import EvidenceError, Record, Run, runs
from graphmail.evidence.personal.placeholders import PLACEHOLDER
from graphmail.evidence.seal.bundle import Bundle
from graphmail.evidence.seal.log import BUNDLE
from graphmail.evidence.seals import Seals
from graphmail.evidence.sequence import Place
from graphmail.evidence.written import elsewhere, held, wrote

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """`sha256` is of run.sigstore.json, as LOG has it too."""

    run_id: str
    log: str
    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ToldRun:
    """One run that is as it was sealed. `before` and `after` are empty where it has no such file, or it is a draft.

    `place` sorts the customer's runs, oldest first.
    """

    run: Run
    place: Place
    plan: Facts
    before: Facts
    after: Facts
    records: list[Record]

    @classmethod
    def of(cls, run: Run, place: Place) -> Self:
        names = sorted(path.name for path in (run.data / "records").glob("*.json"))
        return cls(
            run,
            place,
            dict(json.loads(run.readable("plan.json")).get("plan") or {}),
            _state(run, "before"),
            _state(run, "after"),
            [Record.model_validate_json(run.readable(f"records/{name}")) for name in names],
        )

    @property
    def run_id(self) -> str:
        return self.run.run_id

    @property
    def state(self) -> Facts:
        """What the tenant held when this run ended, as it was read; empty where nobody read it."""
        return held(self.before, self.after)

    @property
    def wrote(self) -> bool:
        """Whether it wrote to the customer's configuration, or nobody knows that it did not."""
        return wrote(self.run)

    @property
    def seal(self) -> Seal:
        packed = (self.run.folder / BUNDLE).read_bytes()
        bundle = Bundle.unpack(packed)
        log = str(bundle.statement()["predicate"]["log"])
        return Seal(self.run_id, log, bundle.key_id, hashlib.sha256(packed).hexdigest())


@dataclass(frozen=True, slots=True)
class Told:
    """`unsealed` are ids of runs that are under way, were killed, or wait for their seal.

    The log says which; whether anything of them is here does not matter.
    """

    root: Path
    customer: str
    environment: str
    runs: list[ToldRun]
    unsealed: list[str]

    @classmethod
    def of(cls, root: Path, customer: str) -> Self:
        """Raises EvidenceError where the archive or a run of this customer is not as it was sealed, or none is."""
        seals = Seals.of(root)
        there = [run for run in runs(root, customer) if not elsewhere(run.run_id)]
        broken = [run_id for name, run_id in seals.broken if name == customer]
        wrong = [*seals.faults, *seals.whole_customers.get(customer, ())]
        if broken or wrong:
            raise EvidenceError(
                f"The evidence of customer {customer} is not as it was sealed, so nothing is told from it",
                found="; ".join([*wrong, *broken]),
                remedy="`python -m graphmail.evidence verify` names each file; restore the archive from a copy",
            )
        verified = [run for run in there if (customer, run.run_id) in seals.verified]
        if not verified:
            raise EvidenceError(
                f"There is no sealed run of customer {customer}",
                found=str(root),
                remedy="run site.yml, or `python -m graphmail.evidence seal` where a run waits for its seal",
            )
        told = [ToldRun.of(run, seals.place(customer, run.run_id)) for run in verified]
        unsealed = sorted(seals.place(*run) for run in seals.open if run[0] == customer and not elsewhere(run[1]))
        return cls(
            root,
            customer,
            seals.environment,
            sorted(told, key=lambda run: run.place),
            [run_id for _number, run_id in unsealed],
        )

    def text_is_whole(self) -> bool:
        """Whether no placeholder stands for an address any more, that is: the customer's data key is here."""
        told = [json.dumps([run.plan, run.before, run.after]) for run in self.runs]
        return not any(PLACEHOLDER.search(text) for text in told)


def _state(run: Run, moment: str) -> Facts:
    path = run.data / f"{moment}.json"
    state = dict(json.loads(run.readable(path.name))) if path.is_file() else {}
    return {} if "entry" in state else state
