"""The page where a person enters a device's code and decides."""

from __future__ import annotations

from graphmail.sandbox.call import Answer, Call, ServiceError
from graphmail.sandbox.entra.form import Form
from graphmail.sandbox.entra.pages import error_page, page
from graphmail.sandbox.entra.sign_in import approve, find_person, page_error, people
from graphmail.sandbox.entra.user_grant import now_of
from graphmail.sandbox.registration import registration_of
from graphmail.sandbox.sign_in_records import SignIn
from graphmail.sandbox.store import Tenant
from graphmail.sandbox.tenant_builder import COMMAND_LINES

REQUEST = "POST /{tenant}/oauth2/deviceauth"


async def show(call: Call) -> Answer:
    if not (code := call.query.get("user_code", "")):
        return page("code", "Enter code to allow access")
    try:
        sign_in = _pending(call, code)
    except ServiceError as error:
        return error_page(error)
    tenant = call.world.tenants.get(sign_in.tenant_id)
    call.tenant = tenant or call.tenant
    return page(
        "sign_in", "Sign in on another device", client=client_name(call, sign_in.client_id), scopes=sign_in.scopes,
        people=people(tenant) if tenant else [], hidden={"user_code": sign_in.user_code},
    )  # fmt: skip


async def decide(call: Call) -> Answer:
    """`user_code`, `username`, `decision` (approve or decline), `consent` (nothing, user or tenant)."""
    form = Form(call)
    try:
        return _decide(call, form)
    except ServiceError as error:
        return error_page(error)


def _decide(call: Call, form: Form) -> Answer:
    sign_in = _pending(call, form.required("user_code"))
    if form.required("decision") != "approve":
        sign_in.state = "declined"
        return page("text", "You have declined", text="Return to your device.")
    tenant = call.world.tenants.get(sign_in.tenant_id)
    left = sign_in.expires - now_of(call, sign_in)
    person = find_person(call, tenant, form.required("username"))
    call.tenant = person.tenant
    if not person.tenant.device_code_flow:
        _settle(sign_in, person.tenant, person.user.id, "blocked")
        text = "Access has been blocked by Conditional Access policies: your organization does not allow this flow."
        raise page_error(call, 53003, text, 403)
    approve(call, person, sign_in.client_id, " ".join(sign_in.scopes), form.get("consent"), REQUEST)
    _settle(sign_in, person.tenant, person.user.id, "approved")
    sign_in.expires = person.tenant.clock.now() + left
    return page("text", "You have signed in", text="You may now close this window and return to your device.")


def _settle(sign_in: SignIn, tenant: Tenant, user_id: str, state: str) -> None:
    sign_in.tenant_id, sign_in.user_id, sign_in.state = tenant.id, user_id, state


def _pending(call: Call, code: str) -> SignIn:
    wanted = code.strip().upper()
    for sign_in in call.world.sign_ins.values():
        if sign_in.user_code == wanted and sign_in.state == "pending" and now_of(call, sign_in) < sign_in.expires:
            return sign_in
    text = "That code didn't work. Check the code and try again."
    raise page_error(call, 70018, text)


def client_name(call: Call, client_id: str) -> str:
    registration = registration_of(call.world, call.tenant, client_id)
    name = registration.application.properties.get("displayName") if registration else COMMAND_LINES.get(client_id)
    return str(name or client_id)
