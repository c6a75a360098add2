"""What must come of a start state: it converges, or the run stops with these words and has written nothing."""

from __future__ import annotations

from dataclasses import dataclass

from graphmail.access_models import MODELS
from tests.states.start_state import StartState

# Roles on the group that act already: consent to these is not needed any more.
ACTING = {"partial": {"Mail.Send"}, "whole": {"Mail.Send", "Mail.ReadWrite"}}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`stops` are words of the refusal, any of them where there are several obstacles; none: it converges.

    `outside` is whether the app reaches the outside mailbox all the same, by what this model leaves alone and names.
    """

    stops: tuple[str, ...] = ()
    outside: bool = False

    @property
    def converges(self) -> bool:
        return not self.stops


def verdict(state: StartState) -> Verdict:
    found = [*_app(state), *_group(state), *_access(state)]
    unscoped = state.model == "application_access_policy" and state.roles == "unscoped"
    return Verdict(tuple(found), outside=unscoped and not found)


def _app(state: StartState) -> list[str]:
    found = []
    if state.app == "look_alike":
        found.append("the inventory does not name")
    if state.app == "deleted":
        found.append("deleted app still holds the uniqueName")
    lacking = set(MODELS[state.model].consented) - set(state.consents)
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
    mail = {"Mail.Send", "Mail.ReadWrite"} & set(state.consents)
    if state.model == "rbac" and state.has_app and mail - ACTING.get(state.roles, set()):
        found.append("run migrate.yml")
    return found


def migration(state: StartState) -> Verdict:
    """Of a customer that was onboarded with a policy: what Exchange's roles cannot say, or what nobody here made."""
    found = []
    if state.policy == "deny_others":
        found.append("is a list of mailboxes to stay out of")
    if state.roles in ("elsewhere", "unscoped"):
        found.append("which was not made here")
    if state.group == "nested" and state.extra_members == "report":
        found.append("holds another group")
    return Verdict(tuple(found))
