"""Look at customers' journals, and make a damaged one readable again.

    python -m graphmail.journal show [CUSTOMER…] [--all] [--json]
    python -m graphmail.journal recover CUSTOMER

`show` ends with status 1 where an intent is open or a line is damaged. Nothing is contacted.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from tabulate import tabulate

from graphmail.errors import TenantError
from graphmail.journal import Journal
from graphmail.journal.line import Line, in_doubt, unsettled
from graphmail.journal.prospect import prospect
from graphmail.journal.recovery import recover
from graphmail.printable import visible
from graphmail.state import StateFolder, state_root

_NOTES = {
    "cut": "was cut short by a crash: nothing had been done yet",
    "lost": "was damaged and set aside: what it said is not known",
    "damaged": "is damaged: restore the journal from a copy, or run `python -m graphmail.journal recover {customer}`",
}


def _customers(names: Sequence[str]) -> list[StateFolder]:
    root = state_root()
    there = sorted(path.parent.name for path in root.glob("*/journal.jsonl"))
    states = [StateFolder(root, name) for name in names or there]
    for state in states:
        if names and not state.path.is_dir():
            raise TenantError(f"Customer {state.customer} has no state here", found=str(root))
    return states


def _rows(state: StateFolder, lines: Sequence[Line], *, everything: bool) -> Iterator[dict[str, Any]]:
    open_ = {line.number for line in unsettled(lines)}
    for line in lines:
        entry = line.entry
        if entry is None or not (everything or line.number in open_):
            continue
        doubtful = line.number in open_ and in_doubt(line, lines)
        yield {
            "customer": state.customer,
            "line": line.number,
            "time": entry.time.isoformat(),
            "what": visible(entry.action or f"-> {entry.result}"),
            "marker": visible(entry.marker),
            "facts": entry.facts,
            "open": line.number in open_,
            "next": prospect(entry, doubtful=doubtful) if line.number in open_ else "",
        }


def show(states: Sequence[StateFolder], *, everything: bool, as_json: bool) -> bool:
    """Print it; whether all is well."""
    rows: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for state in states:
        lines = Journal(state.journal).lines()
        rows += _rows(state, lines, everything=everything)
        notes += [
            {"customer": state.customer, "line": line.number, "state": line.state}
            for line in lines
            if line.state != "entry"
        ]
    if as_json:
        print(json.dumps({"entries": rows, "lines": notes}, indent=2))
    else:
        _print(rows, notes)
    return not any(row["open"] for row in rows) and all(note["state"] != "damaged" for note in notes)


def _print(rows: Sequence[dict[str, Any]], notes: Sequence[dict[str, Any]]) -> None:
    columns = ("customer", "line", "time", "what", "marker", "next")
    if rows:
        told = [[row["time"][:19] if name == "time" else row[name] for name in columns] for row in rows]
        print(tabulate(told, [*columns[:-1], "the next run"], tablefmt="simple", disable_numparse=True))
    else:
        print("No intent is open.")
    for note in notes:
        print(f"{note['customer']}: line {note['line']} {_NOTES[note['state']].format(**note)}")


def _recover(customer: str) -> None:
    state = StateFolder(state_root(), customer)
    if not state.journal.is_file():
        raise TenantError(f"Customer {customer} has no journal here", found=str(state.journal))
    recovery = recover(state)
    if recovery.mended:
        print(f"Lines {_numbers(recovery.mended)} were whole but for their ends, and are entries again.")
    if recovery.lost:
        print(f"Lines {_numbers(recovery.lost)} are set aside in {recovery.aside}; all others are as they were.")
        print("What they may have claimed is nobody's to remove: a run that meets it stops and names it.")
    if not recovery.lost and not recovery.mended:
        print(f"{state.journal} is not damaged; nothing was done.")


def _numbers(lines: Sequence[int]) -> str:
    return ", ".join(map(str, lines))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m graphmail.journal", description="Customers' journals.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    look = verbs.add_parser("show", help="open intents, and what the next run does; exit status 1 if there is any")
    look.add_argument("customers", nargs="*", metavar="CUSTOMER", help="all that have a journal, unless named")
    look.add_argument("--all", action="store_true", help="every entry, not only open intents")
    look.add_argument("--json", action="store_true", help="as JSON")
    mend = verbs.add_parser("recover", help="set damaged lines aside, and keep every good one")
    mend.add_argument("customer", metavar="CUSTOMER")
    options = parser.parse_args(arguments)
    try:
        if options.verb == "show":
            return 0 if show(_customers(options.customers), everything=options.all, as_json=options.json) else 1
        _recover(options.customer)
    except TenantError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends it, without a trace
    sys.exit(main())
