"""The lines of steps.jsonl and http.jsonl: what a run did, and what it asked the services."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from graphmail.printable import visible


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    at: AwareDatetime

    def to_line(self) -> bytes:
        return self.model_dump_json(exclude_defaults=True).encode() + b"\n"


class Step(_Line):
    """One task. `before` and `after` are what its diff shows; `message` is why it failed or what it warned of.

    No secret in any of them.
    """

    task: str
    outcome: Literal["ok", "changed", "failed", "skipped", "unreachable"]
    module: str = ""
    role: str = ""
    seconds: Annotated[float, Field(ge=0)] = 0.0
    message: str = ""
    before: Any = None
    after: Any = None
    request_ids: list[str] = []

    @field_validator("task", "message")
    @classmethod
    def _printable(cls, text: str) -> str:
        return visible(text)


class Confirmation(_Line):
    """What made sure that a service answers for the tenant that the inventory names. `at` is real time."""

    service: str
    by: str


class HttpCall(_Line):
    """One request and its answer, as the transport tells them.

    `path` is a template without query or host, since upload URLs carry a token in both; `status` is 0 when no answer
    came; `attempt` is how often this very request had gone out by then; `date` is the service's clock, as its answer
    told it. The digests are of bodies, which are not kept, and empty where one held a secret; in `request_sha256`
    `<address>` stands for each mail address.
    """

    method: str
    path: str
    asked: str = ""
    status: int = 0
    attempt: int = 1
    request_id: str = ""
    client_request_id: str = ""
    date: str = ""
    request_sha256: str = ""
    reply_sha256: str = ""

    @field_validator("path")
    @classmethod
    def _without_query(cls, path: str) -> str:
        if "://" in path:
            raise ValueError("give the path alone: a full URL may be pre-authenticated")
        return path.split("?", 1)[0]
