"""Why a customer's mail does not work: known causes, judged over facts that are read once. Writes nothing."""

from __future__ import annotations

from graphmail.diagnosis.answer import Answer
from graphmail.diagnosis.causes import CAUSES
from graphmail.diagnosis.symptom import Symptom
from graphmail.diagnosis.work import Diagnosis, open_diagnosis

__all__ = ["CAUSES", "Answer", "Diagnosis", "Symptom", "open_diagnosis"]
