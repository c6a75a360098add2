"""Traces of known secrets in what a run leaves behind: as they are, encoded as programs encode things, and in part."""

from graphmail.leaks.search import Finding, NotSearched, Search
from graphmail.leaks.secret import WINDOW, Secret

__all__ = ["WINDOW", "Finding", "NotSearched", "Search", "Secret"]
