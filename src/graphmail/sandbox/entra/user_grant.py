"""What a client gets for a person who has signed in: access, refresh and id token, or 65001 without consent."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.entra.client import Client, authenticate, find_client, present_nothing
from graphmail.sandbox.entra.delegated_scopes import granted, parse_scopes, resource_principal, wanted_names
from graphmail.sandbox.entra.form import Form, refuse
from graphmail.sandbox.entra.sign_ins import recall, remember
from graphmail.sandbox.entra.tokens import LIFETIME
from graphmail.sandbox.entra.user_tokens import access_token, client_info, id_token
from graphmail.sandbox.graph.users import is_user
from graphmail.sandbox.recipient_records import Recipient
from graphmail.sandbox.sign_in_records import SignIn
from graphmail.sandbox.store import Tenant

REFRESH_LIFETIME = timedelta(days=90)  # learn.microsoft.com/entra/identity-platform/refresh-tokens


def is_common(tenant: Tenant) -> bool:
    """Whether the path named no tenant but `common` or `organizations`."""
    return not tenant.domains


def now_of(call: Call, sign_in: SignIn) -> datetime:
    """The tenant's time, or real time while nobody of a tenant has signed in."""
    tenant = call.world.tenants.get(sign_in.tenant_id)
    return tenant.clock.now() if tenant else datetime.now(UTC)


def enter_tenant(call: Call, sign_in: SignIn) -> None:
    """Go on in the tenant of who signed in; ServiceError 700005 where the path names another."""
    tenant = call.world.tenants[sign_in.tenant_id]
    if not is_common(call.tenant) and tenant is not call.tenant:
        text = "Provided Authorization Code or refresh token is intended to use against other tenant, thus rejected."
        refuse(call, 700005, "invalid_grant", text)
    call.tenant = tenant


def redeeming_client(form: Form, sign_in: SignIn) -> Client:
    """The client that a sign-in was for, authenticated unless it is a public one."""
    call = form.call
    if form.required("client_id").lower() != sign_in.client_id:
        call.refused = "a code or token that was issued to another client"
        refuse(call, 70000, "invalid_grant", "Provided grant is invalid or malformed.")
    client = find_client(call, sign_in.client_id)
    if sign_in.public:
        present_nothing(form)
        return client
    return authenticate(form, client)


def signed_in_user(call: Call, sign_in: SignIn) -> Recipient:
    """ServiceError where the user is gone or disabled since."""
    user = call.tenant.recipients.get(sign_in.user_id)
    if user is None or not is_user(user) or user.span.removed is not None:
        refuse(call, 50034, "invalid_grant", "The user account does not exist in the directory.")
    if not user.account_enabled:
        refuse(call, 50057, "invalid_grant", "The user account is disabled.")
    return user


def tokens_answer(form: Form, client: Client, sign_in: SignIn, scopes: list[str]) -> Answer:
    """Answer with the tokens; what is asked for must have been consented to."""
    call = form.call
    user = signed_in_user(call, sign_in)
    asked = parse_scopes(call, sign_in.client_id, " ".join(scopes))
    resource = resource_principal(call, asked)
    has = granted(call.tenant, client, user, resource)
    if wanted_names(asked, client, has) - has:
        text = (
            f"The user or administrator has not consented to use the application with ID '{sign_in.client_id}' named "
            f"'{client.name}'. Send an interactive authorization request for this user and resource."
        )
        refuse(call, 65001, "invalid_grant", text, suberror="consent_required")
    names = sorted(has)
    seconds = int(LIFETIME.total_seconds())
    body = {
        "token_type": "Bearer",
        "scope": asked.shown(names),
        "expires_in": seconds,
        "ext_expires_in": seconds,
        "access_token": access_token(call, client, user, asked.audience, names),
    }
    if "offline_access" in asked.oidc or "offline_access" in sign_in.scopes:
        body["refresh_token"] = refresh_token(call, sign_in)
    if "openid" in asked.oidc:
        body["id_token"] = id_token(call, client, user, sign_in.nonce)
    if form.get("client_info"):
        body["client_info"] = client_info(call, user)
    return Answer(200, body)


def refresh_token(call: Call, sign_in: SignIn) -> str:
    """Mint one; its lifetime begins anew."""
    text = f"1.{secrets.token_urlsafe(96)}"
    made = SignIn(
        sign_in.client_id, call.tenant.id, sign_in.scopes, call.tenant.clock.now() + REFRESH_LIFETIME,
        sign_in.user_id, state="approved", public=sign_in.public,
    )  # fmt: skip
    remember(call.world, text, made)
    return text


async def refresh(form: Form) -> Answer:
    """The grant `refresh_token`: a new refresh token each time; the old one stays valid, as Entra has it."""
    call = form.call
    sign_in = recall(call.world, form.required("refresh_token"))
    if sign_in is None or sign_in.user_code or sign_in.redirect_uri:
        call.refused = "a refresh token that was not minted here"
        refuse(call, 9002313, "invalid_grant", "Invalid request. Request is malformed or invalid.")
    enter_tenant(call, sign_in)
    client = redeeming_client(form, sign_in)
    if call.tenant.clock.now() >= sign_in.expires:
        text = "The refresh token has expired due to inactivity. The token was inactive for 90.00:00:00."
        refuse(call, 700082, "invalid_grant", text)
    return tokens_answer(form, client, sign_in, form.get("scope").split() or sign_in.scopes)
