"""What the journal knows of one app's credentials of one kind: secrets, certificates, federated credentials."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from graphmail.errors import TenantError
from graphmail.journal import Entry, Journal
from graphmail.live_credential import MARKER, PROOF, REPLACE, for_proof, made_here
from graphmail.tenant import Tenant

# What an intent says was to be done, by kind.
ADD = "addPassword"
ADD_CERTIFICATE = "addCertificate"
ADD_FEDERATED = "addFederatedCredential"
KINDS = {ADD: "secret", ADD_CERTIFICATE: "certificate", ADD_FEDERATED: "federated"}
EVERY = frozenset(KINDS)
# An intent whose effect was never to be seen for so long had none.
LATE = timedelta(days=2)
# … and for so long it may be missing from any one read: replication is told to take up to two minutes.
EARLY = timedelta(minutes=3)


def last_retirement(tenant: Tenant) -> datetime | None:
    """When the last credential of this customer was taken back: since then no new token is had with it."""
    entries = Journal(tenant.state.journal).entries()
    times = [entry.time for entry in entries if entry.kind == "outcome" and entry.result in ("retired", "gone")]
    return max(times, default=None)


def kind_made_here(tenant: Tenant, client_id: str) -> str:
    """Kind of the newest credential made here for that app that was not taken back and has not ended; empty if none."""
    journal, now = Journal(tenant.state.journal), tenant.clock.now()
    kinds = {
        entry.marker: KINDS[entry.action]
        for entry in journal.entries()
        if entry.action in KINDS and entry.facts.get("client_id") == client_id and not for_proof(entry.marker)
    }
    for made in made_here(journal, "sealed"):
        end = str(made.facts.get("end") or "")
        if made.marker in kinds and (not end or datetime.fromisoformat(end) > now):
            return kinds[made.marker]
    return ""


def reason_made(tenant: Tenant, key_id: str) -> str:
    """Why that credential is not what the inventory asks for; empty where it is."""
    entries = Journal(tenant.state.journal).entries()
    markers = {entry.marker for entry in entries if entry.kind == "outcome" and entry.facts.get("key_id") == key_id}
    intents = (entry for entry in entries if entry.kind == "intent" and entry.marker in markers)
    return next((str(intent.facts["reason"]) for intent in intents if intent.facts.get("reason")), "")


class CredentialJournal:
    """The journal of the customer, as far as it is about one kind of credential of the app with that client id.

    The kind is one of `EVERY`. With `proof` it is about the short-lived ones alone, else about all others: neither ever
    touches the other's.
    """

    def __init__(self, tenant: Tenant, client_id: str, action: str, *, proof: bool = False) -> None:
        self._action = action
        self._proof = proof
        self._journal = Journal(tenant.state.journal, tenant.clock)
        self._tenant = tenant
        self._client_id = client_id

    def marker(self) -> str:
        """A new one."""
        return f"{PROOF if self._proof else MARKER}{uuid.uuid4()}"

    def intend(self, marker: str, end: datetime | None, **known: Any) -> None:
        """`known` is what is known before the credential is made, such as a certificate's key id."""
        self._journal.intend(
            self._action,
            marker,
            client_id=self._client_id,
            tenant_id=self._tenant.tenant_id,
            end=end.isoformat() if end else "",
            run_id=self._tenant.run.run_id,
            **{name: fact for name, fact in known.items() if fact is not None},
        )

    def made(self, marker: str, key_id: str, expires: str, digest: str, path: Path) -> None:
        self._journal.outcome(marker, "sealed", key_id=key_id, end=expires, sha256=digest, path=path.name)

    def came(self, begun: dict[str, str]) -> None:
        """One that is `under_way` and was found on the app."""
        key_id, path = begun["key_id"], Path(begun["path"])
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.made(begun["marker"], key_id, begun["expires"], digest, path)

    def refused(self, marker: str, code: str) -> None:
        self._journal.outcome(marker, "refused", error_code=code)

    def removed(self, marker: str, key_id: str) -> None:
        self._journal.outcome(marker, "removed", key_id=key_id)

    def retired(self, key_id: str) -> None:
        """One that was made here, whatever became of it since."""
        for made in self._made("sealed", "gone"):
            if made["key_id"] == key_id:
                self._became(made, "retired")

    def taken_back(self) -> list[dict[str, str]]:
        """Secrets that were retired, and of which nobody has seen yet that they open nothing; `path` is the copy's."""
        made = self._made("retired")
        return [one | {"path": str(self._tenant.state.retired(one["key_id"]))} for one in made]

    def tried(self, made: dict[str, str], result: Literal["ended", "untried"]) -> None:
        """That it opens nothing any more, or that no copy of it is left to try: no later run asks again."""
        self._became(made, result)

    def unretired(self) -> list[str]:
        """Key ids of all that was made and sealed here and not taken back, newest first."""
        return [made["key_id"] for made in self._made("sealed", "gone")]

    def sealed(self) -> list[dict[str, str]]:
        """Those made and sealed here, neither retired nor gone, newest first."""
        return self._made("sealed")

    def made_and(self, there: Iterable[str]) -> list[dict[str, str]]:
        """Those made and sealed here whose key ids are in `there`, newest first; also one that seemed to be gone."""
        return [made for made in self._made("sealed", "gone") if made["key_id"] in there]

    def under_way(self) -> list[dict[str, str]]:
        """Those that open intents know by key id, since they were sealed before they were sent; newest first."""
        return [
            {
                "marker": entry.marker,
                "key_id": str(entry.facts["key_id"]),
                "expires": str(entry.facts["end"]),
                "path": str(self._tenant.state.credential(str(entry.facts["key_id"]))),
            }
            for entry in reversed(self._open())
            if entry.facts.get("key_id")
        ]

    def open_names(self) -> dict[str, str]:
        """Marker -> name, of open intents that find what they made by its name."""
        return {e.marker: str(e.facts["display_name"]) for e in self._open() if e.facts.get("display_name")}

    def thumbprints(self) -> dict[str, str]:
        """Key id -> thumbprint of every certificate that was to be made here."""
        intents = [entry.facts for entry in self._journal.entries() if entry.kind == "intent" and self._mine(entry)]
        return {str(facts["key_id"]): str(facts["thumbprint"]) for facts in intents if facts.get("thumbprint")}

    def usable(self, there: Iterable[str]) -> tuple[dict[str, str] | None, dict[str, str]]:
        """The newest one that is sealed and not over, and key id -> marker of all others in `there`."""
        made, now = self.made_and(there), self._tenant.clock.now()
        live = next((m for m in made if Path(m["path"]).exists() and datetime.fromisoformat(m["expires"]) > now), None)
        return live, {m["key_id"]: m["marker"] for m in made if m is not live}

    def overdue(self) -> set[str]:
        """Markers of open intents so old that what they did must be to be seen by now."""
        return {entry.marker for entry in self._open() if entry.time + LATE < self._tenant.clock.now()}

    def just_begun(self) -> set[str]:
        """Markers of open intents so young that one read may miss what they did."""
        return {entry.marker for entry in self._open() if self._tenant.clock.now() < entry.time + EARLY}

    def settle(self, there: dict[str, str]) -> None:
        """Write down what several agreeing reads have shown, so that no later run waits for it again."""
        for made in self.sealed():
            if made["key_id"] not in there:
                self._became(made, "gone")
        for made in self._made("gone"):
            if made["key_id"] in there:
                self._became(made, "sealed")
        for marker in self.overdue() - set(there.values()):
            self._journal.outcome(marker, "unseen")

    def _became(self, made: dict[str, str], result: str) -> None:
        self._journal.outcome(made["marker"], result, key_id=made["key_id"], end=made["expires"])

    def _made(self, *results: str) -> list[dict[str, str]]:
        markers = self._markers()
        return [
            {
                "marker": entry.marker,
                "key_id": str(entry.facts["key_id"]),
                "expires": str(entry.facts["end"]),
                "path": str(self._tenant.state.credential(str(entry.facts["key_id"]))),
            }
            for entry in made_here(self._journal, *results)
            if entry.marker in markers
        ]

    def left_over(self, there: dict[str, str], besides: set[str]) -> dict[str, str]:
        """Key id -> marker of what open intents of this journal, `besides` these, made and nobody holds."""
        markers = {entry.marker for entry in self._open()} - besides
        seen = {key_id: name for key_id, name in there.items() if name in markers}
        for marker in markers - set(seen.values()):
            self._tenant.warn(f"The intent {marker} is open, and its effect is not to be seen.")
        return seen

    def refuse_unknown(self, there: dict[str, str]) -> None:
        """A credential with our marker that this journal does not know is another operator's: it is never touched."""
        # Beside a proof's own, one that another state folder made is the vendor's, and is kept.
        ours = PROOF if self._proof else MARKER
        # An outcome whose intent was lost claims nothing, nor does an intent whose outcome may have been lost.
        doubtful = {entry.marker for entry in self._journal.doubtful()}
        known = {entry.marker for entry in self._journal.entries() if entry.kind == "intent"} - doubtful
        unknown = sorted(key for key, name in there.items() if name.startswith(ours) and name not in known)
        if unknown:
            raise TenantError(
                f"The app of customer {self._tenant.customer} has a credential made by this tool, "
                "but not from this state folder",
                expected=f"its intent in {self._tenant.state.journal}",
                found=f"key id {', '.join(unknown)}",
                remedy=f"use the state folder it was made from, or {REPLACE}; it was not touched",
            )

    def _markers(self) -> set[str]:
        return {entry.marker for entry in self._journal.entries() if entry.kind == "intent" and self._mine(entry)}

    def _open(self) -> list[Entry]:
        return [entry for entry in self._journal.open_intents() if self._mine(entry)]

    def _mine(self, entry: Entry) -> bool:
        of_app = entry.action == self._action and entry.facts.get("client_id") == self._client_id
        return of_app and for_proof(entry.marker) == self._proof
