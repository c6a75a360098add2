"""What Entra remembers of sign-ins: tokens by their digests, and what is under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class IssuedToken:
    """What an access token minted here says; the token itself is kept as a SHA-256 digest."""

    tenant_id: str
    audience: str
    client_id: str
    service_principal_id: str
    roles: frozenset[str]
    directory_roles: frozenset[str]
    expires: datetime  # of the tenant's clock
    user_id: str = ""  # a delegated token's; then `roles` is empty
    scopes: frozenset[str] = frozenset()  # a delegated token's `scp`


@dataclass(slots=True)
class SignIn:
    """A person's sign-in on its way to a client: a device code, an authorization code or a refresh token.

    The codes themselves are kept as SHA-256 digests.
    """

    client_id: str
    tenant_id: str  # "" until somebody of some tenant signs in
    scopes: list[str]  # as they were asked for
    expires: datetime  # of the tenant's clock; of real time while no tenant is known
    user_id: str = ""
    user_code: str = ""  # what a person types
    redirect_uri: str = ""
    challenge: str = ""  # PKCE, S256 or plain
    challenge_method: str = ""
    nonce: str = ""
    state: str = "pending"  # approved | declined | blocked | redeemed
    public: bool = True  # whether the client need not authenticate to redeem it
