"""Imports go one way, as docs/architecture.md draws them. Read from the source: an import in a function counts too."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FACE, PACKAGE, SANDBOX = "graphmail_ansible", "graphmail", "graphmail.sandbox"
LAYERS = {
    "library": "face",
    "plugins": "face",
    "src/graphmail_ansible": "joint",
    "src/graphmail": "package",
    "notebooks": "notebook",
}


def layer(path: Path, root: Path) -> str:
    """Which layer a file is of; empty for files that no rule is about."""
    inside = path.relative_to(root).as_posix()
    if inside.startswith("src/graphmail/sandbox/"):
        return "sandbox"
    return next((name for folder, name in LAYERS.items() if inside.startswith(f"{folder}/")), "")


def source(path: Path) -> str:
    """Its Python; of a notebook, that of its code cells without magics."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = ["".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]
    return "\n".join(line for cell in cells for line in cell.splitlines() if not line.lstrip().startswith(("%", "!")))


def imports(path: Path, root: Path) -> Iterator[str]:
    """Full names of all modules that the file imports, anywhere in it, `import_module("name")` included."""
    package = list(path.relative_to(root).with_suffix("").parts)[1:-1] if "src" in path.parts else []
    for node in ast.walk(ast.parse(source(path), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            yield from _literal(node.args[0] if node.args else None)


def _literal(argument: ast.expr | None) -> Iterator[str]:
    """The name, as far as it is written down: `f"graphmail.resources.{name}"` is `graphmail.resources.`."""
    if isinstance(argument, ast.JoinedStr) and argument.values:
        argument = argument.values[0] if isinstance(argument.values[0], ast.Constant) else None
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value


def of(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def forbidden(name: str, where: str) -> str:
    """Why a file of that layer may not import that module; empty when it may."""
    if of(name, "ansible") or of(name, "ansible_runner"):
        return "" if where in ("face", "joint") else "only library, plugins and graphmail_ansible import ansible"
    if where == "sandbox":
        ours = of(name, PACKAGE) and not of(name, SANDBOX)
        return "the sandbox imports nothing else of graphmail" if ours or of(name, FACE) else ""
    if of(name, SANDBOX):
        return "nothing else imports the sandbox"
    if of(name, FACE):
        return "" if where in ("face", "joint") else "graphmail_ansible is above graphmail"
    if of(name, "library") or of(name, "plugins"):
        return "nothing imports a module or a plugin"
    return ""


def violations(root: Path) -> list[str]:
    files = [f for folder in LAYERS for kind in ("*.py", "*.ipynb") for f in (root / folder).rglob(kind)]
    return sorted(
        f"{path.relative_to(root)}: {name}: {why}"
        for path in files
        if ".ipynb_checkpoints" not in path.parts
        for name in imports(path, root)
        if (why := forbidden(name, layer(path, root)))
    )


def test_imports_go_one_way() -> None:
    assert violations(ROOT) == []


def test_every_layer_has_files_to_look_at() -> None:
    for folder in LAYERS:
        assert list((ROOT / folder).rglob("*.py")) or list((ROOT / folder).rglob("*.ipynb")), folder


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("src/graphmail/graph.py", "import ansible"),
        ("src/graphmail/graph.py", "def f():\n    from ansible.module_utils import basic"),
        ("src/graphmail/graph.py", "import importlib\nimportlib.import_module('ansible.cli')"),
        ("src/graphmail/graph.py", "import ansible_runner"),
        ("src/graphmail/graph.py", "from graphmail_ansible import perform"),
        ("src/graphmail/graph.py", "from graphmail.sandbox.store import Tenant"),
        ("src/graphmail/graph.py", "from graphmail import sandbox"),
        ("src/graphmail/graph.py", "from . import sandbox"),
        ("src/graphmail/resources/a.py", "from ..sandbox import store"),
        (
            "src/graphmail/resources/a.py",
            "import_module(f'graphmail.sandbox.{name}')",
        ),
        ("src/graphmail/graph.py", "from plugins.action import tenant_info"),
        ("src/graphmail/sandbox/store.py", "from graphmail.errors import TenantError"),
        ("src/graphmail/sandbox/graph/routes.py", "from ...clock import Clock"),
        ("src/graphmail/sandbox/store.py", "import graphmail_ansible"),
        ("src/graphmail/sandbox/store.py", "import ansible.errors"),
        ("src/graphmail_ansible/action.py", "from graphmail.sandbox import server"),
        ("plugins/action/a.py", "from graphmail.sandbox import server"),
        ("library/a.py", "import graphmail.sandbox"),
        ("notebooks/a.ipynb", "import ansible"),
        ("notebooks/a.ipynb", "%matplotlib inline\nfrom graphmail_ansible import action"),
        ("notebooks/a.ipynb", "from graphmail.sandbox import server"),
    ],
)
def test_a_bad_import_is_noticed(tmp_path: Path, file: str, line: str) -> None:
    write(tmp_path / file, line)
    assert len(violations(tmp_path)) == 1


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("src/graphmail/graph.py", "import graphmail.errors\nfrom .errors import GraphError\nimport requests"),
        ("src/graphmail/graph.py", "SANDBOX = 'graphmail.sandbox'"),
        (
            "src/graphmail/sandbox/graph/routes.py",
            "from ..store import Tenant\nimport graphmail.sandbox.call",
        ),
        (
            "src/graphmail_ansible/action.py",
            "from ansible.plugins import action\nfrom graphmail import errors",
        ),
        ("plugins/action/a.py", "from graphmail_ansible.action import TenantAction"),
        ("library/a.py", "from ansible.module_utils.basic import AnsibleModule"),
        ("notebooks/a.ipynb", "from graphmail.mailflow import open_flow"),
    ],
)
def test_a_good_import_is_let_pass(tmp_path: Path, file: str, line: str) -> None:
    write(tmp_path / file, line)
    assert violations(tmp_path) == []


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    if path.suffix == ".ipynb":
        text = json.dumps({"cells": [{"cell_type": "code", "source": text.splitlines(keepends=True)}]})
    path.write_text(text, encoding="utf-8")
