"""The tables of docs/modules.md, made from the modules' documentation and the roles.

python -m tests.docs.tables     writes them
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from graphmail.resources import CLASSES, resource
from tests.docs.conftest import ORDER, documented_modules
from tests.sandbox_process import ROOT

PAGE = ROOT / "docs" / "modules.md"


def tables() -> dict[str, str]:
    """Name -> Markdown; on the page each stands between `<!-- name -->` and `<!-- /name -->`."""
    return {"modules": _modules(documented_modules()), "roles": _roles()}


def filled(text: str) -> str:
    """The page's text with the tables as they should be."""
    for name, table in tables().items():
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\g<1>{table}\g<2>", text, flags=re.DOTALL)
    return text


def _modules(documentation: dict[str, Any]) -> str:
    rows = [
        (f"`{module}`", documentation[module]["doc"]["short_description"], _permissions(module)) for module in ORDER
    ]
    return markdown(("module", "does", "the admin app needs"), rows)


def _permissions(module: str) -> str:
    return ", ".join(resource(module).permissions) or "nothing"


def _roles() -> str:
    roles = sorted((ROOT / "roles").iterdir(), key=_first_play)
    return markdown(("role", "outcome", "modules", "played by"), [_role(role) for role in roles])


def _role(role: Path) -> tuple[str, str, str, str]:
    spec = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    tasks = " ".join(file.read_text(encoding="utf-8") for file in sorted((role / "tasks").glob("*.yml")))
    modules = [f"`{module}`" for module in CLASSES if re.search(rf"^ +{module}:$", tasks, re.MULTILINE)]
    played = [f"`{playbook.name}`" for playbook in _playbooks() if _plays(playbook, role)]
    return f"`{role.name}`", spec["argument_specs"]["main"]["short_description"], ", ".join(modules), ", ".join(played)


def _first_play(role: Path) -> tuple[int, int, str]:
    """Roles in the order in which they are played."""
    order = ["onboard.yml", "verify.yml", "handover.yml"]
    for playbook in _playbooks():
        if place := _plays(playbook, role):
            return order.index(playbook.name) if playbook.name in order else len(order), place, role.name
    return len(order) + 1, 0, role.name


def _playbooks() -> list[Path]:
    return sorted((ROOT / "playbooks").glob("*.yml"))


def _plays(playbook: Path, role: Path) -> int:
    """Where the playbook names the role; 0 if it does not."""
    found = re.search(rf"^ +(?:name|role): {role.name}$", playbook.read_text(encoding="utf-8"), re.MULTILINE)
    return found.start() if found else 0


def modules_of(playbook: Path) -> set[str]:
    """Every module that the playbook, or one that it imports, may run."""
    text = playbook.read_text(encoding="utf-8")
    imported = re.findall(r"import_playbook: (\S+)$", text, re.MULTILINE)
    roles = [role for role in (ROOT / "roles").iterdir() if _plays(playbook, role)]
    tasks = " ".join(file.read_text(encoding="utf-8") for role in roles for file in (role / "tasks").glob("*.yml"))
    own = {module for module in CLASSES if re.search(rf"^ +{module}:$", tasks, re.MULTILINE)}
    return own.union(*(modules_of(playbook.parent / name) for name in imported))


def markdown(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of these rows."""
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
