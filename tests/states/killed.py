"""One tenant used again and again: for each point at which a run may die, the same start state and nothing run yet."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from graphmail.journal import Journal
from tests.killed import Point
from tests.states.customer import CustomerOf
from tests.states.snapshot import taken
from tests.states.start_state import Model, StartState

TOKEN_LIFE = timedelta(minutes=90)
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|S-1-5-21(-\d+){4}", re.IGNORECASE)
NOTHING: dict[str, Any] = {
    "app": "none",
    "drifted": False,
    "principal": "absent",
    "consents": (),
    "secret": "none",
    "group": "none",
    "extra_members": "report",
    "policy": "none",
    "roles": "none",
}


def state(number: int, model: Model, **there: Any) -> StartState:
    """A tenant with nothing of ours but what is given."""
    return StartState(number, model, **NOTHING | there)


def adopted(number: int, model: Model, **there: Any) -> StartState:
    """Somebody made the app by hand, and holds a secret that the inventory knows."""
    return state(number, model, **{"app": "adopted", "principal": "there", "secret": "known"} | there)


class Again:
    """`again()` is the customer of that state, whose tenant and machine know nothing of any run before."""

    def __init__(self, customer_of: Callable[[StartState], CustomerOf], state: StartState) -> None:
        self._customer_of = customer_of
        self._state = state
        self._last: CustomerOf | None = None

    def __call__(self) -> CustomerOf:
        if self._last:
            self._last.sandbox.reset(self._last.names.tenant)
            shutil.rmtree(self._last.folder.path)
            shutil.rmtree(self._last.folder.root.parent / "evidence" / self._last.entry.name)
        self._last = self._customer_of(self._state)
        return self._last

    def onboarded(self) -> CustomerOf:
        customer = self()
        assert customer.play("onboard.yml") == ""
        customer.hand.settle()
        return customer


@dataclass(frozen=True, slots=True)
class End:
    """What a person finds when all is over, without what is another each time: ids."""

    own: tuple[str, ...]
    checks: tuple[tuple[str, str, str], ...]
    retired: int
    reached: tuple[tuple[str, bool], ...]

    @classmethod
    def of(cls, customer: CustomerOf) -> End:
        folder = customer.folder.root.parent / "evidence" / customer.entry.name
        records = sorted(
            folder.glob("*/bag/data/records/proof_of_absence*.json"), key=lambda path: path.stat().st_mtime
        )
        checks = json.loads(records[-1].read_text())["checks"] if records else []
        sealed = list(customer.folder.credentials.glob("*.age"))
        return cls(
            tuple(sorted(without_ids(name) for name in taken(customer.hand).own)),
            tuple((check["name"], check["verdict"], without_ids(check["observed"])) for check in checks),
            len(list((customer.folder.credentials / "retired").glob("*.age"))),
            tuple(customer.reached().items()) if sealed else (),
        )


def resumed(customer: CustomerOf, point: Point) -> None:
    """After half of the kills somebody starts the next run at once, after the others hours later."""
    if (point.nth + point.after) % 2:
        customer.hand.settle()


def without_ids(text: str) -> str:
    return ID.sub("(id)", text)


def nothing_lost(customer: CustomerOf) -> None:
    """Of each secret on the app that was made here there is a sealed copy or an open intent, at any moment."""
    journal = Journal(customer.folder.journal)
    open_ = {intent.marker for intent in journal.open_intents()}
    sealed = {path.stem for path in customer.folder.path.rglob("*.age")}
    for secret in secrets(customer):
        if secret["keyId"] != customer.names.key_id:
            assert secret["keyId"] in sealed or secret["displayName"] in open_, secret


def nothing_dead(customer: CustomerOf) -> None:
    """What the journal calls live is on the app, and sealed."""
    last = {entry.marker: entry for entry in Journal(customer.folder.journal).entries()}
    live = {str(entry.facts["key_id"]) for entry in last.values() if entry.result == "sealed"}
    there = {secret["keyId"] for secret in secrets(customer)}
    assert live <= there, live - there
    assert all(customer.folder.credential(key_id).exists() for key_id in live)


def secrets(customer: CustomerOf) -> list[dict[str, Any]]:
    """Of the customer's own app."""
    found = customer.hand.graph("GET", "/applications?$top=999")["value"]
    names, own = customer.names, ("kundo-mail",)
    mine = [app for app in found if app["uniqueName"] in own or app["appId"] == names.client_id]
    return [secret for app in mine for secret in app["passwordCredentials"]]


def policy_outlived_tokens(customer: CustomerOf) -> None:
    """The policy went no earlier than the last token that anybody could have had with consent in it."""
    removed = [c for c in _committed(customer) if c["request"] == "Remove-ApplicationAccessPolicy"]
    for removal in removed:
        before = [c for c in _committed(customer) if c["number"] < removal["number"]]
        ends = [c for c in before if "removePassword" in c["request"] or c["request"].startswith("DELETE appRole")]
        assert ends, "a policy went before the secrets and the consent"
        assert _at(removal) - max(map(_at, ends)) >= TOKEN_LIFE, (ends[-1], removal)


def _committed(customer: CustomerOf) -> list[dict[str, Any]]:
    return [c for c in customer.sandbox.ledger(customer.names.tenant) if c["actor"] != "by-hand"]


def _at(committed: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(committed["at"])
