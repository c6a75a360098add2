"""A log's entries as they are read, one after the other, by whoever appends and by whoever verifies."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from graphmail.evidence.files import EvidenceError
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal.checkpoint import Head
from graphmail.evidence.seal.history import HIDDEN, History
from graphmail.evidence.seal.merkle import Tree, leaf_hash

CHECKPOINTS = "checkpoints"


class Entries:
    """Reads entries one after the other, and knows tree, digest and history of those read."""

    def __init__(self, *, exported: bool = False) -> None:
        """`exported`: entries of other customers may be there as hashes alone. Whoever appends takes none of those."""
        self.history = History()
        self.hidden = 0
        self._exported = exported
        self.tree = Tree()
        self.path: list[bytes] = []  # of the newest entry
        self.line = b""  # the newest
        self._sha256 = hashlib.sha256()

    def add(self, line: bytes) -> None:
        """Raises EvidenceError when the line cannot stand there."""
        entry = canonical.decode(line, f"entry {self.tree.size} of the log")
        if self._exported and set(entry) == {HIDDEN}:
            leaf = hidden_leaf(entry)
            self.history.hide()
            self.hidden += 1
        else:
            leaf = leaf_hash(line)
            self.history.add(entry, leaf)
        self._sha256.update(line + b"\n")
        self.path = self.tree.append_leaf(leaf)
        self.line = line

    @property
    def head(self) -> Head:
        return Head(self.history.origin, self.tree.size, self.tree.root, self._sha256.hexdigest())

    def inclusion(self) -> bytes:
        """What proves that the newest entry is in the log."""
        proof = {
            "log": self.history.origin,
            "entry": self.line.decode(),
            "leaf_index": self.tree.size - 1,
            "tree_size": self.tree.size,
            "leaf_sha256": leaf_hash(self.line).hex(),
            "proof": [node.hex() for node in self.path],
            "root_sha256": self.tree.root.hex(),
            "checkpoint": f"{CHECKPOINTS}/{self.head.file_name}",
        }
        return canonical.encode(proof)


def hidden_leaf(entry: Mapping[str, Any]) -> bytes:
    """Raises EvidenceError where it is no SHA-256."""
    text = str(entry[HIDDEN])
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise EvidenceError("an entry of another customer is no hash")
    return bytes.fromhex(text)
