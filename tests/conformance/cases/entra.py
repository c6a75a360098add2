"""The token endpoint, and what a token says."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import jwt

from tests.conformance.case import Cases, Like, Standing
from tests.conformance.target import EXCHANGE, LOGIN, Target

case = Cases("entra")
FLOW = "https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow"
CODES = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"
CLAIMS = "https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference"


def form(target: Target, **changed: str) -> dict[str, str]:
    scope, known = "https://graph.microsoft.com/.default", target.tenancy
    own = {"client_id": known.client_id, "client_secret": known.client_secret, "scope": scope}
    return {"grant_type": "client_credentials", **own, **changed}


def claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


@case({"status": 401, "code": "invalid_client 7000215"}, source=CODES, standing=Standing.OBSERVED)
def wrong_secret_is_an_invalid_client(target: Target) -> Any:
    """A wrong secret is 401 invalid_client, AADSTS7000215"""
    return target.sign_in(form(target, client_secret="wrong" * 8)).refusal


@case({"status": 400, "code": "unauthorized_client 700016"}, source=CODES, standing=Standing.OBSERVED)
def unknown_application_is_an_unauthorized_client(target: Target) -> Any:
    """A client id that has no enterprise application in the tenant is 400 unauthorized_client, AADSTS700016"""
    return target.sign_in(form(target, client_id=str(uuid4()))).refusal


@case({"status": 400, "code": "invalid_request 90002"}, source=CODES, standing=Standing.OBSERVED)
def unknown_tenant_is_an_invalid_request(target: Target) -> Any:
    """A tenant that does not exist is 400 invalid_request, AADSTS90002"""
    return target.sign_in(form(target), str(uuid4())).refusal


@case({"status": 400, "code": "invalid_tenant 90002"}, source=CODES, standing=Standing.OBSERVED)
def discovery_of_an_unknown_tenant_is_an_invalid_tenant(target: Target) -> Any:
    """OpenID discovery of a tenant that does not exist is 400 invalid_tenant"""
    answer = target.http.get(f"{LOGIN}/{uuid4()}/v2.0/.well-known/openid-configuration", timeout=60)
    return {"status": answer.status_code, "code": f"{answer.json()['error']} {answer.json()['error_codes'][0]}"}


@case({"tenant": True}, source=FLOW)
def discovery_by_domain_names_the_tenants_id(target: Target) -> Any:
    """OpenID discovery by a verified domain holds the tenant's GUID"""
    url = f"{LOGIN}/{target.tenancy.initial_domain}/v2.0/.well-known/openid-configuration"
    return {"tenant": target.tenancy.tenant_id in target.http.get(url, timeout=60).json()["token_endpoint"]}


@case({"status": 400, "code": "invalid_scope 1002012"}, source=CODES, standing=Standing.OBSERVED)
def scope_that_is_no_default_is_invalid(target: Target) -> Any:
    """A scope other than `<resource>/.default` is 400 invalid_scope"""
    return target.sign_in(form(target, scope="https://graph.microsoft.com/Mail.Send")).refusal


@case({"status": 400, "error": "invalid_request"}, source=CODES)
def parameter_left_out_is_an_invalid_request(target: Target) -> Any:
    """A form without a scope is 400 invalid_request"""
    given = form(target)
    del given["scope"]
    answer = target.sign_in(given)
    return {"status": answer.status, "error": answer.body["error"]}


@case(
    {"ver": "1.0", "idtyp": "app", "appid": True, "tid": True, "aud": Like("graph.microsoft.com|00000003-0000-0000")},
    source=CLAIMS,
)  # fmt: skip
def graph_token_is_of_version_one_and_names_the_app(target: Target) -> Any:
    """An app-only token for Graph has version 1.0 claims: appid, tid, idtyp, aud"""
    held = claims(target.token().body["access_token"])
    return {
        "ver": held["ver"],
        "idtyp": held.get("idtyp"),
        "appid": held.get("appid") == target.tenancy.client_id,
        "tid": held["tid"] == target.tenancy.tenant_id,
        "aud": held["aud"],
    }


@case({"status": 200, "roles": None}, source=CLAIMS)
def app_without_consent_gets_a_token_without_roles(target: Target) -> Any:
    """Without any consent the token endpoint still answers 200, and the token has no roles claim"""
    app = target.app(secret=True)
    answer = target.token(app=app)
    return {"status": answer.status, "roles": claims(answer.body["access_token"]).get("roles")}


@case({"before": None, "old": None, "new": ["Mail.Send"]}, source=FLOW)
def token_keeps_the_roles_it_was_issued_with(target: Target) -> Any:
    """A grant is in tokens issued afterwards, and not in one issued before"""
    app = target.app(secret=True)
    old = target.token(app=app).body["access_token"]
    before = claims(old).get("roles")
    target.consent(app, "Mail.Send")
    new = target.bearer_with(app, "Mail.Send")
    return {"before": before, "old": claims(old).get("roles"), "new": claims(new)["roles"]}


@case({"status": 401, "code": "InvalidAuthenticationToken"}, source="https://learn.microsoft.com/graph/errors")
def token_for_another_service_is_refused(target: Target) -> Any:
    """Graph refuses a token whose audience is Exchange with 401"""
    token = target.token(EXCHANGE).body["access_token"]
    return target.graph("GET", "/organization", bearer=token).refusal


@case({"status": 401, "code": "InvalidAuthenticationToken"}, source="https://learn.microsoft.com/graph/errors")
def token_that_is_none_is_refused(target: Target) -> Any:
    """Graph refuses a bearer that Entra did not make with 401"""
    return target.graph("GET", "/organization", bearer="no.such.token").refusal


@case({"accepted": True}, source=CODES, standing=Standing.UNVERIFIED)
def new_secret_is_accepted_within_two_minutes(target: Target) -> Any:
    """A new secret is accepted by the token endpoint within two minutes, whatever it answers before"""
    app = target.app()
    made = target.graph("POST", f"/applications/{app.id}/addPassword", {}).body
    sign_in = form(target, client_id=app.client_id, client_secret=made["secretText"])
    return {"accepted": target.until(lambda: target.sign_in(sign_in).status == 200, 120)}


@case({"other": Like("^invalid_client (7000215|7000222)$")}, source=CODES, standing=Standing.UNVERIFIED)
def removed_secret_is_refused_in_the_end(target: Target) -> Any:
    """A secret that was removed is refused in the end, and another of the same app goes on working"""
    first = target.app(secret=True)
    second = target.with_secret(first)
    target.graph("POST", f"/applications/{first.id}/removePassword", {"keyId": first.key_id})
    refused = target.until(lambda: (a := target.token(app=first)).status != 200 and a, 900)
    assert target.token(app=second).status == 200
    return {"other": refused.code}
