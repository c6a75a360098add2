"""Every named drill against a whole onboarding of the real client: it recovers, or stops and says what to do."""

from __future__ import annotations

import re

import pytest

from graphmail.sandbox.drills import DRILLS
from tests.drills.onboarding import Onboarding
from tests.drills.outcomes import RECOVERED, STOPPED


@pytest.mark.parametrize("name", RECOVERED)
def test_recovered_by_itself_and_the_next_run_finds_nothing_to_do(onboarding: Onboarding, name, monkeypatch):
    monkeypatch.setenv("GRAPHMAIL_TIMEOUT", "0.4" if name == "hang" else "60")
    onboarding.drill(name, **RECOVERED[name])

    assert onboarding() == ""

    assert onboarding.struck() or DRILLS[name].moment == "standing"
    onboarding.nothing_twice()
    onboarding.forget()
    onboarding.converged()


@pytest.mark.parametrize("name", STOPPED)
def test_stopped_with_what_to_do_and_the_next_run_ends_well(onboarding: Onboarding, name):
    how, told = STOPPED[name]
    onboarding.drill(name, **how)

    message = onboarding()

    assert re.search(told, message), message
    assert onboarding.struck() or DRILLS[name].moment == "standing"
    onboarding.nothing_twice()
    onboarding.forget()
    assert onboarding() == ""
    onboarding.converged()
