"""Over fifty hand-made tenants: an onboarding with the entry has no surprise, and the vendor works all the time.

A surprise is what onboard.yml --check shows or says and the entry's comments do not: a change that they did not
announce, option by option and item by item of a list; a second app, group or policy beside one that is there; a stop.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from graphmail.customers import InventoryError, load
from tests.discovery.by_hand import COUNT, NUMBERS, TROUBLES, Worked, name, tenant_id, work
from tests.discovery.conftest import Desk
from tests.discovery.decisions import decided, once_more
from tests.discovery.onboarding import Onboarding, announced, onboard, surprises
from tests.discovery.vendor import Vendor

# Nobody can know of a group by another name than the usual one, where nothing names it.
UNNAMED = {"nothing confines it", "roles without a scope", "a management scope", "a distribution list"}
# By what somebody did, what the entry says to do about it.
ADVICE = {
    "a secret that is over": ("over: remove it in Entra", "None of them lives"),
    "one over and one live": ("over: remove it in Entra", "keep: true"),
    "a secret about to end": ("ends in 9 days: agree with the vendor", "ends within 30 days"),
    "several live secrets": ("ask the vendor, and remove in Entra",),
    "a certificate": ("kept as it is, and not renewed from here", "keep: true"),
    "the group was deleted": ("it was deleted", "Remove-ApplicationAccessPolicy"),
    "a management scope": ("the mailboxes of the filter RecipientTypeDetails", "replaces it by one on the group"),
    "roles without a scope": ("opens every mailbox", "replaces it by one on the group"),
    "consent beside roles": ("`rbac` when the consent shall go",),
    "part of the consent beside roles": ("`rbac` when the consent shall go",),
    "two apps in use": ("discover again with app.client_id",),
    "another app of the name": ("Proposed: ",),
    "a second policy": ("the app is confined to several groups",),
    "a distribution list": ("no group that can be taken over; onboard.yml makes one",),
    "nothing confines it": ("nothing confines the app", "onboard.yml makes what confines it"),
    "a group in the group": ("no mailbox here",),
}
IN_TROUBLE = [2 + 3 * trouble for trouble in range(len(TROUBLES))]
DELETED = 2 + 3 * TROUBLES.index("the group was deleted")
PROBES: Counter[str] = Counter()
CLEAN: set[int] = set()


@pytest.mark.parametrize("number", NUMBERS)
def test_an_onboarding_with_the_entry_has_no_surprise(
    desk: Desk, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked = work(desk.sandbox, number)
    desk.sandbox.mark()
    with Vendor(desk.sandbox, worked.tenant, worked.secrets, worked.address(worked.member)) as vendor:
        found = desk.discover(number)
        assert Path(found["path"]).read_text() == found["text"]
        complete = found["status"] == "complete"
        assert complete == (not set(TROUBLES) & set(worked.done)), (worked.done, found["undecided"])
        text = found["text"]
        if asked := once_more(worked, found):
            found = desk.discover(number, **asked)
        advised(worked, text + found["text"])
        path = tmp_path / "decided.yml"
        if complete:
            path = Path(found["path"])
            customer = load(path).customers[name(number)]
        else:
            customer = decided(worked, found["text"], path)
        done = onboard(customer, path, monkeypatch, check=True)
    assert list(surprises(done, found["text"], customer.access)) == []
    no_second(worked, done)
    assert not (complete and done.stops)
    assert customer.credential.keep == bool(worked.live)
    assert desk.sandbox.writes == []
    assert vendor.failures == []
    assert vendor.count > 0 or not worked.secrets
    PROBES.update(probes=vendor.count, reads=vendor.read)
    CLEAN.update({number} if complete else ())


def advised(worked: Worked, text: str) -> None:
    for what in worked.done:
        for advice in ADVICE.get(what, ()):
            assert advice in text, (what, text)


def no_second(worked: Worked, done: Onboarding) -> None:
    assert done.made("entra_application") == (not worked.client_id) or done.stops
    named = worked.usual or not UNNAMED & set(worked.done)
    assert not (done.made("exo_distribution_group") and worked.group_name and named)
    assert not (done.made("exo_application_access_policy") and worked.confined)


def test_most_need_no_decision_and_the_vendor_was_asked_all_the_time(
    record_property: pytest.RecordProperty, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the others: of the ninety at least fifty."""
    if len(PROBES) == 0:
        pytest.skip("counts what the other tests of this file saw, in the same process")
    told = (
        f"{len(CLEAN)} of {len(NUMBERS)} entries need no decision; {PROBES['probes']} probes, {PROBES['reads']} reads"
    )
    with capsys.disabled():
        print(f"\n{told}")
    assert len(CLEAN) >= (50 if COUNT >= 90 else 2)
    assert PROBES["probes"] > len(NUMBERS)
    assert PROBES["reads"] > 0


