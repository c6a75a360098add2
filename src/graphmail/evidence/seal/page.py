"""VERIFY.md, the auditor's page in every archive: only tools that nobody here wrote."""

from __future__ import annotations

from importlib.resources import files


def page() -> bytes:
    return (files("graphmail.evidence.seal") / "VERIFY.md").read_bytes()
