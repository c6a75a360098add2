"""python -m graphmail.sandbox: emulated tenants in the foreground, until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from pathlib import Path

import uvloop

from graphmail.sandbox import generate
from graphmail.sandbox.server import Running, start
from graphmail.sandbox.state.database import StateError
from graphmail.sandbox.tenants_file import TenantsFileError, load
from graphmail.sandbox.world import Blueprint

TENANTS_SAID = 20  # lines of the start's output


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["generate"]:
        return generate.main(given[1:])
    options = _parser().parse_args(given)
    try:
        blueprint = Blueprint(load(options.tenants))
    except TenantsFileError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        uvloop.run(_run(blueprint, options))
    except StateError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cannot listen: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m graphmail.sandbox", description=__doc__)
    parser.add_argument("--tenants", type=Path, default=Path("sandbox.example.yml"), help="what there is at the start")
    parser.add_argument("--port", type=int, default=8443, help="first of six consecutive ports; 0 takes any")
    parser.add_argument(
        "--state", type=Path, default=Path(".sandbox"), help="where sandbox.json is written, and all that changes kept"
    )
    parser.add_argument("--fresh", action="store_true", help="forget what the state holds, secrets too")
    parser.add_argument(
        "--in-memory", action="store_true", help="keep nothing of what changes: quicker, gone at its end"
    )
    return parser


async def _run(blueprint: Blueprint, options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    running = await start(
        blueprint, options.port, options.state, fresh=options.fresh, keep=not options.in_memory,
    )  # fmt: skip
    gc.freeze()  # thousands of specifications live as long as the process: nothing to look through again and again
    _say(running)
    await stopped.wait()
    await running.close()


def _say(running: Running) -> None:
    addresses = running.addresses
    for name in ("control", "login", "graph", "exchange", "smtp", "proxy", "ca"):
        print(f"{name:9} {addresses[name]}")
    admins = addresses["admins"]
    for tenant, admin in list(admins.items())[:TENANTS_SAID]:
        print(f"tenant    {tenant}  admin client id {admin['client_id']}")
    if len(admins) > TENANTS_SAID:
        print(f"          and {len(admins) - TENANTS_SAID} more, in the settings")
    print(f"ready; client settings in {running.settings}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
