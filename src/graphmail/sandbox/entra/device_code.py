"""The device code flow: learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.entra.client import FIRST_PARTY, find_client, need_credential
from graphmail.sandbox.entra.delegated_scopes import parse_scopes
from graphmail.sandbox.entra.form import Form, refuse
from graphmail.sandbox.entra.sign_ins import recall, remember
from graphmail.sandbox.entra.user_grant import enter_tenant, is_common, now_of, redeeming_client, tokens_answer
from graphmail.sandbox.registration import MULTI_TENANT, anybodys, registration_of
from graphmail.sandbox.sign_in_records import SignIn

LIFETIME = timedelta(seconds=900)
INTERVAL = 5  # seconds
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


async def devicecode(call: Call) -> Answer:
    """Begin: a code for the client to poll with, and one for a person to type."""
    form = Form(call)
    client_id, scope = form.required("client_id").lower(), form.required("scope")
    if is_common(call.tenant):
        _require_for_everybody(call, client_id)
    else:
        find_client(call, client_id)
    parse_scopes(call, client_id, scope)
    now = datetime.now(UTC) if is_common(call.tenant) else call.tenant.clock.now()
    device_code, user_code = secrets.token_urlsafe(120), "".join(secrets.choice(_LETTERS) for _ in range(9))
    tenant_id = "" if is_common(call.tenant) else call.tenant.id
    begun = SignIn(
        client_id, tenant_id, scope.split(), now + LIFETIME, user_code=user_code, public=_is_public(call, client_id),
    )  # fmt: skip
    remember(call.world, device_code, begun)
    page = f"{call.root}/common/oauth2/deviceauth"
    body = {
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": page,
        "expires_in": int(LIFETIME.total_seconds()),
        "interval": INTERVAL,
        "message": f"To sign in, use a web browser to open the page {page} and enter the code {user_code} to "
        "authenticate.",
    }
    return Answer(200, body)


def _require_for_everybody(call: Call, client_id: str) -> None:
    """ServiceError 700016 or 50194 for a client that people of any tenant cannot sign in to.

    learn.microsoft.com/troubleshoot/entra/entra-id/app-integration/error-code-AADSTS50194-app-is-not-multi-tenant
    """
    if client_id in FIRST_PARTY:
        return
    application = anybodys(call.world, client_id)
    if application is None:
        find_client(call, client_id)
    elif application.properties.get("signInAudience") not in MULTI_TENANT:
        text = (
            f"Application '{client_id}'({application.properties.get('displayName')}) is not configured as a "
            "multi-tenant application. Usage of the /common endpoint is not supported for such apps created after "
            "'10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant."
        )
        refuse(call, 50194, "invalid_request", text)


def _is_public(call: Call, client_id: str) -> bool:
    """Whether the client needs no credential in this flow: Microsoft's own, or "allow public client flows"."""
    if client_id in FIRST_PARTY:
        return True
    registration = registration_of(call.world, call.tenant, client_id)
    return registration is not None and bool(registration.application.properties.get("isFallbackPublicClient"))


async def poll(form: Form) -> Answer:
    """The grant device_code: ask until a person has decided."""
    call = form.call
    code = form.get("device_code") or form.required("code")
    sign_in = recall(call.world, code)
    if sign_in is None or not sign_in.user_code or sign_in.state == "redeemed":
        call.refused = "a device code that was not minted here, or was used"
        text = "The provided value for the input parameter 'device_code' or 'code' is not valid."
        refuse(call, 70018, "bad_verification_code", text)
    if not sign_in.public and not form.get("client_secret") and not form.get("client_assertion"):
        need_credential(call)
    if now_of(call, sign_in) >= sign_in.expires:
        text = "The provided value for the input parameter 'device_code' is not valid. This device code has expired."
        refuse(call, 70020, "expired_token", text)
    if sign_in.state == "pending":
        text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
        refuse(call, 70016, "authorization_pending", text)
    if sign_in.state == "declined":
        refuse(call, 65004, "authorization_declined", "User declined to consent to access the app.")
    enter_tenant(call, sign_in)
    if sign_in.state == "blocked":
        text = (
            "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."
        )
        refuse(call, 53003, "invalid_grant", text, suberror="message_only")
    client = redeeming_client(form, sign_in)
    answer = tokens_answer(form, client, sign_in, sign_in.scopes)
    sign_in.state = "redeemed"
    return answer
