"""Reads a tenant as it is, over a transport that refuses every write, and drafts the entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from graphmail.discovery.draft import Draft
from graphmail.errors import TenantError
from graphmail.exchange import Cmdlet, Row
from graphmail.reach import Sources
from graphmail.reach.detect import MAILBOX_TYPES
from graphmail.resources.access_policies import RESTRICT
from graphmail.resources.application_reference import application_path, service_principal_path
from graphmail.resources.entra_application import same_name_path
from graphmail.resources.exo_distribution_group import TYPE
from graphmail.resources.exo_management_role_assignment import EVERYWHERE, assignment_place
from graphmail.resources.foreign_credentials import foreign_credential_ids
from graphmail.resources.kept_credentials import credentials_on
from graphmail.resources.permissions import GRAPH
from graphmail.resources.recipients import recipient_read
from graphmail.tenant import ORGANIZATION, Tenant, user_path

GROUPS = Cmdlet("Get-DistributionGroup", {"ResultSize": "Unlimited"})
# How many mailboxes are looked through, beside the members, for one that is none.
OUTSIDERS = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """An app by its client id, or else by its name; a group by its name if nothing else says which."""

    display_name: str
    unique_name: str
    client_id: str | None
    group: str


class Look:
    """Of one tenant. `sources` and `application` are what was found, None before `draft` or where nothing was."""

    def __init__(self, tenant: Tenant, wanted: Wanted) -> None:
        # Over a read-only transport whatever the run is.
        self.tenant = Tenant.connect(tenant.connection, replace(tenant.run, check_mode=True))
        self._wanted = wanted
        self.application: dict[str, Any] | None = None
        self.sources: Sources | None = None
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
        if len(found) > 1:
            choices = "; ".join(map(_described, found)) + "; then discover again with app.client_id"
            draft.leave("app.client_id", f"several apps are named {self._wanted.display_name!r}", choices)
            return
        if not found:
            draft.doubt("app.client_id", f"no app is named {self._wanted.display_name!r}; without one it is made")
            return
        application = self.application = found[0]
        draft.decide("app.display_name", application["displayName"])
        draft.decide("app.client_id", str(application["appId"]).lower())
        self._unique_name(draft, application)
        self._credentials(draft, application)
        self.sources = Sources.of(self.tenant, application["appId"], self._wanted.group)

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

    def _credentials(self, draft: Draft, application: dict[str, Any]) -> None:
        """What nobody here made is listed, so that it stays; one that lives is the vendor's, and is kept."""
        now = self.tenant.clock.now()
        foreign = foreign_credential_ids(self.tenant, application)
        there = [c for c in credentials_on(application) if c.key_id in foreign]
        if there:
            draft.decide("app.known_credentials", [credential.key_id for credential in there])
        for credential in there:
            over = "" if credential.lives(now) else ", over"
            draft.comments["app.known_credentials", credential.key_id] = f"{credential}{over}"
        live = [credential for credential in there if credential.lives(now)]
        if live:
            draft.decide("credential.keep", True, "the vendor goes on with what it has")
        if len(live) > 1:
            what = "several credentials live, and the tenant does not say which of them the vendor uses"
            draft.doubt("app.known_credentials", what, "; ".join(map(str, live)))
        federated = f"/applications/{application['id']}/federatedIdentityCredentials"
        trusted = [str(one.get("name")) for one in self.tenant.graph.list_all(federated)]
        if trusted:
            draft.doubt("credential", "the app trusts tokens of others (federated credentials)", ", ".join(trusted))
        principal = self.tenant.graph.find(service_principal_path(application["appId"])) or {}
        if own := credentials_on(principal):
            what = "the enterprise application holds credentials of its own, which nothing here looks after"
            draft.doubt("credential", what, "; ".join(map(str, own)))

    # The group

    def _group(self, draft: Draft) -> Row | None:
        """The one group that confines the app, or one of the exact name where nothing confines it."""
        named, elsewhere = self._confining()
        for what in elsewhere:
            draft.doubt("group.name", what)
        usable = [row for row in named if row.get("RecipientTypeDetails") == TYPE]
        for row in named:
            if row not in usable:
                kind = row.get("RecipientTypeDetails")
                draft.doubt("group.name", f"{row['Name']!r} is a {kind}, which no onboarding takes over")
        if not named and not elsewhere:
            same = [row for row in self._groups if str(row.get("Name", "")).lower() == self._wanted.group.lower()]
            usable = [row for row in same if row.get("RecipientTypeDetails") == TYPE]
            if self.application:
                what = "nothing confines the app to a group: no access policy and no role assignment"
                draft.doubt("access", what)
        if len(usable) == 1 and len(named) < 2 and not elsewhere:
            (row,) = usable
            draft.decide("group.name", row["Name"])
            draft.decide("group.address", str(row["PrimarySmtpAddress"]).lower())
            self.sources = self.sources and Sources.of(self.tenant, self.sources_client, row["Name"])
            return row
        choices = "; ".join(f"{row['Name']} <{row['PrimarySmtpAddress']}>" for row in named)
        several = "the app is confined to several groups" if len(named) > 1 else "no group that can be taken over"
        draft.decide("group.name", self._wanted.group)
        draft.leave("group.address", several, choices)
        return None

    @property
    def sources_client(self) -> str:
        return str((self.application or {})["appId"])

    def _confining(self) -> tuple[list[Row], list[str]]:
        """Groups that the app's policies and role assignments name, each once; and scopes that are no such group."""
        found: dict[str, Row] = {}
        elsewhere: list[str] = []
        by_id = {str(row.get("ExternalDirectoryObjectId", "")).lower(): row for row in self._groups}
        sources = self.sources or Sources(self._wanted.group)
        for policy in sources.policies:
            if policy.get("AccessRight") != RESTRICT or policy.get("AppId") == "*":
                continue
            row = by_id.get(str(policy.get("ScopeIdentityRaw", "")).rpartition(";")[2].lower())
            if row:
                found[str(row["Guid"])] = row
            else:
                elsewhere.append(f"an access policy names {policy.get('ScopeName')!r}, which is no distribution group")
        for assignment in sources.assignments:
            row = next((r for r in self._groups if assignment_place(assignment, r) == str(r["Name"])), None)
            if row and assignment.get("RecipientWriteScope") == "Group":
                found[str(row["Guid"])] = row
            else:
                place = assignment_place(assignment, None)
                place = "no scope at all" if place == EVERYWHERE else f"the scope {place}"
                elsewhere.append(f"the role assignment {assignment['Name']!r} has {place}")
        return list(found.values()), elsewhere

    # What confines it

    def _access(self, draft: Draft) -> None:
        sources = self.sources or Sources(self._wanted.group)
        mail = [c.role for c in sources.consents if c.resource == GRAPH and c.role.startswith("Mail.")]
        if sources.assignments and (mail or _restricting(sources.policies)):
            both = "Entra's consent and Exchange's role assignments both open mailboxes"
            draft.leave("access", both, "`rbac` when the consent shall go, `application_access_policy` otherwise")
        else:
            draft.decide("access", "rbac" if sources.assignments else "application_access_policy")

    # Mailboxes and owners

    def _people(self, draft: Draft, group: Row | None) -> None:
        members = self._members(group)
        owners = self._owners(draft, group) if group else []
        if group and not owners:
            draft.leave("group.owners", "no owner has a mailbox", listed=True)
        elif group:
            draft.decide("group.owners", owners)
        else:
            draft.leave("group.owners", "no group, so no owners", listed=True)
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
            draft.leave("mailboxes", "the group has no mailbox" if group else "no group, so no members", listed=True)
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
        if outside:
            proposal = "a proposal: the proof asks for this mailbox, and must be refused"
            draft.decide("outside_mailbox", outside[0], proposal)
        else:
            draft.leave("outside_mailbox", "every mailbox that was looked at is a member of the group")

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
