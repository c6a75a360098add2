"""The tree over the log's entries (RFC 9162, 2.1), kept as its frontier: the roots of its perfect subtrees."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Tree:
    """A tree that only grows. `size` is its number of leaves."""

    size: int = 0
    _frontier: list[bytes] = field(default_factory=list)  # largest subtree first

    def append(self, entry: bytes) -> list[bytes]:
        """Add an entry; its audit path in the tree that ends with it: the subtrees to its left, the nearest first."""
        return self.append_leaf(leaf_hash(entry))

    def append_leaf(self, leaf: bytes) -> list[bytes]:
        """The same, of an entry of which the hash alone is known."""
        path = self._frontier[::-1]
        self._frontier.append(leaf)
        self.size += 1
        number = self.size
        while number % 2 == 0:
            right = self._frontier.pop()
            self._frontier.append(_node(self._frontier.pop(), right))
            number //= 2
        return path

    @property
    def root(self) -> bytes:
        if not self._frontier:
            return hashlib.sha256(b"").digest()
        found = self._frontier[-1]
        for left in self._frontier[-2::-1]:
            found = _node(left, found)
        return found
