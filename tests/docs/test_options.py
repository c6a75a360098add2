"""What is documented is what a task may say: the options of `argument_spec()`, one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from graphmail.resources import CLASSES, resource
from tests.docs.conftest import ORDER, ansible_doc
from tests.sandbox_process import ROOT

MODULES = sorted(CLASSES)
FACTS = {"type": "str", "required": False, "default": None, "choices": None, "elements": None}


def described(options: Mapping[str, Any], nested: str) -> dict[str, Any]:
    """Options as comparable facts; `nested` is where the options within one stand: `options` or `suboptions`."""
    return {
        name: {fact: about.get(fact, default) for fact, default in FACTS.items()}
        | ({"options": described(about[nested], nested)} if nested in about else {})
        for name, about in options.items()
    }


@pytest.mark.parametrize("module", MODULES)
def test_documented_options_are_those_of_the_resource(module: str, documentation: dict[str, Any]) -> None:
    spec = described(resource(module).argument_spec(), "options")
    documented = described(documentation[module]["doc"]["options"], "suboptions")
    assert documented == spec


@pytest.mark.parametrize("module", MODULES)
def test_the_tenant_option_is_documented_as_the_inventory_makes_it(module: str, documentation: dict[str, Any]) -> None:
    tenant = documentation[module]["doc"]["options"]["tenant"]["suboptions"]
    made = {"customer", "tenant_id", "initial_domain", "cloud", "admin", "operators", "known_mailbox", "part"}
    assert set(tenant) == made
    assert set(tenant["admin"]["suboptions"]) == {"kind", "client_id", "sealed"}


@pytest.mark.parametrize("module", MODULES)
def test_every_permission_that_a_resource_needs_is_documented(module: str, documentation: dict[str, Any]) -> None:
    notes = " ".join(documentation[module]["doc"]["notes"])
    for permission in " ".join(resource(module).permissions).split():
        if re.match(r"^[A-Z][A-Za-z]+\.[A-Za-z.]+$", permission):
            assert permission in notes


@pytest.mark.parametrize("module", MODULES)
def test_check_and_diff_and_a_public_page_are_documented(module: str, documentation: dict[str, Any]) -> None:
    doc = documentation[module]["doc"]
    assert doc["attributes"]["check_mode"]["support"] == "full"
    assert doc["attributes"]["diff_mode"]["support"] == ("none" if not hasattr(resource(module), "plan") else "full")
    assert any(see.get("link", "").startswith("https://") for see in doc["seealso"])
    assert {see["module"] for see in doc["seealso"] if "module" in see} <= set(MODULES)


def test_modules_plugins_and_resources_are_the_same() -> None:
    library = {file.stem for file in (ROOT / "library").glob("*.py")}
    plugins = {file.stem for file in (ROOT / "plugins" / "action").glob("*.py")}
    assert library == plugins == set(CLASSES) == set(ORDER)


@pytest.mark.parametrize("module", MODULES)
def test_a_shipped_file_runs_the_resource_of_its_name(module: str) -> None:
    assert f'TenantModule("{module}").run()' in (ROOT / "library" / f"{module}.py").read_text()


@pytest.mark.parametrize(
    ("kind", "names"), [("module", MODULES), ("inventory", ["customers"]), ("callback", ["evidence"])]
)
def test_ansible_doc_shows_it(kind: str, names: list[str]) -> None:
    done = ansible_doc("-t", kind, *names)
    assert done.returncode == 0, done.stderr
    assert "[WARNING]" not in done.stderr
    for name in names:
        assert re.search(rf"^> {kind.upper()} .*{name}", done.stdout, re.MULTILINE)
