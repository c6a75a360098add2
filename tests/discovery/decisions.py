"""What a person does with an entry that leaves something UNDECIDED: as its comments propose, else what people know."""

from __future__ import annotations

import re
from pathlib import Path

from graphmail.customers import Customer, load
from tests.discovery.by_hand import Worked, name

# Whom only the customer can name.
KNOWN = {"owners": "anna", "mailboxes": "info", "outside_mailbox": "care"}


def decided(worked: Worked, text: str, path: Path) -> Customer:
    """The entry with every UNDECIDED filled in, written to `path`, as a check of an inventory takes it."""
    lines, proposal, listed = list[str](), "", ""
    for line in text.splitlines():
        bare = line.strip()
        if line.startswith(" ") and bare.startswith("#"):
            found = re.search(r"Proposed: (\S+)$", bare)
            proposal = found[1] if found else proposal
        elif bare.endswith(": UNDECIDED") or bare == "- UNDECIDED":
            key = listed if bare.startswith("-") else bare.partition(":")[0]
            answer = proposal or worked.address(KNOWN[key])
            line = line.replace("UNDECIDED", answer)
            proposal = ""
        elif bare.endswith(":"):
            listed = bare.rstrip(":")
        else:
            proposal = ""
        lines.append(line)
    path.write_text("\n".join(lines) + "\n")
    return load(path).customers[name(worked.number)]


def once_more(worked: Worked, found: dict) -> dict[str, str]:
    """What is to be told to discover.yml, where the comments ask to discover again."""
    asked = {}
    for doubt in found["undecided"]:
        if "discover again with app.client_id" in doubt["choices"] and not doubt["proposal"]:
            asked["client_id"] = worked.client_id
        if "discover again with `group`" in doubt["choices"]:
            asked["group"] = worked.group_name
    return asked
