"""Automatic replies of a mailbox: learn.microsoft.com/graph/api/resources/automaticrepliessetting.

Each sender gets one, until the setting changes; never for a mail that is itself automatic, or has no sender.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from graphmail.sandbox.graph.mail_item import blank
from graphmail.sandbox.graph.mail_mime import Headers
from graphmail.sandbox.smtp.transport import Submission, Target, submit
from graphmail.sandbox.store import Tenant, World


def auto_reply(world: World, targets: list[Target], properties: dict[str, Any], headers: Headers) -> None:
    """Let those of the mailboxes that got this mail answer it which do so by themselves."""
    sender = ((properties.get("from") or {}).get("emailAddress") or {}).get("address") or ""
    if not sender or _is_automatic(headers):
        return
    for target in targets:
        setting = target.mailbox.settings.get("automaticRepliesSetting") or {}
        if not setting or sender.lower() in (a.lower() for a in target.recipient.addresses):
            continue
        text = reply_text(target.tenant, setting, sender)
        key = (target.recipient.id, sender.lower())
        if text and key not in target.tenant.mail_traffic.auto_replied:
            target.tenant.mail_traffic.auto_replied.add(key)
            submit(world, _answer(target, properties, sender, text))


def reply_text(tenant: Tenant, setting: dict[str, Any], sender: str) -> str:
    """Return what this sender is told now, if anything."""
    status = setting.get("status", "disabled")
    if status == "scheduled":
        start, end = (_moment(setting.get(f"scheduled{n}DateTime")) for n in ("Start", "End"))
        if not (start and end and start <= tenant.clock.now() < end):
            return ""
    elif status != "alwaysEnabled":
        return ""
    inside = sender.rpartition("@")[2].lower() in tenant.domains
    if not inside and setting.get("externalAudience", "all") != "all":
        return ""
    return str(setting.get("internalReplyMessage" if inside else "externalReplyMessage") or "")


def _is_automatic(headers: Headers) -> bool:
    held = {name.lower(): value.strip().lower() for name, value in headers}
    suppressed = {v.strip() for v in held.get("x-auto-response-suppress", "").split(",")}
    return (
        held.get("auto-submitted", "no") != "no"
        or bool(suppressed & {"all", "oof", "autoreply"})
        or held.get("precedence") in ("bulk", "list", "junk")
    )


def _moment(given: dict[str, str] | None) -> datetime | None:
    try:
        return datetime.fromisoformat(str((given or {})["dateTime"])[:19]).replace(tzinfo=UTC)
    except (KeyError, ValueError):
        return None


def _answer(target: Target, properties: dict[str, Any], sender: str, text: str) -> Submission:
    address = target.address
    own = {"emailAddress": {"name": target.recipient.display_name, "address": address}}
    answer = blank(target.tenant.clock.now(), address.rpartition("@")[2]) | {
        "subject": f"Automatic reply: {properties['subject']}",
        "from": own,
        "sender": own,
        "toRecipients": [{"emailAddress": {"name": sender, "address": sender}}],
        "conversationId": properties["conversationId"],
        "body": {"contentType": "html", "content": text},
        "isDraft": False,
    }
    original = properties["internetMessageId"]
    headers = [
        ("In-Reply-To", original),
        ("References", original),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-MS-Exchange-Inbox-Rules-Loop", address),
    ]
    return Submission(answer, headers, [], [sender], target)
