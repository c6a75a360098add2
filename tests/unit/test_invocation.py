"""What of the command line stands in a customer's evidence: what bears on it, and no other customer."""

from __future__ import annotations

import pytest
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict

from graphmail_ansible.invocation import invocation


@pytest.fixture(autouse=True)
def _command(monkeypatch):
    said = {"args": ("/srv/playbooks/offboard.yml",), "subset": "contoso,fabrikam", "tags": ("all",), "skip_tags": ()}
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict(said))


def test_playbook_tags_and_our_own_inputs_are_kept():
    told = invocation("contoso", {"offboarding_max_wait": 60, "offboard_adopted": "restore"})
    assert told == {
        "playbooks": ["offboard.yml"],
        "tags": ["all"],
        "skip_tags": [],
        "extra_vars": {"offboarding_max_wait": 60, "offboard_adopted": "restore"},
    }


def test_no_other_customer_is_named():
    assert "fabrikam" not in str(invocation("contoso", {"offboard": "contoso,fabrikam"}))
    assert invocation("contoso", {"offboard": "contoso,fabrikam"})["extra_vars"] == {"offboard": "contoso"}


def test_of_what_is_not_ours_only_the_name_is_kept():
    told = invocation("contoso", {"my_password": "hunter2", "offboarding_entry": {"deep": "hunter2"}})
    assert told["extra_vars"] == {"my_password": "(not kept)", "offboarding_entry": "(not kept)"}
