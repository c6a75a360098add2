"""How Exchange's own tests are read: granted or denied only where nothing else can be meant."""

from __future__ import annotations

import pytest

from graphmail.access_models import MODELS
from graphmail.errors import ExchangeError
from graphmail.exchange import CmdletAnswer

BOTH = "Mail.ReadWrite, Mail.Send"


def row(permissions, in_scope):
    return {"GrantedPermissions": permissions, "InScope": in_scope}


@pytest.mark.parametrize(
    ("rows", "plane"),
    [
        ([row("Mail.Send", True), row("Mail.ReadWrite", True)], "Granted"),
        ([row(BOTH, "True")], "Granted"),
        ([row("Mail.Send", False), row("Mail.ReadWrite", "False")], "Denied"),
        ([row("Mail.Send", True), row("Mail.ReadWrite", False)], "undecided"),
        ([row("Mail.Read", True)], "undecided"),
        ([row("", True)], "undecided"),
        ([row("Mail.Send", False), row("EWS.AccessAsApp", True)], "undecided"),
        ([row(BOTH, "Not Run")], "undecided"),
        ([row(BOTH, None)], "undecided"),
        ([], "undecided"),
    ],
)
def test_roles_are_denied_only_where_nothing_at_all_is_in_scope(rows, plane):
    assert MODELS["rbac"].tested(CmdletAnswer(rows)).plane == plane


@pytest.mark.parametrize(
    ("rows", "plane"),
    [
        ([{"AccessCheckResult": "Granted"}], "Granted"),
        ([{"AccessCheckResult": False}], "Denied"),
        ([{"AccessCheckResult": "Granted"}, {"AccessCheckResult": "Denied"}], "undecided"),
        ([{"AccessCheckResult": "Perhaps"}], "undecided"),
        ([], "undecided"),
    ],
)
def test_policies_are_read_as_a_word_or_a_truth_value(rows, plane):
    assert MODELS["application_access_policy"].tested(CmdletAnswer(rows)).plane == plane


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_refused_test_is_undecided_and_says_why(name):
    error = ExchangeError("Test", status=400, type_name="SomeException", message="")
    tested = MODELS[name].tested(CmdletAnswer([], error))
    assert (tested.plane, tested.reason) == ("undecided", "SomeException")
