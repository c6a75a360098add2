"""What onboard.yml would change with a drafted entry and what would stop it, by its own reading and planning.

Where a field is UNDECIDED, what is proposed stands for it, or else an address that is shown as UNDECIDED again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pyrage.x25519 import Identity

from graphmail.access_models import MODELS
from graphmail.customers import Customer, InventoryError, load
from graphmail.discovery.draft import UNDECIDED, Draft
from graphmail.discovery.page import page
from graphmail.drift import Comparison
from graphmail.drift.difference import ONBOARD
from graphmail.errors import NotReady, ServiceFailure, TenantError
from graphmail.resources.tenant_info import TenantInfo
from graphmail.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Each a line for a person; none of either where the entry is too undecided to tell."""

    changes: list[str] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)


def foresee(tenant: Tenant, draft: Draft, mailboxes: Sequence[str]) -> Foreseen:
    """`mailboxes` are some of the tenant's. What no entry may hold becomes a doubt of the draft."""
    models = list(MODELS) if draft.left("access") else [str(draft.entry["access"])]
    changes: list[str] = []
    stops: list[str] = []
    for model in models:
        filled, stand_ins = _filled(draft, model, mailboxes)
        customer = _loaded(tenant, filled, draft) if filled else None
        if customer is None:
            continue
        before = f"with access {model}: " if len(models) > 1 else ""
        changes += [before + _hidden(line, stand_ins) for line in _changes(tenant, customer)]
        stops += [before + line for line in _stops(tenant, customer) if not any(a in line for a in stand_ins)]
    return Foreseen(changes, stops)


def _filled(draft: Draft, model: str, mailboxes: Sequence[str]) -> tuple[Draft | None, list[str]]:
    """The entry with nothing UNDECIDED, and which addresses in it only stand for something."""
    entry = draft.entry | draft.proposed
    if "access" in entry:
        entry["access"] = model
    nobody = f"undecided@{entry['initial_domain']}"
    taken = {*entry["mailboxes"], entry["outside_mailbox"]}
    free = [address for address in mailboxes if address not in taken]
    stand_ins = []
    for name in ("outside_mailbox", "mailboxes", "group.owners"):
        if name in draft.proposed or not draft.left(name):
            continue
        address = nobody if name == "outside_mailbox" else next(iter(free), nobody)
        entry[name] = address if name == "outside_mailbox" else [address]
        stand_ins.append(address)
    if draft.left("handover.recipients"):
        # Whom a secret is sealed to changes nothing in a tenant.
        entry["handover.recipients"] = [str(Identity.generate().to_public())]
    undecided = any(value in (UNDECIDED, [UNDECIDED]) for value in entry.values())
    return (None if undecided else replace(draft, entry=entry)), stand_ins


def _hidden(line: str, stand_ins: Sequence[str]) -> str:
    for address in stand_ins:
        line = line.replace(address, UNDECIDED)
    return line


def _loaded(tenant: Tenant, filled: Draft, draft: Draft) -> Customer | None:
    """The entry as a check of an inventory has it."""
    with tempfile.TemporaryDirectory(prefix="graphmail-") as folder:
        path = Path(folder) / "inventory.yml"
        path.write_text(page(tenant.customer, tenant.connection["operators"], filled, ()), encoding="utf-8")
        try:
            return load(path).customers[tenant.customer]
        except InventoryError as error:
            for mistake in error.mistakes:
                what = f"what the tenant has {mistake.problem}: {mistake.found}"
                draft.doubt(mistake.field, what, mistake.allowed)
            return None


def _changes(tenant: Tenant, customer: Customer) -> list[str]:
    comparison = Comparison(_checking(tenant, customer), customer.variables(), "1 day")
    lines = [
        f"{difference.what}: {difference.found} becomes {difference.expected}"
        for difference in comparison.differences()
        # Members beside those of the entry are shown and left, unless it says otherwise.
        if difference.repair == ONBOARD and ": members has " not in difference.what
    ]
    return lines if comparison.application else lines + _with_the_app(customer)


def _with_the_app(customer: Customer) -> list[str]:
    """What a new app has nothing of yet."""
    confined = ["Exchange service principal", "role assignment"] if customer.access == "rbac" else ["access policy"]
    consent = ["admin consent"] if MODELS[customer.access].consented else []
    nouns = ["enterprise application", *confined, *consent, "live client secret made here"]
    return [f"There is no {noun}: one is made for the new app" for noun in nouns]


def _stops(tenant: Tenant, customer: Customer) -> list[str]:
    """The preflight's obstacles, as playbooks/preflight.yml asks for them."""
    entry = customer.variables()
    app, group, credential = entry["app"], entry["group"], entry["credential"]
    asked = {name: app[name] for name in ("client_id", "display_name", "known_credentials")}
    asked |= {name: entry[name] for name in ("mailboxes", "outside_mailbox", "access")}
    asked |= {"application": app["unique_name"], "group": group["name"], "group_address": group["address"]}
    asked |= {"owners": group["owners"], "credential_kind": credential["kind"], "keep_credential": credential["keep"]}
    asked |= {"on_policy": credential["on_policy"], "replacing": False, "proof_credential": entry["proof_credential"]}
    asked["lifetime"] = credential["proof_lifetime" if entry["proof_credential"] else "lifetime"]
    try:
        TenantInfo().run(_checking(tenant, customer), asked)
    except NotReady as error:
        told = [obstacle for obstacle in error.obstacles if obstacle["stops"] == "yes"]
        return [f"{o['problem']}. Found: {o['found']}. To do: {o['remedy']}" for o in told]
    except ServiceFailure:
        raise
    except TenantError as error:
        return [str(error)]
    return []


def _checking(tenant: Tenant, customer: Customer) -> Tenant:
    connection = tenant.connection | {"known_mailbox": customer.mailboxes[0]}
    return Tenant.connect(connection, replace(tenant.run, check_mode=True))
