"""translateExchangeIds: learn.microsoft.com/graph/api/user-translateexchangeids."""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_box import READ_BASIC, Box, open_box
from graphmail.sandbox.mail_records import Message
from graphmail.sandbox.service import not_implemented

FORMATS = ("entryId", "ewsId", "immutableEntryId", "restId", "restImmutableEntryId")
MOST = 1000
_EMULATED = ("ewsId", "restId", "restImmutableEntryId")  # binary entry ids say more than there is here


async def translate(call: Call) -> Answer:
    """Give each id in another format. An id that means nothing gets `errorDetails` and no target."""
    box = open_box(call, READ_BASIC)
    body = call.json()
    fields = {k.lower(): v for k, v in body.items()} if isinstance(body, dict) else {}
    ids, source, target = (fields.get(n) for n in ("inputids", "sourceidtype", "targetidtype"))
    if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids):
        raise graph_error(400, "ErrorInvalidRequest", "The parameter InputIds is missing.")
    if len(ids) > MOST:
        raise graph_error(400, "ErrorInvalidRequest", f"At most {MOST} ids can be translated at once.")
    kinds = _format(source), _format(target)
    value = [_translated(box, item_id, *kinds) for item_id in ids]
    context = f"{call.root}/v1.0/$metadata#Collection(microsoft.graph.convertIdResult)"
    return Answer(200, {"@odata.context": context, "value": value})


def _format(given: Any) -> str:
    found = next((f for f in FORMATS if isinstance(given, str) and f.lower() == given.lower()), None)
    if found is None:
        raise graph_error(400, "ErrorInvalidRequest", f"'{given}' is no exchangeIdFormat.")
    if found not in _EMULATED:
        raise ServiceError(not_implemented(f"the id format {found}"))
    return found


def _translated(box: Box, given: str, source: str, target: str) -> dict[str, Any]:
    message = _found(box, given, source)
    if message is None:
        error = {"code": "ErrorInvalidIdMalformed", "message": "Id is malformed."}
        return {"sourceId": given, "errorDetails": error}
    if target == "restImmutableEntryId":
        return {"sourceId": given, "targetId": message.immutable_id}
    return {"sourceId": given, "targetId": message.id if target == "restId" else _as_ews(message.id)}


def _found(box: Box, given: str, source: str) -> Message | None:
    """Return the message with this id. An id in EWS's format has / and + where a REST id has - and _."""
    if source == "restImmutableEntryId":
        return next((m for m in box.mailbox.messages.values() if m.immutable_id == given), None)
    return box.mailbox.messages.get(given if source == "restId" else given.replace("/", "-").replace("+", "_"))


def _as_ews(item_id: str) -> str:
    return item_id.replace("-", "/").replace("_", "+")
