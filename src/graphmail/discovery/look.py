"""Reads a tenant as it is, over a transport that refuses every write, and drafts the entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from graphmail.access_models import DEFAULT, MAIL_ROLES
from graphmail.discovery.confining import Confining, draft_new_group, same_name
from graphmail.discovery.credentials import draft_credentials
from graphmail.discovery.draft import Draft
from graphmail.errors import TenantError
from graphmail.exchange import Cmdlet, Row
from graphmail.reach import Sources
from graphmail.reach.detect import MAILBOX_TYPES
from graphmail.reach.sources import EVERY_APP
from graphmail.resources.access_policies import RESTRICT
from graphmail.resources.application_reference import application_path
from graphmail.resources.entra_application import same_name_path
from graphmail.resources.exo_distribution_group import TYPE
from graphmail.resources.exo_management_role_assignment import PREFIX
from graphmail.resources.kept_credentials import credentials_on
from graphmail.resources.permissions import GRAPH
from graphmail.resources.recipients import recipient_read
from graphmail.tenant import ORGANIZATION, Tenant, user_path

GROUPS = Cmdlet("Get-DistributionGroup", {"ResultSize": "Unlimited"})
# How many mailboxes are looked through, beside the members, for one that is none.
OUTSIDERS = 50
# Of how many apps of one name it is looked which may use mail.
MOST_APPS = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """An app by its client id, or else by its name; a group by its name if nothing else says which."""

    display_name: str
    unique_name: str
    client_id: str | None
    group: str


class Look:
    """Of one tenant. `sources` and `application` are what was found, None before `draft` or where nothing was.

    `mailboxes` are some of its users'.
    """

    def __init__(self, tenant: Tenant, wanted: Wanted) -> None:
        # Over a read-only transport whatever the run is.
        self.tenant = Tenant.connect(tenant.connection, replace(tenant.run, check_mode=True))
        self._wanted = wanted
        self.application: dict[str, Any] | None = None
        self.sources: Sources | None = None
        self.mailboxes: list[str] = []
        self._groups: list[Row] = []

    def draft(self) -> Draft:
        """Raises TenantError when the tenant cannot be read, or is not the one that is meant."""
        self.tenant.reads.drop()
        self.tenant.confirm(self.tenant.graph.get(ORGANIZATION).get("value", []))
        draft = Draft()
        (groups,) = self.tenant.exchange.batch([GROUPS])
        self._groups = groups.value()
        self._app(draft)
        group = self._group(draft)
        self._access(draft)
        self._people(draft, group)
        return draft

    # The app

    def _app(self, draft: Draft) -> None:
        found = self._applications()
        draft.decide("app.display_name", self._wanted.display_name)
        draft.decide("app.unique_name", self._wanted.unique_name)
        if not found:
            draft.doubt("app.client_id", f"no app is named {self._wanted.display_name!r}; without one it is made")
            return
        application: dict[str, Any] | None = found[0]
        if len(found) > 1:
            application = self._one_of(draft, found)
        else:
            draft.decide("app.client_id", str(found[0]["appId"]).lower())
        if application is None:
            return
        self.application = application
        draft.decide("app.display_name", application["displayName"])
        self._unique_name(draft, application)
        draft_credentials(draft, self.tenant, application)
        self.sources = Sources.of(self.tenant, application["appId"], self._wanted.group)

    def _one_of(self, draft: Draft, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        """The only one that may use mail, as a proposal; the entry is drafted of it."""
        used = [application for application in found[:MOST_APPS] if self._may_use_mail(application)]
        what = f"several apps are named {self._wanted.display_name!r}"
        choices = "; ".join(map(_described, found)) + "; for another than proposed discover again with app.client_id"
        if len(used) == 1 and len(found) <= MOST_APPS:
            own = str(used[0]["appId"]).lower()
            draft.leave("app.client_id", f"{what}, and of {own} alone consent or policies speak", choices, proposal=own)
            return used[0]
        draft.leave("app.client_id", what, choices.replace("another than proposed", "the one that is meant"))
        return None

    def _may_use_mail(self, application: dict[str, Any]) -> bool:
        sources = Sources.of(self.tenant, application["appId"], self._wanted.group)
        own = [policy for policy in sources.policies if policy.get("AppId") != EVERY_APP]
        return bool(sources.consents or own or sources.assignments)

    def _applications(self) -> list[dict[str, Any]]:
        if self._wanted.client_id:
            found = self.tenant.graph.find(application_path("", self._wanted.client_id))
            if found is None:
                raise TenantError(
                    f"Tenant {self.tenant.tenant_id} has no app registration {self._wanted.client_id}",
                    remedy="correct the client id, or leave it out to look for the app by its name",
                )
            return [found]
        return list(self.tenant.graph.list_all(same_name_path(self._wanted.display_name)))

    def _unique_name(self, draft: Draft, application: dict[str, Any]) -> None:
        """It is set once and for good, and no two apps of a tenant have the same."""
        if application.get("uniqueName"):
            draft.decide("app.unique_name", application["uniqueName"])
            return
        taken = self.tenant.graph.find(application_path(self._wanted.unique_name, None))
        if taken:
            own = f"{self._wanted.unique_name}-{self.tenant.customer}"
            draft.decide("app.unique_name", own, f"{self._wanted.unique_name} is app {taken['appId']}")

    # The group

    def _group(self, draft: Draft) -> Row | None:
        """What holds the mailboxes: the group that confines the app, or one of the name where nothing confines it."""
        confining = Confining.of(self.tenant, self.sources or Sources(self._wanted.group), self._groups)
        for what in confining.elsewhere:
            draft.doubt("group.name", what)
        named = confining.groups or same_name(self._groups, self._wanted.group)
        if self.application and not confining.groups and not confining.elsewhere:
            what = "nothing confines the app to a group: no access policy and no role assignment"
            draft.doubt("access", f"{what}; onboard.yml makes what confines it before it consents to anything")
        usable = [row for row in named if row.get("RecipientTypeDetails") == TYPE]
        if usable:
            row = self._one_group(draft, usable, alone=len(named) == 1 and not confining.elsewhere)
        else:
            row = draft_new_group(draft, self._wanted.group, named, self._groups, self.tenant.initial_domain)
        if row and self.application:
            self.sources = Sources.of(self.tenant, self.application["appId"], draft.entry["group.name"])
        return row

    def _one_group(self, draft: Draft, usable: list[Row], *, alone: bool) -> Row | None:
        """Of several the one that is looked for, as a proposal."""
        (row, *more) = same_name(usable, self._wanted.group) or usable
        draft.decide("group.name", self._wanted.group if more else row["Name"])
        if alone:
            draft.decide("group.address", str(row["PrimarySmtpAddress"]).lower())
            return row
        choices = "; ".join(f"{row['Name']} <{row['PrimarySmtpAddress']}>" for row in usable)
        if more:
            choices += "; discover again with `group` as the one that is meant"
            draft.leave("group.address", "the app is confined to several groups", choices)
            return None
        what = (
            "the app is confined to several groups" if len(usable) > 1 else "the app is confined to more than a group"
        )
        draft.leave("group.address", what, choices, proposal=str(row["PrimarySmtpAddress"]).lower())
        return row

    # What confines it

    def _access(self, draft: Draft) -> None:
        sources = self.sources or Sources(self._wanted.group)
        mail = [c.role for c in sources.consents if c.resource == GRAPH and c.role.startswith("Mail.")]
        if sources.assignments and (mail or _restricting(sources.policies)):
            both = "Entra's consent and Exchange's role assignments both open mailboxes"
            choices = "`rbac` when the consent shall go, `application_access_policy` otherwise"
            draft.leave("access", both, choices, proposal=self._model(sources))
        else:
            draft.decide("access", "rbac" if sources.assignments else "application_access_policy")

    @staticmethod
    def _model(sources: Sources) -> str:
        """What confines mail already; where consent is unrestricted, roles that say all are the narrower ones."""
        roles = {str(row.get("Role", "")).removeprefix(PREFIX) for row in sources.assignments}
        return "rbac" if roles >= MAIL_ROLES and not _restricting(sources.policies) else DEFAULT

    # Mailboxes and owners

    def _people(self, draft: Draft, group: Row | None) -> None:
        members = self._members(group)
        owners = self._owners(draft, group) if group else []
        if group and not owners:
            draft.leave("group.owners", "no owner has a mailbox; name who shall answer for the group", listed=True)
        elif group:
            draft.decide("group.owners", owners)
        else:
            draft.leave("group.owners", "no group, so no owners; name who shall answer for it", listed=True)
        mailboxes, hidden = [], set[str]()
        for member in members:
            address, kind = _address(member), _kind(member)
            if kind in MAILBOX_TYPES:
                mailboxes.append(address)
                continue
            draft.doubt("mailboxes", f"the group holds {address}, a {kind or 'recipient'}, which is no mailbox here")
            if "Group" in kind:
                hidden |= {_address(row) for row in self._members(member)}
        if mailboxes:
            draft.decide("mailboxes", sorted(mailboxes))
        else:
            none = "the group has no mailbox" if group else "no group, so no members"
            draft.leave("mailboxes", f"{none}; name the mailboxes that the vendor may use", listed=True)
        self._outside(draft, {*mailboxes, *hidden}, set(owners))

    def _members(self, group: Row | None) -> list[Row]:
        if group is None:
            return []
        asked = {"Identity": group.get("Guid") or group["Name"], "ResultSize": "Unlimited"}
        (answer,) = self.tenant.exchange.batch([Cmdlet("Get-DistributionGroupMember", asked)])
        return [] if answer.missing else answer.value()

    def _owners(self, draft: Draft, group: Row) -> list[str]:
        named = [str(owner) for owner in group.get("ManagedBy") or () if str(owner).strip()]
        answers = self.tenant.exchange.batch([recipient_read(name) for name in named])
        owners = []
        for name, answer in zip(named, answers, strict=True):
            row = next(iter(answer.rows), {})
            if _kind(row) in MAILBOX_TYPES:
                owners.append(_address(row))
            else:
                draft.doubt("group.owners", f"{name} owns the group and has no mailbox; an onboarding takes it out")
        return sorted(owners)

    def _outside(self, draft: Draft, members: set[str], owners: set[str]) -> None:
        """A user's mailbox that is no member, not even by a group in the group; nobody's own choice."""
        asked = {"RecipientTypeDetails": ["UserMailbox"], "ResultSize": len(members) + OUTSIDERS}
        (answer,) = self.tenant.exchange.batch([Cmdlet("Get-Recipient", asked)])
        found = {_address(row): row for row in answer.value()}
        outside = sorted(found.keys() - members, key=lambda address: (address in owners, address))
        self._confirm(found)
        self.mailboxes = sorted(found)
        if outside:
            proposal = "a proposal: the proof asks for this mailbox, and must be refused"
            draft.decide("outside_mailbox", outside[0], proposal)
        else:
            draft.leave("outside_mailbox", "every mailbox that was looked at is a member; name one that is none")

    def _confirm(self, mailboxes: dict[str, Row]) -> None:
        """Exchange and Graph must mean the same tenant."""
        for address in sorted(mailboxes)[:1]:
            users = self.tenant.graph.get(user_path(address)).get("value", ())
            self.tenant.confirm_exchange(address, list(users), [mailboxes[address]])


def _restricting(policies: Iterable[Row]) -> list[Row]:
    return [policy for policy in policies if policy.get("AccessRight") == RESTRICT]


def _address(row: Row) -> str:
    return str(row.get("PrimarySmtpAddress") or row.get("Name")).lower()


def _kind(row: Row) -> str:
    """A group's members are told by their RecipientType alone."""
    return str(row.get("RecipientTypeDetails") or row.get("RecipientType") or "")


def _described(application: dict[str, Any]) -> str:
    secrets = len(credentials_on(application))
    made = str(application.get("createdDateTime") or "")[:10]
    return f"{application['appId']} (made {made or 'unknown'}, {secrets} credential{'s' * (secrets != 1)})"
