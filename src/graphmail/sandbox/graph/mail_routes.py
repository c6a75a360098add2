"""What Graph answers about mail."""

from __future__ import annotations

from graphmail.sandbox.call import Route

ROUTES: list[Route] = []
