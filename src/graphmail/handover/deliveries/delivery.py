"""A way to the vendor. What travels is sealed: whoever carries it learns nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from graphmail.credentials import SealedCredential
from graphmail.tenant import Tenant


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is delivered: the age file, the note beside it for a person, and for which marker in the journal.

    `again` is whether an earlier run may have delivered it already.
    """

    path: Path
    note: Path
    credential: SealedCredential
    marker: str
    address: str = ""
    sender: str = ""  # a mailbox that the app may send from
    again: bool = False


class Delivery(ABC):
    """`name` is the inventory's word."""

    name: ClassVar[str]

    def way(self, address: str) -> str:
        """What tells a delivery to that address from others in the journal; empty where the address makes none."""
        return ""

    @abstractmethod
    def deliver(self, tenant: Tenant, sealed: Sealed) -> str:
        """Bring it there, at most once for its marker where that can be told; where it went, for a person.

        Raises TenantError where it did not go, or nobody can say; the next run looks before it delivers again.
        """
