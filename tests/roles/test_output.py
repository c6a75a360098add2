"""What an operator reads in the terminal."""

from __future__ import annotations

import pytest

from tests.roles.conftest import Operations

pytestmark = pytest.mark.playbook


def test_each_obstacle_stands_on_a_line_of_its_own_and_each_address_once(ops: Operations) -> None:
    wrong = ["support@elsewhere.example", "nobody@contoso.example"]
    ops.change(lambda entries: entries["contoso"].update(mailboxes=wrong), "contoso")

    run = ops.play("onboard.yml", "--check")

    lines = run.failures()["contoso"].splitlines()[1:]
    assert [line.split(" ")[0] for line in lines] == wrong
    assert all("To do: " in line for line in lines)
    # In the terminal too: not once more in one long line, and no id of a request that did not fail.
    # The table comes after the last play.
    assert run.output.partition("PLAY RECAP")[0].count(wrong[0]) == 1
    assert "request_id" not in run.output
