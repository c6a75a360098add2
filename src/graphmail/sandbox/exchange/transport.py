"""What stands between a client and the cmdlets: regional hosts, empty refusals, rate headers, routing by anchor.

No page of Microsoft's describes it; each is from public clients' code and captures, named in docs/sandbox.md.
"""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import urlencode, urlsplit

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.exchange.errors import write_refused
from graphmail.sandbox.exchange.rights import CONNECT

REGION = "eurprd01"
_WINDOW = timedelta(minutes=5)
_RATE = 30_000
_READS = frozenset({"get", "test", "search"})
_NO_ROLE = (
    "The role assigned to application {app} isn't supported in this scenario. Please check online documentation for "
    "assigning correct Directory Roles to Azure AD Application for EXO App-Only Authentication."
)


def is_write(cmdlet: str) -> bool:
    """Whether the cmdlet's verb changes something."""
    return cmdlet.partition("-")[0].lower() not in _READS


def elsewhere(call: Call) -> Answer | None:
    """Where the tenant's mailboxes live in another region: 302 to the regional host, unless it is asked already.

    Behind the services' own names that is `eurprd01.` and the host; at the sandbox's own port it is `localhost`.
    """
    if not call.tenant.exchange.settings.redirect or call.caller.by_hand or call.batch:
        return None
    root = urlsplit(call.root)
    asked = call.headers.get("host", root.netloc).partition(":")[0].lower()
    own = root.port is not None
    region = f"localhost:{root.port}" if own else f"{REGION}.{root.hostname}"
    if asked == "localhost" if own else asked.startswith(f"{REGION}."):
        return None
    query = f"?{urlencode(call.query)}" if call.query else ""
    return Answer(302, None, {"Location": f"https://{region}{call.path}{query}", **_cookie()})


def forbidden(call: Call, *, anything: bool = True) -> Answer:
    """403 that says nothing. `anything` false: the caller has no role at all, which a header says."""
    headers = {}
    if not anything and CONNECT in call.caller.roles:
        reason = _NO_ROLE.format(app=call.caller.client_id)
        headers["x-ms-diagnostics"] = f'2000008;reason="{reason}";error_category="invalid_authorization"'
    style = call.tenant.exchange.settings.forbidden_body
    if style == "nul_gzip":
        headers["Content-Encoding"] = "gzip"
    return Answer(403, None if style == "empty" else bytes(64), headers)


def check_anchor(call: Call, cmdlet: str, *, ran: bool) -> None:
    """CmdletError for a write that X-AnchorMailbox routes by the tenant's GUID instead of its initial domain.

    Called before the cmdlet runs and, with `ran`, after it: where the tenant says so, the write is committed anyway.
    """
    wanted = call.tenant.exchange.settings.anchor_by_guid
    if wanted == "ok" or call.caller.by_hand or not is_write(cmdlet) or ran != (wanted == "committed"):
        return
    if call.tenant.id in call.headers.get("x-anchormailbox", "").lower():
        raise write_refused()


def signed(call: Call, answer: Answer) -> Answer:
    """Add the headers that every answer of this endpoint has."""
    traffic, now = call.tenant.exchange_traffic, call.tenant.clock.now()
    if traffic.window is None or now >= traffic.window:
        traffic.window, traffic.answered = now + _WINDOW, 0
    traffic.answered += 1
    warnings = answer.body.get("@adminapi.warnings") if isinstance(answer.body, dict) else None
    answer.headers = {
        "Rate-Limit-Limit": str(_RATE),
        "Rate-Limit-Remaining": str(max(0, _RATE - traffic.answered)),
        "Rate-Limit-Reset": format_datetime(traffic.window, usegmt=True),
        "X-CombinedAppOnlyConcurrencyCount": "1",
        "X-ConcurrencyCount": "1",
        "X-BackendHttpStatus": str(answer.status),
        **_cookie(),
        **({"X-Warnings": " ".join(" ".join(warnings).split())} if warnings else {}),
        **answer.headers,
    }
    return answer


def _cookie() -> dict[str, str]:
    return {"Set-Cookie": "exchangecookie=5a4d0000sandbox; path=/; secure; HttpOnly"}
