"""A resource of a tenant, declared once: its options, how it is read, what would change, how that is done.

`plan` is pure; check mode stops after it; the diff is what it holds. So a check and the run that follows it cannot
tell different stories.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from graphmail.admin import KINDS
from graphmail.claims import Claims
from graphmail.clouds import NATIONAL
from graphmail.errors import ExchangeError, GraphError, TenantError, nothing_done
from graphmail.exchange_roles import least_roles
from graphmail.keyed_create import find_again
from graphmail.rights import for_person
from graphmail.start_state import StartState
from graphmail.tenant import Tenant

State = Literal["present", "absent"]
Values = dict[str, Any]

# Shown where Microsoft chooses the value; also what check mode has of it.
ASSIGNED = "(assigned by Microsoft)"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a module: what it is called at Microsoft, and Ansible's spec of it.

    `managed` options are compared with the tenant and stand in the diff; the others only say how to find or do.
    `compare` makes two values comparable, e.g. regardless of order or case.
    """

    property: str
    spec: Mapping[str, Any]
    managed: bool = True
    compare: Callable[[Any], Any] = field(default=lambda value: value)

    def same(self, one: Any, other: Any) -> bool:
        return bool(self.compare(one) == self.compare(other))


# The connection that the inventory plugin makes: names and references, no secret.
TENANT: Mapping[str, Any] = {
    "type": "dict",
    "required": True,
    "options": {
        "customer": {"type": "str", "required": True},
        "tenant_id": {"type": "str", "required": True},
        "initial_domain": {"type": "str", "required": True},
        "cloud": {"type": "str", "required": True, "choices": [*NATIONAL, "sandbox"]},
        "admin": {
            "type": "dict",
            "required": True,
            "options": {
                "kind": {"type": "str", "choices": [*KINDS]},
                "client_id": {"type": "str"},
                "sealed": {"type": "path", "required": True},
            },
        },
        "operators": {"type": "list", "elements": "str", "required": True},
        "known_mailbox": {"type": "str", "required": True},
        "part": {"type": "str", "choices": ["onboarding"]},
    },
}


def unordered(value: Any) -> Any:
    """Compare lists as sets of words, whatever their case and order."""
    return sorted(str(item).lower() for item in value or ())


