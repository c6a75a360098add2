"""What is run with `GRAPHMAIL_SWEEP=all` alone, since it takes long and says the same of more cases."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

SWEEP = os.environ.get("GRAPHMAIL_SWEEP") == "all"

T = TypeVar("T")


def sampled(whole: Iterable[T], *sample: T) -> list[T]:
    """The sample, which every run of the tests has; the whole with GRAPHMAIL_SWEEP=all."""
    cases = list(whole)
    assert set(map(repr, sample)) <= set(map(repr, cases)), "a sample is a part of the whole"
    return cases if SWEEP else list(sample)
