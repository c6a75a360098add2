"""Users, as the directory sees them: learn.microsoft.com/graph/api/resources/user. Read-only here.

Shared mailboxes are user objects too, disabled and unlicensed.
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.directory import seen, stamp
from graphmail.sandbox.graph.errors import not_found
from graphmail.sandbox.graph.query import many, one
from graphmail.sandbox.graph.schema_types import USER
from graphmail.sandbox.store import Recipient

USERS = {"User", "UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox"}


async def list_all(call: Call) -> Answer:
    rows = [user_values(call, r) for r in call.tenant.recipients.values() if is_user(r) and seen(call, r.span)]
    return many(call, USER, rows, "users")


async def get(call: Call) -> Answer:
    """By object id or user principal name; a mail address that is neither is not found."""
    wanted = call.params["id"].lower()
    for recipient in call.tenant.recipients.values():
        if is_user(recipient) and wanted in (recipient.id, (recipient.user_principal_name or "").lower()):
            if seen(call, recipient.span):
                return one(call, USER, user_values(call, recipient), "users")
            break
    raise not_found(call.params["id"])


def is_user(recipient: Recipient) -> bool:
    return recipient.type_details in USERS


def user_values(call: Call, recipient: Recipient) -> dict[str, Any]:
    has_mail = recipient.mailbox is not None
    licensed = has_mail and recipient.type_details == "UserMailbox"
    first, _, last = recipient.display_name.rpartition(" ")
    return {
        "id": recipient.id,
        "displayName": recipient.display_name,
        "givenName": first or None,
        "surname": last,
        "mail": recipient.primary_address if has_mail else None,
        "userPrincipalName": recipient.user_principal_name,
        "accountEnabled": recipient.account_enabled,
        "createdDateTime": stamp(recipient.span.made),
        "mailNickname": recipient.alias,
        "proxyAddresses": proxy_addresses(recipient) if has_mail else [],
        "usageLocation": call.tenant.country,
        "assignedLicenses": [{"disabledPlans": [], "skuId": sku["skuId"]} for sku in call.tenant.skus[:1] if licensed],
        "assignedPlans": [
            {
                "assignedDateTime": stamp(recipient.span.made),
                "capabilityStatus": "Enabled",
                "service": "exchange",
                "servicePlanId": plan["servicePlanId"],
            }
            for sku in call.tenant.skus[:1]
            for plan in sku["servicePlans"]
            if licensed and plan["servicePlanName"].startswith("EXCHANGE_")
        ],
    }


def proxy_addresses(recipient: Recipient) -> list[str]:
    """Return the primary address as SMTP: and the others as smtp:."""
    first, *others = recipient.addresses
    return [f"SMTP:{first}", *(f"smtp:{address}" for address in others)]
