"""The probe mails of one flow: an intent in the journal before each, and gone again after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Protocol

from graphmail.clock import Clock
from graphmail.errors import TenantError
from graphmail.graph import Graph
from graphmail.journal import Entry, Fact, Journal
from graphmail.mailflow.mailbox import remove
from graphmail.mailflow.marker import Marker

ACTION = "send_probe_mail"


# How long a mail that was never seen may still arrive, and is looked for by later runs.
LATE = timedelta(days=2)


class ProbeMail(Protocol):
    """A mail, as far as it has to be removed again."""

    marker: Marker
    refused: bool

    @property
    def mailboxes(self) -> list[str]:
        """Where it may lie, the sender's own first."""

    @property
    def unseen(self) -> bool:
        """Whether it may still come to light somewhere."""


class ProbeMails:
    """What this flow sent, and what earlier ones left: some died, and some mails arrive late."""

    def __init__(self, graph: Graph, clock: Clock, journal: Journal, run_id: str, mailboxes: Iterable[str]) -> None:
        self._graph = graph
        self._clock = clock
        self._journal = journal
        self._run_id = run_id
        self._mailboxes = set(mailboxes)
        self._mails: list[ProbeMail] = []

    @property
    def unseen(self) -> int:
        """How many later runs have to look for."""
        return sum(mail.unseen for mail in self._mails)

    def intend(self, mail: ProbeMail) -> None:
        """Before it is sent or drafted."""
        self._journal.intend(
            ACTION,
            mail.marker.uuid,
            at=self._clock.now(),
            run_id=self._run_id,
            mailbox=mail.mailboxes[0],
            recipients=mail.mailboxes[1:],
        )
        self._mails.append(mail)

    def remove_all(self) -> list[str]:
        """Remove every mail of this flow and of earlier ones; what could not be removed, in words.

        An intent stays open until its mail is gone, or can no longer arrive, so that the next run looks again.
        """
        problems: list[str] = []
        for mail in self._mails:
            left = [] if mail.refused else self._remove(mail.marker, mail.mailboxes)
            if not left and not mail.unseen:
                result = "not_sent" if mail.refused else "removed"
                self._journal.outcome(mail.marker.uuid, result, at=self._clock.now())
            problems += left
        for entry in self._left_behind():
            addresses = [address for address in _addresses(entry.facts) if address in self._mailboxes]
            left = self._remove(Marker(entry.marker), addresses)
            if not left and entry.time + LATE < self._clock.now():
                self._journal.outcome(entry.marker, "removed", at=self._clock.now())
            problems += left
        return problems

    def _remove(self, marker: Marker, addresses: Iterable[str]) -> list[str]:
        problems = []
        for address in dict.fromkeys(addresses):
            try:
                problems.append(remove(self._graph, self._clock, address, marker))
            except TenantError as error:
                problems.append(f"{address}: {error.problem}")
        return [problem for problem in problems if problem]

    def _left_behind(self) -> list[Entry]:
        # Another kernel of this very run may be waiting for its own mail. The customer's lock keeps other runs away.
        return [
            entry
            for entry in self._journal.open_intents()
            if entry.action == ACTION and entry.facts.get("run_id") != self._run_id
        ]


def _addresses(facts: Mapping[str, Fact]) -> list[str]:
    recipients = facts.get("recipients")
    return [str(facts.get("mailbox", "")), *(recipients if isinstance(recipients, list) else ())]
