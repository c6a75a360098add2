"""Groups as the directory sees them: learn.microsoft.com/graph/api/resources/groups-overview.

Graph reads all four kinds and writes two: security groups and Microsoft 365 groups. Who is in them: memberships.py.
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.directory import seen, stamp
from graphmail.sandbox.graph.errors import not_found
from graphmail.sandbox.graph.listing import listed
from graphmail.sandbox.graph.memberships import relationships
from graphmail.sandbox.graph.query import many, number_of, one, wanted_key
from graphmail.sandbox.graph.schema_people import GROUP
from graphmail.sandbox.graph.users import proxy_addresses
from graphmail.sandbox.recipient_records import Recipient

SECURITY_GROUP = "SecurityGroup"  # no recipient: Exchange does not know it
UNIFIED_GROUP = "GroupMailbox"
GROUPS: dict[str, dict[str, Any]] = {
    "MailUniversalSecurityGroup": {"mailEnabled": True, "securityEnabled": True, "groupTypes": []},
    "MailUniversalDistributionGroup": {"mailEnabled": True, "securityEnabled": False, "groupTypes": []},
    UNIFIED_GROUP: {"mailEnabled": True, "securityEnabled": False, "groupTypes": ["Unified"]},
    SECURITY_GROUP: {"mailEnabled": False, "securityEnabled": True, "groupTypes": []},
}
RELATIONSHIPS = ("members", "transitiveMembers", "memberOf", "transitiveMemberOf", "owners")


async def list_all(call: Call) -> Answer:
    return many(call, GROUP, _rows(call), "groups")


async def count(call: Call) -> Answer:
    return number_of(call, GROUP, _rows(call))


async def get(call: Call) -> Answer:
    return one(call, GROUP, group_values(call, find_group(call)), "groups")


def find_group(call: Call) -> Recipient:
    """ServiceError 404 where there is none with this object id."""
    recipient = call.tenant.recipients.get(call.params["id"].lower())
    if recipient is None or not is_group(recipient) or not seen(call, recipient.span):
        raise not_found(call.params["id"])
    return recipient


def is_group(recipient: Recipient) -> bool:
    return recipient.type_details in GROUPS


def group_values(call: Call, group: Recipient) -> dict[str, Any]:
    made, kind = stamp(group.span.made), GROUPS[group.type_details]
    mail = kind["mailEnabled"]
    return {
        **kind,
        **{name: value for name, value in group.properties.items() if name in GROUP.properties},
        **relationships(call, group, RELATIONSHIPS),
        "id": group.id,
        "createdDateTime": made,
        "deletedDateTime": stamp(group.span.removed),
        "renewedDateTime": made,
        "displayName": group.display_name,
        "description": group.properties.get("description") or None,
        "mail": group.primary_address if mail else None,
        "mailNickname": group.alias,
        "onPremisesSyncEnabled": True if group.synced else None,
        "proxyAddresses": proxy_addresses(group) if mail else [],
        "securityIdentifier": group.sid,
    }


def _rows(call: Call) -> list[dict[str, Any]]:
    groups = (r for r in call.tenant.recipients.values() if is_group(r))
    match wanted_key(call, GROUP):
        case ("id", value):
            groups = (r for r in groups if r.id == value.lower())
    return listed(call, groups, group_values)
