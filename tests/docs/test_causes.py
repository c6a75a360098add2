"""docs/support.md names every cause that a diagnosis knows, as it knows it."""

from __future__ import annotations

from graphmail.diagnosis import CAUSES, Symptom
from tests.docs.causes import PAGE, filled


def test_the_table_of_causes_is_what_the_diagnosis_knows():
    text = PAGE.read_text(encoding="utf-8")
    assert text == filled(text), "python -m tests.docs.causes writes it"
    assert all(f"`{cause.name}`" in text for cause in CAUSES)


def test_every_symptom_is_explained_by_some_and_no_name_stands_twice():
    assert all(any(symptom in cause.explains for cause in CAUSES) for symptom in Symptom)
    assert len({cause.name for cause in CAUSES}) == len({cause.healthy for cause in CAUSES}) == len(CAUSES)
