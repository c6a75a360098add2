"""The folders of one mailbox as a tree, and what they look like on the wire."""

from __future__ import annotations

from collections import Counter
from typing import Any

from graphmail.sandbox.graph.mail_box import Box
from graphmail.sandbox.graph.mail_well_known import ROOT, WELL_KNOWN
from graphmail.sandbox.mail_records import Folder

Shown = dict[str, Any]


class FolderTree:
    """All folders, made anew for each call: `by_id` holds the well-known ones and those that somebody made."""

    def __init__(self, box: Box) -> None:
        self.box = box
        ids = box.mailbox.folders
        self.names = {ids[name]: name for name in WELL_KNOWN}
        self.root = ids[ROOT]
        self.by_id = {
            ids[name]: Folder(ids[name], known.display_name, ids.get(known.parent, ""), known.hidden)
            for name, known in WELL_KNOWN.items()
        } | box.mailbox.own_folders

    def children(self, folder_id: str, *, hidden: bool = False) -> list[Folder]:
        """Return what lies directly in it, by name."""
        inside = (f for f in self.by_id.values() if f.parent_id == folder_id and (hidden or not f.hidden))
        return sorted(inside, key=lambda f: f.display_name.lower())

    def below(self, folder_id: str) -> list[Folder]:
        """Return the folder and all that lies in it, at any depth."""
        found = [self.by_id[folder_id]]
        for folder in found:
            found += self.children(folder.id, hidden=True)
        return found

    def is_well_known(self, folder_id: str) -> bool:
        return folder_id in self.names

    def is_taken(self, name: str, parent_id: str) -> bool:
        return any(f.display_name.lower() == name.lower() for f in self.children(parent_id, hidden=True))

    def views(self, folders: list[Folder]) -> list[Shown]:
        """Return how they are shown, with what has arrived in them."""
        total, unread = Counter[str](), Counter[str]()
        now = self.box.now
        for message in self.box.mailbox.messages.values():
            if message.visible_at(now):
                total[message.folder_id] += 1
                unread[message.folder_id] += not message.properties["isRead"]
        children = Counter(f.parent_id for f in self.by_id.values() if not f.hidden)
        return [
            {
                "id": folder.id,
                "displayName": folder.display_name,
                "parentFolderId": folder.parent_id or self.root,
                "childFolderCount": children[folder.id],
                "unreadItemCount": unread[folder.id],
                "totalItemCount": total[folder.id],
                "isHidden": folder.hidden,
            }
            for folder in folders
        ]
