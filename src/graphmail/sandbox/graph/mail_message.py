"""Messages: list, get, create a draft, change, move, delete.

learn.microsoft.com/graph/api/resources/message and the pages of its methods
"""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime

from graphmail.sandbox import access
from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_box import BY_ROLE, READ, READ_BASIC, WRITE, Box, open_box, require_quota
from graphmail.sandbox.graph.mail_compose import check_extended, composed, composed_mime, filled, is_mime
from graphmail.sandbox.graph.mail_item import encoded_size, new_id, place, touch
from graphmail.sandbox.graph.mail_mime import render
from graphmail.sandbox.graph.mail_names import name_recipients
from graphmail.sandbox.graph.mail_query import Query, chosen, number_answer, page, parse_query
from graphmail.sandbox.graph.mail_schema import ALWAYS, CREATE_ONLY, DRAFT_ONLY, MESSAGE, check
from graphmail.sandbox.graph.mail_search import MOST
from graphmail.sandbox.graph.mail_view import EXPANDABLE, property_key, shown, whole
from graphmail.sandbox.graph.mail_well_known import RECOVERABLE
from graphmail.sandbox.mail_records import Message

ADVANCED = ("Mail-Advanced.ReadWrite.All",)
_ENFORCED = datetime(2026, 12, 31, tzinfo=UTC)


def one(box: Box, message: Message, query: Query, status: int = 200) -> Answer:
    where = f"users('{box.recipient.id}')/messages"
    headers = box.applied()
    if status == 201:
        headers["Location"] = f"{box.call.root}/v1.0/{where}('{box.item_id(message)}')"
    if box.minimal:
        return Answer(status if status == 201 else 204, None, headers)
    context = f"{box.call.root}/v1.0/$metadata#{where}{chosen(query)}/$entity"
    return Answer(status, {"@odata.context": context, **shown(box, message, whole(box, message), query)}, headers)


async def list_messages(call: Call) -> Answer:
    """List the folder's messages, or all of the mailbox; newest first."""
    box = open_box(call, READ_BASIC)
    query = parse_query(call, MESSAGE, EXPANDABLE)
    folder = call.params.get("folder_id")
    inside = _inside(box, query)
    found = {id(m): m for m in inside}
    items = [{"": key, **whole(box, message)} for key, message in found.items()]
    kept, notes = page(call, query, items)
    where = f"users('{box.recipient.id}')" + (f"/mailFolders('{folder}')" if folder else "")
    value = [shown(box, found[item.pop("")], item, query) for item in kept]
    return Answer(
        200,
        {"@odata.context": f"{call.root}/v1.0/$metadata#{where}/messages{chosen(query)}", **notes, "value": value},
        box.applied(),
    )


async def count_messages(call: Call) -> Answer:
    box = open_box(call, READ_BASIC)
    query = parse_query(call, MESSAGE)
    inside = _inside(box, query)
    return number_answer(sum(query.filter is None or query.filter.test(whole(box, m)) for m in inside))


def _inside(box: Box, query: Query) -> list[Message]:
    """Return the folder's messages, or the mailbox's; of a search what it finds. Raises 403 where it may not look."""
    folder = box.call.params.get("folder_id")
    inside = box.messages(box.folder_id(folder) if folder else None)
    if query.search is None:
        return inside
    if box.basic:
        raise graph_error(403, "ErrorAccessDenied", BY_ROLE)
    return [m for m in inside if query.search(m)][:MOST]


async def get_message(call: Call) -> Answer:
    box = open_box(call, READ_BASIC)
    return one(box, box.message(call.params["message_id"]), parse_query(call, MESSAGE, EXPANDABLE))


async def get_mime(call: Call) -> Answer:
    """Return the message as RFC 5322 text: learn.microsoft.com/graph/outlook-get-mime-message."""
    box = open_box(call, READ)
    message = box.message(call.params["message_id"])
    return Answer(200, render(message.properties, message.internet_headers, message.attachments), _TEXT)


_TEXT = {"Content-Type": "text/plain"}


async def create_draft(call: Call) -> Answer:
    """Make a draft, in Drafts or in the folder named."""
    box = open_box(call, WRITE)
    folder = box.folder_id(call.params.get("folder_id", "drafts"))
    mail = composed_mime(box, call.body) if is_mime(call) else composed(box, call.json())
    require_quota(box, encoded_size(mail.properties, mail.attachments))
    message = place(box.mailbox, folder, mail.properties, box.now)
    message.internet_headers, message.attachments = mail.headers, mail.attachments
    box.commit(message.immutable_id, subject=mail.properties["subject"])
    return one(box, message, Query(), 201)


