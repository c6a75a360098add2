"""A playbook judged by its events."""

import pytest

from graphmail_ansible.playbook_run import PlaybookRun, TaskEvent


def event(kind, **data):
    return {
        "event": kind,
        "event_data": {"host": "contoso", "task": "Do it", "task_action": "entra_application"} | data,
    }


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        (event("runner_on_ok", res={"changed": False}), "ok"),
        (event("runner_on_ok", res={"changed": True}), "changed"),
        (event("runner_on_failed", res={"msg": "no"}), "failed"),
        (event("runner_on_failed", res={"msg": "no"}, ignore_errors=True), "ok"),
        (event("runner_on_skipped"), "skipped"),
        (event("runner_on_unreachable"), "unreachable"),
        (event("runner_on_start"), None),
        (event("playbook_on_stats"), None),
        ({"event": "verbose"}, None),
    ],
)
def test_the_outcome_of_a_task(told, outcome):
    heard = TaskEvent.of(told)

    assert (heard.outcome if heard else None) == outcome


def test_a_task_tells_host_module_message_and_diff():
    result = {"changed": True, "msg": "done", "diff": {"before": {}, "after": {"a": 1}}}
    heard = TaskEvent.of(event("runner_on_ok", res=result, task_action="ansible.legacy.entra_application"))

    assert heard is not None
    assert (heard.host, heard.module, heard.message) == ("contoso", "entra_application", "done")
    assert heard.diff == {"before": {}, "after": {"a": 1}}


@pytest.mark.parametrize(
    ("status", "rc", "events", "succeeded"),
    [
        ("successful", 0, [TaskEvent("contoso", "t", "m", "ok")], True),
        ("successful", 0, [], False),
        ("failed", 2, [TaskEvent("contoso", "t", "m", "failed")], False),
        ("successful", 4, [TaskEvent("contoso", "t", "m", "ok")], False),
        ("timeout", 0, [TaskEvent("contoso", "t", "m", "ok")], False),
    ],
)
def test_a_run_without_any_task_is_no_success(status, rc, events, succeeded):
    assert PlaybookRun(status, rc, events).succeeded is succeeded


def test_each_host_has_its_own_events():
    run = PlaybookRun(
        "failed",
        2,
        [
            TaskEvent("contoso", "first", "m", "changed"),
            TaskEvent("contoso", "second", "m", "failed", "why"),
            TaskEvent("litware", "first", "m", "ok"),
        ],
    )

    assert run.hosts == ["contoso", "litware"]
    assert run.changed("contoso") == ["first"]
    assert run.failures() == {"contoso": "why"}
    assert [e.task for e in run.of("litware", "ok")] == ["first"]
