"""External identity providers whose tokens may stand for applications: their public keys, since nothing is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

if TYPE_CHECKING:
    from graphmail.sandbox.store import World

_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def trust_issuer(world: World, wanted: dict[str, Any]) -> None:
    """Register `{"issuer", "jwks": {"keys": […]}}`, in place of what was registered; ValueError says what is wrong."""
    issuer, jwks = wanted.get("issuer"), wanted.get("jwks")
    if set(wanted) != {"issuer", "jwks"} or not isinstance(issuer, str) or not isinstance(jwks, dict):
        raise ValueError("an issuer is its name and its jwks")
    check_jwks(jwks)
    world.trusted_issuers[issuer] = jwks
    world.changes.elsewhere = True


def check_jwks(jwks: dict[str, Any]) -> dict[str, Any]:
    """Return it; ValueError where it is no set of public keys. A private key has no business here and is refused."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise ValueError("jwks is an object with a list of keys")
    for key in keys:
        if _PRIVATE & set(key):
            raise ValueError("jwks holds a private key: only public keys belong here")
        try:
            jwt.PyJWK(key, key.get("alg", "RS256"))
        except (jwt.PyJWTError, ValueError, KeyError):
            raise ValueError("jwks holds something that is no key") from None
    return jwks
