"""Looking at a tenant that may be broken in any way: a look that fails is a fact too, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from graphmail.diagnosis.seen import Seen
from graphmail.diagnosis.watch import Watch
from graphmail.errors import OutcomeUnknown, ServiceFailure, TenantError, TokenError, Unreachable, WrongTenant
from graphmail.exchange import Cmdlet, CmdletAnswer, Exchange
from graphmail.graph import BatchAnswer, Graph

T = TypeVar("T")
Say = Callable[[Any], str]


class Looks:
    """Makes `Seen` of calls. A service that does not answer, or that nobody may enter, is not asked again."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._shut: dict[str, TenantError] = {}

    def at(self, service: str, asked: str, look: Callable[[], T], say: Say) -> Seen[T]:
        """One call; `say` puts what it answered into a line."""
        if service in self._shut:
            return Seen(asked, f"not asked: {self._shut[service].problem}", error=self._shut[service])
        self._watch.last()
        try:
            value = look()
        except TenantError as error:
            if _shuts(error):
                self._shut[service] = error
            told = "; ".join(part for part in (error.problem, error.found) if part)
            return Seen(asked, told, error=error, request_id=error.request_id or self._watch.last())
        return Seen(asked, say(value), value, request_id=self._watch.last())

    def shut(self, service: str, error: TenantError) -> None:
        """Ask that service no more."""
        self._shut[service] = error

    def graph(self, graph: Graph, paths: Sequence[tuple[str, str, Say]]) -> list[Seen[Any]]:
        """Path, what it is called, and how its answer is put; a body, or None where there is no such object."""
        batch = self.at("graph", "a batch", lambda: graph.batch([path for path, _asked, _say in paths]), str)
        answers = batch.got if batch.got is not None else [None] * len(paths)
        return [self._of(batch, asked, answer, say) for (_, asked, say), answer in zip(paths, answers, strict=True)]

    def exchange(self, exchange: Exchange, cmdlets: Sequence[tuple[Cmdlet, Say]]) -> list[Seen[Any]]:
        """Cmdlet, and how its answer is put; its rows, none where there is no such object."""
        batch = self.at("exchange", "a batch", lambda: exchange.batch([c for c, _say in cmdlets]), str)
        answers = batch.got if batch.got is not None else [None] * len(cmdlets)
        return [self._of(batch, _named(c), answer, say) for (c, say), answer in zip(cmdlets, answers, strict=True)]

    @staticmethod
    def _of(batch: Seen[Any], asked: str, answer: BatchAnswer | CmdletAnswer | None, say: Say) -> Seen[Any]:
        if answer is None:
            return replace(batch, asked=asked)
        missing: Any = None if isinstance(answer, BatchAnswer) else []
        value = missing if answer.missing else None
        if answer.error is not None and not answer.missing:
            return Seen(asked, answer.error.problem, error=answer.error, request_id=answer.error.request_id)
        if not answer.missing:
            value = answer.body if isinstance(answer, BatchAnswer) else answer.rows
        return Seen(asked, "there is none" if answer.missing else say(value), value, request_id=batch.request_id)


def then(seen: Seen[Any], make: Callable[[Any], Any], say: Say | None = None) -> Seen[Any]:
    """What is in what was seen; an error stays one."""
    if not seen.read:
        return seen
    value = make(seen.got)
    return replace(seen, got=value, answer=say(value) if say else seen.answer)


def _named(cmdlet: Cmdlet) -> str:
    shown = ("Identity", "Resource", "SenderAddress", "RoleAssignee")
    return " ".join([cmdlet.name, *(str(cmdlet.parameters[name]) for name in shown if name in cmdlet.parameters)])


def _shuts(error: TenantError) -> bool:
    if isinstance(error, ServiceFailure) and not isinstance(error, TokenError):
        return error.status >= 500
    return isinstance(error, Unreachable | OutcomeUnknown | TokenError | WrongTenant)
