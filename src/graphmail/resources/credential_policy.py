"""What a tenant's app management policies let be added to an app, and what is made instead of what they do not.

https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy. Existing credentials keep
working; additions are refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from pydantic import TypeAdapter

from graphmail.resources.credential_lifetime import credential_lifetime

ON_POLICY = ("stop", "shorten", "certificate")
# By kind: Graph's collection of rules, the rule that forbids it, and the one that limits its life. No certificate made
# here is of an authority that a tenant trusts.
RULES = {
    "secret": ("passwordCredentials", "passwordAddition", "passwordLifetime"),
    "certificate": ("keyCredentials", "trustedCertificateAuthority", "asymmetricKeyLifetime"),
}
_DURATION = TypeAdapter(timedelta)


@dataclass(frozen=True, slots=True)
class Rule:
    """One that acts on the app. `some_exempt`: not for actors with some attribute, and whether we are is not read."""

    name: str
    policy: str
    longest: str
    some_exempt: bool

    @property
    def longest_life(self) -> timedelta:
        """An ISO 8601 duration, as Graph writes it: `P90D`, `P4DT12H`."""
        return _DURATION.validate_python(self.longest)

    def __str__(self) -> str:
        least = f", at most {self.longest}" if self.longest else ""
        exempt = "; some administrators are exempt, and whether this one is cannot be read" if self.some_exempt else ""
        return f"restriction {self.name}{least}, enabled in {self.policy!r}{exempt}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is made. `why` is the reason where it is not what was asked for; `against` the rule that is in the way."""

    kind: str
    lifetime: str
    why: str = ""
    against: Rule | None = None


class CredentialPolicy:
    """The rules that act on one app: the tenant's default, each replaced by that of a policy of the app's own."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules

    @classmethod
    def of(cls, default: Mapping[str, Any], own: Iterable[Mapping[str, Any]], created: datetime) -> Self:
        """`created` is when the app was made, or now for one that will be."""
        found: dict[str, Rule | None] = {}
        for policy, part in ((default, "applicationRestrictions"), *((one, "restrictions") for one in own)):
            if not policy.get("isEnabled"):
                continue
            for collection, *names in RULES.values():
                for rule in (policy.get(part) or {}).get(collection) or ():
                    if rule.get("restrictionType") in names:
                        acts = rule.get("state", "enabled") == "enabled" and _since(rule) <= created
                        found[rule["restrictionType"]] = _rule(rule, policy) if acts else None
        return cls({name: rule for name, rule in found.items() if rule})

    def choose(self, kind: str, lifetime: str, on_policy: str, now: datetime) -> Choice:
        """`on_policy` as the inventory says it; `against` is set where that leaves nothing to make."""
        asked = self._judged(kind, lifetime, now)
        if asked.against is None:
            return asked
        if on_policy == "certificate" and kind == "secret":
            return replace(
                self._judged("certificate", lifetime, now), why=f"a certificate and no secret: {asked.against}"
            )
        limit = asked.against
        if on_policy == "shorten" and limit.longest and (shorter := _shortened(kind, limit)):
            return Choice(kind, shorter, f"a life of {shorter} and not of {lifetime}: {limit}")
        return asked

    def _judged(self, kind: str, lifetime: str, now: datetime) -> Choice:
        _collection, forbidden, limited = RULES.get(kind, ("", "", ""))
        against = self._rules.get(forbidden)
        limit = self._rules.get(limited)
        if against is None and limit and credential_lifetime(lifetime).end(now) - now > limit.longest_life:
            against = limit
        return Choice(kind, lifetime, "", against)


def _rule(rule: Mapping[str, Any], policy: Mapping[str, Any]) -> Rule:
    return Rule(
        str(rule["restrictionType"]),
        str(policy.get("displayName") or "the tenant's policy"),
        str(rule.get("maxLifetime") or ""),
        bool(rule.get("excludeActors")),
    )


def _since(rule: Mapping[str, Any]) -> datetime:
    """Apps made before that are left alone."""
    told = rule.get("restrictForAppsCreatedAfterDateTime")
    return datetime.fromisoformat(told) if told else datetime.min.replace(tzinfo=UTC)


def _shortened(kind: str, limit: Rule) -> str:
    """Whole days. A secret lives from when Entra says, so it is asked for a day less: clocks differ."""
    days = limit.longest_life.days - (kind == "secret")
    return f"{days} days" if days > 0 else ""
