"""Users, as the directory sees them: learn.microsoft.com/graph/api/resources/user.

Shared mailboxes are user objects too, disabled and unlicensed. A user made here has no licence, so no mailbox.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.clock import Span
from graphmail.sandbox.graph.directory import seen, stamp
from graphmail.sandbox.graph.errors import bad_request, graph_error, not_found
from graphmail.sandbox.graph.listing import keep_indexed, listed
from graphmail.sandbox.graph.memberships import relationships
from graphmail.sandbox.graph.query import many, number_of, one, wanted_key
from graphmail.sandbox.graph.schema_people import USER
from graphmail.sandbox.object_ids import security_identifier
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.service import not_implemented

USERS = frozenset({"User", "UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox"})
REQUIRED = ("accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName")
RELATIONSHIPS = ("memberOf", "transitiveMemberOf")
_RECORD = {"displayName": "display_name", "mailNickname": "alias", "accountEnabled": "account_enabled"}
_NEVER_SHOWN = {"passwordProfile"}


async def list_all(call: Call) -> Answer:
    return many(call, USER, _rows(call), "users")


async def count(call: Call) -> Answer:
    return number_of(call, USER, _rows(call))


async def get(call: Call) -> Answer:
    return one(call, USER, user_values(call, find_user(call)), "users")


async def me(call: Call) -> Answer:
    """The signed-in user; an app is nobody."""
    user = call.tenant.recipients.get(call.caller.user_id)
    if user is None:
        raise graph_error(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
    if "rest" in call.params or call.method != "GET":
        return not_implemented(f"{call.method} {call.path} for a signed-in user")
    return one(call, USER, user_values(call, user), "users")


async def create(call: Call) -> Answer:
    """learn.microsoft.com/graph/api/user-post-users: an account without licence. The password is kept nowhere."""
    body = USER.check(call.json())
    for name in REQUIRED:
        if body.get(name) in (None, ""):
            raise bad_request(f"A value is required for property '{name}' of resource 'User'.")
    _check_principal_name(call, body["userPrincipalName"])
    if not (body["passwordProfile"].get("password") or "").strip():
        raise bad_request("The specified password does not comply with password complexity requirements.")
    user = Recipient(
        id=str(uuid4()), guid=str(uuid4()), sid=security_identifier(str(uuid4())), name=body["mailNickname"],
        display_name="", alias="", type_details="User", addresses=[body["userPrincipalName"]],
        span=Span(call.tenant.clock.now()),
    )  # fmt: skip
    _write(user, body)
    call.tenant.recipients[user.id] = user
    call.tenant.commit(call.caller.actor, "graph", "POST /users", user.id, set=sorted(body))
    return one(call, USER, user_values(call, user), "users", 201)


async def update(call: Call) -> Answer:
    user, body = find_user(call), USER.check(call.json())
    if user.synced:
        raise bad_request("Unable to update the specified properties for on-premises mastered Directory Sync objects.")
    for name in ("displayName", "mailNickname", "userPrincipalName"):
        if name in body and not body[name]:
            raise bad_request(f"Invalid value specified for property '{name}' of resource 'User'.")
    if "mail" in body and user.mailbox is not None:
        return not_implemented("changing the mail address of a user with a mailbox through Graph")
    if "userPrincipalName" in body and body["userPrincipalName"].lower() != (user.user_principal_name or "").lower():
        _check_principal_name(call, body["userPrincipalName"])
    keep_indexed(call, user.id, user_values(call, user))
    _write(user, body)
    call.tenant.commit(call.caller.actor, "graph", "PATCH /users/{id}", user.id, changed=sorted(body))
    return Answer(204)


async def delete(call: Call) -> Answer:
    user = find_user(call)
    user.span.removed = call.tenant.clock.now()
    call.tenant.commit(call.caller.actor, "graph", "DELETE /users/{id}", user.id)
    return Answer(204)


def find_user(call: Call) -> Recipient:
    """By object id or user principal name; a mail address that is neither is not found. ServiceError 404."""
    wanted = call.params["id"].lower()
    recipient = call.tenant.recipients.get(wanted) or next(
        (r for r in call.tenant.recipients.values() if (r.user_principal_name or "").lower() == wanted and live(r)),
        None,
    )
    if recipient is None or not is_user(recipient) or not seen(call, recipient.span):
        raise not_found(call.params["id"])
    return recipient


def live(recipient: Recipient) -> bool:
    return recipient.span.removed is None


def is_user(recipient: Recipient) -> bool:
    return recipient.type_details in USERS


def user_values(call: Call, recipient: Recipient) -> dict[str, Any]:
    has_mail = recipient.mailbox is not None
    licensed = has_mail and recipient.type_details == "UserMailbox"
    made = stamp(recipient.span.made)
    skus = call.tenant.skus[:1] if licensed else []
    first, _, last = recipient.display_name.rpartition(" ")
    return {
        "givenName": first or None,
        "surname": last,
        "usageLocation": call.tenant.country,
        **{name: value for name, value in recipient.properties.items() if name in USER.properties},
        **relationships(call, recipient, RELATIONSHIPS),
        "id": recipient.id,
        "displayName": recipient.display_name,
        "mail": recipient.primary_address if has_mail else recipient.properties.get("mail"),
        "userPrincipalName": recipient.user_principal_name,
        "accountEnabled": recipient.account_enabled,
        "createdDateTime": made,
        "deletedDateTime": stamp(recipient.span.removed),
        "mailNickname": recipient.alias,
        "onPremisesSyncEnabled": True if recipient.synced else None,
        "proxyAddresses": proxy_addresses(recipient) if has_mail else [],
        "securityIdentifier": recipient.sid,
        "assignedLicenses": [{"disabledPlans": [], "skuId": sku["skuId"]} for sku in skus],
        "assignedPlans": [
            {
                "assignedDateTime": made,
                "capabilityStatus": "Enabled",
                "service": "exchange",
                "servicePlanId": plan["servicePlanId"],
            }
            for sku in skus
            for plan in sku["servicePlans"]
            if plan["servicePlanName"].startswith("EXCHANGE_")
        ],
    }


def proxy_addresses(recipient: Recipient) -> list[str]:
    """Return the primary address as SMTP: and the others as smtp:."""
    first, *others = recipient.addresses
    return [f"SMTP:{first}", *(f"smtp:{address}" for address in others)]


def _rows(call: Call) -> list[dict[str, Any]]:
    users = (r for r in call.tenant.recipients.values() if is_user(r))
    match wanted_key(call, USER):
        case ("id", value):
            users = (r for r in users if r.id == value.lower())
        case ("userPrincipalName", value):
            users = (r for r in users if (r.user_principal_name or "").lower() == value.lower())
    return listed(call, users, user_values)


def _write(user: Recipient, body: dict[str, Any]) -> None:
    for name, value in body.items():
        if name in _RECORD:
            setattr(user, _RECORD[name], value)
        elif name == "userPrincipalName":
            user.user_principal_name = value
            if user.mailbox is None:
                user.addresses = [value]
        elif name not in _NEVER_SHOWN:
            user.properties[name] = value


def _check_principal_name(call: Call, name: str) -> None:
    local, _, domain = name.partition("@")
    if not local or not domain or domain.lower() not in call.tenant.domains:
        raise _principal_name(
            "PropertyConflict" if not domain else "ObjectConflict",
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain "
            "names in your organization.",
        )
    taken = (r for r in call.tenant.recipients.values() if live(r) and is_user(r))
    if any((r.user_principal_name or "").lower() == name.lower() for r in taken):
        raise _principal_name(
            "ObjectConflict", "Another object with the same value for property userPrincipalName already exists."
        )


def _principal_name(code: str, message: str) -> ServiceError:
    return bad_request(message, [{"code": code, "message": message, "target": "userPrincipalName"}])