async def change_message(call: Call) -> Answer:
    """Change what may be changed; of a mail that is no draft see `_require_advanced`."""
    box = open_box(call, WRITE)
    message = box.message(call.params["message_id"])
    given = check(call.json(), MESSAGE)
    require_current(call, message)
    _require_advanced(box, message, given)
    if refused := next((n for n in given if n in CREATE_ONLY), None):
        raise graph_error(400, "ErrorInvalidPropertySet", f"Set action is invalid for property '{refused}'.")
    wanted = {n: v for n, v in given.items() if n in ALWAYS or n in DRAFT_ONLY}
    if wanted.get("internetMessageId", "") is None:
        del wanted["internetMessageId"]  # every message has one
    if extended := wanted.get("singleValueExtendedProperties"):
        check_extended(extended)
        changed = {property_key(p["id"]) for p in extended}
        held = message.properties["singleValueExtendedProperties"]
        wanted["singleValueExtendedProperties"] = [p for p in held if property_key(p["id"]) not in changed] + extended
    name_recipients(box.tenant, wanted)
    changes = {n: filled(n, v) for n, v in wanted.items() if message.properties.get(n) != v}
    if changes:
        message.properties |= changes
        touch(message, box.now)
        box.commit(message.immutable_id, changed=sorted(changes))
    return one(box, message, Query())


def _require_advanced(box: Box, message: Message, given: dict[str, object]) -> None:
    """Changing what a sent or received mail says will need a permission of its own; today Mail.ReadWrite does.

    devblogs.microsoft.com/microsoft365dev/graph-api-updates-to-sensitive-email-properties. Raises Graph's 403.
    """
    mode = box.tenant.mail_rules.received_edits
    if message.properties["isDraft"] or mode == "tolerant" or (mode == "by_date" and box.now < _ENFORCED):
        return
    sensitive = [n for n in given if n in DRAFT_ONLY or n == "singleValueExtendedProperties"]
    if sensitive and access.refusal(box.tenant, box.call.caller, box.recipient, ADVANCED):
        raise graph_error(403, "ErrorAccessDenied", BY_ROLE)


def require_current(call: Call, message: Message) -> None:
    """Raise 412 where If-Match names another version of the message than there is."""
    wanted = call.headers.get("if-match", "*").strip()
    if wanted not in ("*", f'W/"{message.properties["changeKey"]}"'):
        text = (
            "The send or update operation could not be performed because the change key passed in the request does not "
            "match the current change key for the item."
        )
        raise graph_error(412, "ErrorIrresolvableConflict", text)


def _relocate(box: Box, message: Message, folder_id: str) -> None:
    """Move: the item gets a new id, and keeps its immutable one."""
    del box.mailbox.messages[message.id]
    message.id, message.folder_id = new_id(), folder_id
    box.mailbox.messages[message.id] = message


def destination(box: Box) -> str:
    """Return the folder that the body of a move or a copy names. Raises Graph's 400 and 404."""
    body = box.call.json()
    given = body.get("destinationId") or body.get("DestinationId") if isinstance(body, dict) else None
    if not isinstance(given, str):
        raise graph_error(400, "ErrorInvalidRequest", "The parameter destinationId is missing.")
    return box.folder_id(given)


async def move_message(call: Call) -> Answer:
    box = open_box(call, WRITE)
    message = box.message(call.params["message_id"])
    _relocate(box, message, destination(box))
    box.commit(message.immutable_id, destination=message.folder_id)
    return one(box, message, Query(), 201)


async def copy_message(call: Call) -> Answer:
    """Make another message of it, in the folder named."""
    box = open_box(call, WRITE)
    message = box.message(call.params["message_id"])
    target = destination(box)
    require_quota(box, encoded_size(message.properties, message.attachments))
    twin = place(box.mailbox, target, deepcopy(message.properties), box.now)
    twin.internet_headers, twin.attachments = list(message.internet_headers), list(message.attachments)
    touch(twin, box.now)
    box.commit(twin.immutable_id, copy_of=message.immutable_id, destination=target)
    return one(box, twin, Query(), 201)


async def delete_message(call: Call) -> Answer:
    """Delete: to Deleted Items, from there to the recoverable items, from there for good."""
    box = open_box(call, WRITE)
    message = box.message(call.params["message_id"])
    require_current(call, message)
    folders = box.mailbox.folders
    step = {folders["deleteditems"]: RECOVERABLE, folders[RECOVERABLE]: None}
    target = step.get(message.folder_id, "deleteditems")
    if target is None:
        del box.mailbox.messages[message.id]
    else:
        _relocate(box, message, folders[target])
    box.commit(message.immutable_id, to=target)
    return Answer(204)


async def permanent_delete(call: Call) -> Answer:
    """learn.microsoft.com/graph/api/message-permanentdelete."""
    box = open_box(call, WRITE)
    message = box.message(call.params["message_id"])
    del box.mailbox.messages[message.id]
    box.commit(message.immutable_id)
    return Answer(204)
