"""What a client posts to Entra: a form, and the refusals that all of its readers share."""

from __future__ import annotations

from typing import NoReturn
from urllib.parse import parse_qs

from graphmail.sandbox.call import Call
from graphmail.sandbox.entra.errors import entra_error


class Form:
    """The fields of a request's body; `call` is whose request it is."""

    def __init__(self, call: Call) -> None:
        self.call = call
        parsed = parse_qs(call.body.decode("utf-8", "replace"), keep_blank_values=True)
        self.fields = {name: values[0] for name, values in parsed.items()}

    def get(self, name: str) -> str:
        return self.fields.get(name, "")

    def required(self, name: str) -> str:
        """ServiceError 900144 when it is missing."""
        if not self.fields.get(name):
            text = f"The request body must contain the following parameter: '{name}'."
            refuse(self.call, 900144, "invalid_request", text)
        return self.fields[name]


def refuse(call: Call, code: int, error: str, text: str, status: int = 400, suberror: str = "") -> NoReturn:
    """Raise the ServiceError of this AADSTS code, with the tenant's time and the client's correlation id."""
    correlation = call.headers.get("client-request-id")
    refusal = entra_error(code, error, text, call.tenant.clock.now(), status, correlation)
    if suberror:
        refusal.answer.body["suberror"] = suberror
    raise refusal