@dataclass(frozen=True, slots=True)
class Found:
    """What the tenant has: the values of managed options, and the service's own object for ids."""

    values: Values
    object: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done. `before` and `after` hold only what differs; no ids, so that check and run say the same."""

    action: Literal["create", "update", "delete"] | None
    before: Values = field(default_factory=dict)
    after: Values = field(default_factory=dict)


class Resource(ABC):
    """Base of all resources. An option left out is left alone in the tenant; null never means delete."""

    name: ClassVar[str]
    options: ClassVar[Mapping[str, Option]]
    permissions: ClassVar[tuple[str, ...]] = ()
    # Cmdlets that it may run; of these follow the Exchange roles that are the least it needs.
    cmdlets: ClassVar[tuple[str, ...]] = ()
    states: ClassVar[tuple[State, ...]] = ("present", "absent")
    # The option that other resources refer to it by; in check mode they are told what this run would create.
    key: ClassVar[str] = ""
    # Whether the journal claims what is made, so that `made_here_only` can leave the rest alone.
    claimed: ClassVar[bool] = False

    @classmethod
    def argument_spec(cls) -> dict[str, Any]:
        """Ansible's argument spec, `tenant` and `state` included."""
        spec: dict[str, Any] = {"tenant": TENANT}
        spec |= {name: dict(option.spec) for name, option in cls.options.items()}
        if len(cls.states) > 1:
            spec["state"] = {"type": "str", "choices": list(cls.states), "default": "present"}
        if cls.claimed:
            spec["made_here_only"] = {"type": "bool", "default": False}
        return spec

    @abstractmethod
    def read(self, tenant: Tenant, desired: Values) -> Found | None:
        """What is there, or None. Refuses look-alikes that the inventory does not name."""

    @abstractmethod
    def apply(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        """Do it, and return when it can be read back."""

    def identify(self, found: Found) -> str:
        """The service's own id of what was found, as the journal claims it."""
        return ""

    def removed(self, found: Found) -> list[str]:
        """What later tasks of a check meet by these names is taken for gone."""
        return [self.identify(found)]

    def stays(self, tenant: Tenant, found: Found, desired: Values) -> str:
        """Why an offboarding leaves it alone, for a person; empty where it goes."""
        ours = Claims(tenant).holds(self.name, self._claim_key(desired), self.identify(found))
        return "" if ours else "it was not made here"

    def _claim_key(self, desired: Values) -> str:
        return str(desired.get(self.key or "application"))

    def adopted(self, tenant: Tenant, found: Found, desired: Values) -> bool:
        """Whether it was there before, so that what is changed of it can be asked to be put back."""
        return not Claims(tenant).holds(self.name, self._claim_key(desired), self.identify(found))

    def as_found(self, tenant: Tenant, found: Found, desired: Values) -> Values:
        """What `graphmail.put_back` needs of it to put it back; empty for what is not recorded."""
        return {}

    def set_here(self, plan: Plan, found: Found, desired: Values) -> Values:
        """What this change sets, as `StartState.change` takes it."""
        return dict(plan.after)

    def record(self, tenant: Tenant, plan: Plan, found: Found | None, desired: Values) -> None:
        """Before the first write: what was there before, as it was found, and what becomes of it now."""
        if plan.action == "update" and found and self.claimed and self.adopted(tenant, found, desired):
            values = self.as_found(tenant, found, desired)
            if values:
                set_here = self.set_here(plan, found, desired)
                key = self._claim_key(desired)
                StartState(tenant).change(self.name, key, self.identify(found), values, set_here)

    def facts(self, found: Found | None, desired: Values) -> Values:
        """What the task returns beside `changed` and `diff`; `found` is None for what check mode would create."""
        return {}

    def plan(self, found: Found | None, desired: Values, state: State) -> Plan:
        """What would have to be done. Pure."""
        if state == "absent":
            return Plan("delete", before=found.values) if found else Plan(None)
        wanted = {n: desired[n] for n, o in self.options.items() if o.managed and desired.get(n) is not None}
        if found is None:
            return Plan("create", after=wanted)
        changes = {n: v for n, v in wanted.items() if not self.options[n].same(found.values.get(n), v)}
        if not changes:
            return Plan(None)
        return Plan("update", before={n: found.values.get(n) for n in changes}, after=changes)

    def run(self, tenant: Tenant, params: Values) -> Values:
        """Bring the tenant to what `params` say; `check_mode` of the tenant's run stops before the first write."""
        state: State = params.get("state") or "present"
        try:
            return self._run(tenant, self.prepare(tenant, params), state)
        except (GraphError, ExchangeError) as error:
            raise with_rights(error, self, tenant) from None

    def prepare(self, tenant: Tenant, params: Values) -> Values:
        """The parameters as `plan` compares them; refuses bad ones before anything is contacted."""
        return params

    def _run(self, tenant: Tenant, params: Values, state: State) -> Values:
        found = self.read(tenant, params)
        plan = self.plan(found, params, state)
        if plan.action and tenant.reads.used:
            # Nothing is written because of a read made ahead.
            tenant.reads.drop()
            found = self.read(tenant, params)
            plan = self.plan(found, params, state)
        if plan.action == "delete" and found and (why := self._left(tenant, found, params)):
            return {"changed": False, "diff": {"before": {}, "after": {}}, "left": why}
        result: Values = {"changed": plan.action is not None, "diff": {"before": plan.before, "after": plan.after}}
        self._settle_claim(tenant, found, params)
        if plan.action and not tenant.run.check_mode:
            tenant.pin()
            if self.name.startswith("exo_"):
                tenant.pin_exchange()
            StartState(tenant).begin()
            self.record(tenant, plan, found, params)
            claim = self._claim(tenant, plan, params)
            self._apply(tenant, plan, found, params, claim)
            found = None if plan.action == "delete" else self.read(tenant, params)
            if found is None and plan.action != "delete":
                # `apply` saw it; another replica may be behind.
                found = find_again(tenant.clock, lambda: self.read(tenant, params))
            if found is None and plan.action != "delete":
                raise TenantError(
                    f"{self.name} was written and cannot be read back",
                    remedy="run the same playbook again: it looks again before it writes anything",
                )
            if claim and found:
                Claims(tenant).made(claim, self.identify(found))
        elif plan.action == "create" and self.key:
            tenant.plan_create(self.name, params[self.key])
        return result if state == "absent" else result | self.facts(found, params)

    def _left(self, tenant: Tenant, found: Found, params: Values) -> str:
        """Why it is not removed, where only what was made here shall go; empty where it goes."""
        if not params.get("made_here_only"):
            return ""
        if why := self.stays(tenant, found, params):
            tenant.warn(f"Left alone: {self.name} {self._claim_key(params)!r}, since {why}.")
        elif tenant.run.check_mode:
            for name in (f"{self.name} {self._claim_key(params)}", *self.removed(found)):
                tenant.plan_create("removed", name)
        return why

    def _settle_claim(self, tenant: Tenant, found: Found | None, params: Values) -> None:
        if found and self.claimed and (identifier := self.identify(found)) and not tenant.run.check_mode:
            Claims(tenant).settle(self.name, self._claim_key(params), identifier)

    def _claim(self, tenant: Tenant, plan: Plan, params: Values) -> str:
        if plan.action != "create" or not self.claimed:
            return ""
        return Claims(tenant).intend(self.name, self._claim_key(params))

    def _apply(self, tenant: Tenant, plan: Plan, found: Found | None, params: Values, claim: str) -> None:
        try:
            self.apply(tenant, plan, found, params)
        except TenantError as error:
            # One of our own refusals came before the write. Where it did not, too little is claimed, never too much.
            if claim and (nothing_done(error) or type(error) is TenantError):
                Claims(tenant).refused(claim)
            raise


class Info(ABC):
    """Base of what only reads: `run` returns facts and never a change."""

    name: ClassVar[str]
    options: ClassVar[Mapping[str, Option]]
    permissions: ClassVar[tuple[str, ...]] = ()
    cmdlets: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def argument_spec(cls) -> dict[str, Any]:
        """Ansible's argument spec, `tenant` included."""
        return {"tenant": TENANT} | {n: dict(o.spec) for n, o in cls.options.items()}

    @abstractmethod
    def look(self, tenant: Tenant, params: Values) -> Values:
        """Read, and return the facts."""

    def run(self, tenant: Tenant, params: Values) -> Values:
        try:
            return {"changed": False} | self.look(tenant, params)
        except (GraphError, ExchangeError) as error:
            raise with_rights(error, self, tenant) from None


def with_rights(error: GraphError | ExchangeError, resource: Resource | Info, tenant: Tenant) -> TenantError:
    """The error, naming what a refused caller needs: an app, or who signed in."""
    in_exchange = isinstance(error, ExchangeError)
    if error.status != 403 or not resource.permissions or (error.remedy and not in_exchange):
        return error
    roles = least_roles(resource.cmdlets) if in_exchange else []
    enough = f", or in Exchange the roles {', '.join(roles)}" if roles else ""
    if not tenant.person:
        names = " and ".join(resource.permissions)
        return error.with_remedy(f"let the admin app have {names}{enough}; it is in new tokens only, after minutes")
    names = " and ".join(map(for_person, resource.permissions))
    return error.with_remedy(f"let ops' client have {names}{enough}, then sign in again")
