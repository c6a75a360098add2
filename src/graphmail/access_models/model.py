"""An access model: what confines the app to its group of mailboxes, and what Exchange's own test says about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from graphmail.exchange import Cmdlet, CmdletAnswer

Plane = Literal["Granted", "Denied", "undecided"]

# What the mail app needs; Mail.ReadWrite because a mail over 3 MB goes through a draft.
MAIL_ROLES = frozenset({"Mail.Send", "Mail.ReadWrite"})


@dataclass(frozen=True, slots=True)
class Tested:
    """What Exchange's test said about one mailbox; `reason` where it is undecided."""

    plane: Plane
    reason: str = ""


class AccessModel(ABC):
    """`consented` is what Entra grants in this model, and so what the app's tokens for Graph carry."""

    name: ClassVar[str]  # the inventory's word
    title: ClassVar[str]  # for people
    consented: ClassVar[frozenset[str]]
    cmdlets: ClassVar[tuple[str, ...]]  # that onboarding runs, beside those for the group

    @abstractmethod
    def test(self, client_id: str, mailbox: str) -> Cmdlet:
        """Exchange's own test of the app and that mailbox."""

    @abstractmethod
    def tested(self, answer: CmdletAnswer) -> Tested:
        """What it said. Anything that is not understood is undecided, never granted or denied."""


def undecided(answer: CmdletAnswer) -> Tested | None:
    """The verdict on a test that was refused."""
    if answer.error is None:
        return None
    return Tested("undecided", answer.error.type_name or str(answer.error.status))
