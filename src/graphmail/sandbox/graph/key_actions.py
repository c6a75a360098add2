"""addKey and removeKey: an application rolls its own certificates, with a proof that it holds one.

learn.microsoft.com/graph/api/application-addkey and learn.microsoft.com/graph/application-rollkey-prooftoken: the proof
is a JWT signed by an existing valid certificate, and judged by real time, as Entra judges whatever a client signs.
"""

from __future__ import annotations

import time
from typing import Any

import jwt

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.certificate import Certificate
from graphmail.sandbox.directory_records import Application
from graphmail.sandbox.graph.directory import find_application
from graphmail.sandbox.graph.errors import bad_request, denied, graph_error
from graphmail.sandbox.graph.key_credentials import commit_keys, key_values, live_keys, new_key
from graphmail.sandbox.graph.ownership import may_write
from graphmail.sandbox.graph.schema import check_value

AUDIENCE = "00000002-0000-0000-c000-000000000000"
LONGEST = 600  # seconds between nbf and exp
SKEW = 300  # seconds


async def add(call: Call) -> Answer:
    application, body = _proved(call, {"keyCredential", "passwordCredential", "proof"})
    if not isinstance(body.get("keyCredential"), dict):
        raise bad_request("A value is required for property 'keyCredential'.")
    key = new_key(call, application, body["keyCredential"])
    commit_keys(call, application, [*live_keys(application), key])
    _commit(call, "addKey", application, key.key_id, key.display_name)
    context = {"@odata.context": f"{call.root}/v1.0/$metadata#microsoft.graph.keyCredential"}
    return Answer(200, context | key_values(key))


async def remove(call: Call) -> Answer:
    application, body = _proved(call, {"keyId", "proof"})
    check_value("keyId", "Edm.Guid", body.get("keyId"))
    key = next((k for k in live_keys(application) if k.key_id == str(body.get("keyId")).lower()), None)
    if key is None:
        raise bad_request(f"No key credential found with keyId '{body.get('keyId')}'.")
    commit_keys(call, application, [k for k in live_keys(application) if k is not key])
    _commit(call, "removeKey", application, key.key_id, key.display_name)
    return Answer(204)


def _proved(call: Call, known: set[str]) -> tuple[Application, dict[str, Any]]:
    """Return the application and the body; the caller may write it, or is the application itself."""
    application = find_application(call)
    if call.caller.client_id != application.app_id and not may_write(call, application):
        raise denied()
    body = call.json()
    if not isinstance(body, dict) or set(body) - known:
        raise bad_request(f"Invalid parameter of the action: known are {', '.join(sorted(known))}.")
    if not body.get("proof"):
        raise denied()  # microsoftgraph/msgraph-sdk-powershell#779
    if not _proves(call, application, str(body["proof"])):
        call.refused = "a proof of possession that no valid certificate of the application signed"
        # microsoftgraph/microsoft-graph-docs#14626
        raise graph_error(401, "Authentication_MissingOrMalformed", "Access Token missing or malformed.")
    return application, body


def _proves(call: Call, application: Application, proof: str) -> bool:
    now, lag = call.tenant.clock.now(), call.tenant.delays.of("secret")
    valid = [k for k in application.keys if k.span.holds(now, lag) and k.start <= now < k.end]
    if not any(Certificate(k.key).signed(proof) for k in valid):
        return False
    claims = jwt.decode(proof, options={"verify_signature": False})
    start, end = claims.get("nbf"), claims.get("exp")
    if not isinstance(start, int) or not isinstance(end, int) or end - start > LONGEST:
        return False
    in_time = start - SKEW <= time.time() < end + SKEW
    return in_time and claims.get("aud") == AUDIENCE and claims.get("iss") == application.id


def _commit(call: Call, action: str, application: Application, key_id: str, name: str | None) -> None:
    call.tenant.commit(
        call.caller.actor, "graph", f"POST /applications/{{id}}/{action}", application.id,
        app_id=application.app_id, key_id=key_id, display_name=name,
    )  # fmt: skip
