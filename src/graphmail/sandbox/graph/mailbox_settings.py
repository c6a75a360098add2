"""mailboxSettings, as somebody set them or as new: learn.microsoft.com/graph/api/user-get-mailboxsettings."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_box import READ_SETTINGS, WRITE_SETTINGS, Box, open_box
from graphmail.sandbox.graph.mail_schema import MAILBOX_SETTINGS, check, unknown

READ_ONLY = ("archiveFolder", "userPurpose")
_PURPOSES = {
    "SharedMailbox": "shared", "RoomMailbox": "room", "EquipmentMailbox": "equipment", "LinkedMailbox": "linked",
}  # fmt: skip


def settings_of(box: Box) -> dict[str, Any]:
    day = box.now.replace(hour=0, minute=0, second=0, microsecond=0)
    fresh: dict[str, Any] = {
        "archiveFolder": box.mailbox.folders["archive"],
        "timeZone": "UTC",
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "dateFormat": "yyyy-MM-dd",
        "timeFormat": "HH:mm",
        "userPurpose": _PURPOSES.get(box.recipient.type_details, "user"),
        "automaticRepliesSetting": {
            "status": "disabled",
            "externalAudience": "all",
            "internalReplyMessage": "",
            "externalReplyMessage": "",
            "scheduledStartDateTime": _moment(day),
            "scheduledEndDateTime": _moment(day + timedelta(days=1)),
        },
        "language": {"locale": "en-US", "displayName": "English (United States)"},
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": "UTC"},
        },
    }
    return {n: v | box.mailbox.settings.get(n, {}) if isinstance(v, dict) else v for n, v in fresh.items()} | {
        n: v for n, v in box.mailbox.settings.items() if not isinstance(v, dict)
    }


def _moment(at: Any) -> dict[str, str]:
    return {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


def _context(box: Box, suffix: str = "") -> dict[str, Any]:
    return {"@odata.context": f"{box.call.root}/v1.0/$metadata#users('{box.recipient.id}')/mailboxSettings{suffix}"}


async def get_settings(call: Call) -> Answer:
    box = open_box(call, READ_SETTINGS)
    settings = settings_of(box)
    names = [n.strip() for n in call.query.get("$select", "").split(",") if n.strip()]
    if bad := next((n for n in names if n not in settings), None):
        raise unknown(bad, MAILBOX_SETTINGS)
    return Answer(200, _context(box) | {n: v for n, v in settings.items() if not names or n in names})


async def get_setting(call: Call) -> Answer:
    """Return one of them: an object as it is, anything else as `value`."""
    box = open_box(call, READ_SETTINGS)
    settings, asked = settings_of(box), call.params["setting"].lower()
    name = next((n for n in settings if n.lower() == asked), None)
    if name is None:
        text = f"Resource not found for the segment '{call.params['setting']}'."
        raise graph_error(400, "BadRequest", text)
    held = settings[name]
    return Answer(200, _context(box, f"/{name}") | (held if isinstance(held, dict) else {"value": held}))


async def change_settings(call: Call) -> Answer:
    """Change what is given and answer that; a new automatic reply is told to everybody anew."""
    box = open_box(call, WRITE_SETTINGS)
    given = {n: v for n, v in check(call.json(), MAILBOX_SETTINGS).items() if v is not None}
    if refused := next((n for n in given if n in READ_ONLY), None):
        raise graph_error(400, "ErrorInvalidPropertySet", f"Set action is invalid for property '{refused}'.")
    before = deepcopy(box.mailbox.settings)
    for name, value in given.items():
        held = box.mailbox.settings.get(name)
        box.mailbox.settings[name] = held | value if isinstance(held, dict) else value
    if box.mailbox.settings != before:
        replied = box.tenant.mail_traffic.auto_replied
        replied -= {key for key in replied if key[0] == box.recipient.id}
        box.commit(box.recipient.primary_address, settings=sorted(given))
    settings = settings_of(box)
    return Answer(200, _context(box) | {n: settings[n] for n in given})
