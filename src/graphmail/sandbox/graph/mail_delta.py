"""Delta queries: what changed in a folder, or among the folders, since a token was given out.

learn.microsoft.com/graph/api/message-delta, learn.microsoft.com/graph/delta-query-messages. A round's state stays here
and its token only names it, so a token can be used again and again until it expires.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_box import READ_BASIC, Box, open_box
from graphmail.sandbox.graph.mail_filter import FOLDERS, MESSAGES, parse_filter
from graphmail.sandbox.graph.mail_folder_tree import FolderTree
from graphmail.sandbox.graph.mail_query import parse_query, preferred_page, selected
from graphmail.sandbox.graph.mail_schema import FOLDER, MESSAGE
from graphmail.sandbox.graph.mail_view import EXPANDABLE, shown, whole
from graphmail.sandbox.mail_traffic import SyncRound

_ROUNDS_KEPT = 4096  # of one tenant
_FILTERED_MOST = 5000
_TOKEN = re.compile(r"([\w-]{32})(?:\.(\d{1,9}))?")
_SINCE = re.compile(r"receivedDateTime\s+g[et]\s+\S+")
_CHANGES = {"created": (True, False, False), "updated": (False, True, False), "deleted": (False, False, True)}


@dataclass(frozen=True, slots=True)
class _Source:
    """What is followed: `versions` by id in the order they are told, `show` one of them, None where it is gone."""

    type_name: str
    where: str
    options: frozenset[str]
    versions: Callable[[], dict[str, Any]]
    show: Callable[[dict[str, str], str], dict[str, Any] | None]


async def message_delta(call: Call) -> Answer:
    """What changed among the folder's messages."""
    box = open_box(call, READ_BASIC)
    folder_id = box.folder_id(call.params["folder_id"])
    return _answer(box, folder_id, _messages(box, folder_id))


async def folder_delta(call: Call) -> Answer:
    """What changed among all folders of the mailbox: learn.microsoft.com/graph/api/mailfolder-delta."""
    box = open_box(call, READ_BASIC)
    return _answer(box, "", _folders(box))


def _messages(box: Box, folder_id: str) -> _Source:
    def show(options: dict[str, str], item_id: str) -> dict[str, Any] | None:
        try:
            message = box.message(item_id)
        except ServiceError:
            return None
        if message.folder_id != folder_id:
            return None
        query = parse_query(replace(box.call, query=options), MESSAGE, EXPANDABLE)
        return shown(box, message, whole(box, message), query)

    def versions() -> dict[str, Any]:
        newest_first = sorted(
            box.messages(folder_id), key=lambda m: str(m.properties["receivedDateTime"]), reverse=True
        )
        return {box.item_id(m): (m.properties["changeKey"], m.properties["receivedDateTime"]) for m in newest_first}

    options = frozenset({"$select", "$expand", "$top", "$filter", "$orderby", "changetype"})
    return _Source("message", f"mailFolders('{folder_id}')/messages/delta", options, versions, show)


def _folders(box: Box) -> _Source:
    tree = FolderTree(box)
    views = {v["id"]: v for v in tree.views([f for f in tree.by_id.values() if not f.hidden and f.id != tree.root])}

    def show(options: dict[str, str], item_id: str) -> dict[str, Any] | None:
        query = parse_query(replace(box.call, query=options), FOLDER, (), FOLDERS)
        return selected(views[item_id], query.select) if item_id in views else None

    options = frozenset({"$select", "$top", "changetype"})
    versions = {item_id: tuple(view.values()) for item_id, view in views.items()}
    return _Source("mailFolder", "mailFolders/delta", options, lambda: versions, show)


def _answer(box: Box, folder_id: str, source: _Source) -> Answer:
    key, sync, start = _round(box, folder_id, source)
    end = start + (preferred_page(box.call) or sync.page)
    value: list[dict[str, Any]] = []
    for item_id, removed in sync.pending[start:end]:
        item = {"id": item_id, "@removed": {"reason": "deleted"}} if removed else source.show(sync.options, item_id)
        if item is not None:  # gone since the round began: the next one says so
            value.append({"@odata.type": f"#microsoft.graph.{source.type_name}", **item})
    where = f"{box.call.root}/v1.0/users('{box.recipient.id}')/{source.where}"
    if end < len(sync.pending):
        link = {"@odata.nextLink": f"{where}?$skiptoken={key}.{end}"}
    else:
        link = {"@odata.deltaLink": f"{where}?$deltatoken={key}"}
    context = f"{box.call.root}/v1.0/$metadata#Collection({source.type_name})"
    return Answer(200, {"@odata.context": context, **link, "value": value}, box.applied())


