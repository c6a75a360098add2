"""How an inventory says that runs are sealed: the key's file, and the timestamp authority."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from graphmail.clouds import sandbox_description
from graphmail.errors import TenantError
from graphmail.evidence.record import Environment
from graphmail.evidence.seal.key_file import finish
from graphmail.evidence.seal.keys import SigningKey, default_file
from graphmail.evidence.seal.sealer import Sealer
from graphmail.evidence.seal.timestamps import HttpAuthority, NotReached, TimestampAuthority

# An authority that did not answer is not asked again at once: a fleet's runs all close together.
PAUSE = 60.0  # seconds
_LATER = "name `evidence.timestamp_authority` in the inventory, then `python -m graphmail.evidence seal`"


class Sealing:
    """Of one archive, in one process: the key is opened once, and the log is read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._sealers: dict[tuple[str, str], Sealer] = {}

    def sealer(self, environment: Environment, settings: Mapping[str, Any], now: datetime) -> Sealer:
        """`settings` is `Inventory.sealing()`. Raises TenantError when there is no key, or it does not open."""
        name = settings.get("signing_key")
        file = Path(name) if name else default_file(environment)
        if (environment, str(file)) not in self._sealers:
            if not file.exists():
                finish(file, self.root)
            if environment == "sandbox" and not file.exists():
                key = SigningKey.make(file, settings.get("operators", ()), now)
            else:
                key = SigningKey.open(file)
            authority = _Reached(lambda: _authority(environment, settings))
            self._sealers[environment, str(file)] = Sealer(
                self.root, environment, key, authority, tuple(settings.get("operators", ()))
            )
        return self._sealers[environment, str(file)]


class _Reached:
    """Finds the authority anew each time; says no at once for a while after it did not answer."""

    def __init__(self, find: Callable[[], TimestampAuthority]) -> None:
        self._find = find
        self._failed: tuple[float, NotReached] | None = None
        self._authority: TimestampAuthority | None = None

    def __call__(self) -> TimestampAuthority:
        if self._failed and time.monotonic() - self._failed[0] < PAUSE:
            raise self._failed[1]
        self._authority = self._find()
        return self

    @property
    def roots(self) -> bytes:
        return self._found().roots

    def stamp(self, message: bytes) -> bytes:
        try:
            return self._found().stamp(message)
        except NotReached as error:
            self._failed = (time.monotonic(), error)
            raise

    def _found(self) -> TimestampAuthority:
        if self._authority is None:
            self._authority = self._find()
        return self._authority


def _authority(environment: Environment, settings: Mapping[str, Any]) -> TimestampAuthority:
    url, roots = settings.get("timestamp_authority"), settings.get("timestamp_roots")
    verify: str | bool = True
    if url is None and environment == "sandbox":
        try:
            running = sandbox_description()
        except TenantError as error:
            raise NotReached("The sandbox's timestamp authority is not there", found=str(error)) from None
        url, roots, verify = running.get("timestamp", ""), running["ca"], running["ca"]
    if not url or not roots:
        raise NotReached("The run cannot be timestamped", found="no authority, or no root certificates", remedy=_LATER)
    if environment == "sandbox" and urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise NotReached("The sandbox's timestamp authority is not on loopback", found=url)
    try:
        certificates = Path(roots).read_bytes()
    except OSError as error:
        found = f"{roots}: {error.strerror}"
        raise NotReached("The authority's root certificates cannot be read", found=found) from None
    if not certificates.isascii():
        raise NotReached(
            "The authority's root certificates are not plain ASCII",
            found=str(roots),
            remedy="take out of that file what is no certificate; then `python -m graphmail.evidence seal`",
        )
    return HttpAuthority(url, certificates, verify)
