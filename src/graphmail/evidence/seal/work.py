"""What an operator does by hand: seal what waits, close what was killed, make, follow and revoke keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from graphmail import customers
from graphmail.errors import TenantError
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.personal.addresses import sentence
from graphmail.evidence.record import Environment
from graphmail.evidence.run import Run
from graphmail.evidence.seal import canonical
from graphmail.evidence.seal.key_file import finish, next_file, open_key, put_in_place
from graphmail.evidence.seal.keys import SigningKey, default_file
from graphmail.evidence.seal.leftovers import clear_run
from graphmail.evidence.seal.log import LOG, Log
from graphmail.evidence.seal.page import page
from graphmail.evidence.seal.sealer import Sealer
from graphmail.evidence.seal.sealing import Sealing
from graphmail.state import StateFolder, state_root


def seal_all(root: Path, inventory: Path | None, now: datetime, say: Callable[[str], None], *, killed: bool) -> bool:
    """Seal every closed run that waits; with `killed` also close, as aborted, those whose process has gone.

    Whether nothing is left to be sealed. A customer on whom somebody works is left alone.
    """
    sealer = sealer_of(root, inventory, now)
    with sealer.log.locked(sealer.key):
        waiting = sealer.log.history.open_runs()
        for ended in (run for run in sealer.log.history.runs.values() if run.ended):
            clear_run(Run(root, ended.customer, ended.run_id))  # earlier versions sealed beside what a crash had left
    for customer in sorted({run.customer for run in waiting}):
        runs = [run for run in waiting if run.customer == customer]
        closed = [run for run in runs if Run(root, customer, run.run_id).closed]
        if not killed and len(closed) < len(runs):
            say(f"{customer}: {len(runs) - len(closed)} not closed; they are running, or `close` closes them")
        try:
            with StateFolder(state_root(), customer).lock("seal"):
                for told in sealer.settle(customer, now, only_closed=not killed):
                    say(told)
        except TenantError as error:
            say(f"{customer}: {error}")
    with sealer.log.locked(sealer.key):
        left = sealer.log.history.open_runs()
    undone = [run for run in left if killed or Run(root, run.customer, run.run_id).closed]
    say(f"{len(waiting) - len(left)} sealed, {len(left)} open")
    return not undone


def sealer_of(root: Path, inventory: Path | None, now: datetime) -> Sealer:
    """Who seals for this archive. Raises TenantError when there is no archive, or no key that opens."""
    return Sealing(root).sealer(_environment(root), _settings(inventory), now)


def new_key(root: Path, environment: Environment, inventory: Path | None, now: datetime) -> str:
    """Make a signing key; where the archive has one already, that one vouches for it. Tells what to tell others.

    The key before is kept beside it, under its id. Raises TenantError; then the key before still is the one. What a
    process began here that died is finished: then that is the new key.
    """
    settings = _settings(inventory)
    file = Path(settings.get("signing_key") or default_file(environment))
    if (root / LOG).exists() and environment != _environment(root):
        raise EvidenceError("The archive is of the other environment", found=str(root))
    made = finish(file, root) or _followed(root, environment, file, settings.get("operators", ()), now)
    until = canonical.time(made.public.valid_until)
    tell = "Tell auditors this id on a way that is not the archive."
    return f"{made.public.id}\nValid until {until}. Sealed in {file}. {tell}"


def _followed(root: Path, environment: Environment, file: Path, operators: Sequence[str], now: datetime) -> SigningKey:
    before = SigningKey.open(file) if file.exists() else None
    if before is None and (root / LOG).exists() and environment == "production":
        raise EvidenceError(
            "The archive has a key, which must vouch for a new one",
            found=f"no file {file}",
            remedy="restore that file; if it is lost, keep the archive as it is and begin another one",
        )
    made = SigningKey.make(next_file(file), operators, now)
    if before is not None and (root / LOG).exists():
        log = Log(root)
        with log.locked(before):
            log.admit(environment, before, now)
            log.add_key(made, before, now)
    put_in_place(file, before)
    return made


def revoke_key(root: Path, inventory: Path | None, key: str, since: str, reason: str, now: datetime) -> str:
    """Log that nothing counts that a key signed from `since` on. Another key must be in use by then."""
    reason = sentence(reason)
    environment = _environment(root)
    file = Path(_settings(inventory).get("signing_key") or default_file(environment))
    own = open_key(file, root)
    log = Log(root)
    with log.locked(own):
        log.start(environment, own, page(), now)
        found = [name for name in log.history.keys if name.startswith(key)]
        if len(found) != 1 or found[0] == own.public.id:
            raise EvidenceError(
                "This key cannot be revoked",
                found=f"{len(found)} keys begin so" if len(found) != 1 else "it is the one in use",
                remedy="make the key that follows it first: `python -m graphmail.evidence new-key`",
            )
        try:
            canonical.read_time(since)
        except ValueError:
            raise EvidenceError("This is no time", expected="2026-03-01T12:00:00Z", found=since) from None
        log.append("key-revoked", {"key_id": found[0], "from": since, "reason": reason}, own, now)
    return f"Key {found[0][:16]} is revoked: nothing counts that it signed from {since} on."


def _settings(inventory: Path | None) -> Mapping[str, Any]:
    return customers.load(inventory).sealing() if inventory else {}


def _environment(root: Path) -> Environment:
    """Which environment an archive is of, by the log's first line."""
    try:
        first = (root / LOG).read_bytes().split(b"\n")[0]
    except OSError as error:
        raise EvidenceError(f"{root} has no log", found=str(error.strerror)) from None
    return "production" if canonical.decode(first, LOG).get("environment") == "production" else "sandbox"
