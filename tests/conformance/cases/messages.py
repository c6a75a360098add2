"""Reading mail: what finds a message, what it shows, what changing and deleting does."""

from __future__ import annotations

import base64
from typing import Any

from tests.conformance.case import Cases, Like, Standing
from tests.conformance.cases.mail import API, IMMUTABLE, Mailer, mailer
from tests.conformance.target import Target

case = Cases("mail")
FILTER = "https://learn.microsoft.com/graph/filter-query-parameter"
PROPERTY = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name GraphmailConformance"


def sent_to_itself(mail: Mailer, **properties: Any) -> dict[str, Any]:
    """Send a mail from the mailbox to itself, and wait for it in the Inbox; as a list shows it, with its headers."""
    subject = mail.target.name()
    to = [{"emailAddress": {"address": mail.target.tenancy.inside}}]
    body = {"contentType": "Text", "content": "x"}
    mail("POST", "/sendMail", {"message": {"subject": subject, "body": body, "toRecipients": to, **properties}})
    select = "$select=id,subject,from,internetMessageId,internetMessageHeaders,isRead"
    for folder in ("inbox", "sentitems"):
        query = f"/mailFolders/{folder}/messages?$filter=contains(subject,'{subject}')&{select}"
        found = mail.target.until(lambda query=query: mail("GET", query, headers=IMMUTABLE).body["value"], 900, 10)
        mail.forget(found[0]["id"])
        if folder == "inbox":
            arrived = dict(found[0])
    return arrived


@case({"arrived": True, "header": "one", "sent": True, "read": False}, source=API + "user-sendmail",
      standing=Standing.OBSERVED)  # fmt: skip
def sent_mail_is_found_by_its_subject_with_its_header(target: Target) -> Any:
    """contains(subject, …) finds a mail in Inbox and Sent Items; its custom header arrives and is shown by $select"""
    header = {"name": "X-Graphmail-Probe", "value": "one"}
    arrived = sent_to_itself(mailer(target), internetMessageHeaders=[header])
    headers = {h["name"].lower(): h["value"] for h in arrived["internetMessageHeaders"]}
    address = arrived["from"]["emailAddress"]["address"]
    return {
        "arrived": True,
        "header": headers.get("x-graphmail-probe"),
        "sent": address.lower() == target.tenancy.inside.lower(),
        "read": arrived["isRead"],
    }


@case({"found": 1, "absent": 0}, source=API + "user-list-messages")
def message_is_found_by_its_message_id(target: Target) -> Any:
    """$filter=internetMessageId eq finds the one message"""
    mail = mailer(target)
    draft = mail.draft()

    def found(message_id: str) -> list[Any]:
        # Angle brackets are escaped in the URL.
        quoted = message_id.replace("<", "%3C").replace(">", "%3E").replace("+", "%2B")
        return list(mail("GET", f"/messages?$filter=internetMessageId eq '{quoted}'&$select=id").body["value"])

    hits = target.until(lambda: found(draft["internetMessageId"]), 120)
    return {"found": len(hits), "absent": len(found(f"<{target.name()}@nowhere.example>"))}


@case({"found": 1, "value": "v"}, source=API + "singlevaluelegacyextendedproperty-get")
def extended_property_finds_a_message(target: Target) -> Any:
    """A message is found and read by an extended property of one's own"""
    mail, value = mailer(target), target.name()
    draft = mail.draft(singleValueExtendedProperties=[{"id": PROPERTY, "value": value}])
    query = f"singleValueExtendedProperties/any(ep:ep/id eq '{PROPERTY}' and ep/value eq '{value}')"
    found = target.until(lambda: mail("GET", f"/messages?$filter={query}&$select=id").body["value"], 120)
    expand = f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
    read = mail("GET", f"/messages/{draft['id']}?$select=id&$expand={expand}", headers=IMMUTABLE).body
    shown = read["singleValueExtendedProperties"][0]["value"]
    return {"found": len(found), "value": "v" if shown == value else shown}


@case({"status": 201, "draft": True, "id": True, "headers": False}, source=API + "user-post-messages")
def draft_is_answered_whole_without_its_headers(target: Target) -> Any:
    """POST of a message is 201 with id and internetMessageId; what headers it has is not shown without $select"""
    mail = mailer(target)
    header = [{"name": "X-Graphmail-Probe", "value": "one"}]
    made = mail("POST", "/messages", {"subject": target.name(), "internetMessageHeaders": header}, headers=IMMUTABLE)
    mail.forget(made.body["id"])
    return {
        "status": made.status,
        "draft": made.body["isDraft"],
        "id": made.body["internetMessageId"].startswith("<"),
        "headers": "internetMessageHeaders" in made.body,
    }


@case(
    {"type": Like("^text/plain"), "subject": True}, source="https://learn.microsoft.com/graph/outlook-get-mime-message"
)
def message_is_read_as_mime(target: Target) -> Any:
    """/$value of a message is its MIME text"""
    mail = mailer(target)
    draft = mail.draft()
    read = mail("GET", f"/messages/{draft['id']}/$value", headers=IMMUTABLE)
    return {"type": read.headers["Content-Type"], "subject": f"Subject: {draft['subject']}" in str(read.body)}


@case({"status": 200, "read": True}, source=API + "message-update")
def message_is_marked_as_read(target: Target) -> Any:
    """A received message is marked as read by PATCH with Mail.ReadWrite"""
    mail = mailer(target)
    path = f"/messages/{sent_to_itself(mail)['id']}"
    patched = mail("PATCH", path, {"isRead": True}, headers=IMMUTABLE)
    return {"status": patched.status, "read": mail("GET", f"{path}?$select=isRead", headers=IMMUTABLE).body["isRead"]}


