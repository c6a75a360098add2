"""A tenant to try things in, and the apps that cases register there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tenancy:
    """A tenant to try things in. Nothing in it may be dear to anybody.

    `client_id` is an app with the rights of docs/conformance.md; `inside` and `outside` are two licensed mailboxes.
    """

    tenant_id: str
    client_id: str
    client_secret: str = field(repr=False)
    inside: str = ""
    outside: str = ""
    initial_domain: str = ""


@dataclass(frozen=True, slots=True)
class MailApp:
    """An app registered for a case, with its enterprise application and a secret."""

    id: str
    client_id: str
    principal_id: str
    key_id: str = ""
    client_secret: str = field(default="", repr=False)


@dataclass(slots=True)
class Lent:
    """Apps that several cases use, since real consent takes minutes to act; removed after the last case."""

    apps: dict[tuple[str, ...], MailApp] = field(default_factory=dict)
    undo: list[Callable[[], object]] = field(default_factory=list)
