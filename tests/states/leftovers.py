"""What is not as it was after an offboarding: of each start state the whole list, foretold from the state alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphmail.access_models import MODELS
from tests.states.snapshot import AGAIN, THERE
from tests.states.start_state import StartState
from tests.states.tenants import GROUP, Names

MAIL = {"Mail.Send", "Mail.ReadWrite"}
# Whose permission it is, where not Graph's.
EXCHANGE = {"exchange/full_access_as_app", "Calendars.Read"}


@dataclass(frozen=True, slots=True)
class Leftover:
    """An object that differs, and in what. `told` are words of the warning that names it."""

    kind: str
    what: str
    properties: tuple[str, ...]
    told: str = ""

    def name(self, names: Names) -> str:
        """As the snapshot calls it."""
        return f"{self.kind} {self.what.format(client_id=names.client_id)}"


def after_restore(state: StartState, *, migrated: bool = False) -> list[Leftover]:
    """Exceptions to "exactly as it was": what Entra never takes back, and ids that a service chooses anew."""
    found = _deleted(state)
    if state.app == "adopted":
        # uniqueName can be set once; the onboarding set it.
        found.append(Leftover("app", "{client_id}", ("uniqueName",), "unique_name"))
    # Consent and role assignments that were made once more have another id and another date.
    found += [Leftover("consent", _consent(role), (AGAIN,)) for role in _revoked(state, migrated=migrated)]
    found += [Leftover("assignment", name, (AGAIN,)) for name in _unassigned(state, migrated=migrated)]
    return found


def after_leave(state: StartState, *, migrated: bool = False) -> list[Leftover]:
    """What would give somebody access again stays as it is, and is named."""
    found = [*_deleted(state), *_app(state)]
    found += [
        Leftover("consent", _consent(role), (THERE,), f"{role.rpartition('/')[2]}: was granted")
        for role in _revoked(state, migrated=migrated)
    ]
    found += [
        Leftover("assignment", name, (THERE,), f"role assignment {name!r}")
        for name in _unassigned(state, migrated=migrated)
    ]
    policy_stays = _own_policy(state) and not migrated and bool(MAIL & set(_kept(state)))
    if policy_stays:
        found.append(Leftover("policy", "{client_id} " + GROUP, (THERE,), "which it alone confines"))
        if not state.has_group:
            # Made here, and the policy acts on it.
            found += [Leftover(kind, GROUP, (THERE,), "it is named by") for kind in ("group", "members")]
    found += _group(state, named=policy_stays or _named_by_others(state))
    return found


def _deleted(state: StartState) -> list[Leftover]:
    """An app that was made here can be had back for 30 days; its client id is nobody's to foretell."""
    return [Leftover("deleted", "", (THERE,))] if state.app == "none" else []


def _app(state: StartState) -> Iterator[Leftover]:
    if not state.has_app:
        return
    properties = (("uniqueName",) if state.app == "adopted" else ()) + (("signInAudience",) if state.drifted else ())
    if properties:
        yield Leftover("app", "{client_id}", properties, "sign_in_audience" if state.drifted else "unique_name")
    if state.drifted and state.principal != "absent":
        yield Leftover("principal", "{client_id}", ("signInAudience",))  # as the app registration says


def _group(state: StartState, *, named: bool) -> Iterator[Leftover]:
    if state.group == "drifted":
        yield Leftover("group", GROUP, ("ManagedBy",), "owners")
    if state.group in ("extra", "nested") and state.extra_members == "remove" and named:
        yield Leftover("members", GROUP, ("members",), "members removed here")
    if state.group in ("missing", "empty") and state.policy == "deny_group":
        yield Leftover("members", GROUP, ("members",), "members added here")


def _named_by_others(state: StartState) -> bool:
    """Something of the start state acts on the group: still, or again, as a policy that a migration had removed."""
    return state.policy in ("ours", "deny_group") or state.roles in ("partial", "whole")


def _own_policy(state: StartState) -> bool:
    return state.model == "application_access_policy" and state.policy != "ours"


def _kept(state: StartState) -> list[str]:
    return [role for role in state.consents if role in MODELS[state.model].consented] if state.has_app else []


def _revoked(state: StartState, *, migrated: bool) -> list[str]:
    kept = [] if migrated else _kept(state)
    return [role for role in state.consents if role not in kept] if state.has_app else []


def _unassigned(state: StartState, *, migrated: bool) -> list[str]:
    """Assignments that are not what the model wants; in the other model nobody looks at them."""
    if state.model == "application_access_policy" and not migrated:
        return []
    return {"elsewhere": ["for finance"], "unscoped": ["everywhere"]}.get(state.roles, [])


def _consent(role: str) -> str:
    service = "Office 365 Exchange Online" if role in EXCHANGE else "Microsoft Graph"
    return f"{{client_id}} {service} {role.rpartition('/')[2]}"
