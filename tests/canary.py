"""A secret whose every trace is looked for, with the search that a run's evidence goes through before it is closed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from graphmail.leaks import Search, Secret


def traces(secret: str, where: bytes) -> list[str]:
    """Names of the encodings in which `secret`, or ten characters of it, stands in these bytes."""
    return [found.encoding for found in Search(Secret.all_of("canary", secret)).in_bytes(where, "here")]


def traced_files(secrets: Iterable[str], folder: Path) -> dict[str, list[str]]:
    """Files below `folder` that hold a trace of any of the secrets, in their name or content."""
    found: dict[str, list[str]] = {}
    for trace in Search(part for secret in secrets for part in Secret.all_of("canary", secret)).in_folder(folder):
        found.setdefault(trace.where, []).append(trace.encoding)
    return found
