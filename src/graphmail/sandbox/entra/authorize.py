"""The authorization code flow with PKCE: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import uuid4

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.entra.client import FIRST_PARTY, find_client
from graphmail.sandbox.entra.delegated_scopes import parse_scopes
from graphmail.sandbox.entra.device_page import client_name
from graphmail.sandbox.entra.form import Form, refuse
from graphmail.sandbox.entra.pages import error_page, page, send_back
from graphmail.sandbox.entra.redirects import kind_of_redirect
from graphmail.sandbox.entra.sign_in import Person, approve, find_person, page_error, people
from graphmail.sandbox.entra.sign_ins import recall, remember
from graphmail.sandbox.entra.user_grant import enter_tenant, is_common, redeeming_client, tokens_answer
from graphmail.sandbox.registration import registration_of
from graphmail.sandbox.sign_in_records import SignIn

LIFETIME = timedelta(minutes=10)
REQUEST = "POST /{tenant}/oauth2/v2.0/authorize"
_KEPT = (
    "client_id", "response_type", "redirect_uri", "scope", "state", "response_mode", "nonce", "code_challenge",
    "code_challenge_method", "prompt", "client_info",
)  # fmt: skip


async def show(call: Call) -> Answer:
    try:
        asked = _checked(call, dict(call.query))
    except ServiceError as error:
        return error_page(error)
    if asked.get("prompt") == "none":
        return _back(asked, error="login_required", error_description="AADSTS50058: No signed-in user was found.")
    listed = [] if is_common(call.tenant) else people(call.tenant)
    hint = call.query.get("login_hint", "").lower()
    listed.sort(key=lambda p: (p.user_principal_name or "").lower() != hint)
    return page(
        "sign_in", "Sign in", client=client_name(call, asked["client_id"]), scopes=asked["scope"].split(),
        people=listed, hidden={name: asked[name] for name in _KEPT if name in asked},
    )  # fmt: skip


async def decide(call: Call) -> Answer:
    """The fields of the request, `username`, `decision` (approve or decline), `consent` (nothing, user or tenant)."""
    form = Form(call)
    try:
        asked = _checked(call, form.fields)
        if form.get("decision") != "approve":
            text = "AADSTS65004: User declined to consent to access the app."
            return _back(asked, error="access_denied", error_subcode="cancel", error_description=text)
        tenant = None if is_common(call.tenant) else call.tenant
        person = find_person(call, tenant, form.required("username"))
        approve(call, person, asked["client_id"], asked["scope"], form.get("consent"), REQUEST)
    except ServiceError as error:
        return error_page(error)
    return _back(asked, code=_code(call, person, asked), session_state=str(uuid4()))


async def redeem(form: Form) -> Answer:
    """The grant authorization_code."""
    call = form.call
    sign_in = recall(call.world, form.required("code"))
    if sign_in is None or not sign_in.redirect_uri:
        call.refused = "an authorization code that was not minted here"
        refuse(call, 9002313, "invalid_grant", "Invalid request. Request is malformed or invalid.")
    enter_tenant(call, sign_in)
    client = redeeming_client(form, sign_in)
    if sign_in.state == "redeemed":
        text = "OAuth2 Authorization code was already redeemed, please retry with a new valid code."
        refuse(call, 54005, "invalid_grant", text)
    if call.tenant.clock.now() >= sign_in.expires:
        text = "The provided authorization code or refresh token has expired due to inactivity."
        refuse(call, 70008, "invalid_grant", text)
    if form.required("redirect_uri") != sign_in.redirect_uri:
        text = "The reply address does not match the reply address provided when requesting Authorization code."
        refuse(call, 500112, "invalid_client", text)
    if sign_in.challenge and _challenge(sign_in, form.get("code_verifier")) != sign_in.challenge:
        text = "The Code_Verifier does not match the code_challenge supplied in the authorization request."
        refuse(call, 501481, "invalid_grant", text)
    answer = tokens_answer(form, client, sign_in, form.get("scope").split() or sign_in.scopes)
    sign_in.state = "redeemed"
    return answer


def _checked(call: Call, asked: dict[str, str]) -> dict[str, str]:
    """The request, with a client and a redirect URI that belong together; ServiceError for a person to read."""
    for name in ("client_id", "redirect_uri", "scope", "response_type"):
        if not asked.get(name):
            raise page_error(call, 900144, f"The request body must contain the following parameter: '{name}'.")
    client_id = asked["client_id"] = asked["client_id"].lower()
    registration = registration_of(call.world, call.tenant, client_id)
    if registration is None and client_id not in FIRST_PARTY:
        find_client(call, client_id)  # 700016
    if kind_of_redirect(registration, asked["redirect_uri"]) is None:
        text = (
            f"The redirect URI '{asked['redirect_uri']}' specified in the request does not match the redirect URIs "
            f"configured for the application '{client_id}'."
        )
        raise page_error(call, 50011, text)
    if asked["response_type"] != "code":
        raise page_error(call, 700054, f"response_type '{asked['response_type']}' is not enabled for the application.")
    if asked.get("code_challenge") and asked.get("code_challenge_method", "plain") not in ("S256", "plain"):
        raise page_error(call, 501491, "Invalid size of Code_Challenge parameter.")
    parse_scopes(call, client_id, asked["scope"])
    return asked


def _code(call: Call, person: Person, asked: dict[str, str]) -> str:
    registration = registration_of(call.world, call.tenant, asked["client_id"])
    code = f"1.{secrets.token_urlsafe(64)}"
    made = SignIn(
        asked["client_id"], person.tenant.id, asked["scope"].split(), person.tenant.clock.now() + LIFETIME,
        person.user.id, redirect_uri=asked["redirect_uri"], challenge=asked.get("code_challenge", ""),
        challenge_method=asked.get("code_challenge_method", ""), nonce=asked.get("nonce", ""), state="approved",
        public=kind_of_redirect(registration, asked["redirect_uri"]) != "web",
    )  # fmt: skip
    remember(call.world, code, made)
    return code


def _challenge(sign_in: SignIn, verifier: str) -> str:
    if sign_in.challenge_method != "S256":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _back(asked: dict[str, str], **values: Any) -> Answer:
    if "state" in asked:
        values["state"] = asked["state"]
    return send_back(asked["redirect_uri"], values, asked.get("response_mode", "query"))
