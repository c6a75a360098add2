"""How long things take, over all customers: what records measured, as distributions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from graphmail.evidence import Check, Record
from graphmail.propagation import GRANTS
from graphmail.propagation import RECORD as PROPAGATION


@dataclass(frozen=True, slots=True)
class Measured:
    """One thing that is measured: its family makes one chart."""

    name: str
    family: str
    title: str
    unit: str


FAMILIES = {
    "propagation": "How long until what was granted acts",
    "latency": "How long mail takes",
    "throughput": "How fast large mail is uploaded",
}
_TITLES = {
    "credential": "credential accepted",
    "consent": "consent in tokens",
    "membership": "group membership",
    "policy": "access policy",
    "rbac": "RBAC assignment",
}
MEASURED = {
    **{grant: Measured(grant, "propagation", _TITLES[grant], "s") for grant in GRANTS},
    "verify_send": Measured("verify_send", "latency", "sent by the app", "s"),
    "verify_receive": Measured("verify_receive", "latency", "from outside", "s"),
    "verify_large_mail": Measured("verify_large_mail", "latency", "with a large attachment", "s"),
    "upload": Measured("upload", "throughput", "upload of the attachment", "MB/s"),
}


@dataclass(slots=True)
class Distribution:
    """Values of one thing.

    `at_once` counts where nothing was to be measured, since it was so at the first look; `not_in_time` where it was
    waited for in vain, so that the values are only those that ended well.
    """

    about: Measured
    values: list[float] = field(default_factory=list)
    at_once: int = 0
    not_in_time: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p90(self) -> float:
        """The value that nine of ten do not exceed (nearest rank)."""
        return sorted(self.values)[math.ceil(0.9 * len(self.values)) - 1]

    def facts(self) -> dict[str, object]:
        values, told = self.values, dict[str, object].fromkeys(("min", "median", "p90", "max"))
        if values:
            told = {"min": min(values), "median": self.median, "p90": self.p90, "max": max(values)}
        return {
            "name": self.about.name,
            "family": self.about.family,
            "unit": self.about.unit,
            "count": len(self.values),
            "at_once": self.at_once,
            "not_in_time": self.not_in_time,
            **told,
        }


def distributions(records: Iterable[Record]) -> list[Distribution]:
    """Of each thing that is measured, in a fixed order, also where there is nothing yet."""
    found = {name: Distribution(about) for name, about in MEASURED.items()}
    for record in records:
        for check in record.checks:
            for name, value in _values(record.notebook, check):
                if value is not None:
                    found[name].values.append(value)
                elif check.verdict == "passed":
                    found[name].at_once += 1
                else:
                    found[name].not_in_time += 1
    return list(found.values())


def _values(notebook: str, check: Check) -> Iterator[tuple[str, float | None]]:
    """What a check measured; None where it was to measure something and there was nothing."""
    measured = check.measured
    if notebook == PROPAGATION and check.name in GRANTS:
        yield check.name, measured.get("delay_seconds")
    if "latency_seconds" in measured:
        if notebook in MEASURED:
            yield notebook, measured["latency_seconds"]
    elif check.verdict == "unknown" and check.name.partition(" ")[0] in ("send", "receive") and notebook in MEASURED:
        yield notebook, None
    if measured.get("upload_seconds"):
        yield "upload", measured.get("size_bytes", 0.0) / 1e6 / measured["upload_seconds"]
