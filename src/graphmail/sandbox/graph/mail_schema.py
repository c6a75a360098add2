"""The properties of a message and what their values look like.

Copied from the published schema: microsoftgraph/msgraph-metadata schemas/v1.0-Prod.csdl, types message, outlookItem,
itemBody, recipient, followupFlag, fileAttachment,
itemAttachment, referenceAttachment, attachmentItem, mailFolder, mailboxSettings. What is not there is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graphmail.sandbox.graph.errors import graph_error

# A shape is a Python type, a tuple of enum members, a list of one shape (a collection), or a Complex.
Shape = Any


class Complex:
    """A complex type by name."""

    def __init__(self, type_name: str, /, **properties: Shape) -> None:
        self.name = f"microsoft.graph.{type_name}"
        self.properties = properties


EMAIL_ADDRESS = Complex("emailAddress", name=str, address=str)
RECIPIENT = Complex("recipient", emailAddress=EMAIL_ADDRESS)
ITEM_BODY = Complex("itemBody", contentType=("text", "html"), content=str)
HEADER = Complex("internetMessageHeader", name=str, value=str)
EXTENDED = Complex("singleValueLegacyExtendedProperty", id=str, value=str)
TIME_ZONED = Complex("dateTimeTimeZone", dateTime=str, timeZone=str)
FLAG = Complex(
    "followupFlag",
    flagStatus=("notFlagged", "complete", "flagged"),
    completedDateTime=TIME_ZONED,
    dueDateTime=TIME_ZONED,
    startDateTime=TIME_ZONED,
)
FILE_ATTACHMENT = Complex(
    "fileAttachment",
    id=str,
    name=str,
    contentType=str,
    contentBytes=str,
    contentId=str,
    contentLocation=str,
    isInline=bool,
    size=int,
    lastModifiedDateTime=datetime,
)
ITEM_ATTACHMENT = Complex("itemAttachment", name=str, contentType=str, isInline=bool, size=int, id=str, item=dict)
REFERENCE_ATTACHMENT = Complex("referenceAttachment", name=str, contentType=str, isInline=bool, size=int, id=str)
MAILBOX_SETTINGS = Complex(
    "mailboxSettings",
    archiveFolder=str,
    automaticRepliesSetting=Complex(
        "automaticRepliesSetting",
        externalAudience=("none", "contactsOnly", "all"),
        externalReplyMessage=str,
        internalReplyMessage=str,
        scheduledEndDateTime=TIME_ZONED,
        scheduledStartDateTime=TIME_ZONED,
        status=("disabled", "alwaysEnabled", "scheduled"),
    ),
    dateFormat=str,
    delegateMeetingMessageDeliveryOptions=(
        "sendToDelegateAndInformationToPrincipal", "sendToDelegateAndPrincipal", "sendToDelegateOnly",
    ),
    language=Complex("localeInfo", displayName=str, locale=str),
    timeFormat=str,
    timeZone=str,
    userPurpose=("user", "linked", "shared", "room", "equipment", "others", "unknownFutureValue"),
    workingHours=Complex(
        "workingHours",
        daysOfWeek=[("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")],
        endTime=str,
        startTime=str,
        timeZone=Complex("timeZoneBase", name=str),
    ),
)  # fmt: skip
ATTACHMENT_ITEM = Complex(
    "attachmentItem",
    attachmentType=("file", "item", "reference"),
    contentId=str,
    contentType=str,
    isInline=bool,
    name=str,
    size=int,
)

# May be changed at any time; the rest of what may be written, only while the message is a draft.
ALWAYS: dict[str, Shape] = {
    "categories": [str],
    "flag": FLAG,
    "importance": ("low", "normal", "high"),
    "inferenceClassification": ("focused", "other"),
    "isDeliveryReceiptRequested": bool,
    "isRead": bool,
    "isReadReceiptRequested": bool,
    "singleValueExtendedProperties": [EXTENDED],
}
DRAFT_ONLY: dict[str, Shape] = {
    "bccRecipients": [RECIPIENT],
    "body": ITEM_BODY,
    "ccRecipients": [RECIPIENT],
    "from": RECIPIENT,
    "internetMessageId": str,
    "replyTo": [RECIPIENT],
    "sender": RECIPIENT,
    "subject": str,
    "toRecipients": [RECIPIENT],
}
CREATE_ONLY: dict[str, Shape] = {"internetMessageHeaders": [HEADER], "attachments": [FILE_ATTACHMENT]}
READ_ONLY: dict[str, Shape] = {
    "bodyPreview": str,
    "changeKey": str,
    "conversationId": str,
    "conversationIndex": str,
    "createdDateTime": datetime,
    "hasAttachments": bool,
    "id": str,
    "isDraft": bool,
    "lastModifiedDateTime": datetime,
    "parentFolderId": str,
    "receivedDateTime": datetime,
    "sentDateTime": datetime,
    "uniqueBody": ITEM_BODY,
    "webLink": str,
}
MESSAGE = Complex("message", **ALWAYS, **DRAFT_ONLY, **CREATE_ONLY, **READ_ONLY)
FOLDER = Complex(
    "mailFolder",
    childFolderCount=int,
    childFolders=[Complex("mailFolder")],
    displayName=str,
    id=str,
    isHidden=bool,
    parentFolderId=str,
    totalItemCount=int,
    unreadItemCount=int,
)


def check(value: Any, shape: Shape, where: str = "") -> Any:
    """Return the value as the service keeps it; annotations are dropped. Raises Graph's 400 RequestBodyRead."""
    if value is None:
        return None
    if isinstance(shape, Complex):
        return _complex(value, shape)
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise _unreadable(where, f"Collection({_edm(shape[0])})")
        return [check(v, shape[0], where) for v in value]
    if isinstance(shape, tuple):
        found = next((m for m in shape if isinstance(value, str) and m.lower() == value.lower()), None)
        if found is None:
            raise _unreadable(where, "Edm.Enum")
        return found
    if shape is datetime:
        shape = str
    if not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
        raise _unreadable(where, _edm(shape))
    return value


def _complex(value: Any, shape: Complex) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise _unreadable(shape.name, shape.name)
    kept: dict[str, Any] = {}
    for name, inner in value.items():
        if "@odata." in name:
            continue
        if name not in shape.properties:
            raise unknown(name, shape)
        kept[name] = check(inner, shape.properties[name], name)
    return kept


def unknown(name: str, shape: Complex) -> Exception:
    return graph_error(
        400,
        "RequestBodyRead",
        f"The property '{name}' does not exist on type '{shape.name}'. Make sure to only use property names that are "
        "defined by the type or mark the type as open type.",
    )


def _unreadable(where: str, wanted: str) -> Exception:
    return graph_error(
        400, "RequestBodyRead", f"Cannot convert the value of '{where}' to the expected type '{wanted}'."
    )


def _edm(shape: Shape) -> str:
    if isinstance(shape, Complex):
        return shape.name
    return {str: "Edm.String", bool: "Edm.Boolean", int: "Edm.Int32"}.get(shape, "Edm.String")
