"""Finds the documented operation that a method and a path mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from graphmail.sandbox.call import Route

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_KEY = re.compile(r"(?<=\w)\('([^'/]*)'\)")


def decode_path(raw: str) -> str:
    """Percent-decode a path but for %2F, which is a slash inside a segment and not between two."""
    return raw if "%" not in raw else unquote(raw.replace("%2F", "%252F").replace("%2f", "%252F"))


class Router:
    """Routes by method and first segment; a literal segment wins over a placeholder, and case does not matter.

    A key may stand in parentheses, as OData has it: `mailFolders('inbox')` is `mailFolders/inbox`.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = list(routes)
        self._table: dict[tuple[str, str], list[tuple[re.Pattern[str], Route]]] = {}
        for route in sorted(self.routes, key=lambda r: r.template.count("{")):
            self._table.setdefault(self._bucket(route.method, route.template), []).append(
                (_compile(route.template), route),
            )

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        found = self._find(method, path)
        return found or (self._find(method, _KEY.sub(r"/\1", path)) if "('" in path else None)

    def _find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        for key in (self._bucket(method, path), (method, "{")):
            for pattern, route in self._table.get(key, ()):
                if match := pattern.fullmatch(path):
                    return route, {k: v.replace("%2F", "/") for k, v in match.groupdict().items()}
        return None

    @staticmethod
    def _bucket(method: str, path: str) -> tuple[str, str]:
        first = path.split("/", 2)[1] if path.startswith("/") else path
        return method, "{" if first.startswith("{") else first.split("(", 1)[0].lower()


def _compile(template: str) -> re.Pattern[str]:
    parts: list[str] = []
    end = 0
    for hit in _PLACEHOLDER.finditer(template):
        parts += [_literal(template[end : hit.start()]), f"(?P<{hit.group(1)}>[^/]+?)"]
        end = hit.end()
    return re.compile("".join(parts) + _literal(template[end:]), re.IGNORECASE)


def _literal(text: str) -> str:
    """A type's name may be given by the namespace's alias: learn.microsoft.com/graph/traverse-the-graph."""
    return re.escape(text).replace(r"microsoft\.graph\.", r"(?:microsoft\.)?graph\.")
