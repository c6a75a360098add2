"""Each drill that an onboarding meets: where it strikes, and how the run ends. Messages are patterns."""

from __future__ import annotations

from typing import Any

PRINCIPAL = {"service": "graph", "method": "POST", "path": "/servicePrincipals"}
SECRET = {"service": "graph", "method": "POST", "path": "*/addPassword"}
APPLICATION = {"service": "graph", "method": "GET", "path": "/applications(*", "nth": 2}
CONSENTS = {"service": "graph", "method": "GET", "path": "*/appRoleAssignments"}
GROUP = {"cmdlet": "New-DistributionGroup"}
POLICY = {"cmdlet": "New-ApplicationAccessPolicy"}
TEST = {"cmdlet": "Test-*"}

# The run goes on by itself, and its next one finds nothing to do.
RECOVERED: dict[str, dict[str, Any]] = {
    "throttled_without_retry_after": PRINCIPAL,
    "throttled_integer": SECRET,
    "throttled_fractional": PRINCIPAL,
    "throttled_http_date": POLICY,
    "throttled_negative": GROUP,
    "throttled_text": PRINCIPAL,
    "http_500_before": PRINCIPAL,
    "http_502_before": GROUP,
    "http_503_before": POLICY | {"parameters": {"retry_after": 7}},
    "http_504_before": {"service": "graph", "method": "PATCH"},
    "http_500_after": GROUP,
    "http_502_after": POLICY,
    "http_503_after": PRINCIPAL | {"parameters": {"retry_after": 7}},
    "http_504_after": {"service": "graph", "method": "POST", "path": "*/appRoleAssignedTo", "times": 2},
    "connection_refused": {"service": "graph", "nth": 20},
    "reset_before_the_request_is_read": GROUP,
    "reset_after_the_commit": POLICY,
    "closed_after_the_answer": {"service": "graph", "times": None},
    "reset_on_reuse": {"service": "graph", "times": 3, "nth": 20},
    "cut_chunk": APPLICATION,
    "slow_answer": GROUP,
    "hang": GROUP,
    "html_error_page": PRINCIPAL,
    "sign_in_page_with_200": APPLICATION,
    "wrong_content_type": {"times": None},
    "empty_200": GROUP,
    "other_shape": APPLICATION,
    "page_twice": CONSENTS | {"times": None},
    "page_missing": CONSENTS,
    "reads_go_backwards": {},
    "permission_lag": {},
    "policy_lag": {},
    "stale_token": {},
    "cmdlet_proxy_not_available": TEST,
    "server_busy": GROUP,
    "transient_exception": POLICY,
    "backend_communication": TEST,
    "dc_write_committed": GROUP,
    "entra_unavailable": {"times": 2},
    "entra_throttled": {"times": 2},
}

# The run stops with a message that says what to do, and the next one ends well.
STOPPED: dict[str, tuple[dict[str, Any], str]] = {
    "throttled_for_ages": (
        PRINCIPAL,
        r"429 TooManyRequests to POST /servicePrincipals\..* run the same playbook again, tomorrow.*Request id",
    ),
    "concurrency_conflict": (
        SECRET,
        r"POST /applications/\{id\}/addPassword was sent, and its outcome is unknown\. Found: HTTP 409\..*Request id",
    ),
    "reset_inside_the_answer": (SECRET, r"addPassword was sent, and its outcome is unknown\. .*To do: run the same"),
    "cut_body": (SECRET, r"addPassword was sent, and its outcome is unknown\. .*To do: run the same"),
    "wrong_json": (SECRET, r"answered addPassword without the secret, which it tells only once\. .*Request id"),
    "page_linked_to_itself": (
        CONSENTS,
        r"leads in a circle through the pages of /servicePrincipals.*To do: run the same playbook again",
    ),
    "page_linked_elsewhere": (
        CONSENTS,
        r"would carry a token to a host that is not the chosen cloud's\..*Found: graph\.microsoft\.com\.attacker",
    ),
    "replication_lag": ({}, r"Waited 180 s for app 'kundo-mail' to be readable.*To do: run the same playbook again"),
    "redirect_elsewhere": (
        PRINCIPAL,
        r"Graph answered 302 to POST /servicePrincipals\. To do: it was not followed, since the token would go with it",
    ),
}
