"""What a process that died while it wrote left beside the bag of a run."""

from __future__ import annotations

import re

from graphmail.evidence import bag
from graphmail.evidence.files import clear_left
from graphmail.evidence.run import REFUSED, Run
from graphmail.evidence.seal.log import BUNDLE, INCLUSION


def clear_run(run: Run) -> None:
    """Remove it; only where nobody works on the run. Raises OSError."""
    clear_left(run.folder, "|".join(map(re.escape, (REFUSED, BUNDLE, INCLUSION))))
    if run.closed:
        bag.clear_stage(run.bag)
