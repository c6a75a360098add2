"""`python -m graphmail.evidence verify [DIR]` and `… report`: look at the archive."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from graphmail.clock import SystemClock
from graphmail.errors import TenantError
from graphmail.evidence.archive import verify
from graphmail.evidence.report import FleetReport


def _arguments(given: list[str]) -> argparse.Namespace:
    root = Path(os.environ.get("GRAPHMAIL_EVIDENCE", "evidence"))
    parser = argparse.ArgumentParser(prog="python -m graphmail.evidence", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    check = verbs.add_parser("verify", help="check bags; exit status 1 if any file is not as it was")
    check.add_argument("folder", type=Path, nargs="?", default=root, help="a bag, a run, or the whole archive")
    report = verbs.add_parser("report", help="customer by check; exit status 1 unless all is passed")
    report.add_argument("--evidence", type=Path, default=root, help="the archive")
    report.add_argument("--into", type=Path, default=Path("reports"), help="where fleet.html goes")
    report.add_argument("--customer", action="append", default=[], help="only this one; may be given again")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    arguments = _arguments(given)
    try:
        if arguments.verb == "verify":
            good = verify(arguments.folder, lambda text: print(text, flush=True))
        else:
            fleet = FleetReport.of(arguments.evidence, arguments.customer)
            good = fleet.green
            print(fleet.to_text())
            print(f"\nReport: {fleet.write(arguments.into, SystemClock().now())}")
    except TenantError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if good else 1


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends it, without a trace
    sys.exit(main(sys.argv[1:]))
