"""What a verification notebook found: checks, and the record that holds them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from graphmail.durable import sync_folder
from graphmail.evidence.files import EvidenceError, write_once
from graphmail.printable import visible
from graphmail.state import CUSTOMER_NAME

Verdict = Literal["passed", "failed", "unknown"]
Environment = Literal["sandbox", "production"]

# Under this type the last cell of a notebook tells where its record is, whether or not it raises afterwards.
RECORD_TYPE = "application/vnd.graphmail.record+json"


# Whoever writes one keeps to 4000; a placeholder may be longer than the address for which it stands.
Text = Annotated[str, Field(max_length=32_000)]

# What a check may measure beside its verdict; the unit is the name's last word.
Measure = Literal["delay_seconds", "not_before_seconds", "latency_seconds", "size_bytes", "upload_seconds"]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)


class Check(_Strict):
    """One claim put to the test. `seconds` is how long it took, `attempts` how often was looked.

    `observed` is one line for a person; it never holds a mail's body, a token or a secret. `unknown` means undecided
    and is never green. `measured` is what a report over many customers adds up; docs/support.md explains each.
    """

    name: Annotated[str, Field(min_length=1, max_length=3200)]
    claim: Text
    expected: Text
    observed: Text
    verdict: Verdict
    seconds: Annotated[float, Field(ge=0)] = 0.0
    attempts: Annotated[int, Field(ge=0)] = 1
    request_ids: list[str] = []
    measured: dict[Measure, Number] = {}

    @field_validator("name", "claim", "expected", "observed")
    @classmethod
    def _printable(cls, text: str) -> str:
        return visible(text)


class Subject(_Strict):
    """What the proof is about. A hand-over is refused unless it is about the very same."""

    client_id: str
    key_id: str
    # Key id of the short-lived secret that the proof signed in with, where nobody here can sign in with `key_id`.
    signed_in_with: str = ""
    mailboxes: list[str]
    outside_mailbox: str


def verdict_of(checks: list[Check]) -> Verdict:
    """Passed only if there is at least one check and every one passed; failed if any failed; else unknown."""
    verdicts = {check.verdict for check in checks}
    if "failed" in verdicts:
        return "failed"
    return "passed" if verdicts == {"passed"} else "unknown"


class Record(_Strict):
    """One notebook's findings, as JSON in `records/`. The verdict follows from the checks and cannot be given."""

    schema_: Literal[1] = Field(1, alias="schema")
    customer: Annotated[str, Field(pattern=f"^{CUSTOMER_NAME}$")]
    tenant_id: str
    environment: Environment
    run_id: str
    notebook: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    started: AwareDatetime
    finished: AwareDatetime
    subject: Subject
    checks: list[Check]
    verdict: Verdict = "unknown"

    @model_validator(mode="before")
    @classmethod
    def _conclude(cls, given: Any) -> Any:
        if isinstance(given, dict) and "verdict" not in given:
            checks = [Check.model_validate(check) for check in given.get("checks", [])]
            return {**given, "verdict": verdict_of(checks)}
        return given

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.verdict != verdict_of(self.checks):
            raise ValueError(f"the verdict {self.verdict!r} does not follow from the checks")
        return self

    def to_json(self) -> str:
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> Record:
        """The record in `path`. Raises EvidenceError when it is none."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            reason = error.strerror if isinstance(error, OSError) else f"{error.error_count()} fields are wrong"
            raise EvidenceError(f"{path} is not a record: {reason}") from None

    def write(self, folder: Path) -> Path:
        """Write the record into `folder`, whole or not at all, and return its path.

        An earlier record of the same notebook is evidence too and stays: the next is `<notebook>-2.json`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        content = self.to_json().encode()
        number = 1
        while True:
            path = folder / (f"{self.notebook}.json" if number == 1 else f"{self.notebook}-{number}.json")
            if write_once(path, content):
                sync_folder(folder)
                return path
            number += 1


def records_in(folder: Path) -> list[Record]:
    """All records of a folder, oldest first; none when there is no such folder."""
    if not folder.is_dir():
        return []
    names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    return sorted((Record.read(folder / name) for name in names), key=lambda record: record.finished)
