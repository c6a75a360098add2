"""What Graph answers about mail.

The routes name no permissions: whether the caller may is Exchange's decision for each mailbox (`access.py`), and a
permission that Exchange itself granted is in no token.
"""

from __future__ import annotations

from graphmail.sandbox.call import Handler, Route
from graphmail.sandbox.graph import mail_attachment, mail_delta, mail_folder, mail_message, mail_send, upload_session
from graphmail.sandbox.graph.mail_throttle import throttled

_API = "learn.microsoft.com/graph/api/"
_MESSAGE = "/users/{user_id}/messages/{message_id}"
_FOLDER = "/users/{user_id}/mailFolders"
_ONE_FOLDER = f"{_FOLDER}/{{folder_id}}"


def _route(method: str, template: str, handler: Handler, page: str) -> Route:
    return Route(method, template, throttled(handler), source=f"{_API}{page}")


def _both(method: str, template: str, handler: Handler, page: str) -> list[Route]:
    """Return a function's route, with the parentheses it may have and without."""
    return [_route(method, template, handler, page), _route(method, f"{template}()", handler, page)]


ROUTES: list[Route] = [
    _route("GET", _FOLDER, mail_folder.list_folders, "user-list-mailfolders"),
    _route("POST", _FOLDER, mail_folder.create_folder, "user-post-mailfolders"),
    *_both("GET", f"{_FOLDER}/delta", mail_delta.folder_delta, "mailfolder-delta"),
    *_both("GET", f"{_ONE_FOLDER}/messages/delta", mail_delta.message_delta, "message-delta"),
    _route("GET", f"{_FOLDER}/$count", mail_folder.count_folders, "user-list-mailfolders"),
    _route("GET", _ONE_FOLDER, mail_folder.get_folder, "mailfolder-get"),
    _route("GET", f"{_ONE_FOLDER}/childFolders/{{child_id}}", mail_folder.get_folder, "mailfolder-get"),
    _route("PATCH", _ONE_FOLDER, mail_folder.rename_folder, "mailfolder-update"),
    _route("DELETE", _ONE_FOLDER, mail_folder.delete_folder, "mailfolder-delete"),
    _route("POST", f"{_ONE_FOLDER}/permanentDelete", mail_folder.purge_folder, "mailfolder-permanentdelete"),
    _route("POST", f"{_ONE_FOLDER}/move", mail_folder.move_folder, "mailfolder-move"),
    _route("POST", f"{_ONE_FOLDER}/copy", mail_folder.copy_folder, "mailfolder-copy"),
    _route("GET", f"{_ONE_FOLDER}/childFolders", mail_folder.list_folders, "mailfolder-list-childfolders"),
    _route("GET", f"{_ONE_FOLDER}/childFolders/$count", mail_folder.count_folders, "mailfolder-list-childfolders"),
    _route("POST", f"{_ONE_FOLDER}/childFolders", mail_folder.create_folder, "mailfolder-post-childfolders"),
    _route("GET", f"{_FOLDER}/{{folder_id}}/messages", mail_message.list_messages, "mailfolder-list-messages"),
    _route("POST", f"{_FOLDER}/{{folder_id}}/messages", mail_message.create_draft, "mailfolder-post-messages"),
    _route("GET", f"{_FOLDER}/{{folder_id}}/messages/{{message_id}}", mail_message.get_message, "message-get"),
    _route("GET", "/users/{user_id}/messages", mail_message.list_messages, "user-list-messages"),
    _route("POST", "/users/{user_id}/messages", mail_message.create_draft, "user-post-messages"),
    _route("GET", _MESSAGE, mail_message.get_message, "message-get"),
    _route("GET", f"{_MESSAGE}/$value", mail_message.get_mime, "message-get"),
    _route("PATCH", _MESSAGE, mail_message.change_message, "message-update"),
    _route("DELETE", _MESSAGE, mail_message.delete_message, "message-delete"),
    _route("POST", f"{_MESSAGE}/move", mail_message.move_message, "message-move"),
    _route("POST", f"{_MESSAGE}/permanentDelete", mail_message.permanent_delete, "message-permanentdelete"),
    _route("POST", f"{_MESSAGE}/send", mail_send.send_draft, "message-send"),
    _route("POST", "/users/{user_id}/sendMail", mail_send.send_mail, "user-sendmail"),
    _route("GET", f"{_MESSAGE}/attachments", mail_attachment.list_attachments, "message-list-attachments"),
    _route("POST", f"{_MESSAGE}/attachments", mail_attachment.add_attachment, "message-post-attachments"),
    _route("GET", f"{_MESSAGE}/attachments/{{attachment_id}}", mail_attachment.get_attachment, "attachment-get"),
    _route("GET", f"{_MESSAGE}/attachments/{{attachment_id}}/$value", mail_attachment.get_content, "attachment-get"),
    _route(
        "DELETE", f"{_MESSAGE}/attachments/{{attachment_id}}", mail_attachment.remove_attachment, "attachment-delete"
    ),
    _route(
        "POST",
        f"{_MESSAGE}/attachments/createUploadSession",
        upload_session.create_session,
        "attachment-createuploadsession",
    ),
    *(
        Route(
            method,
            upload_session.TEMPLATE,
            throttled(handler),
            source="learn.microsoft.com/graph/outlook-large-attachments",
            authenticated=False,
        )
        for method, handler in (("PUT", upload_session.put_slice), ("DELETE", upload_session.cancel))
    ),
]
