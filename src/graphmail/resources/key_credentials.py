"""The certificates of one app registration, which Graph replaces as a whole.

https://learn.microsoft.com/graph/api/resources/keycredential: who leaves an entry out removes it. So a change is made
of what several reads in a row agree about, each entry goes back as it was read, and all must be there afterwards.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Any

from graphmail.clock import poll
from graphmail.errors import DeadlineExceeded, GraphError, OutcomeUnknown, TenantError, Unreachable, nothing_done
from graphmail.keyed_create import PATIENCE
from graphmail.retry import Operation
from graphmail.tenant import Tenant

Entry = dict[str, Any]
# Seconds between the reads that must agree: nobody's certificate is lost because one replica was behind.
AGREEING = (2.0, 5.0, 10.0, 20.0)
TRIES = 3


def thumbprint(entry: Entry) -> str:
    """SHA-1 in hex, upper case, as portals show it: of the certificate where Graph tells it, else as Graph names it.

    https://learn.microsoft.com/graph/api/resources/keycredential says that `customKeyIdentifier` is that by default.
    """
    try:
        if entry.get("key"):
            # A name, not a protection.
            return hashlib.sha1(base64.b64decode(entry["key"]), usedforsecurity=False).hexdigest().upper()
        named = str(entry.get("customKeyIdentifier") or "")
        # Forty digits of hex in v1.0, base64 of the twenty bytes in older answers.
        return named.upper() if len(named) == 40 else base64.b64decode(named, validate=True).hex().upper()
    except (ValueError, binascii.Error):
        return ""


class KeyCredentials:
    """Those of the app with that object id, in its own tenant."""

    def __init__(self, tenant: Tenant, object_id: str) -> None:
        self._tenant = tenant
        # `key` is null everywhere but here: https://learn.microsoft.com/graph/api/application-get
        self._read_path = f"/applications/{object_id}?$select=id,keyCredentials"
        self._path = f"/applications/{object_id}"

    def add(self, entry: Entry) -> None:
        """All that is there and this one; nothing where it is there already."""
        own = thumbprint(entry)

        def added(there: list[Entry]) -> list[Entry]:
            return there if any(thumbprint(one) == own for one in there) else [*there, entry]

        self._change(added)

    def remove(self, thumbprints: set[str]) -> None:
        """All that is there but the certificates with these thumbprints."""
        self._change(lambda there: [one for one in there if thumbprint(one) not in thumbprints])

    def _change(self, change: Callable[[list[Entry]], list[Entry]]) -> None:
        """Read, modify, write; after an answer that got lost all of it again, since others may have written since."""
        sent = False
        for attempt in range(TRIES):
            try:
                before = self._agreed()
                after = change(before)
                if after != before:
                    self._write(after)
                    sent = True
                    self._confirm(after, before)
            except OutcomeUnknown as unknown:
                sent = True
                if attempt == TRIES - 1 or unknown.retry_after > PATIENCE:
                    raise
                self._tenant.clock.sleep(unknown.retry_after)
            except GraphError as error:
                # A refused read after the write says nothing of the write, and must not look as if nothing was done.
                if sent:
                    raise _unknown(error) from None
                raise
            else:
                return

    def _write(self, entries: list[Entry]) -> None:
        try:
            # Never sent again by the transport: what it would send was read before the wait.
            self._tenant.graph.call(Operation.SEND, "PATCH", self._path, json={"keyCredentials": entries})
        except (GraphError, Unreachable) as error:
            if nothing_done(error):
                raise
            raise _unknown(error) from None

    def _read(self) -> list[Entry]:
        self._tenant.reads.drop()
        entries = self._tenant.graph.get(self._read_path).get("keyCredentials")
        if not isinstance(entries, list):
            raise TenantError("Graph tells no certificates of the app, not even none", found=type(entries).__name__)
        return [{name: value for name, value in entry.items() if "@odata." not in name} for entry in entries]

    def _agreed(self) -> list[Entry]:
        """What several reads in a row say; TenantError when they do not come to agree."""
        clock = self._tenant.clock
        deadline = clock.deadline(PATIENCE)
        seen, agreeing = self._read(), 0
        while agreeing < len(AGREEING):
            clock.sleep(AGREEING[agreeing])
            now = self._read()
            agreeing = agreeing + 1 if now == seen else 0
            seen = now
            if deadline.expired and agreeing < len(AGREEING):
                raise TenantError(
                    "Entra's answers about the app's certificates do not agree, so none is written",
                    expected=f"the same {len(AGREEING) + 1} times in a row within {PATIENCE:.0f} s",
                    found="certificates that are there in one answer and not in the next",
                    remedy="wait until nobody changes them, then run the same playbook again",
                )
        return seen

    def _confirm(self, after: list[Entry], before: list[Entry]) -> None:
        """Return when the change is read back, and with it everything else as it was."""
        wanted = {thumbprint(entry) for entry in after}
        gone = {thumbprint(entry) for entry in before} - wanted
        others = [entry for entry in after if entry in before]
        now: list[Entry] = []

        def there() -> bool | None:
            now[:] = self._read()
            shown = {thumbprint(entry) for entry in now}
            return True if wanted <= shown and not gone & shown and all(o in now for o in others) else None

        try:
            poll(self._tenant.clock, there, PATIENCE, "the app's certificates to be read as they were written")
        except DeadlineExceeded:
            lost = [str(entry["keyId"]) for entry in others if entry not in now]
            if not lost:
                raise
            raise TenantError(
                "Certificates that are nobody's here to change are not as they were before the write",
                expected="each as it was read before, and was written back",
                found=f"another or no entry with key id {', '.join(lost)}",
                remedy="see in Entra's audit log who changed them",
            ) from None


def _unknown(error: GraphError | Unreachable) -> OutcomeUnknown:
    return OutcomeUnknown(
        "The app's certificates were sent, and what came of it is unknown",
        found=error.problem,
        remedy="run the same playbook again: it looks before it writes",
        request_id=error.request_id,
    )
