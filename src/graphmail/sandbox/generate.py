"""python -m graphmail.sandbox generate: a tenants file with as many tenants and mailboxes as wanted, on stdout."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import yaml


def tenants(count: int, mailboxes: int) -> dict[str, Any]:
    """Return the content of a tenants file; the same numbers give the same tenants."""
    return {"tenants": [_tenant(number, mailboxes) for number in range(1, count + 1)]}


def _tenant(number: int, mailboxes: int) -> dict[str, Any]:
    name = f"customer{number}"
    domain = f"{name}.example"
    return {
        "id": f"5a4d0000-0000-4000-9000-{number:012x}",
        "display_name": f"Customer {number}",
        "initial_domain": f"{name}.onmicrosoft.example",
        "domains": [domain],
        "users": [{"address": f"user{n}@{domain}", "name": f"User {n} of {number}"} for n in range(1, mailboxes + 1)],
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python -m graphmail.sandbox generate", description=__doc__)
    parser.add_argument("--tenants", type=int, default=100)
    parser.add_argument("--mailboxes", type=int, default=10, help="in each tenant")
    options = parser.parse_args(arguments)
    if options.tenants < 1 or options.mailboxes < 0:
        parser.error("at least one tenant, and no negative number of mailboxes")
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast, where PyYAML was built with libyaml
    yaml.dump(tenants(options.tenants, options.mailboxes), sys.stdout, dumper, sort_keys=False)
    return 0
