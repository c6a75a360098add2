"""`python -m graphmail.credentials report`: the ends as a table, as JSON and as a calendar, with an exit status."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tabulate import tabulate

from graphmail.clock import SystemClock
from graphmail.customers import load
from graphmail.errors import TenantError
from graphmail.evidence.files import write_over
from graphmail.expiry.calendar import calendar
from graphmail.expiry.expiry import EXIT, Expiry, worst
from graphmail.expiry.fleet import expiries

HELP = "which credential ends when; exit status 0 ok, 1 due, 2 critical or expired, 3 unknown"
UNKNOWN = EXIT["unknown"]
HEAD = ("customer", "whose", "kind", "ends", "days", "status", "standing", "key id")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--inventory", type=Path, required=True)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as data")
    parser.add_argument("--ical", type=Path, metavar="FILE", help="write the ends as an iCalendar file")
    parser.add_argument("--at", metavar="TIME", help="judge as of this moment (ISO 8601, with its zone) instead of now")


def run(options: argparse.Namespace) -> int:
    """Print the table, write what was asked for; the exit status."""
    now = _moment(options.at)
    found = expiries(load(options.inventory))
    print(table(found, now))
    if options.json:
        content = {"at": now.isoformat(), "credentials": [expiry.facts(now) for expiry in found]}
        write_over(options.json, json.dumps(content, indent=2).encode() + b"\n")
    if options.ical:
        write_over(options.ical, calendar(found, now))
    return EXIT[worst(expiry.status(now) for expiry in found)]


def table(found: Sequence[Expiry], now: datetime) -> str:
    """What ends first stands first; what nobody knows, at the end."""
    order = sorted(found, key=lambda e: (e.expires is None, e.expires or now, e.customer))
    rows = [
        (
            f"{e.customer}{' (sandbox)' if e.environment == 'sandbox' else ''}",
            e.whose,
            e.kind,
            f"{e.expires:%Y-%m-%d}" if e.expires else "",
            e.days(now),
            e.status(now),
            e.standing,
            e.key_id,
        )
        for e in order
    ]
    return tabulate(rows, headers=HEAD, tablefmt="simple", disable_numparse=True)


def _moment(text: str | None) -> datetime:
    if not text:
        return SystemClock().now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise TenantError("This is no moment", expected="ISO 8601 with its zone, such as 2027-01-02T00:00:00+00:00")
    return moment
