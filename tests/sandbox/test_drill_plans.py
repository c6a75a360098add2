"""Planning drills and forgetting them: what a plan may say, and what stands when one of several is forgotten."""

from __future__ import annotations

import os
import signal
from itertools import permutations

import pytest

from graphmail.sandbox.drills import DRILLS
from tests.sandbox.test_drills import plan, planned
from tests.sandbox_process import CONTOSO, running


def delays(sandbox):
    return sandbox.control("GET", f"/tenants/{CONTOSO}/delays")


def forget(sandbox, number):
    url = f"{sandbox.json['control']}/_sandbox/tenants/{CONTOSO}/drills/forget"
    page = {"Accept": "text/html"}
    answer = sandbox.http.post(url, data={"number": str(number)}, headers=page, allow_redirects=False, timeout=30)
    assert answer.status_code == 303


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_lags_forgotten_one_by_one_in_any_order_leave_the_delays_as_before(sandbox, order):
    before = delays(sandbox)
    seconds = {1: 1000, 2: 2000, 3: 3000}
    for value in seconds.values():
        plan(sandbox, "policy_lag", parameters={"seconds": value})
    for number in order:
        assert delays(sandbox)["policy"] == seconds[max(seconds)]
        forget(sandbox, number)
        del seconds[number]
    assert delays(sandbox) == before


def test_delay_changed_under_a_lag_is_in_force_when_the_lag_is_forgotten(sandbox):
    plan(sandbox, "policy_lag")
    # A page's form sends all of them back, with those that the lag made.
    sandbox.delays(CONTOSO, **delays(sandbox) | {"secret": 5})
    assert (delays(sandbox)["policy"], delays(sandbox)["secret"]) == (7200, 5)
    forget(sandbox, 1)
    assert (delays(sandbox)["policy"], delays(sandbox)["secret"]) == (900, 5)
    plan(sandbox, "policy_lag")
    sandbox.delays(CONTOSO, policy=30)
    assert delays(sandbox)["policy"] == 7200
    sandbox.control("DELETE", f"/tenants/{CONTOSO}/drills")
    assert delays(sandbox)["policy"] == 30


def test_lags_are_forgotten_by_a_restart_whichever_stood(tmp_path):
    with running(tmp_path) as sandbox:
        before = delays(sandbox)
        for _ in range(2):
            plan(sandbox, "policy_lag")
        forget(sandbox, 1)
        sandbox.by_hand(CONTOSO, "POST", "/applications", {"displayName": "app"})
        os.kill(sandbox.process.pid, signal.SIGKILL)
        sandbox.process.wait()
    with running(tmp_path) as sandbox:
        assert delays(sandbox) == before


@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("reads_go_backwards", {"lags": ["a"]}, "list"),
        ("reads_go_backwards", {"lags": []}, "list"),
        ("html_error_page", {"status": 7}, "from 400 to 599"),
        ("html_error_page", {"status": True}, "from 400 to 599"),
        ("redirect_elsewhere", {"status": 200}, "from 300 to 399"),
        ("redirect_elsewhere", {"host": "a\r\nSet-Cookie: x"}, "host name"),
        ("redirect_elsewhere", {"host": "a.example\n"}, "host name"),
        ("page_linked_elsewhere", {"host": ""}, "host name"),
        ("page_twice", {"page_size": 1.5}, "whole number"),
        ("throttled_http_date", {"seconds": 1e300}, "a number from"),
        ("policy_lag", {"seconds": -1}, "a number from 0"),
        ("hang", {"seconds": 90_000}, "a number from 0"),
        ("connection_refused", {"seconds": "5"}, "a number from 0"),
        ("cut_body", {"share": 1}, "less than 1"),
        ("stale_token", {"padding": 10**9}, "whole number"),
    ],
)
def test_parameter_out_of_its_bounds_is_refused_when_it_is_planned(sandbox, name, parameters, said):
    service = {"service": "graph"} if name == "connection_refused" else {}
    (parameter,) = parameters
    error = plan(sandbox, name, 400, parameters=parameters, **service)["error"]
    assert error.startswith(f"{parameter} of {name} is ")
    assert said in error
    assert planned(sandbox) == []


@pytest.mark.parametrize("name", DRILLS)
def test_defaults_are_within_their_own_bounds(name):
    assert all(parameter.fits(parameter.default) for parameter in DRILLS[name].takes.values())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_no_parameter_takes_what_is_no_number(value):
    assert not any(parameter.fits(value) for drill in DRILLS.values() for parameter in drill.takes.values())
