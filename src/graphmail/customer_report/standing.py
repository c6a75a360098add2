"""What the tenant holds, by the newest sealed reading: which permissions the app has, and what confines it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from graphmail.customer_report.told import Told, ToldRun
from graphmail.evidence import EvidenceError
from graphmail.reach.sources import EVERY_APP
from graphmail.resources.access_policies import RESTRICT
from graphmail.resources.exo_management_role_assignment import PREFIX

Facts = dict[str, Any]
Model = Literal["policy", "rbac", "none"]


@dataclass(frozen=True, slots=True)
class Standing:
    """`run` is whose reading it is. `was_there` says whether app and group were there before all sealed runs."""

    run: ToldRun
    state: Facts
    was_there: Facts

    @classmethod
    def of(cls, told: Told) -> Self:
        """Raises EvidenceError where no sealed run has read the tenant, or the newest found no app."""
        read = [run for run in told.runs if "application" in run.state]
        if not read:
            raise EvidenceError(
                f"No sealed run of customer {told.customer} says what its tenant holds",
                remedy="run onboard.yml once more: it changes nothing that is as it should be, and reads the rest",
            )
        newest = read[-1]
        if newest.state["application"] is None:
            raise EvidenceError(
                f"Customer {told.customer} has no app any more, so there is nothing to report",
                found=f"run {newest.run_id} looked for it and found none",
                remedy="its last records show what was taken away and proved absent",
            )
        first = next((run.before for run in told.runs if run.before.get("read")), {})
        was: Facts = {name: first[name] is not None for name in ("application", "group") if name in first}
        return cls(newest, newest.state, was)

    @property
    def read_at(self) -> datetime:
        return datetime.fromisoformat(self.state["read"]["to"])

    @property
    def app(self) -> Facts:
        return dict(self.state["application"])

    @property
    def principal(self) -> Facts:
        return dict(self.state.get("enterprise_application") or {})

    @property
    def group(self) -> Facts:
        return dict(self.state.get("group") or {})

    @property
    def members(self) -> list[str]:
        return [str(one["primary_smtp_address"]) for one in self.group.get("members") or ()]

    @property
    def consents(self) -> list[str]:
        return [str(one["permission"]) for one in self.state.get("consent") or ()]

    @property
    def policies(self) -> list[Facts]:
        """Those of this app alone."""
        return [one for one in self.state.get("access_policies") or () if _app_id(one) != EVERY_APP]

    @property
    def roles(self) -> list[Facts]:
        """Exchange's own roles for mail that the app has; one that is switched off gives nothing."""
        return [one for one in self.held_roles if one.get("enabled") not in (False, "False")]

    @property
    def held_roles(self) -> list[Facts]:
        """The same with those that are switched off."""
        held = self.state.get("role_assignments") or ()
        return [one for one in held if str(one.get("role")).startswith(PREFIX)]

    @property
    def permissions(self) -> list[str]:
        """What the app may do, whoever grants it: Entra by consent, Exchange by role."""
        return sorted({*self.consents, *(str(one["role"]).removeprefix(PREFIX) for one in self.roles)})

    @property
    def model(self) -> Model:
        """What confines it, by what is there and not by what was meant."""
        if self.consents:
            return "policy" if any(one.get("access_right") == RESTRICT for one in self.policies) else "none"
        return "rbac" if self.roles else "none"

    def doubts(self) -> Iterator[str]:
        """Whatever of it keeps the page from saying that the app is confined to the group."""
        for part, why in (self.state.get("not_read") or {}).items():
            yield f"{part.replace('_', ' ')} could not be read when the tenant was looked at: {why}"
        if not self.group and "exchange" not in (self.state.get("not_read") or {}):
            yield "the group of mailboxes was not found"
        if self.model == "none":
            yield "nothing was found that restricts the app to a group"
        for one in self.policies:
            if one.get("access_right") == RESTRICT and not self._is_of_group(one):
                yield f"another access policy opens the mailboxes of {one.get('scope_name')!r} too"
        for one in self.roles:
            place = str(one.get("custom_resource_scope") or "every mailbox")
            if one.get("recipient_write_scope") != "Group" or place.lower() not in self._scopes():
                yield f"the role {one.get('role')!r} holds for {place!r}, not for the group"

    def _is_of_group(self, policy: Facts) -> bool:
        """By the group's id, which the policy's own has at its end; a group that is gone may have been named alike."""
        own = str(self.group.get("external_directory_object_id") or "").lower()
        told = str(policy.get("scope_identity_raw") or "").rpartition(";")[2].lower()
        if own and told:
            return own == told
        return bool(self.group) and policy.get("scope_name") == self.group.get("name")

    def _scopes(self) -> set[str]:
        """How the scope of a role reads back where it is this group: its name, or that and an id."""
        name = str(self.group.get("name", "")).lower()
        ids = (self.group.get(one) for one in ("guid", "external_directory_object_id"))
        return {name, *(f"{name}_{one}".lower() for one in ids if one)} if name else set()


def _app_id(policy: Facts) -> str:
    return str(policy.get("client_id"))