def _round(box: Box, folder_id: str, source: _Source) -> tuple[str, SyncRound, int]:
    """Return the round that the call's token means, or a new one, and where it goes on."""
    query = box.call.query
    rounds = box.tenant.mail_traffic.rounds
    if token := query.get("$skiptoken"):
        key, start = _parsed(token)
        return key, _held(box, folder_id, source, key), start
    if token := query.get("$deltatoken"):
        made = _following(box, _held(box, folder_id, source, _parsed(token)[0]), source)
    else:
        made = _first(box, folder_id, source)
    key = secrets.token_urlsafe(24)
    rounds[key] = made
    while len(rounds) > _ROUNDS_KEPT:
        del rounds[next(iter(rounds))]
    return key, made, 0


def _parsed(token: str) -> tuple[str, int]:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise graph_error(400, "ErrorInvalidUrlQuery", "Badly formed token.")
    return match.group(1), int(match.group(2) or 0)


def _held(box: Box, folder_id: str, source: _Source, key: str) -> SyncRound:
    """Return the round with this key. Raises Graph's 410 where it is forgotten or too old: begin anew at Location."""
    sync = box.tenant.mail_traffic.rounds.get(key)
    life = timedelta(seconds=box.tenant.limits.delta_token)
    ours = sync is not None and (sync.mailbox, sync.folder_id) == (box.recipient.id, folder_id)
    if sync is None or not ours or box.now >= sync.made + life:
        where = f"{box.call.root}/v1.0/users('{box.recipient.id}')/{source.where}"
        text = "The sync state generation is not found; begin again without a token."
        raise graph_error(410, "syncStateNotFound", text, headers={"Location": where})
    return sync


def _first(box: Box, folder_id: str, source: _Source) -> SyncRound:
    options = _options(box.call, source)
    known = _within(options, source)
    pending = [(item_id, False) for item_id in known]
    page = int(options.get("$top", 0)) or preferred_page(box.call) or 10
    return SyncRound(box.recipient.id, folder_id, options, page, box.now, pending, known)


def _following(box: Box, before: SyncRound, source: _Source) -> SyncRound:
    now = _within(before.options, source)
    old = before.known
    wanted = _CHANGES.get(_change_type(before.options), (True, True, True))
    pending = [(i, False) for i, v in now.items() if wanted[i in old] and old.get(i) != v]
    pending += [(i, True) for i in old if i not in now and wanted[2]]
    known = now if now != old else old  # rounds without a change share what is known
    return SyncRound(box.recipient.id, before.folder_id, before.options, before.page, box.now, pending, known)


def _within(options: dict[str, str], source: _Source) -> dict[str, Any]:
    versions = source.versions()
    if "$filter" not in options:
        return versions
    test = parse_filter(options["$filter"]).test
    kept = [(i, v) for i, v in versions.items() if test({"receivedDateTime": v[1]})]
    return dict(kept[:_FILTERED_MOST])


def _change_type(options: dict[str, str]) -> str:
    return next((v.lower() for n, v in options.items() if n.lower() == "changetype"), "")


def _options(call: Call, source: _Source) -> dict[str, str]:
    """Check what the first call asks for. Raises Graph's 400 for what delta does not do."""
    options = {n: v for n, v in call.query.items() if n not in ("$skiptoken", "$deltatoken")}
    refused = [n for n in options if n.lower() not in source.options]
    if not _SINCE.fullmatch(options.get("$filter", "receivedDateTime ge x").strip()):
        refused.append("$filter")
    if options.get("$orderby", "receivedDateTime desc").lower() != "receiveddatetime desc":
        refused.append("$orderby")
    if refused:
        text = (
            f"The following parameters are not supported with change tracking over the '{source.type_name}' resource: "
            f"'{', '.join(refused)}'."
        )
        raise graph_error(400, "ErrorInvalidUrlQuery", text)
    if _change_type(options) not in ("", *_CHANGES):
        raise graph_error(400, "ErrorInvalidUrlQuery", "changeType is created, updated or deleted.")
    of, shape = (MESSAGES, MESSAGE) if source.type_name == "message" else (FOLDERS, FOLDER)
    parse_query(replace(call, query=options), shape, EXPANDABLE if of is MESSAGES else (), of)
    return {n: v for n, v in options.items() if n != "$orderby"}
