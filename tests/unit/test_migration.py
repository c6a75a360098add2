"""The migration as data: the order that keeps it safe, where it begins, what stands in its way, what is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from graphmail.errors import TenantError
from graphmail.migration import ROUTES, Progress, Progresses, Standing
from graphmail.migration.plan import CMDLETS, difference, first_step, obstacles, roles_on
from graphmail.pending import Wait
from graphmail.state import StateFolder

GROUP = "Kundo Mail mailboxes"
ROLES = ("Mail.ReadWrite", "Mail.Send")
HELD = {f"kundo-mail {role}": role for role in roles_on(GROUP)}
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BY_POLICY = Standing(
    client_id="c",
    consents=ROLES,
    policy=True,
    others=(),
    pointer=False,
    assignments={},
    group=True,
    members=("support@contoso.example",),
    nested=(),
    key_ids=("k",),
)
BY_ROLES = replace(BY_POLICY, consents=(), policy=False, pointer=True, assignments=HELD)


def names(route):
    return [step.name for step in ROUTES[route]]


def test_consent_goes_after_the_cache_time_and_the_policy_after_the_last_token():
    forward = names("forward")
    order = ["grant", "test", "hold", "revoke", "prove", "outlast", "unrestrict", "settle", "prove_again"]
    assert forward == order
    holds = {step.name: step.hold for step in ROUTES["forward"] if step.hold}
    assert holds == {"hold": "cache_time", "outlast": "token_lifetime", "settle": "cache_time"}


def test_every_step_forward_has_a_way_back_that_undoes_all_that_may_be_done_by_then():
    done = {"grant": "withdraw", "revoke": "consent", "unrestrict": "restrict"}
    undone = set()
    for step in ROUTES["forward"]:
        undone |= {done[step.name]} if step.name in done else set()
        assert step.red is not None
        assert undone <= set(names(step.red)), step.name


@pytest.mark.parametrize("route", [route for route in ROUTES if route != "forward"])
def test_every_way_back_ends_with_a_proof_and_none_leads_on_another(route):
    assert names(route)[-1] == "prove_before"
    assert [step.red for step in ROUTES[route] if step.red] == []


def test_on_the_way_back_the_policy_acts_before_consent_and_roles_go_last():
    order = ["restrict", "act", "consent", "prove_consent", "outlast_back", "withdraw", "fade", "prove_before"]
    assert names("back_from_policy") == order


@pytest.mark.parametrize(
    ("standing", "first"),
    [
        (None, ""),
        (BY_POLICY, "grant"),
        (BY_ROLES, ""),
        (replace(BY_ROLES, policy=True), "prove"),
        (replace(BY_POLICY, consents=()), ""),
        (replace(BY_POLICY, consents=("User.Read.All",)), ""),
        (replace(BY_POLICY, pointer=True, assignments=HELD), "grant"),
        (replace(BY_POLICY, consents=("Office 365 Exchange Online/full_access_as_app",)), "grant"),
    ],
)
def test_where_it_begins(standing, first):
    assert first_step(standing, GROUP) == first


def test_a_difference_names_only_what_differs():
    assert difference(replace(BY_POLICY, pointer=True, assignments=HELD), GROUP).before == {
        "consents": list(ROLES),
        "policies": [f"RestrictAccess for {GROUP!r}"],
    }


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"others": ("DenyAccess for 'x'",)}, "not converted"),
        ({"others": ("RestrictAccess for 'x'",)}, "opens more mailboxes"),
        ({"group": False, "members": ()}, "There is no group"),
        ({"members": ()}, "unreadable"),
        ({"nested": ("g@contoso.example",)}, "holds another group, g@contoso.example"),
        ({"policy": False}, "Nothing confines"),
        ({"consents": (*ROLES, "X/full_access_as_app")}, "X/full_access_as_app"),
        ({"assignments": {"a": f"Application Mail.Read on {GROUP}"}}, "was not made here"),
        ({"assignments": {"a": f"Application Mail.Send on {GROUP} (disabled)"}}, "(disabled)"),
    ],
)
def test_what_stands_in_the_way(changed, word):
    (text,) = obstacles(replace(BY_POLICY, **changed), GROUP, {}, frozenset(CMDLETS))
    assert word in text
    assert "To do:" in text


def test_nothing_stands_in_the_way_of_a_customer_as_onboarded():
    assert obstacles(BY_POLICY, GROUP, {"IsDehydrated": False}, frozenset(CMDLETS)) == []


def test_an_admin_who_could_not_go_back_does_not_begin():
    allowed = frozenset(CMDLETS) - {"New-ApplicationAccessPolicy"}
    (text,) = obstacles(BY_POLICY, GROUP, {"IsDehydrated": "False"}, allowed)
    assert "New-ApplicationAccessPolicy" in text


@pytest.mark.parametrize("wait", [None, Wait.begin("caches", "s", NOW, 7200).again(NOW, "not yet")])
def test_progress_reads_back_as_it_was_written(tmp_path, wait):
    stored = Progresses(StateFolder(tmp_path, "contoso"))
    assert stored.read() is None
    progress = Progress("forward", "hold", GROUP, replace(BY_POLICY, assignments={"a": "b"}), NOW, wait=wait)
    stored.write(progress)
    assert stored.read() == progress
    assert [path.name for path in (tmp_path / "contoso").iterdir() if path.is_file()] == ["migration.json"]
    stored.clear()
    assert stored.read() is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"wait": null, "before": {}, "began": "x"}'])
def test_a_damaged_state_is_told_and_never_taken_for_none(tmp_path, text):
    state = StateFolder(tmp_path, "contoso").make()
    state.migration.write_text(text)
    with pytest.raises(TenantError, match="nobody knows what the tenant was like before"):
        Progresses(state).read()


def test_the_first_reason_for_the_way_back_is_kept():
    progress = Progress("forward", "prove", GROUP, BY_POLICY, NOW, wait=Wait.begin("x", "s", NOW, 9))
    back = progress.turned("back_from_consent", "first")
    assert (back.name, back.wait, back.back, back.red) == ("consent", None, True, "first")
    assert back.turned("back_from_policy", "second").red == "first"


def test_a_route_comes_to_its_end():
    progress = Progress("back_from_roles", "withdraw", GROUP, BY_POLICY, NOW)
    last = progress.next()
    assert last is not None
    assert (last.name, last.next()) == ("prove_before", None)
