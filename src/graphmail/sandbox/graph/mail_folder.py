"""mailFolders: list, get, make, rename, move, delete. Well-known names serve as ids.

learn.microsoft.com/graph/api/resources/mailfolder and the pages of its methods
"""

from __future__ import annotations

from typing import Any

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.graph.errors import graph_error
from graphmail.sandbox.graph.mail_box import READ_BASIC, WRITE, Box, open_box
from graphmail.sandbox.graph.mail_filter import FOLDERS
from graphmail.sandbox.graph.mail_folder_tree import FolderTree
from graphmail.sandbox.graph.mail_item import new_id, place
from graphmail.sandbox.graph.mail_message import destination
from graphmail.sandbox.graph.mail_query import Query, number_answer, page, parse_query, selected
from graphmail.sandbox.graph.mail_schema import FOLDER, check
from graphmail.sandbox.graph.mail_well_known import RECOVERABLE
from graphmail.sandbox.mail_records import Folder

_BY_NAME = (("displayName", False),)


def _context(box: Box, suffix: str = "") -> dict[str, Any]:
    return {"@odata.context": f"{box.call.root}/v1.0/$metadata#users('{box.recipient.id}')/mailFolders{suffix}"}


def _parent(box: Box) -> str:
    """Return the folder that the path names, the top where it names none."""
    name = box.call.params.get("folder_id")
    return box.folder_id(name) if name else box.mailbox.folders["msgfolderroot"]


def _listed(box: Box, query: Query) -> list[dict[str, Any]]:
    tree = FolderTree(box)
    hidden = box.call.query.get("includeHiddenFolders", "").lower() == "true"
    views = tree.views(tree.children(_parent(box), hidden=hidden))
    if "childFolders" in query.expand:
        for view in views:
            view["childFolders"] = tree.views(tree.children(view["id"], hidden=hidden))
    return views


async def list_folders(call: Call) -> Answer:
    """List what lies directly in the folder, or at the top; the hidden ones with includeHiddenFolders=true."""
    box = open_box(call, READ_BASIC)
    query = parse_query(call, FOLDER, ("childFolders",), FOLDERS)
    kept, notes = page(call, query, _listed(box, query), _BY_NAME)
    keep = (*query.select, *query.expand) if query.select else ()
    return Answer(200, _context(box) | notes | {"value": [selected(view, keep) for view in kept]})


async def count_folders(call: Call) -> Answer:
    box = open_box(call, READ_BASIC)
    query = parse_query(call, FOLDER, (), FOLDERS)
    return number_answer(sum(query.filter is None or query.filter.test(v) for v in _listed(box, query)))


async def get_folder(call: Call) -> Answer:
    box = open_box(call, READ_BASIC)
    query = parse_query(call, FOLDER, ("childFolders",), FOLDERS)
    return _one(box, box.folder_id(call.params.get("child_id") or call.params["folder_id"]), query)


def _one(box: Box, folder_id: str, query: Query, status: int = 200) -> Answer:
    tree = FolderTree(box)
    view = tree.views([tree.by_id[folder_id]])[0]
    if "childFolders" in query.expand:
        view["childFolders"] = tree.views(tree.children(folder_id))
    keep = (*query.select, *query.expand) if query.select else ()
    return Answer(status, _context(box, "/$entity") | selected(view, keep))


async def create_folder(call: Call) -> Answer:
    """Make a folder at the top, or in the folder named."""
    box = open_box(call, WRITE)
    given = check(call.json(), FOLDER)
    parent = _parent(box)
    name = _name(box, given, parent)
    folder = Folder(new_id(), name, parent, bool(given.get("isHidden")))
    box.mailbox.own_folders[folder.id] = folder
    box.commit(folder.id, folder=name)
    return _one(box, folder.id, Query(), 201)


async def rename_folder(call: Call) -> Answer:
    box = open_box(call, WRITE)
    folder = _own(box, "renamed")
    given = check(call.json(), FOLDER)
    if given.get("displayName", folder.display_name) != folder.display_name:
        folder.display_name = _name(box, given, folder.parent_id, folder)
        box.commit(folder.id, folder=folder.display_name)
    return _one(box, folder.id, Query())


