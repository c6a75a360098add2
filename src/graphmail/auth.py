"""Tokens: one for each tenant, client, credential and resource, shared by a run's processes.

msal's own cache is not used: it is not keyed by credential, so a wrong secret would "get" a token, and it keeps
failures. Each fetch has an empty one, and expiry is decided here, by the tenant's clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import jwt
import msal

from graphmail.clock import Clock
from graphmail.clouds import Cloud
from graphmail.errors import TenantError, TokenError
from graphmail.printable import printable
from graphmail.retry import Operation
from graphmail.run_cache import RunCache
from graphmail.transport import Reply, Request, Transport

# A token this close to its end is not used any more.
MARGIN = timedelta(minutes=5)

REMEDIES = {
    7000215: "the secret is wrong (its value is needed, not its id) or too new: seal the right one",
    7000222: "the secret has expired: make a new one and seal it",
    700016: "the client id is not an app of this tenant: compare client id, tenant id and cloud",
    7000112: "the app is disabled in this tenant: enable it",
    90002: "there is no such tenant in this cloud: compare tenant id and cloud",
    50076: "this sign-in needs a second factor: let an app sign in",
    53003: "Conditional Access blocks this sign-in: ask the tenant's administrator",
    700027: "the certificate is not (yet) on the app: compare its thumbprint, or seal the right one",
    700211: "no federated credential of the app has this issuer: compare issuer, subject and audience",
    700212: "no federated credential of the app has this audience: compare issuer, subject and audience",
    700213: "no federated credential of the app has this subject: compare issuer, subject and audience",
    65001: "nobody has consented to what this sign-in asks for: consent, then sign in again",
    50173: "the person's sign-in was revoked, e.g. by a new password: sign in again",
    700082: "the person's sign-in was not used for too long: sign in again",
    500011: "the resource has no service principal in this tenant: compare the cloud and the tenant's licences",
}


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. `claims` are for diagnosis; only the service itself judges a token."""

    value: str = field(repr=False)
    expires: datetime

    @property
    def claims(self) -> dict[str, Any]:
        return dict(jwt.decode(self.value, options={"verify_signature": False}))

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(self.claims.get("roles", ()))

    @property
    def delegated(self) -> bool:
        """Whether it stands for a person."""
        return "scp" in self.claims

    @property
    def scopes(self) -> frozenset[str]:
        """The delegated permissions of a person's token."""
        return frozenset(str(self.claims.get("scp", "")).split())

    @property
    def directory_roles(self) -> frozenset[str]:
        return frozenset(self.claims.get("wids", ()))


