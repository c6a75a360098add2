"""What an inventory may ask for and no playbook can do yet."""

from __future__ import annotations

TO_DO = "take it out of the inventory until then; docs/operators.md says what can be done by hand"


def not_yet(kind: str) -> list[str]:
    """The fields of a customer's entry that ask for it, as they are written."""
    return [f"credential.kind: {kind}"] if kind != "secret" else []