async def move_folder(call: Call) -> Answer:
    """Move the folder with all that is in it; it keeps its id."""
    box = open_box(call, WRITE)
    folder, target = _own(box, "moved"), destination(box)
    if target in (f.id for f in FolderTree(box).below(folder.id)):
        raise graph_error(400, "ErrorMoveCopyFailed", "A folder cannot be moved into itself.")
    if target != folder.parent_id:
        _require_free(box, folder.display_name, target)
        folder.parent_id = target
        box.commit(folder.id, folder=folder.display_name, destination=target)
    return _one(box, folder.id, Query(), 201)


async def copy_folder(call: Call) -> Answer:
    """Copy the folder with all that is in it."""
    box = open_box(call, WRITE)
    source, target = box.folder_id(call.params["folder_id"]), destination(box)
    tree = FolderTree(box)
    _require_free(box, tree.by_id[source].display_name, target)
    made: dict[str, str] = {}
    for folder in tree.below(source):
        copy = Folder(new_id(), folder.display_name, made.get(folder.parent_id, target), folder.hidden)
        made[folder.id] = copy.id
        box.mailbox.own_folders[copy.id] = copy
    for message in list(box.mailbox.messages.values()):
        if message.folder_id in made and message.visible_at(box.now):
            twin = place(box.mailbox, made[message.folder_id], dict(message.properties), message.visible)
            twin.internet_headers, twin.attachments = list(message.internet_headers), list(message.attachments)
    box.commit(made[source], folder=tree.by_id[source].display_name, destination=target)
    return _one(box, made[source], Query(), 201)


async def delete_folder(call: Call) -> Answer:
    """Delete: to Deleted Items; from there for good, its messages to the recoverable items."""
    box = open_box(call, WRITE)
    folder, tree = _own(box, "deleted"), FolderTree(box)
    bin_id = box.mailbox.folders["deleteditems"]
    if folder.id in (f.id for f in tree.below(bin_id)):
        _remove(box, folder, box.mailbox.folders[RECOVERABLE])
    else:
        folder.parent_id = bin_id
    box.commit(folder.id, folder=folder.display_name)
    return Answer(204)


async def purge_folder(call: Call) -> Answer:
    """learn.microsoft.com/graph/api/mailfolder-permanentdelete."""
    box = open_box(call, WRITE)
    folder = _own(box, "deleted")
    _remove(box, folder, None)
    box.commit(folder.id, folder=folder.display_name)
    return Answer(204)


def _remove(box: Box, folder: Folder, contents_to: str | None) -> None:
    gone = {f.id for f in FolderTree(box).below(folder.id)}
    for message in [m for m in box.mailbox.messages.values() if m.folder_id in gone]:
        del box.mailbox.messages[message.id]
        if contents_to:
            message.id, message.folder_id = new_id(), contents_to
            box.mailbox.messages[message.id] = message
    for folder_id in gone:
        box.mailbox.own_folders.pop(folder_id, None)


def _own(box: Box, what: str) -> Folder:
    """Return the folder of the path. Raises 403 for a well-known one."""
    folder_id = box.folder_id(box.call.params["folder_id"])
    own = box.mailbox.own_folders.get(folder_id)
    if own is None:
        code = "ErrorDeleteDistinguishedFolder" if what == "deleted" else "ErrorAccessDenied"
        raise graph_error(403, code, f"Distinguished folders cannot be {what}.")
    return own


def _name(box: Box, given: dict[str, Any], parent: str, own: Folder | None = None) -> str:
    name = str(given.get("displayName") or "").strip()
    if not name:
        raise graph_error(400, "ErrorInvalidRequest", "The folder needs a displayName.")
    if own is None or name.lower() != own.display_name.lower():
        _require_free(box, name, parent)
    return name


def _require_free(box: Box, name: str, parent: str) -> None:
    if FolderTree(box).is_taken(name, parent):
        raise _exists()


def _exists() -> ServiceError:
    return graph_error(409, "ErrorFolderExists", "A folder with the specified name already exists.")
