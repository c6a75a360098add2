"""The proof that a secret made for a proof alone opens nothing any more, once it was taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from graphmail.clock import poll
from graphmail.errors import DeadlineExceeded, TenantError
from graphmail.evidence import Check, Record, Verdict
from graphmail.refused_sign_in import Attempts
from graphmail.resource import Info, Option, Values
from graphmail.resources.application_reference import REFERENCE, application_path, former_client_id
from graphmail.resources.credential_journal import ADD, CredentialJournal
from graphmail.task_record import keep, record_of, subject
from graphmail.tenant import Tenant

RECORD = "proof_retired"
# How long Graph's replicas may still show the secret.
SHOWN = 180.0
CLAIM = "The secret made for the proof opens no token any more: {}"
EXPECTED = "refused twice, 60 s apart, as a wrong secret (AADSTS7000215), one that ended, or of no app"


class RetiredProofInfo(Info):
    """Fails unless every secret of a proof that was taken back, and was not tried since, is refused."""

    name = "retired_proof_info"
    permissions = ("Application.Read.All",)
    options: ClassVar = REFERENCE | {
        "mailboxes": Option("", {"type": "list", "elements": "str", "required": True}),
        "outside_mailbox": Option("", {"type": "str", "required": True}),
        "max_wait": Option("", {"type": "int", "default": 7200}),
    }

    def look(self, tenant: Tenant, params: Values) -> Values:
        if tenant.run.check_mode or tenant.run.evidence is None:
            return {"skipped": True, "status": "unknown", "checks": [], "record": ""}
        tenant.reads.drop()
        retirement = Retirement(tenant, params)
        started = tenant.clock.now()
        checks = retirement.checks()
        if not checks:
            return {"status": "nothing", "checks": [], "record": ""}
        record = retirement.record(checks, started)
        path = keep(tenant, record)
        told = [{"name": c.name, "verdict": c.verdict, "observed": c.observed} for c in checks]
        result: Values = {"status": record.verdict, "checks": told, "record": str(path)}
        if record.verdict != "passed":
            wrong = "; ".join(f"{c.claim}: {c.observed}" for c in checks if c.verdict != "passed")
            result |= {
                "failed": True,
                "msg": f"Customer {tenant.customer}: it is not proved that the proof left nothing behind. {wrong}. "
                "To do: see in Entra, under the app's Certificates & secrets, that it is gone; then run again",
            }
        return result


class Retirement:
    """The checks, of one customer's app."""

    def __init__(self, tenant: Tenant, params: Values) -> None:
        self._tenant = tenant
        self._params = params
        application = self._application()
        self.client_id = str(application["appId"]) if application else former_client_id(tenant, params)
        self._journal = CredentialJournal(tenant, self.client_id, ADD, proof=True)
        self._left = self._journal.taken_back()

    def checks(self) -> list[Check]:
        """Two for each secret, the newest first; none where there is nothing to try."""
        return [check for made in self._left for check in self._of(made)]

    def record(self, checks: list[Check], started: Any) -> Record:
        params = self._params
        about = subject(self.client_id, self._left[0]["key_id"], params["mailboxes"], params["outside_mailbox"])
        return record_of(self._tenant, RECORD, about, checks, started)

    def _of(self, made: dict[str, str]) -> list[Check]:
        key_id, copy = made["key_id"], Path(made["path"])
        checks = [self._listed(key_id), self._token(key_id, copy)]
        if not copy.exists():
            self._journal.tried(made, "untried")
        elif all(check.verdict == "passed" for check in checks):
            self._journal.tried(made, "ended")
        return checks

    def _listed(self, key_id: str) -> Check:
        """In Graph; replicas may show it a while longer."""
        clock = self._tenant.clock
        started, looks = clock.now(), 0

        def gone() -> bool | None:
            nonlocal looks
            looks += 1
            there = (self._application() or {}).get("passwordCredentials") or ()
            return None if key_id.lower() in {str(one["keyId"]).lower() for one in there} else True

        verdict: Verdict
        try:
            poll(clock, gone, SHOWN, "the secret to be gone")
            verdict, observed = "passed", "not among them"
        except DeadlineExceeded:
            verdict, observed = "failed", f"still among them {SHOWN:.0f} s after its removal"
        except TenantError as error:
            verdict, observed = "unknown", str(error)
        return Check(
            name=f"listed {key_id}",
            claim=f"The app no longer has the secret made for the proof: {key_id}",
            expected="not among the app's secrets",
            observed=observed[:3900],
            verdict=verdict,
            seconds=(clock.now() - started).total_seconds(),
            attempts=looks,
        )

    def _token(self, key_id: str, copy: Path) -> Check:
        """With its last sealed copy, at the token endpoint, until that refuses it."""
        clock, attempts = self._tenant.clock, Attempts(self._tenant)
        started = clock.now()
        verdict: Verdict
        try:
            if not copy.exists():
                verdict, observed = "unknown", "no sealed copy of it is left to try"
            else:
                codes = attempts.refused_twice(copy, self._params["max_wait"])
                verdict, observed = "passed", f"{codes}, twice"
        except DeadlineExceeded:
            waited = (clock.now() - started).total_seconds()
            verdict, observed = "failed", f"it still gets a token {waited:.0f} s after its removal"
        except TenantError as error:
            verdict, observed = "unknown", str(error)
        return Check(
            name=f"token {key_id}",
            claim=CLAIM.format(key_id),
            expected=EXPECTED,
            observed=observed[:3900],
            verdict=verdict,
            seconds=(clock.now() - started).total_seconds(),
            attempts=attempts.made,
        )

    def _application(self) -> dict[str, Any] | None:
        return self._tenant.graph.find(application_path(self._params["application"], self._params.get("client_id")))
