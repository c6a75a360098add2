"""What was changed here of objects that were there before, taken back as an offboarding."""

from __future__ import annotations

from typing import ClassVar

from graphmail.put_back import Undo, undos_of
from graphmail.put_back.undo import seen
from graphmail.resource import Info, Option, Plan, Values
from graphmail.resources.application_reference import REFERENCE, application_path
from graphmail.resources.entra_app_role_assignment import AppRoleAssignment
from graphmail.resources.exo_application_access_policy import ApplicationAccessPolicy
from graphmail.resources.group_reference import referred_group
from graphmail.rights import EXCHANGE_WRITES
from graphmail.start_state import Recorded, StartState
from graphmail.tenant import Tenant

Open = list[tuple[Recorded, list[Undo]]]
UNKNOWN = (
    "Customer {} was onboarded before start states were recorded: what was changed of objects that were there before "
    "is left as it is."
)


class CustomerStartState(Info):
    """In two tasks: first what narrows, then what opens, so that no moment is wider than the start and the end."""

    name = "customer_start_state"
    permissions = (
        "Application.ReadWrite.All",
        "AppRoleAssignment.ReadWrite.All",
        EXCHANGE_WRITES,
    )
    cmdlets = (
        "Add-DistributionGroupMember",
        "Get-ApplicationAccessPolicy",
        "Get-DistributionGroup",
        "Get-DistributionGroupMember",
        "Get-ManagementRoleAssignment",
        "Get-Recipient",
        "Get-ServicePrincipal",
        "New-ApplicationAccessPolicy",
        "New-ManagementRoleAssignment",
        "Remove-ApplicationAccessPolicy",
        "Remove-DistributionGroupMember",
        "Remove-ManagementRoleAssignment",
        "Set-DistributionGroup",
        "Set-ServicePrincipal",
    )
    options: ClassVar = REFERENCE | {
        "group": Option("", {"type": "str", "required": True}),
        "adopted": Option("", {"type": "str", "choices": ["leave", "restore", "remove"], "default": "leave"}),
        "put_back": Option("", {"type": "str", "choices": ["narrowing", "opening"], "required": True}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        params = params | {"state": "absent"}
        tenant.reads.drop()
        found = [] if params["adopted"] == "remove" else undos_of(tenant, params)
        plan = self.plan([undo for _, undos in found for undo in undos], params)
        if tenant.run.check_mode:
            self._note(tenant, found, params)
        elif plan.action:
            tenant.pin()
            tenant.pin_exchange()
            found = self._apply(tenant, params)
        left = [undo.text() for _, undos in found for undo in undos if not undo.taken(params["adopted"])]
        if params["put_back"] == "opening":
            self._end(tenant, params, found)
            for text in left:
                tenant.warn(f"Left as it is: {text}.")
        diff = {"before": plan.before, "after": plan.after}
        return {"changed": plan.action is not None, "diff": diff, "left_as_it_is": left}

    @staticmethod
    def plan(undos: list[Undo], params: Values) -> Plan:
        """What this task takes back. Pure."""
        taken = [undo for undo in undos if _now(undo, params)]
        if not taken:
            return Plan(None)
        return Plan("update", before={u.what: u.now for u in taken}, after={u.what: u.start for u in taken})

    @staticmethod
    def _note(tenant: Tenant, found: Open, params: Values) -> None:
        """Later tasks of a check take for gone what this one would take away."""
        for undo in (undo for _, undos in found for undo in undos if _now(undo, params) and undo.frees):
            tenant.plan_create("removed", undo.frees)

    @staticmethod
    def _apply(tenant: Tenant, params: Values) -> Open:
        """One at a time, each from a fresh look: one may be in the way of the next. Returns what is left."""
        done: set[str] = set()
        while True:
            found = undos_of(tenant, params)
            undo = next((u for _, undos in found for u in undos if _now(u, params) and u.what not in done), None)
            if undo is None or undo.do is None:
                return found
            undo.do()
            done.add(undo.what)

    @staticmethod
    def _end(tenant: Tenant, params: Values, found: Open) -> None:
        """Close what is put back. What `leave` leaves stays on record, so that `restore` can put it back later."""
        record, adopted = StartState(tenant), params["adopted"] != "remove"
        stays = bool(adopted and _adopted_objects(tenant, params))
        if stays and not record.complete:
            tenant.warn(UNKNOWN.format(tenant.customer))
        if tenant.run.check_mode:
            return
        if not adopted:
            record.close_all()
            return
        # Consent that a policy of ours confines: without its record nobody could say later that it was there before.
        confined = stays and ApplicationAccessPolicy().read(tenant, params | {"made_here_only": True}) is not None
        for recorded, undos in found:
            if all(undo.never for undo in undos) and not (confined and recorded.kind == AppRoleAssignment.name):
                record.close(recorded, [undo.text() for undo in undos])
        record.begin()
        if not stays:
            record.start_anew()


def _adopted_objects(tenant: Tenant, params: Values) -> bool:
    """Whether the customer's app or group is there still."""
    path = application_path(params["application"], params.get("client_id"))
    if seen(tenant, lambda: tenant.graph.find(path)) is not None:
        return True
    return seen(tenant, lambda: referred_group(tenant, params["group"], absent=True)) is not None


def _now(undo: Undo, params: Values) -> bool:
    return undo.taken(params["adopted"]) and undo.opens == (params["put_back"] == "opening")
