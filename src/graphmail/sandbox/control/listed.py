"""The control pages for programs, as the documentation lists them."""

from __future__ import annotations

_TENANT = "/_sandbox/tenants/{tenant}"

# Method, path, what it does; in the order of ControlPages.routes.
PAGES = (
    ("GET", "/_sandbox/health", "200 when all services listen"),
    ("POST", "/_sandbox/reset", 'all tenants as in the tenants file; `{"tenant": id}` for one; tokens are forgotten'),
    ("GET", "/_sandbox/requests", "requests of no tenant: bearers that were not minted here, unknown tenants"),
    ("GET", "/_sandbox/issuers", "external identity providers that federated credentials may name"),
    ("POST", "/_sandbox/issuers", 'register one: `{"issuer", "jwks"}`, public keys alone'),
    ("GET", f"{_TENANT}/clock", '`{"now", "offset"}`'),
    ("POST", f"{_TENANT}/clock", '`{"advance": seconds}`'),
    ("GET", f"{_TENANT}/delays", "seconds"),
    ("PATCH", f"{_TENANT}/delays", "change some of them"),
    ("GET", f"{_TENANT}/limits", "bytes and numbers"),
    ("PATCH", f"{_TENANT}/limits", "change some of them"),
    ("GET", f"{_TENANT}/mail-rules", "which senders are junk, held in quarantine or blocked; what is held"),
    ("PATCH", f"{_TENANT}/mail-rules", "change some of them"),
    ("GET", f"{_TENANT}/sign-in", 'what Conditional Access lets be: `{"device_code_flow": true}`'),
    ("PATCH", f"{_TENANT}/sign-in", "change it"),
    ("GET", f"{_TENANT}/exchange", "how its Exchange behaves where tenants differ: `exchange` of the tenants file"),
    ("PATCH", f"{_TENANT}/exchange", "change some of that"),
    ("GET", f"{_TENANT}/ledger", "committed changes, in order"),
    ("GET", f"{_TENANT}/requests", "the request log: no bodies, no queries, no bearers"),
    ("DELETE", f"{_TENANT}/requests", "forget it"),
    ("POST", f"{_TENANT}/by-hand", "what a person with all rights does in a portal, without replication lag"),
    ("GET", f"{_TENANT}/mailboxes/{{address}}", "messages by folder"),
    ("GET", f"{_TENANT}/left-the-sandbox", "mail that was sent to a domain of no tenant here: nobody got it"),
    ("GET", f"{_TENANT}/faults", "what is still planned"),
    ("POST", f"{_TENANT}/faults", "plan one misbehaviour"),
    ("DELETE", f"{_TENANT}/faults", "forget them"),
    ("GET", "/_sandbox/drills", "every named drill: what it imitates, its source, its parameters"),
    ("GET", f"{_TENANT}/drills", "what is planned, and the requests that were struck"),
    ("POST", f"{_TENANT}/drills", "plan a named drill"),
    ("DELETE", f"{_TENANT}/drills", "forget them; lags are as before"),
)
