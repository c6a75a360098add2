"""docs/permissions.md and the README say what the parts declare, and what they declare is what they do."""

from __future__ import annotations

import re

import pytest
import yaml

from graphmail.exchange_roles import ROLE_OF
from graphmail.resources import CLASSES, resource
from graphmail.rights import ADMIN, BOOTSTRAP, RIGHTS
from tests.docs.rights import PAGE, PLAYBOOKS, README, filled, needed_by
from tests.docs.tables import modules_of
from tests.sandbox_process import ROOT

CMDLET = re.compile(r'"((?:Add|Enable|Get|New|Remove|Set|Test|Update)-[A-Z][A-Za-z]+)"')


@pytest.mark.parametrize("page", [PAGE, README], ids=lambda page: page.name)
def test_the_tables_are_as_the_modules_declare(page):
    text = page.read_text(encoding="utf-8")

    assert text == filled(text), "python -m tests.docs.rights writes them"


def test_an_onboarding_needs_what_bootstrap_grants_and_the_preflight_looks_for():
    modules = modules_of(ROOT / "playbooks" / "onboard.yml")
    declared = {p.split()[0] for module in modules for p in resource(module).permissions} - {"Application.Read.All"}

    assert declared == set(ADMIN)


def test_no_playbook_needs_more_than_bootstrap_grants():
    for playbook in PLAYBOOKS:
        if playbook.name != "bootstrap.yml":
            assert {p.split()[0] for p in needed_by(playbook)} - {"Application.Read.All"} <= set(ADMIN), playbook.name


def test_bootstrap_asks_an_administrator_for_what_its_modules_need():
    defaults = yaml.safe_load((ROOT / "roles" / "bootstrap" / "defaults" / "main.yml").read_text(encoding="utf-8"))
    needed = {RIGHTS[p.split()[0]].delegated for p in needed_by(ROOT / "playbooks" / "bootstrap.yml")}

    assert defaults["bootstrap_administrator_permissions"] == list(BOOTSTRAP)
    assert needed == set(BOOTSTRAP)


@pytest.mark.parametrize("module", sorted(name for name in CLASSES if name.startswith("exo_")))
def test_every_cmdlet_of_a_module_is_declared(module):
    text = (ROOT / "src" / "graphmail" / "resources" / f"{module}.py").read_text(encoding="utf-8")

    assert set(CMDLET.findall(text)) <= set(resource(module).cmdlets)


@pytest.mark.parametrize("module", sorted(CLASSES))
def test_every_declared_cmdlet_has_an_exchange_role(module):
    assert set(resource(module).cmdlets) <= set(ROLE_OF)
    assert bool(resource(module).cmdlets) == any("Exchange." in p for p in resource(module).permissions)
