"""The entry as a file: an inventory of one customer, whose comments say what was seen and what is undecided.

Everything in it comes from a tenant: values are quoted, comments are one line each.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from graphmail.discovery.draft import UNDECIDED, Draft
from graphmail.printable import printable

# In the inventory's own order.
ORDER = (
    "tenant_id",
    "initial_domain",
    "cloud",
    "app.display_name",
    "app.unique_name",
    "app.client_id",
    "app.known_credentials",
    "group.name",
    "group.address",
    "group.owners",
    "mailboxes",
    "outside_mailbox",
    "access",
    "credential.keep",
    "handover.recipients",
)


def page(customer: str, operators: Sequence[str], draft: Draft, told: Iterable[str]) -> str:
    """The YAML; `told` are lines for its head."""
    lines = [_comment(line) for line in told]
    lines += [f"operators: {_value(list(operators))}", "customers:", f"  {_value(customer)}:"]
    section = ""
    for name in ORDER:
        if name not in draft.entry:
            continue
        above, _, last = name.rpartition(".")
        if above and above != section:
            lines.append(f"    {above}:")
        section = above
        lines += _field(draft, name, last, "      " if above else "    ")
    return "\n".join(lines) + "\n"


def _field(draft: Draft, name: str, key: str, indent: str) -> list[str]:
    value = draft.entry[name]
    for_all = draft.comments.get((name, ""), "")
    lines = [f"{indent}{_comment(doubt.text)}" for doubt in draft.undecided if doubt.field == name]
    lines += [f"{indent}{_comment(what)}" for field, what in draft.remarks if field == name]
    if not isinstance(value, list):
        return [*lines, f"{indent}{key}: {_value(value)}{for_all and f'  {_comment(for_all)}'}"]
    lines.append(f"{indent}{key}:")
    for item in value:
        beside = draft.comments.get((name, item), "")
        lines.append(f"{indent}  - {_value(item)}{beside and f'  {_comment(beside)}'}")
    return lines


def _comment(text: str) -> str:
    """One line; how far it is indented below its title stays."""
    indent = "  " if text.startswith("  ") else ""
    return f"# {indent}{printable(text, 1000)}".rstrip()


def _value(value: Any) -> str:
    """On one line; quoted where it is text of the tenant that could mean something else."""
    if value == UNDECIDED:
        return UNDECIDED
    # What comes through Ansible is text of its own kinds, which YAML does not know.
    plain = json.loads(json.dumps(value))
    text = yaml.safe_dump(plain, default_flow_style=True, width=10_000, allow_unicode=False)
    return text.removesuffix("\n").removesuffix("\n...").strip()
