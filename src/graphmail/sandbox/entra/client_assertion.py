"""Client assertions: a JWT that the client signed with a certificate, or that an external identity provider gave it.

learn.microsoft.com/entra/identity-platform/certificate-credentials. `exp` and `nbf` are judged by real time, by which
the client signs; whether the certificate is valid goes by the clock of the application's tenant, as with secrets.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, NoReturn

import jwt

from graphmail.sandbox.call import Call
from graphmail.sandbox.certificate import Certificate
from graphmail.sandbox.directory_records import KeyCredential
from graphmail.sandbox.entra.federated_assertion import check_federated
from graphmail.sandbox.entra.form import Form, refuse
from graphmail.sandbox.entra.hosts import own_authorities
from graphmail.sandbox.registration import Registration

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SKEW = 300  # seconds
_ENDPOINTS = ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/", "")
_DOCUMENT = "https://docs.microsoft.com/azure/active-directory/develop/active-directory-certificate-credentials"


def check_assertion(form: Form, registration: Registration) -> None:
    """ServiceError for an assertion that does not stand for this application; nothing of it is kept."""
    if form.required("client_assertion_type") != JWT_BEARER:
        text = "The provided value for the input parameter 'client_assertion_type' is not valid."
        refuse(form.call, 70003, "invalid_request", text)
    call, assertion = form.call, form.get("client_assertion")
    call.refused = "an assertion that does not stand for the application"
    try:
        header = jwt.get_unverified_header(assertion)
        claims: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        refuse(call, 50027, "invalid_client", "JWT token is invalid or malformed.", 401)
    app_id = registration.application.app_id
    if str(claims.get("iss", "")).lower() == app_id or header.get("x5t") or header.get("x5t#S256"):
        _check_certificate(call, registration, assertion, header, claims)
    else:
        check_federated(call, registration, assertion, header, claims)
    check_times(call, claims)
    call.refused = ""


def _check_certificate(
    call: Call, registration: Registration, assertion: str, header: dict[str, Any], claims: dict[str, Any],
) -> None:  # fmt: skip
    app_id = registration.application.app_id
    if not all(str(claims.get(name, "")).lower() == app_id for name in ("iss", "sub")):
        text = "Client assertion application identifier doesn't match 'client_id' parameter."
        refuse(call, 700021, "invalid_client", text, 401)
    if claims.get("aud") not in {a + end for a in own_authorities(call) for end in _ENDPOINTS}:
        text = f"Client assertion audience claim does not match Realm issuer. Review the documentation at {_DOCUMENT} ."
        refuse(call, 700023, "invalid_client", text, 401)
    home = registration.tenant
    now, lag = home.clock.now(), home.delays.of("secret")
    seen = [k for k in registration.application.keys if k.span.holds(now, lag)]
    key = next((k for k in seen if Certificate(k.key).named_by(header)), None)
    if key is None:
        _bad_signature(call, app_id, "The key was not found.")
    if not Certificate(key.key).signed(assertion):
        reason = "The provided signature value did not match the expected signature value."
        _bad_signature(call, app_id, reason, key)
    if not key.start <= now < key.end:
        _bad_signature(call, app_id, "The key used is expired.", key)


def check_times(call: Call, claims: dict[str, Any]) -> None:
    """ServiceError 700024 where the assertion is not valid at this real moment."""
    now = time.time()
    start: Any = claims.get("nbf", claims.get("iat", 0))
    end: Any = claims.get("exp")
    numbers = isinstance(start, int | float) and isinstance(end, int | float)
    if not numbers or not start - SKEW <= now < end + SKEW:
        shown = [_moment(t) for t in (now, start, end)]
        text = (
            f"Client assertion is not within its valid time range. Current time: {shown[0]}, assertion valid from "
            f"{shown[1]}, expiry time of assertion {shown[2]}."
        )
        refuse(call, 700024, "invalid_client", text, 401)


def _moment(seconds: Any) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.0000000Z}"
    except (TypeError, ValueError, OverflowError, OSError):
        return "missing"


def _bad_signature(call: Call, app_id: str, reason: str, key: KeyCredential | None = None) -> NoReturn:
    found = ""
    if key:
        start, end = (f"{t:%m/%d/%Y %H:%M:%S}" for t in (key.start, key.end))
        found = f", Thumbprint of key used by client: '{key.thumbprint}', Found key 'Start={start}, End={end}'"
    text = (
        f"Client assertion contains an invalid signature. [Reason - {reason}{found}, Please visit the Azure Portal, "
        f"Graph Explorer or directly use MS Graph to see configured keys for app Id '{app_id}'.]"
    )
    refuse(call, 700027, "invalid_client", text, 401)
