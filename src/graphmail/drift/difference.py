"""One difference between a tenant and its inventory entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from graphmail.resource import Plan, unordered

# In the order of an onboarding, with the claim that no difference there is.
AREAS = {
    "application": "The app registration is as the inventory says",
    "enterprise_application": "The enterprise application is there and enabled",
    "group": "The group, its owners and its members are as the inventory says",
    "access": "What confines the app is as the inventory says",
    "consent": "Entra consents to exactly what the access model needs",
    "reach": "Nothing else opens mailboxes to the app, and nothing shuts a member out",
    "credential": "The app's credential lives, and nobody else's is on the app",
}
ONBOARD = "run onboard.yml for this customer; with --check --diff it shows what it would do"


@dataclass(frozen=True, slots=True)
class Difference:
    """`area` is one of AREAS; the other fields are for people."""

    area: str
    what: str
    expected: str
    found: str
    repair: str = ONBOARD

    def __str__(self) -> str:
        return f"{self.what}. Expected: {self.expected}. Found: {self.found}. To do: {self.repair}."

    def facts(self) -> dict[str, str]:
        return asdict(self)


def of_plan(area: str, noun: str, plan: Plan, repair: str = ONBOARD) -> Iterator[Difference]:
    """What a resource would do, option by option; nothing where it would do nothing."""
    if plan.action == "create":
        yield Difference(area, f"There is no {noun}", _words(plan.after), "none", repair)
    elif plan.action == "delete":
        yield Difference(area, f"The inventory wants no {noun}", "none", _words(plan.before), repair)
    elif plan.action == "update":
        for name, after in plan.after.items():
            before = plan.before.get(name)
            if isinstance(after, list):
                yield from _lists(area, f"{noun}: {name}", before or [], after, repair)
            else:
                yield Difference(area, f"{noun}: {name}", _shown(after), _shown(before), repair)


def _lists(area: str, what: str, before: list[Any], after: list[Any], repair: str) -> Iterator[Difference]:
    there, wanted = unordered(before), unordered(after)
    missing = [str(item) for item in after if str(item).lower() not in there]
    extra = [str(item) for item in before if str(item).lower() not in wanted]
    for item in missing:
        yield Difference(area, f"{what} lacks {item}", item, "missing", repair)
    for item in extra:
        yield Difference(area, f"{what} has {item} beside", "not there", item, repair)
    if not missing and not extra:
        yield Difference(area, what, _shown(after), _shown(before), repair)


def _words(values: dict[str, Any]) -> str:
    return "; ".join(f"{name} {_shown(value)}" for name, value in values.items()) or "one"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "nothing" if value is None else str(value)
