"""Which of the known causes hold, by the facts: pure, and all of them, since several may hold at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphmail.diagnosis.cause import Cause, Proof
from graphmail.diagnosis.causes import CAUSES
from graphmail.diagnosis.facts import Facts
from graphmail.diagnosis.seen import NotRead, Seen
from graphmail.diagnosis.symptom import Symptom
from graphmail.evidence import Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """`proof` is there where the cause holds; `unread` is what could not be read and would be needed to tell."""

    cause: Cause
    explains: bool
    proof: Proof | None = None
    unread: Seen[object] | None = None

    @property
    def verdict(self) -> Verdict:
        """Of the claim that the cause does not hold."""
        return "failed" if self.proof else "unknown" if self.unread else "passed"

    @property
    def observed(self) -> str:
        if self.proof:
            also = "" if self.explains else "; this does not explain the symptom"
            return f"{self.proof.certainty}: {self.proof.found}{also}"
        return f"could not be decided: {self.unread}" if self.unread else "nothing speaks against it"

    @property
    def next_step(self) -> str:
        return (self.proof and self.proof.next_step) or self.cause.next_step

    @property
    def rank(self) -> tuple[bool, int]:
        return not self.explains, -int(self.proof.certainty if self.proof else 0)


def judge(facts: Facts, symptom: Symptom, causes: Iterable[Cause] = CAUSES) -> list[Judgement]:
    """All causes: those that hold first, the one that explains the symptom most certainly at the head."""
    judged = [_judged(cause, facts, symptom) for cause in causes]
    order = ("failed", "unknown", "passed")
    return sorted(judged, key=lambda judgement: (order.index(judgement.verdict), *judgement.rank))


def _judged(cause: Cause, facts: Facts, symptom: Symptom) -> Judgement:
    explains = symptom in cause.explains
    try:
        return Judgement(cause, explains, proof=cause.judge(facts))
    except NotRead as error:
        return Judgement(cause, explains, unread=error.seen)
