"""`make conformance`: every case in the sandbox and, where a disposable tenant is named, at Microsoft."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

import requests
import yaml

from graphmail.credentials import read
from graphmail.errors import TenantError
from tests.conformance.cases.all import CASES
from tests.conformance.outcome import Outcome
from tests.conformance.rehearsed import rehearsed
from tests.conformance.report import Row, write
from tests.conformance.target import RealTime, Target
from tests.conformance.tenancy import Lent, Tenancy
from tests.sandbox_process import running

NAMED_BY = "GRAPHMAIL_CONFORMANCE"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tests.conformance", description=__doc__)
    parser.add_argument("--only", default="*", help="a shell pattern of cases' names, such as *secret*")
    parser.add_argument("--reports", type=Path, default=Path("reports"), help="where the report is written")
    parser.add_argument("--quick", action="store_true", help="leave out the cases that wait longest at a real tenant")
    options = parser.parse_args(arguments)
    cases = [c for c in CASES if fnmatchcase(c.name, options.only) and not (c.slow and options.quick)]
    if not cases:
        print(f"no case is named like {options.only!r}", file=sys.stderr)
        return 2
    try:
        tenancy = _tenancy()
    except (TenantError, OSError, KeyError, TypeError, yaml.YAMLError) as error:
        print(f"{NAMED_BY} cannot be used: {error}\ndocs/conformance.md says what stands in it", file=sys.stderr)
        return 2
    rows: list[Row] = []
    lent, left = Lent(), []
    try:
        with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as sandbox:
            for number, case in enumerate(cases, 1):
                sandbox.reset()
                inside = Outcome.of(case, rehearsed(sandbox))
                real = Outcome.of(case, _at_microsoft(tenancy, lent)) if tenancy else None
                said = f"sandbox {inside.verdict}" + (f", Microsoft {real.verdict}" if real else "")
                print(f"{number:3}/{len(cases)}  {case.area:9} {case.claim}: {said}", flush=True)
                rows.append(Row(case, inside, real))
    finally:  # also for who interrupts it
        left = _at_microsoft(tenancy, lent).close_lent() if tenancy else []
        page = write(rows, options.reports, tenancy.tenant_id if tenancy else None, left)
        print(f"report: {page}")
    if tenancy is None:
        print(f"Microsoft was not asked: set {NAMED_BY} to a file as docs/conformance.md has it")
    sides = [side for row in rows for side in (row.sandbox, row.microsoft) if side]
    return int(bool(left) or any(side.verdict != "holds" or side.left for side in sides))


def _at_microsoft(tenancy: Tenancy, lent: Lent) -> Target:
    return Target(tenancy, requests.Session(), RealTime(), lent)


def _tenancy() -> Tenancy | None:
    """The disposable tenant, its secret from a sealed file; None where none is named."""
    name = os.environ.get(NAMED_BY)
    if not name:
        return None
    named = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    credential = read(Path(name).parent / named["credential"])
    if credential.tenant_id != named["tenant_id"]:
        raise TenantError("The sealed credential is of another tenant", expected=named["tenant_id"])
    return Tenancy(
        credential.tenant_id,
        credential.client_id,
        credential.client_secret,
        inside=named["inside"],
        outside=named["outside"],
        initial_domain=named["initial_domain"],
    )


if __name__ == "__main__":
    raise SystemExit(main())
