"""Exchange administration's own: errors that pass by themselves under 400, 403 without a word, a refusal that lies."""

from __future__ import annotations

from hashlib import sha256

from graphmail.sandbox.call import Answer, Call
from graphmail.sandbox.drills.drill import Act, Drill, Turn
from graphmail.sandbox.drills.errors import cmdlet_failure
from graphmail.sandbox.drills.parameter import length
from graphmail.sandbox.drills.requests import cmdlet_of, is_write

_TRANSIENT = "github.com/jflieben/M365PermissionsV2"
_CIPP = "github.com/KelvinTegelaar/CIPP-API/pull/510"
_STALE = "learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2"


def _passing(type_name: str, text: str) -> Act:
    async def act(turn: Turn) -> Answer:
        return cmdlet_failure(type_name, text)

    return act


async def _committed(turn: Turn) -> Answer:
    if (done := await turn.proceed()).status >= 400:
        return done
    text = (
        "Source server:DB9PR01MB0001.EURPRD01.PROD.OUTLOOK.COM doesn't have write permission to target DC:. Usually it "
        "indicates that target forest isn't an account partition of source forest. The user has insufficient access "
        "rights."
    )
    return cmdlet_failure("Microsoft.Exchange.Data.Directory.InsufficientPermissionsException", text)


async def _stale(turn: Turn) -> Answer:
    """Refuse the token that is struck first, and let every other pass."""
    token = sha256(turn.call.headers.get("authorization", "").encode()).hexdigest()
    if turn.memory.setdefault("refused", token) != token:
        turn.missed = True
        return await turn.proceed()
    return Answer(403, b"\0" * turn.values["padding"] or None, {"Content-Type": "application/json"})


def _cmdlet(service: str, call: Call) -> bool:
    return bool(cmdlet_of(call))


def _cmdlet_write(service: str, call: Call) -> bool:
    return bool(cmdlet_of(call)) and is_write(service, call)


_ONLY = ("exchange",)
EXCHANGE = (
    Drill(
        "stale_token", "403 with a body of NULs for a token older than the role; a new token passes", _STALE, _stale,
        {"padding": length(16)}, _ONLY, times=None, in_batch=False,
    ),
    Drill(
        "cmdlet_proxy_not_available", "400 CmdletProxyNotAvailableFailure", _TRANSIENT,
        _passing("Microsoft.Exchange.Configuration.CmdletProxyNotAvailableFailure", "The proxy is not available."),
        services=_ONLY, fits=_cmdlet,
    ),
    Drill(
        "server_busy", "400 ServerBusyException", _TRANSIENT,
        _passing("Microsoft.Exchange.Data.Storage.ServerBusyException", "The server is too busy. Try again later."),
        services=_ONLY, fits=_cmdlet,
    ),
    Drill(
        "transient_exception", "400 TransientException", _TRANSIENT,
        _passing("Microsoft.Exchange.Data.Directory.ADTransientException", "Active Directory is not available."),
        services=_ONLY, fits=_cmdlet,
    ),
    Drill(
        "backend_communication", "400 BackendCommunicationException", _TRANSIENT,
        _passing("Microsoft.Exchange.Admin.BackendCommunicationException", "The backend server did not answer."),
        services=_ONLY, fits=_cmdlet,
    ),
    Drill(
        "dc_write_committed", "400 InsufficientPermissionsException, no write permission to target DC, though written",
        _CIPP, _committed, services=_ONLY, fits=_cmdlet_write,
    ),
)  # fmt: skip
