"""One reading of a tenant: which permissions the app has, what confines it, and what speaks against a proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from graphmail.evidence import Subject
from graphmail.evidence.against import addresses, contradictions
from graphmail.reach.sources import EVERY_APP
from graphmail.resources.access_policies import RESTRICT
from graphmail.resources.exo_management_role_assignment import PREFIX

Facts = dict[str, Any]
Model = Literal["policy", "rbac", "none"]
APPLICATION = "application"


def is_reading(state: Facts) -> bool:
    """Whether somebody looked for the app, also where no answer came."""
    return APPLICATION in state or APPLICATION in (state.get("not_read") or {})


@dataclass(frozen=True, slots=True)
class Reading:
    """`state` is as before.json and after.json have it: a part that could not be read is in its `not_read` alone."""

    state: Facts

    @property
    def not_read(self) -> dict[str, str]:
        return dict(self.state.get("not_read") or {})

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
        """Whatever of it keeps everybody from saying that the app is confined to the group."""
        for part, why in self.not_read.items():
            yield f"{part.replace('_', ' ')} could not be read when the tenant was looked at: {why}"
        if APPLICATION in self.not_read:
            return  # what else was read says nothing without the app that it is about
        if not self.group and "exchange" not in self.not_read:
            yield "the group of mailboxes was not found"
        if self.model == "none" and not self.not_read:
            yield "nothing was found that restricts the app to a group"
        for one in self.policies:
            if one.get("access_right") == RESTRICT and not self._is_of_group(one):
                yield f"another access policy opens the mailboxes of {one.get('scope_name')!r} too"
        for one in self.roles:
            place = str(one.get("custom_resource_scope") or "every mailbox")
            if one.get("recipient_write_scope") != "Group" or place.lower() not in self._scopes():
                yield f"the role {one.get('role')!r} holds for {place!r}, not for the group"

    def against(self, subject: Subject, retired: set[str], at: datetime | None = None) -> Iterator[str]:
        """All that it holds against an access proof about that subject, but for other members.

        `at` is a moment by which a credential may have ended since; else it is the moment of the reading.
        """
        if APPLICATION not in self.not_read and not self.state.get(APPLICATION):
            yield "the app was not found when the tenant was looked at"
            return
        yield from self.doubts()
        if APPLICATION not in self.not_read:
            yield from contradictions(subject, self.state, retired, at)

    def has_other_members(self, subject: Subject) -> bool:
        """Whether the group that was found holds other mailboxes than those that were tested."""
        return bool(self.group) and addresses(subject.mailboxes) != addresses(self.members)

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
