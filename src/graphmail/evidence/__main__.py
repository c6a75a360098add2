"""`python -m graphmail.evidence`: verify, seal, close, open the archive's runs; its keys; who is named in it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from graphmail.clock import SystemClock
from graphmail.errors import TenantError
from graphmail.evidence.archive import verify
from graphmail.evidence.export import export
from graphmail.evidence.opening import open_runs
from graphmail.evidence.seal.dropping import drop
from graphmail.evidence.seal.work import new_key, revoke_key, seal_all, sealer_of


def _arguments(given: list[str]) -> argparse.Namespace:
    root = Path(os.environ.get("GRAPHMAIL_EVIDENCE", "evidence"))
    parser = argparse.ArgumentParser(prog="python -m graphmail.evidence", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    check = verbs.add_parser("verify", help="check the archive; exit status 1 if anything is not as it was")
    check.add_argument("folder", type=Path, nargs="?", default=root, help="the archive, or something in it")
    check.add_argument("--checkpoint", type=Path, help="a checkpoint of it that was kept elsewhere")
    for verb, help_text in (
        ("seal", "seal runs that are closed and wait for their timestamp"),
        ("close", "the same, and close and seal as aborted those that were killed"),
        ("new-key", "make the key that seals runs, or the one that follows it"),
        ("revoke-key", "log that nothing counts that a key signed from some time on"),
        ("drop", "destroy what opens a customer's personal data, and log that; everything else stays as it is"),
        ("export", "all that is needed to check one customer's evidence alone, without a word about any other"),
    ):
        work = verbs.add_parser(verb, help=help_text)
        work.add_argument("--evidence", type=Path, default=root, help="the archive")
        work.add_argument("--inventory", type=Path, help="whose `evidence` and `operators` count; not for the sandbox")
        if verb == "new-key":
            work.add_argument("--environment", choices=["production", "sandbox"], default="production")
        if verb == "revoke-key":
            work.add_argument("key", help="the first digits of its id, as in keys/")
            work.add_argument("--since", required=True, help="when it got into other hands: 2026-03-01T12:00:00Z")
        if verb == "export":
            work.add_argument("--into", type=Path, required=True, help="a new folder, or a file: .zip, .tar.gz")
            work.add_argument("--readable", action="store_true", help="its runs with addresses and names as well")
        if verb in ("drop", "export"):
            work.add_argument("customer")
        if verb in ("revoke-key", "drop"):
            work.add_argument("--reason", required=True, help="one sentence; it can never be taken out of the log")
    page = verbs.add_parser("customer-report", help="one page for the customer's administrator; 1 unless it is proved")
    page.add_argument("customer")
    page.add_argument("--evidence", type=Path, default=root, help="the archive")
    page.add_argument(
        "--into", type=Path, help="the HTML file; reports/customers/CUSTOMER.html beside the archive if not given"
    )
    reading = verbs.add_parser("open", help="a copy for reading, with addresses and names, outside the archive")
    reading.add_argument("run", type=Path, help="a run's folder, or a customer's with all its runs")
    reading.add_argument("--into", type=Path, default=Path("opened"), help="a new folder")
    return parser.parse_args(given)


def _do(arguments: argparse.Namespace) -> bool:
    now = SystemClock().now()
    if arguments.verb == "verify":
        return verify(arguments.folder, lambda text: print(text, flush=True), arguments.checkpoint)
    if arguments.verb == "open":
        opened = open_runs(arguments.run, arguments.into, print)
        print(f"{opened} runs, with addresses and names, in {arguments.into}. Remove it when you have read it")
        return True
    root = arguments.evidence.absolute()
    if arguments.verb == "customer-report":
        return _customer_report(root, arguments.customer, arguments.into, now)
    if arguments.verb == "new-key":
        print(new_key(root, arguments.environment, arguments.inventory, now))
        return True
    if arguments.verb == "revoke-key":
        print(revoke_key(root, arguments.inventory, arguments.key, arguments.since, arguments.reason, now))
        return True
    if arguments.verb == "export":
        sealer, readable = sealer_of(root, arguments.inventory, now), arguments.readable
        export(sealer, arguments.customer, arguments.into, now, print, readable=readable)
        return True
    if arguments.verb == "drop":
        drop(sealer_of(root, arguments.inventory, now), arguments.customer, arguments.reason, now, print)
        return True
    return seal_all(root, arguments.inventory, now, print, killed=arguments.verb == "close")


def _customer_report(root: Path, customer: str, into: Path | None, now: datetime) -> bool:
    from graphmail.customer_report import CustomerReport  # it knows what runs are about, and runs do not know it

    report = CustomerReport.of(root, customer, now)
    page = report.write(into or root.with_name("reports") / "customers" / f"{customer}.html", now)
    for doubt in report.proof.doubts:
        print(f"not proved: {doubt}")
    if report.proof.doubts:
        print("to do: run verify.yml for this customer, or what the lines above name, and make the page again")
    if not report.told.text_is_whole():
        print("addresses and names are placeholders in it: this customer's data key is not in GRAPHMAIL_STATE, or")
        print("GRAPHMAIL_IDENTITY does not open it, or it was destroyed")
    print(page)
    return report.green


def main(given: list[str]) -> int:
    try:
        return 0 if _do(_arguments(given)) else 1
    except TenantError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends it, without a trace
    sys.exit(main(sys.argv[1:]))
