"""Mail-enabled security group of exactly the mailboxes that the app may use. Graph cannot write these groups."""

from __future__ import annotations

import re
from typing import ClassVar

from graphmail.clock import poll
from graphmail.errors import ExchangeError, TenantError
from graphmail.exchange import Cmdlet, CmdletAnswer, Row
from graphmail.keyed_create import PATIENCE, create_keyed, find_again
from graphmail.resource import Found, Option, Plan, Resource, State, Values, unordered
from graphmail.resources.group_uses import named_elsewhere
from graphmail.resources.recipients import Recipients, recipient_read
from graphmail.retry import Operation
from graphmail.rights import EXCHANGE_WRITES
from graphmail.start_state import ListChange
from graphmail.tenant import Tenant

TYPE = "MailUniversalSecurityGroup"


def group_reads(name: str, address: str | None) -> list[Cmdlet]:
    """Everything that tells whether the group is there, who is in it, and whether something else has its name."""
    reads = [
        Cmdlet("Get-DistributionGroup", {"Identity": name}),
        Cmdlet("Get-DistributionGroupMember", {"Identity": name, "ResultSize": "Unlimited"}),
        recipient_read(name),
    ]
    return [*reads, recipient_read(address)] if address else reads


class DistributionGroup(Resource):
    """https://learn.microsoft.com/powershell/module/exchange/new-distributiongroup."""

    name = "exo_distribution_group"
    permissions = (EXCHANGE_WRITES,)
    cmdlets = (
        "Add-DistributionGroupMember",
        "Get-ApplicationAccessPolicy",
        "Get-DistributionGroup",
        "Get-DistributionGroupMember",
        "Get-ManagementRoleAssignment",
        "Get-ManagementScope",
        "Get-Recipient",
        "New-DistributionGroup",
        "Remove-DistributionGroup",
        "Remove-DistributionGroupMember",
        "Set-DistributionGroup",
    )
    key = "name"
    claimed = True
    options: ClassVar = {
        "name": Option("Name", {"type": "str", "required": True}, managed=False),
        "address": Option("PrimarySmtpAddress", {"type": "str"}, compare=lambda value: str(value).lower()),
        "description": Option("Notes", {"type": "str"}, managed=False),
        "owners": Option("ManagedBy", {"type": "list", "elements": "str"}, compare=unordered),
        "members": Option("Members", {"type": "list", "elements": "str"}, compare=unordered),
        "extra_members": Option(
            "", {"type": "str", "choices": ["report", "remove"], "default": "report"}, managed=False
        ),
    }

    def prepare(self, tenant: Tenant, params: Values) -> Values:
        # In one case everywhere below, as `read` has them: a list is compared, but also subtracted.
        listed = ("owners", "members")
        return params | {n: [a.lower() for a in params[n]] for n in listed if params.get(n) is not None}

    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        group, members, *others = tenant.exchange.batch(group_reads(desired["name"], desired.get("address")))
        taken = [row for answer in others if not answer.missing for row in answer.value()]
        rows = [] if group.missing else group.value()
        row = next((row for row in rows if _named(row, desired["name"])), None)
        stranger = next((t for t in taken if t.get("RecipientTypeDetails") != TYPE and _claims(t, desired)), None)
        if stranger:
            raise TenantError(
                f"The group's name or address is taken by another type of recipient in tenant {tenant.tenant_id}",
                expected=f"nothing, or a {TYPE} named {desired['name']!r}",
                found=f"{stranger.get('RecipientTypeDetails')} {stranger.get('Name')!r}",
                remedy="choose another group.name or group.address, or remove that recipient",
            )
        self._refuse_other_group(tenant, taken, desired)
        if row is None:
            if desired.get("state") != "absent" and not tenant.would_create(self.name, desired["name"]):
                self._refuse_unmakeable(tenant, desired)
            return None
        if members.missing:
            # One replica has the group and another has not: the members come from one that does.
            members = find_again(tenant.clock, lambda: self._members(tenant, row)) or members
        people = Recipients.of(tenant, (*(desired.get("owners") or ()), *(desired.get("members") or ())))
        values: Values = {"address": str(row["PrimarySmtpAddress"]).lower()}
        if desired.get("owners") is not None:
            values["owners"] = people.resolved(tenant, row.get("ManagedBy") or ())
        values["members"] = sorted(people.shown(member) for member in members.value())
        return Found(values, row)

    @staticmethod
    def _refuse_other_group(tenant: Tenant, taken: list[Row], desired: Values) -> None:
        """Another group of the right type may have the address; a display name like ours is no matter."""
        address = (desired.get("address") or "").lower()
        other = next((t for t in taken if address in _addresses(t) and not _named(t, desired["name"])), None)
        if other and other.get("RecipientTypeDetails") == TYPE:
            raise TenantError(
                f"The group's address is taken by another group in tenant {tenant.tenant_id}",
                expected=f"nothing, or the group {desired['name']!r}, at {address}",
                found=f"{other.get('RecipientTypeDetails')} {other.get('Name')!r}",
                remedy="choose another group.address, or name that group as group.name if it is the one",
            )

    @staticmethod
    def _members(tenant: Tenant, row: Row) -> CmdletAnswer | None:
        tenant.reads.drop()
        asked = {"Identity": row["Guid"], "ResultSize": "Unlimited"}
        (answer,) = tenant.exchange.batch([Cmdlet("Get-DistributionGroupMember", asked)])
        return None if answer.missing else answer

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        if found and desired.get("members") is not None and desired.get("extra_members") == "report":
            extra = self._extra(found, desired)
            desired = desired | {"members": [*desired["members"], *extra]}
        plan = super().plan(found, desired, state)
        sorted_after = {n: sorted(v) if isinstance(v, list) else v for n, v in plan.after.items()}
        if plan.action == "create":
            # What a group is called is set once, when it is made, and shown then.
            named = {n: desired[n] for n in ("name", "description") if desired.get(n)}
            sorted_after = named | sorted_after
        return Plan(plan.action, plan.before, sorted_after)

    def run(self, tenant: Tenant, params: Values) -> Values:
        result = super().run(tenant, params)
        if extra := result.get("extra_members"):
            tenant.warn(
                f"Not in the inventory, and reachable for the app: {', '.join(extra)}. "
                "To do: add it to mailboxes, or set group.extra_members: remove."
            )
        return result

    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        if found is None:
            self._create(tenant, desired)
        elif plan.action == "delete":
            parameters = {"Identity": found.object["Guid"], "BypassSecurityGroupManagerCheck": True}
            tenant.exchange.remove("Remove-DistributionGroup", **parameters)
        else:
            self._update(tenant, plan, found)

    def identify(self, found: Found) -> str:
        return str(found.object["Guid"])

    def stays(self, tenant: Tenant, found: Found, desired: Values) -> str:
        """Also while anything else's access hangs on it."""
        return super().stays(tenant, found, desired) or named_elsewhere(tenant, found.object)

    def as_found(self, tenant: Tenant, found: Found, desired: Values) -> Values:
        return dict(found.values) | {"addresses": list(found.object.get("EmailAddresses") or ())}

    def set_here(self, plan: Plan, found: Found, desired: Values) -> Values:
        changed: Values = {n: v for n, v in plan.after.items() if n not in ("owners", "members")}
        for name in {"owners", "members"} & plan.after.keys():
            before, after = frozenset(plan.before[name]), frozenset(plan.after[name])
            changed[name] = ListChange(after - before, before - after)
        return changed

    def facts(self, found: Found | None, desired: Values) -> Values:
        extra = self._extra(found, desired) if found and desired.get("members") is not None else []
        return {"extra_members": extra if desired.get("extra_members") == "report" else []}

    @staticmethod
    def _refuse_unmakeable(tenant: Tenant, desired: Values) -> None:
        """What a new group needs, also in check mode: a prediction that the run cannot keep is none."""
        for required in ("address", "owners", "members"):
            if not desired.get(required):
                raise TenantError(f"A new group needs `{required}`", remedy="add it to the task")
        Recipients.of(tenant, (*desired["owners"], *desired["members"]))

    def _create(self, tenant: Tenant, desired: Values) -> None:
        parameters = {
            "Name": desired["name"],
            "Alias": _alias(desired["address"]),
            "DisplayName": desired["name"],
            "Type": "Security",
            "PrimarySmtpAddress": desired["address"],
            "ManagedBy": desired["owners"],
            "Members": desired["members"],
            "MemberDepartRestriction": "Closed",
            "RequireSenderAuthenticationEnabled": True,
            "IgnoreNamingPolicy": True,
        } | ({"Notes": desired["description"]} if desired.get("description") else {})
        create_keyed(
            tenant.clock,
            f"group {desired['name']!r}",
            lambda: tenant.exchange.invoke(Operation.KEYED_CREATE, "New-DistributionGroup", **parameters),
            # A new group may lack the id that a policy needs; it is not used before it has one.
            lambda: self._identified(tenant, desired["name"]),
            exists=lambda error: getattr(error, "type_name", "") == "ADObjectAlreadyExistsException",
        )

    def _identified(self, tenant: Tenant, name: str) -> Row | None:
        rows = tenant.exchange.find("Get-DistributionGroup", Identity=name)
        return next((row for row in rows if _named(row, name) and row.get("ExternalDirectoryObjectId")), None)

    def _update(self, tenant: Tenant, plan: Plan, found: Found) -> None:
        identity = found.object["Guid"]
        settings = {self.options[n].property: v for n, v in plan.after.items() if n != "members"}
        if settings:
            self._write(tenant, "Set-DistributionGroup", Identity=identity, **settings)
        before, after = plan.before.get("members", ()), plan.after.get("members", ())
        # Additions first: an interrupted run never leaves a connected mailbox without access.
        for member in sorted(set(after) - set(before)):
            self._member(tenant, "Add-DistributionGroupMember", identity, member, "MemberAlreadyExistsException")
        for member in sorted(set(before) - set(after)):
            self._member(tenant, "Remove-DistributionGroupMember", identity, member, "MemberNotFoundException")

        def settled() -> Row | None:
            rows = tenant.exchange.find("Get-DistributionGroupMember", Identity=identity, ResultSize="Unlimited")
            return {} if not after or len(rows) == len(after) else None

        poll(tenant.clock, settled, PATIENCE, "the group's members to be readable")

    def _member(self, tenant: Tenant, cmdlet: str, identity: str, member: str, done_already: str) -> None:
        confirm = {"Confirm": False} if cmdlet.startswith("Remove") else {}
        try:
            self._write(tenant, cmdlet, Identity=identity, Member=member, **confirm)
        except ExchangeError as error:
            if error.type_name != done_already:
                raise

    @staticmethod
    def _write(tenant: Tenant, cmdlet: str, **parameters: object) -> None:
        # Always needed by an app: it is in no group's ManagedBy.
        tenant.exchange.invoke(Operation.IDEMPOTENT, cmdlet, BypassSecurityGroupManagerCheck=True, **parameters)

    @staticmethod
    def _extra(found: Found, desired: Values) -> list[str]:
        wanted = {address.lower() for address in desired["members"]}
        return [member for member in found.values["members"] if member not in wanted]


def _named(row: Row, name: str) -> bool:
    return str(row.get("Name", "")).lower() == name.lower() and row.get("RecipientTypeDetails") == TYPE


def _claims(row: Row, desired: Values) -> bool:
    """Whether that recipient really has the group's name or address, and was not just matched loosely."""
    names = {str(row.get(n, "")).lower() for n in ("Name", "DisplayName", "Alias", "PrimarySmtpAddress")}
    return bool({desired["name"].lower(), (desired.get("address") or "").lower()} & (names | _addresses(row)))


def _addresses(row: Row) -> set[str]:
    proxies = {str(proxy).partition(":")[2].lower() for proxy in row.get("EmailAddresses") or ()}
    return {str(row.get("PrimarySmtpAddress", "")).lower(), *proxies} - {""}


def _alias(address: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "", address.partition("@")[0])[:64]
