"""The group of mailboxes that was there before: its address, owners and members."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Self

from graphmail.exchange import Cmdlet, Row
from graphmail.keyed_create import find_again
from graphmail.put_back.undo import Undo, gone, scalar, seen
from graphmail.resource import Found, Plan, Values
from graphmail.resources.access_policies import POLICIES
from graphmail.resources.exo_distribution_group import DistributionGroup
from graphmail.resources.group_uses import named_elsewhere
from graphmail.resources.recipients import addressed, recipient_read
from graphmail.retry import Operation
from graphmail.start_state import Recorded
from graphmail.tenant import Tenant

DENIES = "a policy keeps the group's members out of an app's reach"
OWNERS = "an owner may put anybody into the group"


def group(tenant: Tenant, record: Recorded, params: Values) -> list[Undo]:
    what = f"group {record.key!r}"

    def find() -> Row | None:
        rows = tenant.exchange.find("Get-DistributionGroup", Identity=record.object_id)
        return next((r for r in rows if str(r.get("Guid", "")).lower() == record.object_id.lower()), None)

    row = seen(tenant, find)
    if row is None:
        return gone(record, what)
    return [
        *scalar(
            record, "address", what, str(row["PrimarySmtpAddress"]).lower(), partial(_readdress, tenant, record, row)
        ),
        *_owners(tenant, record, row, what),
        *_members(tenant, record, row, what),
    ]


def _readdress(tenant: Tenant, record: Recorded, row: Row, start: str) -> None:
    """The old primary address, without the one that was set here; what others gave it since stays."""
    before = {_bare(address) for address in record.found["addresses"]}
    ours = {str(address).lower() for address in record.set["address"]} - before
    kept = [a for a in row.get("EmailAddresses") or () if _bare(a) not in ours | {start}]
    primary = next((a for a in record.found["addresses"] if _bare(a) == start), f"SMTP:{start}")
    others = [f"smtp:{a.partition(':')[2]}" if a.upper().startswith("SMTP:") else a for a in kept]
    _set(tenant, row, EmailAddresses=[f"SMTP:{primary.partition(':')[2]}", *others])


def _set(tenant: Tenant, row: Row, **settings: object) -> None:
    asked = {"Identity": row["Guid"], "BypassSecurityGroupManagerCheck": True}
    tenant.exchange.invoke(Operation.IDEMPOTENT, "Set-DistributionGroup", **asked, **settings)


def _bare(address: str) -> str:
    return str(address).partition(":")[2].lower()


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of recipients: what was put into it here and is in it, and what was taken out and is not; by address.

    `now` has the address of everybody in it. `gone` are those of whom the tenant knows nothing, after several looks.
    """

    now: list[str]
    added: list[str]
    removed: list[str]
    gone: list[str]

    @classmethod
    def of(cls, tenant: Tenant, record: Recorded, name: str, rows: Iterable[Row]) -> Self:
        """Compared by Guid, since addresses change."""
        start, change = record.found[name], record.lists[name]
        asked = sorted({*start, *change.added, *change.removed})
        taken = change.removed & set(start)
        ids = _ids(tenant, asked)
        if missing := sorted(taken - ids.keys()):
            # A record is closed over who is gone. No task makes them, so they are looked for again once.
            looked = f"recipients {', '.join(missing)}"
            ids |= tenant.remembered(looked, lambda: _looked_for(tenant, missing))
        now = {
            str(row.get("Guid") or row["Name"]).lower(): str(row.get("PrimarySmtpAddress") or row["Name"])
            for row in rows
        }
        start_ids = {ids[a] for a in start if a in ids}
        added = {ids[a] for a in change.added if a in ids} - start_ids
        removed = {ids[a]: a for a in change.removed if a in ids and ids[a] in start_ids}
        return cls(
            sorted(now.values()),
            sorted(now[i] for i in added & now.keys()),
            sorted(a for i, a in removed.items() if i not in now),
            sorted(taken - ids.keys()),
        )

    def lost(self, what: str) -> list[Undo]:
        """What of it cannot be put back, for it to be told."""
        never = "nobody in the tenant has these addresses any more"
        return [Undo(what, "none", self.gone, never=never)] if self.gone else []


