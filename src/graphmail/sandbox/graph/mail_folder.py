"""mailFolders: list, get. Well-known names serve as ids: learn.microsoft.com/graph/api/resources/mailfolder."""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.graph.mail_box import READ_BASIC, Box, open_box
from graphmail.sandbox.graph.mail_item import RECOVERABLE, WELL_KNOWN
from graphmail.sandbox.graph.mail_query import parse_query, selected
from graphmail.sandbox.graph.mail_schema import FOLDER
from graphmail.sandbox.graph.mail_view import folder_view


def _context(box: Box, suffix: str = "") -> dict[str, Any]:
    return {"@odata.context": f"{box.call.root}/v1.0/$metadata#users('{box.recipient.id}')/mailFolders{suffix}"}


async def list_folders(call: Call) -> Answer:
    """List the folders at the top, none of the hidden ones."""
    box = open_box(call, READ_BASIC)
    query = parse_query(call, FOLDER)
    names = sorted((n for n in WELL_KNOWN if n not in ("msgfolderroot", RECOVERABLE)), key=WELL_KNOWN.__getitem__)
    page = names[query.skip : query.skip + query.top]
    return Answer(200, _context(box) | {"value": [selected(folder_view(box, n), query.select) for n in page]})


async def get_folder(call: Call) -> Answer:
    box = open_box(call, READ_BASIC)
    query = parse_query(call, FOLDER)
    folder_id = box.folder_id(call.params["folder_id"])
    name = next(n for n, i in box.mailbox.folders.items() if i == folder_id)
    return Answer(200, _context(box, "/$entity") | selected(folder_view(box, name), query.select))
