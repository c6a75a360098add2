"""Sign-ins on their way, found by the code or token that a client holds; of which only the digest is kept."""

from __future__ import annotations

from graphmail.sandbox.entra.tokens import digest
from graphmail.sandbox.sign_in_records import SignIn
from graphmail.sandbox.store import World

LARGEST = 4000  # the oldest go first: a loop of refreshes must not grow without end


def remember(world: World, code: str, sign_in: SignIn) -> None:
    while len(world.sign_ins) >= LARGEST:
        del world.sign_ins[next(iter(world.sign_ins))]
    world.sign_ins[digest(code)] = sign_in


def recall(world: World, code: str) -> SignIn | None:
    """None: not minted here, or forgotten."""
    return world.sign_ins.get(digest(code))
