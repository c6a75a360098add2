"""The access tokens minted here, by digest; those long expired are dropped, so that they never pile up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphmail.sandbox.sign_in_records import IssuedToken

KEPT = timedelta(hours=1)  # after its end, so that "expired" can be said without looking at the signature
FIRST_SWEEP = 1000  # tokens


class IssuedTokens(dict[str, "IssuedToken"]):
    """A dict that also says which entries are new since somebody last wrote them down."""

    def __init__(self) -> None:
        super().__init__()
        self.unsaved: list[str] = []
        self.dropped: list[str] = []
        self._sweep_at = FIRST_SWEEP

    def __setitem__(self, digest: str, token: IssuedToken) -> None:
        super().__setitem__(digest, token)
        self.unsaved.append(digest)

    def __delitem__(self, digest: str) -> None:
        super().__delitem__(digest)
        self.dropped.append(digest)

    def saved(self) -> None:
        """Whatever is new or gone stands in the state."""
        self.unsaved.clear()
        self.dropped.clear()

    def drop_expired(self, now_of: Callable[[str], datetime]) -> None:
        """Drop what ended long ago by the clock of its tenant; costs nothing while there are few."""
        if len(self) < self._sweep_at:
            return
        now = {tenant_id: now_of(tenant_id) for tenant_id in {t.tenant_id for t in self.values()}}
        self.keep(lambda token: now[token.tenant_id] < token.expires + KEPT)
        self._sweep_at = max(FIRST_SWEEP, 2 * len(self))

    def keep(self, wanted: Callable[[IssuedToken], bool]) -> None:
        """Drop all others."""
        for digest in [d for d, token in self.items() if not wanted(token)]:
            del self[digest]