def _ids(tenant: Tenant, addresses: list[str]) -> dict[str, str]:
    answers = tenant.exchange.batch([recipient_read(address) for address in addresses])
    found = zip(addresses, answers, strict=True)
    return {address: str(row["Guid"]).lower() for address, answer in found if (row := addressed(answer, address))}


def _looked_for(tenant: Tenant, addresses: list[str]) -> dict[str, str]:
    def all_of_them() -> dict[str, str] | None:
        tenant.reads.drop()
        found = _ids(tenant, addresses)
        return found if len(found) == len(addresses) else None

    return {} if tenant.run.check_mode else find_again(tenant.clock, all_of_them) or _ids(tenant, addresses)


def _owners(tenant: Tenant, record: Recorded, row: Row, what: str) -> list[Undo]:
    """A group keeps at least one owner: where only those set here would be left to take away, all wait."""
    if "owners" not in record.lists:
        return []
    named = [str(owner) for owner in row.get("ManagedBy") or ()]
    answers = tenant.exchange.batch([recipient_read(owner) for owner in named])
    # The list is written as a whole: an owner who is no recipient, or is not shown now, stays by the name in it.
    rows = [a.rows[0] if a.rows else {"Name": owner} for owner, a in zip(named, answers, strict=True)]
    listed = Listed.of(tenant, record, "owners", rows)
    rest = [owner for owner in listed.now if owner not in listed.added]
    found = listed.lost(f"{what}: owners removed here")
    if listed.added and rest:
        found.append(Undo(f"{what}: owners set here", listed.now, rest, partial(_set, tenant, row, ManagedBy=rest)))
    if listed.removed:
        target = sorted([*rest, *listed.removed])
        do = partial(_set, tenant, row, ManagedBy=target)
        found.append(Undo(f"{what}: owners", rest or listed.now, target, do, opens=True, why=OWNERS))
    return found


def _members(tenant: Tenant, record: Recorded, row: Row, what: str) -> list[Undo]:
    if "members" not in record.lists:
        return []
    asked = Cmdlet("Get-DistributionGroupMember", {"Identity": row["Guid"], "ResultSize": "Unlimited"})
    members, policies = tenant.exchange.batch([asked, POLICIES])
    listed = Listed.of(tenant, record, "members", members.value())
    denies = DENIES if _denied(row, policies.value()) else ""
    rest = [member for member in listed.now if member not in listed.added]
    found = listed.lost(f"{what}: members removed here")
    if listed.added:
        do = partial(_change, tenant, row, listed.now, rest)
        found.append(Undo(f"{what}: members added here", listed.now, rest, do, opens=bool(denies), why=denies))
    if listed.removed:
        now = listed.now if denies else rest
        target, uses = sorted([*now, *listed.removed]), named_elsewhere(tenant, row)
        do = partial(_change, tenant, row, listed.now, sorted([*listed.now, *listed.removed]))
        why = f"they would be reached again: {uses.replace('it is', 'the group is')}" if uses else ""
        found.append(Undo(f"{what}: members removed here", now, target, do, opens=True, why=why))
    return found


def _denied(row: Row, policies: list[Row]) -> bool:
    identifier = str(row.get("ExternalDirectoryObjectId", "")).lower()
    return any(
        p.get("AccessRight") == "DenyAccess"
        and str(p.get("ScopeIdentityRaw", "")).rpartition(";")[2].lower() == identifier
        for p in policies
    )


def _change(tenant: Tenant, row: Row, before: list[str], after: list[str]) -> None:
    plan = Plan("update", before={"members": before}, after={"members": after})
    DistributionGroup().apply(tenant, plan, Found({}, row), {})
