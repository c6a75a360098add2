"""What a diagnosis says at last: the cause and the next step, or honestly that it is none of the known ones."""

from __future__ import annotations

from dataclasses import dataclass

from tabulate import tabulate

from graphmail.diagnosis.cause import Certainty
from graphmail.diagnosis.judgement import Judgement
from graphmail.diagnosis.symptom import Symptom

NOBODY = (
    "ask the customer for one mail that failed: which mailbox, when, and the error as it is; run verify_send, "
    "verify_receive and verify_large_mail, which try real mail; if these are green, the cause lies with the vendor's "
    "program or on the mail's way (message trace)"
)


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """Shows as a table of what holds and what could not be decided; `waited` is what looking again has shown."""

    symptom: Symptom
    judgements: list[Judgement]
    waited: str = ""

    @property
    def found(self) -> list[Judgement]:
        """The causes that hold, the likeliest first."""
        return [judgement for judgement in self.judgements if judgement.proof]

    @property
    def undecided(self) -> list[Judgement]:
        return [judgement for judgement in self.judgements if judgement.unread]

    @property
    def cause(self) -> str:
        """Name of the first cause that holds; empty where none does."""
        return self.found[0].cause.name if self.found else ""

    @property
    def explained(self) -> bool:
        return any(judgement.explains for judgement in self.found)

    @property
    def says(self) -> str:
        """One sentence."""
        undecided = f" ({len(self.undecided)} could not be decided)" if self.undecided else ""
        if not self.found and undecided:
            return f"No known cause could be shown{undecided}{self.waited}"
        if not self.found:
            return f"None of the known causes holds{self.waited}"
        first = self.found[0]
        if not self.explained:
            title = f"None of the known causes of {str(self.symptom)!r} holds{undecided}; but: {first.cause.title}"
            return f"{title}{self.waited}"
        if first.proof and first.proof.certainty is Certainty.POSSIBLE:
            return f"No known cause is certain{undecided}; {first.cause.title} ({first.observed}){self.waited}"
        return f"{first.cause.title} ({first.observed}){self.waited}"

    @property
    def next_step(self) -> str:
        """What somebody does now."""
        steps = [judgement.next_step for judgement in self.found[:1]]
        if not self.explained:
            steps.append(self._look_better() if self.undecided else NOBODY)
        return "; and ".join(steps)

    def _look_better(self) -> str:
        """What kept this from looking: each reason once, with what its error says to do."""
        errors = [judgement.unread.error for judgement in self.undecided if judgement.unread]
        reasons = {error.problem: error.remedy for error in errors if error}
        told = "; ".join(f"{problem} ({remedy})" if remedy else problem for problem, remedy in reasons.items())
        return f"mend first what kept this from looking, and run it again: {told}"

    def __repr__(self) -> str:
        lines = [f"{j.cause.title}: {j.observed}. To do: {j.next_step}" for j in self.found]
        lines += [f"{j.cause.title}: {j.observed}" for j in self.undecided]
        return "\n".join([f"{self.says}.", f"To do: {self.next_step}.", *lines])

    def _repr_html_(self) -> str:
        """Escaped by tabulate."""
        head = ["how certain", "cause", "found", "shown by", "next step"]
        rows = [
            [str(j.proof.certainty), j.cause.title, j.proof.found, " | ".join(map(str, j.proof.calls)), j.next_step]
            for j in self.found
            if j.proof
        ]
        rows += [["undecided", j.cause.title, str(j.unread), "", ""] for j in self.undecided]
        summary = [["", self.says, "", "", self.next_step]]
        return str(tabulate([*summary, *rows], head, tablefmt="html", disable_numparse=True))
