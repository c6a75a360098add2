"""What became of a case at one target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from tests.conformance.case import Case
from tests.conformance.target import Target


@dataclass(frozen=True, slots=True)
class Outcome:
    """`verdict` is holds, differs, or failed: the steps could not be done, and `observed` says why."""

    verdict: str
    observed: Any
    left: tuple[str, ...] = ()  # what could not be removed from the tenant

    @classmethod
    def of(cls, case: Case, target: Target) -> Outcome:
        """Run the case and remove what it made, however it ends."""
        left: list[str] = []
        try:
            observed = case.run(target)
            verdict = "holds" if observed == case.expected else "differs"
        except requests.RequestException as error:  # its text holds the URL, and an upload's URL is a key
            verdict, observed = "failed", type(error).__name__
        except Exception as error:  # one case that breaks says so in the report, and the others go on
            verdict, observed = "failed", f"{type(error).__name__}: {error}"
        finally:  # also for who interrupts: what was made is in somebody's tenant
            left += target.close()
        return cls(verdict, observed, tuple(left))