class SignIn(Protocol):
    """What a client signs in with: `graphmail.credentials` has a class for each kind."""

    @property
    def tenant_id(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    def fetch(self, authority: str, audience: str, http: MsalHttp) -> dict[str, Any]: ...


def as_confidential_client(
    client_id: str, credential: str | dict[str, Any], authority: str, audience: str, http: MsalHttp
) -> dict[str, Any]:
    """Answer of msal to the client credentials grant; `credential` as msal takes it."""
    application = msal.ConfidentialClientApplication(
        client_id,
        client_credential=credential,
        authority=authority,
        instance_discovery=False,
        token_cache=msal.TokenCache(),
        http_client=http,
        http_cache={},
    )
    return dict(application.acquire_token_for_client(scopes=[f"{audience}/.default"]))


class TokenStore:
    """Gives tokens to one tenant's clients; fetches on a miss, and shares through the run's cache if there is one."""

    def __init__(
        self,
        cloud: Cloud,
        clock: Clock,
        transport: Transport,
        cache: RunCache | None = None,
        answered: Callable[[SignIn, Mapping[str, Any]], None] | None = None,
    ) -> None:
        """`answered` is told each answer with a token: it may bring what takes the credential's place."""
        self._cloud = cloud
        self._clock = clock
        self._transport = transport
        self._cache = cache
        self._answered = answered
        self._here: dict[str, Token] = {}
        self._discovered: dict[str, MsalReply] = {}

    def token(self, sign_in: SignIn, audience: str, *, fresh: bool = False) -> Token:
        """A token for that resource; `fresh` mints a new one, as every proof and every refused request needs.

        Raises TokenError when Entra refuses, Unreachable when it does not answer, WrongTenant never: see `Tenant.pin`.
        """
        name = "|".join(("token", sign_in.tenant_id.lower(), sign_in.client_id, sign_in.fingerprint, audience))
        if not fresh:
            known = self._here.get(name) or self._shared(name)
            if known and known.expires - MARGIN > self._clock.now():
                self._here[name] = known
                return known
        token = self._fetch(sign_in, audience)
        self._here[name] = token
        if self._cache:
            kept = {"value": token.value, "expires": token.expires.isoformat()}
            self._cache.put(name, json.dumps(kept).encode())
        return token

    def _shared(self, name: str) -> Token | None:
        kept = self._cache.get(name) if self._cache else None
        if kept is None:
            return None
        fields = json.loads(kept)
        return Token(fields["value"], datetime.fromisoformat(fields["expires"]))

    def _fetch(self, sign_in: SignIn, audience: str) -> Token:
        asked = f"a token for {audience} as client {sign_in.client_id}"
        http = MsalHttp(self._transport, asked, self._discovered)
        try:
            answer = sign_in.fetch(f"{self._cloud.login}/{sign_in.tenant_id.lower()}", audience, http)
        except TenantError:
            raise
        except Exception as error:
            # msal raises ValueError and others with whole replies in their texts, e.g. for an unknown tenant.
            raise refused(asked, sign_in.tenant_id, http, {}, type(error).__name__) from None
        if "access_token" not in answer:
            raise refused(asked, sign_in.tenant_id, http, answer, "")
        if self._answered:
            self._answered(sign_in, answer)
        # Without an end, which OAuth allows, it is good for the one request that it was fetched for.
        return Token(answer["access_token"], self._clock.now() + timedelta(seconds=int(answer.get("expires_in") or 0)))


def refused(asked: str, tenant_id: str, http: MsalHttp, answer: Mapping[str, Any], kind: str) -> TokenError:
    """What Entra answered, without its text; `kind` names what msal raised instead of an answer."""
    last = http.last
    body = answer or (last.json() if last else {})
    listed = body.get("error_codes")
    codes = tuple(int(code) for code in (listed if isinstance(listed, list) else ()) if str(code).isdecimal())
    # A browser that is sent back tells them in the description alone.
    codes = codes or tuple(map(int, re.findall(r"AADSTS(\d{4,8})\b", str(body.get("error_description") or ""))))
    status = last.status if last else 0
    remedy = next((REMEDIES[code] for code in codes if code in REMEDIES), "")
    if not remedy and 400 <= status < 429:
        remedy = "compare client id, secret and tenant id"
    elif not remedy and status < 400:
        remedy = "see whether a proxy answers in Entra's place, then run the same playbook again"
    return TokenError(
        f"{asked} in tenant {tenant_id}",
        status=status,
        error=printable(str(body.get("error") or kind), 100),
        codes=codes,
        remedy=remedy,
        request_id=printable(str(body.get("trace_id") or (last.request_id if last else "")), 100),
        tried=last.tried if last else "",
    )


class MsalHttp:
    """What msal takes for a requests session: our transport, with its deadlines, retries and TLS."""

    def __init__(self, transport: Transport, asked: str, discovered: dict[str, MsalReply]) -> None:
        self._transport = transport
        self._asked = asked
        # The discovery document says only where the endpoints are; without this it is one GET for each token.
        self._discovered = discovered
        self.last: Reply | None = None

    def post(
        self,
        url: str,
        params: dict[str, str] | None = None,
        data: Any = None,
        headers: dict[str, str] | None = None,
        **_: Any,
    ) -> MsalReply:
        return self._send("POST", url, params, data, headers)

    def get(
        self, url: str, params: dict[str, str] | None = None, headers: dict[str, str] | None = None, **_: Any
    ) -> MsalReply:
        if url not in self._discovered:
            reply = self._send("GET", url, params, None, headers)
            if reply.status_code != 200:
                return reply
            self._discovered[url] = reply
        return self._discovered[url]

    def close(self) -> None:
        """Nothing to close: the session is the process's own."""

    def _send(
        self, method: str, url: str, params: dict[str, str] | None, data: Any, headers: dict[str, str] | None
    ) -> MsalReply:
        # Form data only ever goes to the chosen cloud's login host: msal builds the URL from a discovery document.
        self._transport.must_be_login(url)
        request = Request(
            method, url, self._asked, headers=dict(headers or {}), params=params, form=data, secret_reply=True
        )
        self.last = self._transport.send(request, Operation.READ, transient=_transient)
        return MsalReply(self.last.status, self.last.content.decode("utf-8", "replace"), dict(self.last.headers))


@dataclass(slots=True)
class MsalReply:
    status_code: int
    text: str
    headers: dict[str, str]

    def raise_for_status(self) -> None:
        """Called by msal on 5xx, after our transport has given up; the caller reads the reply itself."""
        if self.status_code >= 400:
            raise TokenStatus


class TokenStatus(Exception):
    """An answer of the token endpoint that is not worth a message of its own."""


# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_TRANSIENT = frozenset({90006, 90024, 90033, 90055, 90090, 50000})


def _transient(reply: Reply) -> bool:
    body = reply.json()
    if 300 <= reply.status < 400:
        return False
    if reply.status < 300:
        # A token, a device code or the discovery document; anything else is the answer of something in Entra's place.
        return not ({"access_token", "device_code", "token_endpoint"} & set(body))
    codes = body.get("error_codes")
    return body.get("error") == "temporarily_unavailable" or (
        isinstance(codes, list) and any(code in codes for code in _TRANSIENT)
    )
