"""What Graph answers: the directory, and the mail routes beside it."""

from __future__ import annotations

from graphmail.sandbox.call import Route
from graphmail.sandbox.graph.mail_routes import ROUTES as MAIL

DIRECTORY: list[Route] = []

ROUTES = [*DIRECTORY, *MAIL]
