"""`python -m graphmail.fleet`: the fleet report from the evidence; no tenant is contacted.

Exit status 0: every customer is green, or `--accept` takes what there is. 1: something is red. 3: nothing is red, and
something is unknown. 2: there is no new report.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from graphmail.errors import TenantError
from graphmail.fleet.making import make

GREEN, RED, NO_REPORT, UNKNOWN = 0, 1, 2, 3
_ORDER = ("green", "unknown", "red")
# The rest stands in the page.
_NEEDS_SHOWN = 20


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m graphmail.fleet", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    root = Path(os.environ.get("GRAPHMAIL_EVIDENCE") or "evidence")
    parser.add_argument("--evidence", type=Path, default=root, help="the archive")
    parser.add_argument(
        "--inventory", type=Path, help="shows customers without a run, ends of credentials, open intents"
    )
    parser.add_argument("--into", type=Path, help="where the files go; reports/ beside the archive if not given")
    parser.add_argument("--customer", action="append", default=[], help="only this one; may be given again")
    parser.add_argument("--accept", choices=_ORDER, default="green", help="the worst that is exit status 0")
    options = parser.parse_args(given)
    into = options.into or options.evidence.absolute().with_name("reports")
    try:
        files = make(options.evidence, into, inventory=options.inventory, customers=options.customer)
        told = json.loads((into / "fleet.json").read_bytes())
    except (TenantError, OSError) as error:
        print(error, file=sys.stderr)
        return NO_REPORT
    print(told["summary"])
    for need in told["needs"][:_NEEDS_SHOWN]:
        print(f"  {need['urgency']:8}{need['customer'] or 'the archive'}: {need['what']}")
    if len(told["needs"]) > _NEEDS_SHOWN:
        print(f"  … and {len(told['needs']) - _NEEDS_SHOWN} more")
    for file in files:
        print(f"report    {file}")
    if _ORDER.index(told["state"]) <= _ORDER.index(options.accept):
        return GREEN
    return RED if told["state"] == "red" else UNKNOWN


if __name__ == "__main__":
    sys.exit(main())
