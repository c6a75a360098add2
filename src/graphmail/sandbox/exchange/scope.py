"""Whether a recipient lies in the scope of a role assignment, as of a moment: direct members alone count.

learn.microsoft.com/exchange/permissions-exo/application-rbac
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from graphmail.sandbox.exchange.opath import Lookup, parse
from graphmail.sandbox.exchange.recipient_attributes import attribute
from graphmail.sandbox.exchange_records import RoleAssignment
from graphmail.sandbox.recipient_index import dn, index_of
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.store import Tenant

ORGANIZATION = "Organization"
CUSTOM = "CustomRecipientScope"
GROUP = "Group"
ADMINISTRATIVE_UNIT = "AdministrativeUnit"

_GROUPS = frozenset({"MailUniversalSecurityGroup", "MailUniversalDistributionGroup", "GroupMailbox"})
_MAILBOX_KINDS = frozenset({"SharedMailbox", "RoomMailbox", "EquipmentMailbox"})


def in_scope(
    tenant: Tenant, assignment: RoleAssignment, recipient: Recipient, at: datetime, lag: timedelta
) -> bool:  # fmt: skip
    """Whether it was so `at` that moment, to a reader that knows of memberships `lag` late."""
    if assignment.scope_kind == ORGANIZATION:
        return True
    if assignment.scope_kind == GROUP:
        group = tenant.recipients.get(assignment.scope_id)
        return group is not None and _is_member(group, recipient, at, lag)
    if assignment.scope_kind == ADMINISTRATIVE_UNIT:
        unit = tenant.exchange.administrative_units.get(assignment.scope_id)
        return unit is not None and recipient.id in unit.members
    versions = (s for s in tenant.exchange.scopes if s.guid == assignment.scope_id and s.span.holds(at))
    scope = next(versions, None)
    if scope is None:
        return False
    text = scope.recipient_filter
    return not text or parse(text).holds(_lookup(tenant, recipient, at, lag))


def _is_member(group: Recipient, recipient: Recipient, at: datetime, lag: timedelta) -> bool:
    return any(span.holds(at, lag) for span in group.memberships.get(recipient.id, ()))


def _lookup(tenant: Tenant, recipient: Recipient, at: datetime, lag: timedelta) -> Lookup:
    def lookup(name: str) -> Any:
        if name == "memberofgroup":
            # Groups that Exchange knows: membership of a plain security group of Entra is not seen.
            around = (g for g in index_of(tenant).by_name if g.memberships and g.type_details in _GROUPS)
            return [dn(tenant, g) for g in around if g.span.removed is None and _is_member(g, recipient, at, lag)]
        held = attribute(recipient, name)
        return held if held is not None else _properties(tenant, recipient).get(name)

    return lookup


def _properties(tenant: Tenant, recipient: Recipient) -> dict[str, Any]:
    first, *others = recipient.addresses
    kind = recipient.type_details
    return {
        "alias": recipient.alias,
        "displayname": recipient.display_name,
        "distinguishedname": dn(tenant, recipient),
        "emailaddresses": [f"SMTP:{first}", *(f"smtp:{a}" for a in others)],
        "exchangeguid": recipient.mailbox.exchange_guid if recipient.mailbox else None,
        "externaldirectoryobjectid": recipient.id,
        "guid": recipient.guid,
        "hiddenfromaddresslistsenabled": bool(recipient.properties.get("HiddenFromAddressListsEnabled", False)),
        "isdirsynced": recipient.synced,
        "name": recipient.name,
        "primarysmtpaddress": first,
        "recipienttype": "UserMailbox" if kind in _MAILBOX_KINDS else kind,
        "recipienttypedetails": kind,
        "userprincipalname": recipient.user_principal_name,
    }
