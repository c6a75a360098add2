"""What must come of a start state: it converges and is proved, or the run stops with these words before it writes."""

from __future__ import annotations

from dataclasses import dataclass

from tests.states.start_state import StartState

# Roles on the group that act already: consent to these is not needed any more.
ACTING = {"partial": {"Mail.Send"}, "whole": {"Mail.Send", "Mail.ReadWrite"}}
# … and those that Exchange gives nobody anew: one without scope is only narrowed.
HELD = ACTING | {"unscoped": {"Mail.ReadWrite"}}
MAIL = {"Mail.Send", "Mail.ReadWrite"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`stops` are words of the refusal, any of them where there are several obstacles; none: it converges.

    `red` are the checks of the access proof that do not pass, because of what onboarding leaves alone and names.
    """

    stops: tuple[str, ...] = ()
    red: frozenset[str] = frozenset()

    @property
    def converges(self) -> bool:
        return not self.stops


def verdict(state: StartState) -> Verdict:
    found = [*_app(state), *_group(state), *_access(state)]
    return Verdict(tuple(found), frozenset() if found else _red(state))


def _red(state: StartState) -> frozenset[str]:
    """Members that are only reported, and policies that deny: whatever the model, somebody has to look at those."""
    found = set()
    if state.extra_members == "report" and state.group in ("extra", "nested"):
        found.add("members")
    if state.extra_members == "report" and state.group == "nested":
        found.add("scope")
    if state.policy in ("deny_group", "deny_others"):
        found.add("scope")
    return frozenset(found)


def _app(state: StartState) -> list[str]:
    found = []
    if state.app == "look_alike":
        found.append("the inventory does not name")
    if state.app == "deleted":
        found.append("deleted app still holds the uniqueName")
    lacking = MAIL - set(state.consents) - (HELD.get(state.roles, set()) if state.model == "rbac" else set())
    if state.secret == "unknown" and lacking:
        found.append("holds credentials that nobody here made")
    return found


def _group(state: StartState) -> list[str]:
    if state.group in ("distribution", "contact"):
        return ["taken by another type of recipient"]
    return ["taken by"] if state.group == "address" else []


def _access(state: StartState) -> list[str]:
    found = []
    if state.policy == "other_group":
        found.append("is given more mailboxes")
    if state.policy == "deny_group" and state.model == "application_access_policy":
        found.append("is of another kind")
    if state.roles in ("elsewhere", "unscoped") and state.model == "application_access_policy":
        found.append("by roles in Exchange")
    mail = MAIL & set(state.consents)
    if state.model == "rbac" and state.has_app and mail - ACTING.get(state.roles, set()):
        found.append("run migrate.yml")
    return found


def migration(state: StartState) -> Verdict:
    """Of a customer that was onboarded with a policy: what Exchange's roles cannot say, or what nobody here made."""
    found = []
    if state.policy == "deny_others":
        found.append("is a list of mailboxes to stay out of")
    if state.group == "nested" and state.extra_members == "report":
        found.append("holds another group")
    return Verdict(tuple(found), frozenset() if found else _red(state))
