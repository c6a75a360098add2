"""The table of causes in docs/support.md, made from the causes themselves.

python -m tests.docs.causes     writes it
"""

from __future__ import annotations

import re

from graphmail.diagnosis import CAUSES, Symptom
from tests.sandbox_process import ROOT

PAGE = ROOT / "docs" / "support.md"


def table() -> str:
    rows = [("cause", "shown by", "explains", "next")]
    rows.append(("---",) * 4)
    for cause in CAUSES:
        explains = "all" if cause.explains == set(Symptom) else ", ".join(s for s in Symptom if s in cause.explains)
        rows.append((f"{cause.title} (`{cause.name}`)", cause.signs, explains or "none; told beside", cause.next_step))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def filled(text: str) -> str:
    """The page's text with the table as it should be."""
    found = r"(<!-- causes -->\n).*?(<!-- /causes -->)"
    return re.sub(found, lambda match: f"{match[1]}{table()}{match[2]}", text, flags=re.DOTALL)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
