"""Mail-enabled groups, which Graph reads but cannot change: learn.microsoft.com/graph/api/resources/groups-overview."""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.graph.directory import seen, stamp
from graphmail.sandbox.graph.errors import bad_request, not_found
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema_types import GROUP, USER
from graphmail.sandbox.graph.users import is_user, proxy_addresses, user_values
from graphmail.sandbox.service import not_implemented
from graphmail.sandbox.store import Recipient

GROUPS = {
    "MailUniversalSecurityGroup": {"mailEnabled": True, "securityEnabled": True, "groupTypes": []},
    "MailUniversalDistributionGroup": {"mailEnabled": True, "securityEnabled": False, "groupTypes": []},
    "GroupMailbox": {"mailEnabled": True, "securityEnabled": False, "groupTypes": ["Unified"]},
}


async def list_all(call: Call) -> Answer:
    rows = [group_values(r) for r in call.tenant.recipients.values() if r.type_details in GROUPS and seen(call, r.span)]
    return many(call, GROUP, rows, "groups")


async def get(call: Call) -> Answer:
    return one(call, GROUP, group_values(_find(call)), "groups")


async def members(call: Call) -> Answer:
    group = _find(call)
    lag, now = call.tenant.delays.of("replication"), call.tenant.clock.now()
    present = [m for m, spans in group.memberships.items() if any(span.holds(now, lag) for span in spans)]
    return _objects(call, present)


async def owners(call: Call) -> Answer:
    return _objects(call, _find(call).owners)


async def refuse_create(call: Call) -> Answer:
    body = call.json()
    if body.get("mailEnabled") and "Unified" not in body.get("groupTypes", []):
        raise bad_request(
            "The service does not currently support writes of mail-enabled groups. Please ensure that the "
            "mail-enablement property is unset and the security-enablement property is set.",
        )
    return not_implemented("creating groups that are not mail-enabled, or Microsoft 365 groups")


async def refuse_write(call: Call) -> Answer:
    """Any change of a mail-enabled security group or distribution list."""
    if "Unified" in GROUPS[_find(call).type_details]["groupTypes"]:  # type: ignore[operator]
        return not_implemented("changing Microsoft 365 groups")
    raise _read_only()


def group_values(recipient: Recipient) -> dict[str, Any]:
    return {
        **GROUPS[recipient.type_details],
        "id": recipient.id,
        "createdDateTime": stamp(recipient.span.made),
        "renewedDateTime": stamp(recipient.span.made),
        "displayName": recipient.display_name,
        "description": recipient.properties.get("description") or None,
        "mail": recipient.primary_address,
        "mailNickname": recipient.alias,
        "proxyAddresses": proxy_addresses(recipient),
        "securityIdentifier": recipient.sid,
    }


def _find(call: Call) -> Recipient:
    recipient = call.tenant.recipients.get(call.params["id"].lower())
    if recipient is None or recipient.type_details not in GROUPS or not seen(call, recipient.span):
        raise not_found(call.params["id"])
    return recipient


def _objects(call: Call, ids: list[str]) -> Answer:
    """A collection of directory objects of either kind; $filter on them is not emulated."""
    if "$filter" in call.query:
        return not_implemented("$filter on members")
    rows = []
    for object_id in ids:
        recipient = call.tenant.recipients.get(object_id)
        if recipient is None or not seen(call, recipient.span):
            continue
        user = is_user(recipient)
        rows.append(user_values(call, recipient) if user else group_values(recipient))
    answer = many(call, USER, rows, "directoryObjects")
    for shown in answer.body["value"]:
        known = call.tenant.recipients.get(shown.get("id", ""))
        kind = "group" if known and not is_user(known) else "user"
        shown["@odata.type"] = f"#microsoft.graph.{kind}"
    return answer


def _read_only() -> ServiceError:
    return bad_request("Cannot Update a mail-enabled security groups and or distribution list.")