@pytest.mark.parametrize("number", [*range(0, 30, 3), *IN_TROUBLE] if COUNT else [0, DELETED])
def test_the_run_does_what_the_check_showed_and_the_vendor_works_on(
    desk: Desk, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sandbox.reset(tenant_id(number))
    worked = work(desk.sandbox, number)
    path = tmp_path / "decided.yml"
    with Vendor(desk.sandbox, worked.tenant, worked.secrets, worked.address(worked.member)) as vendor:
        found = desk.discover(number)
        if asked := once_more(worked, found):
            found = desk.discover(number, **asked)
        customer = decided(worked, found["text"], path)
        check = onboard(customer, path, monkeypatch, check=True)
        done = onboard(customer, path, monkeypatch, check=False)
        again = None if done.stops else onboard(customer, path, monkeypatch, check=True)
    assert (done.stops, done.modules) == (check.stops, check.modules)
    assert again is None or (again.stops, again.changed) == ([], [])
    assert list(surprises(done, found["text"], customer.access)) == []
    no_second(worked, done)
    assert vendor.failures == []
    assert vendor.count > 0 or not worked.secrets


def test_the_probe_notices_that_the_secret_is_gone(desk: Desk) -> None:
    desk.sandbox.reset()
    worked = work(desk.sandbox, 0)
    with Vendor(desk.sandbox, worked.tenant, worked.secrets, worked.address(worked.member)) as vendor:
        desk.discover(0)
        path = f"/applications(appId='{worked.client_id}')"
        (key_id,) = worked.key_ids()
        worked.graph("POST", f"{path}/removePassword", {"keyId": key_id})
        desk.sandbox.settle(worked.tenant)
    assert any("the token endpoint answers 401" in failure for failure in vendor.failures)


def test_an_unannounced_change_is_a_surprise() -> None:
    head = "# onboard.yml would change:\n#   group 'x': owners lacks a@x.example: missing becomes a@x.example\n"
    change = ("exo_distribution_group", {"owners": []}, {"owners": ["a@x.example"]})
    assert list(surprises(Onboarding([change]), head, "rbac")) == []
    assert announced(head, "rbac")[1] == ""
    for other in (
        ("exo_distribution_group", {"owners": []}, {"owners": ["b@x.example"]}),
        ("exo_distribution_group", {}, {"owners": ["a@x.example"]}),
        ("entra_application", {"notes": ""}, {"notes": "x"}),
    ):
        assert len(list(surprises(Onboarding([other]), head, "rbac"))) == 1
    assert list(surprises(Onboarding(stops=["No"]), head, "rbac")) == ["stop: No"]


def test_a_mistake_left_in_stops_the_check(desk: Desk) -> None:
    """No check accepts what is UNDECIDED."""
    desk.sandbox.reset()
    work(desk.sandbox, 2 + 3 * TROUBLES.index("nothing confines it"))
    found = desk.discover(2 + 3 * TROUBLES.index("nothing confines it"), group="Nowhere")
    with pytest.raises(InventoryError):
        load(Path(found["path"]))
