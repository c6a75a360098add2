"""The device code flow: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphmail.clock import Clock
from graphmail.printable import printable

SLOWER = 5  # seconds that `slow_down` adds: RFC 8628, section 3.5


def by_device_code(application: Any, scopes: list[str], clock: Clock, tell: Callable[[str], None]) -> dict[str, Any]:
    """Show a code, and ask until a person has decided or the code is over; msal's answer, with or without a token."""
    flow = application.initiate_device_flow(scopes)
    if "user_code" not in flow:
        return dict(flow)
    page, code = printable(str(flow["verification_uri"])), printable(str(flow["user_code"]), 40)
    deadline = clock.deadline(flow["expires_in"])
    tell(f"open {page} , enter the code {code} and sign in; it is good for {flow['expires_in'] // 60} minutes")
    interval = float(flow["interval"])
    while not deadline.expired:
        # Never sooner than told, whatever is left.
        clock.wait_for_person(interval)
        # msal asks once, and leaves the waiting to us: by its own clock, which is not the tenant's, it may be too soon.
        flow.pop("latest_attempt_at", None)
        answer = dict(application.acquire_token_by_device_flow(flow, exit_condition=lambda _: True))
        if answer.get("error") == "slow_down":
            interval += SLOWER
        elif answer.get("error") != "authorization_pending":
            return answer
    return {"error": "expired_token"}
