"""What an app can reach beside its group, and why: the sources of access, and what makes a confinement void."""

from __future__ import annotations

from graphmail.reach.detect import detect
from graphmail.reach.finding import Finding
from graphmail.reach.sources import Consent, Sources, consents_of

__all__ = ["Consent", "Finding", "Sources", "consents_of", "detect"]
