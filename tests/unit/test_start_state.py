"""The record of how objects were found: written once, before the change, and never guessed."""

from __future__ import annotations

import json
import os
import stat

import pytest

from graphmail.errors import TenantError
from graphmail.journal import Journal
from graphmail.start_state import ListChange, StartState

GROUP = ("exo_distribution_group", "Mailboxes", "guid-1")


@pytest.fixture
def tenant(operator):
    return operator.tenant()


@pytest.fixture
def record(tenant):
    return StartState(tenant)


def test_what_was_found_is_written_once_and_each_value_that_was_set_is_kept(record, tenant):
    record.change(*GROUP, {"address": "a@x"}, {"address": "b@x", "members": ListChange(frozenset({"m"}))})
    record.change(*GROUP, {"address": "b@x"}, {"address": "c@x", "members": ListChange(removed=frozenset({"n"}))})
    kept = StartState(tenant).of("exo_distribution_group", "MAILBOXES")
    assert (kept.found, kept.set) == ({"address": "a@x"}, {"address": ["b@x", "c@x"]})
    assert kept.lists == {"members": ListChange(frozenset({"m"}), frozenset({"n"}))}


def test_the_file_is_private_and_a_killed_writer_leaves_the_old_one(record, tenant, monkeypatch):
    record.change(*GROUP, {"address": "a@x"}, {"address": "b@x"})
    path = tenant.state.start_state
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()

    def killed(file):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        record.change(*GROUP, {}, {"address": "c@x"})
    assert path.read_bytes() == before


def test_a_journal_that_is_older_than_the_record_is_no_start(record, tenant):
    journal = Journal(tenant.state.make().journal, tenant.clock)
    journal.intend("create x", "m1", tenant_id=tenant.tenant_id)
    record.change(*GROUP, {"address": "a@x"}, {"address": "b@x"})
    assert not record.complete
    assert record.objects() == []
    record.start_anew()
    record.change(*GROUP, {"address": "a@x"}, {"address": "b@x"})
    assert len(record.objects()) == 1


def test_another_tenant_of_the_same_name_has_a_record_of_its_own(record, operator, tenant):
    record.change(*GROUP, {"address": "a@x"}, {"address": "b@x"})
    other = StartState(operator.tenant(tenant_id="5a4d0000-0000-4000-8000-0000000000ff"))
    assert other.objects() == []
    other.begin()
    assert len(record.objects()) == 1


def test_what_is_closed_is_begun_anew_by_the_next_change(record):
    record.change(*GROUP, {"address": "a@x"}, {"address": "b@x"})
    record.close(record.of(*GROUP[:2]), ["a picture"])
    assert record.of(*GROUP[:2]) is None
    assert [kept.left for kept in record.objects()] == [["a picture"]]
    record.change(*GROUP, {"address": "d@x"}, {"address": "b@x"})
    assert [kept.found for kept in record.objects()] == [{"address": "d@x"}]


@pytest.mark.parametrize(
    "text", ["", "{}", '{"tenants": {"t": {}}}', '{"tenants": {"t": {"complete": 1, "objects": [1]}}}']
)
def test_a_damaged_record_stops_before_anything_is_written(record, tenant, text):
    tenant.state.make().start_state.write_text(text)
    with pytest.raises(TenantError, match="cannot be read"):
        record.begin()
    assert tenant.state.start_state.read_text() == text


def test_it_is_one_json_of_values(record, tenant):
    record.change(*GROUP, {"address": "a@x"}, {"address": "b@x"})
    kept = json.loads(tenant.state.start_state.read_text())
    assert kept["schema"] == 1
    assert list(kept["tenants"]) == [tenant.tenant_id]
