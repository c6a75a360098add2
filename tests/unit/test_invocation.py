"""What of the command line stands in a customer's evidence: what bears on it, and no other customer."""

from __future__ import annotations

import re

import pytest
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict

from graphmail_ansible.invocation import INPUTS, invocation
from tests.sandbox_process import ROOT


@pytest.fixture(autouse=True)
def _command(monkeypatch):
    said = {"args": ("/srv/playbooks/offboard.yml",), "subset": "contoso,fabrikam", "tags": ("all",), "skip_tags": ()}
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(said))


def test_playbook_tags_and_our_own_inputs_are_kept():
    told = invocation("contoso", {"rotation_grace": "none", "offboard_adopted": "restore"})
    assert told == {
        "playbooks": ["offboard.yml"],
        "tags": ["all"],
        "skip_tags": [],
        "extra_vars": {"offboard_adopted": "restore", "rotation_grace": "none"},
    }


def test_no_other_customer_is_named():
    assert "fabrikam" not in str(invocation("contoso", {"offboard": "contoso,fabrikam"}))
    assert invocation("contoso", {"offboard": "contoso,fabrikam"})["extra_vars"] == {"offboard": "contoso"}


def test_of_what_is_not_ours_only_the_name_is_kept():
    given = {"my_password": "hunter2", "offboarding_entry": {"deep": "hunter2"}, "credential_client_secret": "hunter2"}
    assert set(invocation("contoso", given)["extra_vars"].values()) == {"(not kept)"}


def test_what_the_documents_say_of_inputs_is_kept_and_nothing_else():
    texts = [*(ROOT / "playbooks").glob("*.yml"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    said = {name for path in texts for name in re.findall(r"-e ([a-z_]+)=", path.read_text())}
    touch_no_tenant = {"report_accept", "report_into"}
    assert said - touch_no_tenant - {"customer", "tenant"} == INPUTS