@case({"status": 204, "moved": True, "again": 204, "gone": True}, source=API + "message-delete")
def deleted_message_goes_to_deleted_items_first(target: Target) -> Any:
    """DELETE moves a message to Deleted Items; deleting it there takes it out of sight"""
    mail = mailer(target)
    subject = mail.draft()["subject"]

    def found(folder: str) -> list[Any]:
        query = f"/mailFolders/{folder}/messages?$filter=contains(subject,'{subject}')&$select=id"
        return list(mail("GET", query).body["value"])

    first = mail("DELETE", f"/messages/{target.until(lambda: found('drafts'))[0]['id']}")
    moved = target.until(lambda: not found("drafts") and found("deleteditems"), 120)
    again = mail("DELETE", f"/messages/{moved[0]['id']}")
    gone = target.until(lambda: not found("deleteditems"), 120)
    return {"status": first.status, "moved": True, "again": again.status, "gone": gone}


@case({"status": 204, "again": {"status": 404, "code": "ErrorItemNotFound"}}, source=API + "message-permanentdelete")
def permanently_deleted_message_is_gone(target: Target) -> Any:
    """permanentDelete is 204, and 404 when it is repeated"""
    mail = mailer(target)
    path = f"/messages/{mail.draft()['id']}/permanentDelete"
    first = mail("POST", path, headers=IMMUTABLE)
    again = target.until(lambda: (a := mail("POST", path, headers=IMMUTABLE)).status != 204 and a, 120)
    return {"status": first.status, "again": again.refusal}


@case({"folders": 200}, source=API + "resources/mailfolder")
def well_known_names_are_folder_ids(target: Target) -> Any:
    """inbox, drafts, sentitems, deleteditems and junkemail are ids of folders"""
    mail, names = mailer(target), ("inbox", "drafts", "sentitems", "deleteditems", "junkemail")
    statuses = {mail("GET", f"/mailFolders/{name}?$select=id").status for name in names}
    return {"folders": max(statuses)}


@case({"first": True, "link": True, "later": True, "removed": "deleted"}, source=API + "message-delta")
def delta_tells_what_is_new_and_what_is_gone(target: Target) -> Any:
    """Delta pages lead to a deltaLink; asked again it tells new messages and removed ones, by the same kind of id"""
    mail = mailer(target)

    def round_of(link: str) -> tuple[list[dict[str, Any]], str]:
        rows: list[dict[str, Any]] = []
        while True:
            page = mail.target.graph("GET", link, bearer=mail.bearer, headers=IMMUTABLE).body
            rows += page["value"]
            if "@odata.deltaLink" in page:
                return rows, str(page["@odata.deltaLink"])
            link = page["@odata.nextLink"]

    first = mail.draft()
    rows, link = round_of(f"{mail.box}/mailFolders/drafts/messages/delta?$select=subject")
    second = mail.draft()
    later: dict[str, dict[str, Any]] = {}

    def told(message_id: str, *, removed: bool) -> bool:
        nonlocal link
        news, link = round_of(link)
        later.update({row["id"]: row for row in news})
        return message_id in later and ("@removed" in later[message_id]) == removed

    target.until(lambda: told(second["id"], removed=False), 120)
    mail("DELETE", f"/messages/{second['id']}", headers=IMMUTABLE)
    target.until(lambda: told(second["id"], removed=True), 120)
    return {
        "first": first["id"] in [row["id"] for row in rows],
        "link": link.startswith("https://graph.microsoft.com/"),
        "later": True,
        "removed": later[second["id"]]["@removed"]["reason"],
    }


@case({"status": 201, "listed": [["a.txt", True]], "bytes": "content"}, source=API + "message-post-attachments")
def small_attachment_is_posted_and_read_back(target: Target) -> Any:
    """A small attachment is POSTed as base64, listed without its bytes by $select, and its bytes are /$value"""
    mail = mailer(target)
    path = f"/messages/{mail.draft()['id']}/attachments"
    content = base64.b64encode(b"content").decode()
    body = {"@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": content}
    made = mail("POST", path, body, headers=IMMUTABLE)
    rows = mail("GET", f"{path}?$select=id,name,size", headers=IMMUTABLE).body["value"]
    read = mail("GET", f"{path}/{made.body['id']}/$value", headers=IMMUTABLE)
    listed = [[row["name"], "contentBytes" not in row] for row in rows]
    return {"status": made.status, "listed": listed, "bytes": str(read.body)}


@case({"inbox": 200, "sent": 200, "order": True}, source="https://learn.microsoft.com/graph/json-batching")
def batch_reads_several_folders_of_a_mailbox(target: Target) -> Any:
    """More than four requests to one mailbox stand in one batch, and every one is answered"""
    mail = mailer(target)
    folders = ("inbox", "junkemail", "deleteditems", "sentitems", "drafts", "inbox", "inbox", "inbox")
    urls = [f"{mail.box}/mailFolders/{name}/messages?$top=1&$select=id" for name in folders]
    asked = [{"id": str(number), "method": "GET", "url": url} for number, url in enumerate(urls)]
    answer = target.graph("POST", "/$batch", {"requests": asked}, bearer=mail.bearer)
    statuses = {item["id"]: item["status"] for item in answer.body["responses"]}
    whole = sorted(statuses) == [str(number) for number in range(len(folders))]
    return {"inbox": statuses["0"], "sent": statuses["3"], "order": whole}
