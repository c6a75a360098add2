"""What Graph answers about mail.

The routes name no permissions: whether the caller may is Exchange's decision for each mailbox (`access.py`), and a
permission that Exchange itself granted is in no token.
"""

from __future__ import annotations

from graphmail.sandbox.call import Handler, Route
from graphmail.sandbox.graph import (
    mail_attachment,
    mail_delta,
    mail_folder,
    mail_ids,
    mail_message,
    mail_reply,
    mail_send,
    mailbox_settings,
    upload_session,
)
from graphmail.sandbox.graph.mail_reply import FORWARD, REPLY, REPLY_ALL
from graphmail.sandbox.graph.mail_throttle import throttled

_API = "learn.microsoft.com/graph/api/"
_USER = "/users/{user_id}"
_FOLDERS = f"{_USER}/mailFolders"
_FOLDER = f"{_FOLDERS}/{{folder_id}}"
_CHILDREN = f"{_FOLDER}/childFolders"


def _route(method: str, template: str, handler: Handler, page: str) -> Route:
    return Route(method, template, throttled(handler), source=f"{_API}{page}")


def _everywhere(method: str, suffix: str, handler: Handler, page: str) -> list[Route]:
    """Return a message's operation at its two addresses: in the mailbox and in its folder."""
    return [
        _route(method, f"{where}/messages/{{message_id}}{suffix}", handler, page) for where in (_USER, _FOLDER)
    ]  # fmt: skip


def _both(method: str, template: str, handler: Handler, page: str) -> list[Route]:
    """Return a function's route, with the parentheses it may have and without."""
    return [_route(method, template, handler, page), _route(method, f"{template}()", handler, page)]


FOLDERS = [
    _route("GET", _FOLDERS, mail_folder.list_folders, "user-list-mailfolders"),
    _route("POST", _FOLDERS, mail_folder.create_folder, "user-post-mailfolders"),
    _route("GET", f"{_FOLDERS}/$count", mail_folder.count_folders, "user-list-mailfolders"),
    *_both("GET", f"{_FOLDERS}/delta", mail_delta.folder_delta, "mailfolder-delta"),
    _route("GET", _FOLDER, mail_folder.get_folder, "mailfolder-get"),
    _route("PATCH", _FOLDER, mail_folder.rename_folder, "mailfolder-update"),
    _route("DELETE", _FOLDER, mail_folder.delete_folder, "mailfolder-delete"),
    _route("POST", f"{_FOLDER}/permanentDelete", mail_folder.purge_folder, "mailfolder-permanentdelete"),
    _route("POST", f"{_FOLDER}/move", mail_folder.move_folder, "mailfolder-move"),
    _route("POST", f"{_FOLDER}/copy", mail_folder.copy_folder, "mailfolder-copy"),
    _route("GET", _CHILDREN, mail_folder.list_folders, "mailfolder-list-childfolders"),
    _route("GET", f"{_CHILDREN}/$count", mail_folder.count_folders, "mailfolder-list-childfolders"),
    _route("POST", _CHILDREN, mail_folder.create_folder, "mailfolder-post-childfolders"),
    _route("GET", f"{_CHILDREN}/{{child_id}}", mail_folder.get_folder, "mailfolder-get"),
]

MESSAGES = [
    _route("GET", f"{_FOLDER}/messages", mail_message.list_messages, "mailfolder-list-messages"),
    _route("POST", f"{_FOLDER}/messages", mail_message.create_draft, "mailfolder-post-messages"),
    _route("GET", f"{_USER}/messages", mail_message.list_messages, "user-list-messages"),
    _route("POST", f"{_USER}/messages", mail_message.create_draft, "user-post-messages"),
    _route("GET", f"{_USER}/messages/$count", mail_message.count_messages, "user-list-messages"),
    _route("GET", f"{_FOLDER}/messages/$count", mail_message.count_messages, "user-list-messages"),
    *_both("GET", f"{_FOLDER}/messages/delta", mail_delta.message_delta, "message-delta"),
    *_everywhere("GET", "", mail_message.get_message, "message-get"),
    *_everywhere("GET", "/$value", mail_message.get_mime, "message-get"),
    *_everywhere("PATCH", "", mail_message.change_message, "message-update"),
    *_everywhere("DELETE", "", mail_message.delete_message, "message-delete"),
    *_everywhere("POST", "/move", mail_message.move_message, "message-move"),
    *_everywhere("POST", "/copy", mail_message.copy_message, "message-copy"),
    *_everywhere("POST", "/permanentDelete", mail_message.permanent_delete, "message-permanentdelete"),
]

SENDING = [
    _route("POST", f"{_USER}/sendMail", mail_send.send_mail, "user-sendmail"),
    *_everywhere("POST", "/send", mail_send.send_draft, "message-send"),
    *(
        route
        for name, kind in (("reply", REPLY), ("replyAll", REPLY_ALL), ("forward", FORWARD))
        for route in (
            *_everywhere("POST", f"/{name}", mail_reply.sending(kind), f"message-{name.lower()}"),
            *_everywhere(
                "POST",
                f"/create{name[0].upper()}{name[1:]}",
                mail_reply.drafting(kind),
                f"message-create{name.lower()}",
            ),
        )
    ),
]

ATTACHMENTS = [
    *_everywhere("GET", "/attachments", mail_attachment.list_attachments, "message-list-attachments"),
    *_everywhere("GET", "/attachments/$count", mail_attachment.count_attachments, "message-list-attachments"),
    *_everywhere("POST", "/attachments", mail_attachment.add_attachment, "message-post-attachments"),
    *_everywhere("GET", "/attachments/{attachment_id}", mail_attachment.get_attachment, "attachment-get"),
    *_everywhere("GET", "/attachments/{attachment_id}/$value", mail_attachment.get_content, "attachment-get"),
    *_everywhere("DELETE", "/attachments/{attachment_id}", mail_attachment.remove_attachment, "attachment-delete"),
    *_everywhere(
        "POST", "/attachments/createUploadSession", upload_session.create_session, "attachment-createuploadsession",
    ),
]  # fmt: skip

UPLOADS = [
    Route(method, upload_session.TEMPLATE, throttled(handler), (), upload_session.PAGE, authenticated=False)
    for method, handler in (
        ("PUT", upload_session.put_slice), ("DELETE", upload_session.cancel), ("GET", upload_session.refuse_get),
    )
]  # fmt: skip

MAILBOX = [
    _route("POST", f"{_USER}/translateExchangeIds", mail_ids.translate, "user-translateexchangeids"),
    _route("GET", f"{_USER}/mailboxSettings", mailbox_settings.get_settings, "user-get-mailboxsettings"),
    _route("GET", f"{_USER}/mailboxSettings/{{setting}}", mailbox_settings.get_setting, "user-get-mailboxsettings"),
    _route("PATCH", f"{_USER}/mailboxSettings", mailbox_settings.change_settings, "user-update-mailboxsettings"),
]

ROUTES: list[Route] = [*FOLDERS, *MESSAGES, *SENDING, *ATTACHMENTS, *UPLOADS, *MAILBOX]
