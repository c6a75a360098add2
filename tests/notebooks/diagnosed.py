"""A diagnosis as its notebook makes it, in this process."""

from __future__ import annotations

from graphmail.diagnosis import Answer, open_diagnosis
from tests.notebooks.world import Onboarded


def diagnosed(customer: Onboarded, symptom: str = "suddenly stopped", max_wait: float = 0) -> Answer:
    diagnosis = open_diagnosis(customer.name, str(customer.inventory), "", str(customer.evidence), max_wait, symptom)
    diagnosis.look()
    answer = diagnosis.decide()
    diagnosis.conclude()
    return answer


def names(answer: Answer) -> list[str]:
    """The causes that hold, the first one first."""
    return [judgement.cause.name for judgement in answer.found]
