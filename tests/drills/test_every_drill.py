"""Every named drill has a test that names it, and a source."""

from __future__ import annotations

import re
from pathlib import Path

from graphmail.sandbox.drills import DRILLS, catalogue

HERE = Path(__file__).parent


def test_every_drill_is_named_by_a_test_of_the_client():
    named = set(re.findall(r'"(\w+)"', "".join(file.read_text() for file in HERE.glob("*.py"))))
    assert [name for name in DRILLS if name not in named] == []


def test_every_drill_has_its_source_and_says_what_it_imitates():
    for drill in catalogue():
        assert re.fullmatch(r"https://[a-z0-9.-]+/\S+", drill["source"]), drill
        assert drill["imitates"]
