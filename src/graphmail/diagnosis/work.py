"""One diagnosis of one customer: look, decide, keep the record. Nothing is written in the tenant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from graphmail.clock import STEPS
from graphmail.diagnosis.answer import Answer
from graphmail.diagnosis.calls import Calls
from graphmail.diagnosis.cause import Certainty
from graphmail.diagnosis.facts import Facts
from graphmail.diagnosis.gather import Gathering
from graphmail.diagnosis.judgement import Judgement, judge
from graphmail.diagnosis.symptom import Symptom
from graphmail.diagnosis.watch import Watch
from graphmail.evidence import Check, Record, Subject
from graphmail.mailflow.conclusion import keep_record
from graphmail.mailflow.opening import Opened, open_run
from graphmail.tenant import Tenant

NOTEBOOK = "diagnosis"
# Somebody holds the line: what does not answer within this is a finding.
PATIENCE = 20.0  # seconds


def open_diagnosis(
    customer: str, inventory: str, run_id: str, evidence: str, max_wait: float, symptom: str
) -> Diagnosis:
    """Raises TenantError for a symptom or a customer that is not known, and InventoryError."""
    told = Symptom.of(symptom)
    return Diagnosis(open_run(customer, inventory, run_id, evidence, notebook=NOTEBOOK), told, max_wait)


class Diagnosis:
    """`max_wait` is how many seconds it looks again at what may pass by itself; 0 looks once."""

    def __init__(self, opened: Opened, symptom: Symptom, max_wait: float) -> None:
        self._opened = opened
        self._symptom = symptom
        self._max_wait = max_wait
        self._watch = Watch(opened.run.append_http)
        # Two of them, since the admin's may read alone, and the app tries to send.
        admin, app = (self._tenant(check_mode=check_mode) for check_mode in (True, False))
        self._clock = admin.clock
        self._gathering = Gathering(admin, app, opened.customer, self._watch)
        self._started = self._clock.now()
        self._facts: Facts | None = None
        self._answer: Answer | None = None

    def _tenant(self, *, check_mode: bool) -> Tenant:
        tenant = self._opened.tenant
        made = Tenant.connect(tenant.connection, replace(tenant.run, check_mode=check_mode, observe=self._watch))
        made.transport.patience = PATIENCE
        return made

    @property
    def facts(self) -> Facts:
        """What was seen; looks if nobody has looked yet."""
        if self._facts is None:
            self._facts = self._gathering.facts()
        return self._facts

    def look(self) -> Calls:
        """Everything that is asked, once; what could not be read is shown too."""
        self._facts = None
        return Calls(tuple(self.facts.calls()))

    def decide(self) -> Answer:
        """Judge every known cause; look again, within `max_wait`, while what is found may pass by itself."""
        judged = judge(self.facts, self._symptom)
        first = judged
        deadline, tries = self._clock.deadline(self._max_wait), 0
        while _passing(judged) and not deadline.expired:
            self._clock.sleep(min(STEPS[min(tries, len(STEPS) - 1)], max(deadline.remaining, 1.0)))
            tries += 1
            self.look()
            judged = judge(self.facts, self._symptom)
        waited = (self.facts.now - self._started).total_seconds()
        if _passing(first) and not _passing(judged):
            self._answer = Answer(self._symptom, first, f"; it passed by itself after {waited:.0f} s")
        else:
            told = f"; still so after {waited:.0f} s" if tries and _passing(judged) else ""
            self._answer = Answer(self._symptom, judged, told)
        return self._answer

    def conclude(self) -> Path:
        """Write the record and return its path: a claim for each known cause, and one that the symptom is explained."""
        answer = self._answer or self.decide()
        opened, facts = self._opened, self.facts
        record = Record(
            customer=opened.customer.name,
            tenant_id=opened.customer.tenant_id,
            environment=opened.tenant.environment,
            run_id=opened.run.run_id,
            notebook=NOTEBOOK,
            started=self._started,
            finished=self._clock.now(),
            subject=Subject(
                client_id=facts.client_id,
                key_id=facts.stored.got.key_id if facts.stored.got else "",
                mailboxes=list(opened.customer.mailboxes),
                outside_mailbox=opened.customer.outside_mailbox,
            ),
            checks=[_explained(answer), *(_check(judgement) for judgement in answer.judgements)],
        )
        return keep_record(opened.run, record, opened.lock, "succeeded")


def _passing(judged: list[Judgement]) -> bool:
    """Whether the first cause may end by itself. One that is merely possible is no reason to wait."""
    first = judged[0]
    return bool(first.proof and first.proof.certainty > Certainty.POSSIBLE and first.cause.passing)


def _explained(answer: Answer) -> Check:
    return Check(
        name="symptom",
        claim=f"A known cause explains: {answer.symptom}",
        expected="at least one cause that holds and explains it",
        observed=f"{answer.says}. To do: {answer.next_step}"[:4000],
        verdict="passed" if answer.explained else "unknown",
    )


def _check(judgement: Judgement) -> Check:
    calls = judgement.proof.calls if judgement.proof else ()
    shown = f". Shown by: {'; '.join(map(str, calls))}. To do: {judgement.next_step}" if calls else ""
    return Check(
        name=judgement.cause.name,
        claim=judgement.cause.healthy,
        expected=f"no sign against it; such would be {judgement.cause.signs}",
        observed=f"{judgement.observed}{shown}"[:4000],
        verdict=judgement.verdict,
        request_ids=[call.request_id for call in calls if call.request_id],
    )
