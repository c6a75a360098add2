"""How long it takes until what was granted acts: what each look of the propagation probe saw, and the record of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphmail.evidence import Check, Subject
from graphmail.journal import Journal
from graphmail.pending import Wait
from graphmail.task_record import keep, record_of
from graphmail.tenant import Tenant

RECORD = "propagation"

# What can be told apart, in the order in which it comes to act; the claim of each.
GRANTS = {
    "credential": "The token endpoint accepts the credential",
    "consent": "The app's tokens carry what was consented to",
    "membership": "The app reaches every member of the group",
    "policy": "The access policy keeps the app out of other mailboxes",
    "rbac": "The RBAC assignment opens the members' mailboxes to the app, and no other",
}
# By what the journal says that it was made.
_MADE_AS = {
    "credential": ("addPassword", "addCertificate", "addFederatedCredential"),
    "consent": ("create entra_app_role_assignment",),
    "membership": ("create exo_distribution_group",),
    "policy": ("create exo_application_access_policy",),
    "rbac": ("create exo_management_role_assignment",),
}


@dataclass(slots=True)
class Seen:
    """Of each grant, seconds since the wait began: when it was last seen not to act, and first seen to act."""

    otherwise: dict[str, float] = field(default_factory=dict)
    acting: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Seen:
        """What `facts` gave; nothing where another version kept nothing or something else."""
        parts = [kept.get("otherwise"), kept.get("acting")]
        return cls(*({name: float(part[name]) for name in part} if isinstance(part, dict) else {} for part in parts))

    def facts(self) -> dict[str, Any]:
        return {"otherwise": self.otherwise, "acting": self.acting}

    def note(self, look: Mapping[str, str], after: float) -> None:
        """`look` has of each grant that could be judged what is missing of it, empty where it acts."""
        for grant, missing in look.items():
            if missing:
                self.otherwise[grant] = after
                self.acting.pop(grant, None)
            else:
                self.acting.setdefault(grant, after)


def keep_record(tenant: Tenant, wait: Wait, seen: Seen, look: Mapping[str, str], about: Subject) -> None:
    """What the wait came to, in this run's evidence. Delays are by the tenant's clock."""
    made = _made_in_this_run(tenant)
    checks = [_check(grant, wait, seen, missing, made.get(grant)) for grant, missing in look.items()]
    keep(tenant, record_of(tenant, RECORD, about, checks, wait.since))


def _made_in_this_run(tenant: Tenant) -> dict[str, datetime]:
    """When this run made what. An older grant tells nothing: whatever is awaited now was changed since."""
    entries = Journal(tenant.state.journal).entries()
    ours = {entry.marker: entry.action for entry in entries if entry.facts.get("run_id") == tenant.run.run_id}
    found: dict[str, datetime] = {}
    for entry in entries:
        if entry.kind == "outcome" and entry.result in ("made", "sealed") and entry.marker in ours:
            for grant, actions in _MADE_AS.items():
                if ours[entry.marker] in actions:
                    found[grant] = entry.time
    return found


def _check(grant: str, wait: Wait, seen: Seen, missing: str, made: datetime | None) -> Check:
    # Less than nothing where it was made while something else was waited for already.
    before = (wait.since - made).total_seconds() if made else 0.0
    since = "since it was made" if made else "since the first look"
    measured: dict[str, float] = {}
    if missing:
        observed = f"waiting for {missing}"
    elif grant not in seen.otherwise:
        observed = "acted at the first look"
    else:
        measured["delay_seconds"] = round(max(before + seen.acting[grant], 0.0), 1)
        measured["not_before_seconds"] = round(max(before + seen.otherwise[grant], 0.0), 1)
        observed = "acts after {delay_seconds:.0f} s {since}, and after {not_before_seconds:.0f} s not yet"
        observed = observed.format(**measured, since=since)
    return Check(
        name=grant,
        claim=GRANTS[grant],
        expected="it acts",
        observed=observed[:4000],
        verdict="unknown" if missing else "passed",
        seconds=max(0.0, round(seen.acting.get(grant, seen.otherwise.get(grant, 0.0)), 3)),
        attempts=wait.rounds + 1,
        measured=measured,
    )
