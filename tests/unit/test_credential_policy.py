"""What a tenant's app management policies let be made, from a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from graphmail.resources.credential_policy import CredentialPolicy

NOW = datetime(2026, 11, 29, tzinfo=UTC)
FORBIDS = {"restrictionType": "passwordAddition", "state": "enabled"}
SHORT = {"restrictionType": "passwordLifetime", "maxLifetime": "P90D", "state": "enabled"}
SHORT_KEYS = {"restrictionType": "asymmetricKeyLifetime", "maxLifetime": "P30D", "state": "enabled"}
AUTHORITY = {"restrictionType": "trustedCertificateAuthority", "state": "enabled"}


def policy(*rules, keys=(), own=None, enabled=True, created=NOW):
    default = {
        "isEnabled": enabled,
        "displayName": "default",
        "applicationRestrictions": {"passwordCredentials": list(rules), "keyCredentials": list(keys)},
    }
    owns = [{"isEnabled": True, "displayName": "own", "restrictions": {"passwordCredentials": own}}] if own else []
    return CredentialPolicy.of(default, owns, created)


def chosen(found, kind="secret", on_policy="stop", lifetime="24 months"):
    choice = found.choose(kind, lifetime, on_policy, NOW)
    return choice.kind, choice.lifetime, choice.against.name if choice.against else ""


@pytest.mark.parametrize(
    ("found", "asked", "made"),
    [
        (policy(), {}, ("secret", "24 months", "")),
        (policy(FORBIDS), {}, ("secret", "24 months", "passwordAddition")),
        (policy(FORBIDS), {"on_policy": "shorten"}, ("secret", "24 months", "passwordAddition")),
        (policy(FORBIDS), {"on_policy": "certificate"}, ("certificate", "24 months", "")),
        (policy(FORBIDS), {"kind": "certificate"}, ("certificate", "24 months", "")),
        (policy(FORBIDS), {"kind": "federated"}, ("federated", "24 months", "")),
        (policy(SHORT), {}, ("secret", "24 months", "passwordLifetime")),
        (policy(SHORT), {"lifetime": "90 days"}, ("secret", "90 days", "")),
        (policy(SHORT), {"on_policy": "shorten"}, ("secret", "89 days", "")),
        (policy(SHORT), {"on_policy": "certificate"}, ("certificate", "24 months", "")),
        (policy(keys=[SHORT_KEYS]), {"kind": "certificate"}, ("certificate", "24 months", "asymmetricKeyLifetime")),
        (policy(keys=[SHORT_KEYS]), {"kind": "certificate", "on_policy": "shorten"}, ("certificate", "30 days", "")),
        (policy(keys=[SHORT_KEYS]), {}, ("secret", "24 months", "")),
        (
            policy(FORBIDS, keys=[AUTHORITY]),
            {"on_policy": "certificate"},
            ("certificate", "24 months", "trustedCertificateAuthority"),
        ),
        (
            policy(keys=[AUTHORITY]),
            {"kind": "certificate"},
            ("certificate", "24 months", "trustedCertificateAuthority"),
        ),
        (policy(FORBIDS, enabled=False), {}, ("secret", "24 months", "")),
        (policy({**FORBIDS, "state": "disabled"}), {}, ("secret", "24 months", "")),
    ],
)
def test_what_is_made_follows_the_rules_and_the_inventory(found, asked, made):
    assert chosen(found, **asked) == made


@pytest.mark.parametrize(("days", "acts"), [(-1, False), (0, True), (1, True)])
def test_apps_made_before_a_rule_began_are_left_alone(days, acts):
    since = {**FORBIDS, "restrictForAppsCreatedAfterDateTime": "2026-06-01T00:00:00Z"}
    created = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=days)
    assert bool(chosen(policy(since, created=created))[2]) == acts


def test_a_rule_of_the_apps_own_policy_takes_the_place_of_the_tenants():
    assert chosen(policy(FORBIDS, SHORT, own=[{**FORBIDS, "state": "disabled"}]))[2] == "passwordLifetime"
    assert chosen(policy(own=[FORBIDS]))[2] == "passwordAddition"


def test_why_it_is_not_what_was_asked_for_is_said():
    choice = policy(SHORT).choose("secret", "24 months", "shorten", NOW)
    assert "89 days" in choice.why
    assert "'default'" in choice.why


def test_that_some_administrators_are_exempt_is_said():
    choice = policy({**FORBIDS, "excludeActors": {"customSecurityAttributes": []}}).choose(
        "secret", "1 days", "stop", NOW
    )
    assert choice.against is not None
    assert choice.against.some_exempt
    assert "exempt" in str(choice.against)
