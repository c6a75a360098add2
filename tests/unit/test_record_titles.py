"""Every name that the code writes a record under has a title for its reader, and every title is of such a name."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator

from graphmail.evidence.titles import TITLES
from graphmail.migration.steps import ROUTES
from tests.sandbox_process import ROOT

from .evidence_samples import NOON, begun, check, record

PACKAGE = ROOT / "src"


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Each call of that name in the package, with its module."""
    for path in sorted((PACKAGE / "graphmail").rglob("*.py")):
        if "sandbox" in path.parts:
            continue
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name:
                yield module, node


def written() -> set[str]:
    """By how `notebook` is given: a constant, a verification notebook's name, or a migration's step."""
    names = set()
    for module, given in (*notebooks(), *tasks()):
        if isinstance(given, ast.Constant):
            names.add(given.value)
        elif isinstance(given, ast.Name):
            names.add(getattr(importlib.import_module(module), given.id))
        elif ast.unparse(given) == "self.notebook":
            names |= {path.stem for path in (ROOT / "notebooks").glob("verify_*.ipynb")}
        else:
            assert ast.unparse(given) == "f'migration_{step}'", f"{module}: which names are these?"
            names |= {f"migration_{step}" for step in proved_steps()}
    return names


def notebooks() -> Iterator[tuple[str, ast.expr]]:
    """What notebooks write, and how the name is given."""
    for module, call in calls("Record"):
        if module != "graphmail.task_record":
            yield from ((module, keyword.value) for keyword in call.keywords if keyword.arg == "notebook")


def tasks() -> Iterator[tuple[str, ast.expr]]:
    """What tasks write."""
    for module, call in calls("record_of"):
        yield module, call.args[1]


def proved_steps() -> set[str]:
    """Steps whose work ends in a proof on both planes; only those write a record."""
    named = set()
    for _module, call in calls("record"):
        step = call.args[2] if len(call.args) == 4 else None
        if isinstance(step, ast.Constant):
            named.add(step.value)
    work = ast.parse((PACKAGE / "graphmail" / "migration" / "work.py").read_text())
    for table in (node for node in ast.walk(work) if isinstance(node, ast.Dict)):
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and "_prove(" in ast.unparse(value):
                named.add(key.value)
    assert named <= {step.name for route in ROUTES.values() for step in route}
    return named


def test_every_record_that_the_code_writes_has_a_title_and_every_title_a_record():
    assert written() == set(TITLES)


def test_a_title_stands_in_the_report_and_another_name_for_itself(tmp_path):
    run = begun(tmp_path)
    run.write_record(record(check(), notebook="migration_prove"))
    run.write_record(record(check(), notebook="of_their_own"))
    page = run.close("succeeded", NOON).read_text().replace("&#39;", "'")
    assert f"<h3>{TITLES['migration_prove']}: " in page
    assert "<h3>of_their_own: " in page
