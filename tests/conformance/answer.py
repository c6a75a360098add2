"""One answer of a service, as a case looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `body` is parsed JSON, None for an empty one, text for anything else."""

    status: int
    body: Any
    headers: requests.structures.CaseInsensitiveDict[str]

    @classmethod
    def of(cls, response: requests.Response) -> Answer:
        body: Any = response.text or None
        if "json" in response.headers.get("Content-Type", "") and response.content:
            body = response.json()
        return cls(response.status_code, body, response.headers)

    @property
    def code(self) -> str:
        """Graph's and Exchange's error code, or Entra's error with its AADSTS number."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        if isinstance(error, dict):
            return str(error.get("code"))
        if error:
            return f"{error} {','.join(map(str, self.body.get('error_codes', [])))}".strip()
        return ""

    @property
    def message(self) -> str:
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("message")) if isinstance(error, dict) else ""

    @property
    def refusal(self) -> dict[str, Any]:
        """Status and code: what a client may tell refusals apart by."""
        return {"status": self.status, "code": self.code}
