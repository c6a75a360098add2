"""The secrets that a run comes to know while it works: tokens, upload URLs, assertions, new client secrets.

Task workers and notebook kernels end long before the run does, and only they know what they minted. So each drops a
copy into the run's letterbox: sealed to a key whose private half is in the memory of the process that opened the run
and nowhere else. That process looks for all of them in the evidence before it closes it; then the box is emptied.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pyrage

from graphmail.leaks.search import NotSearched
from graphmail.leaks.secret import Secret
from graphmail.state import StateFolder

_PUBLIC_KEY = "public-key"
# Fields of requests and replies that hold a secret, by their names in lower case, and what messages call it.
_FIELDS = {
    "access_token": "access token",
    "id_token": "ID token",
    "refresh_token": "refresh token",
    "client_assertion": "client assertion",
    "client_secret": "client secret",
    "device_code": "device code",
    "private_key": "private key",
    "secrettext": "client secret",
    "uploadurl": "upload URL",
}
# Of a request alone, since replies name their errors so.
_FORM_FIELDS = _FIELDS | {"code": "authorization code", "code_verifier": "code verifier"}


class Slot:
    """Where any process of the run puts what it learned. Whoever holds this can read nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, kind: str, text: str) -> None:
        """Drop one in; raises nothing, since what has just been learned may be the only copy of a one-time secret.

        Where it cannot be written the box is made unreadable, which a full disk allows: then the run is not closed.
        """
        try:
            sealed = pyrage.encrypt(json.dumps([kind, text]).encode(), [self._recipient()])
            with os.fdopen(os.open(self._folder / f"{uuid.uuid4()}.age", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
                out.write(sealed)
        except (OSError, pyrage.RecipientError):
            with suppress(OSError):
                (self._folder / _PUBLIC_KEY).unlink(missing_ok=True)

    def witness(self, form: Any, reply: bytes) -> None:
        """Put in what a secret exchange holds: a request's form, and a reply that is JSON."""
        for kind, text in secrets_told(form, reply):
            self.put(kind, text)

    def _recipient(self) -> Any:
        return pyrage.x25519.Recipient.from_str((self._folder / _PUBLIC_KEY).read_text(encoding="ascii"))


class Letterbox(Slot):
    """Made by whoever opens a customer's run, under the customer's lock; others get at it by `slot`."""

    def __init__(self, state: StateFolder, run_id: str) -> None:
        super().__init__(_folder(state, run_id))
        # Others here are of runs that died, and nobody can read them: the lock is ours.
        shutil.rmtree(self._folder.parent, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True)
        self._key = pyrage.x25519.Identity.generate()
        (self._folder / _PUBLIC_KEY).write_text(str(self._key.to_public()), encoding="ascii")

    def secrets(self) -> list[Secret]:
        """All that was put in. Raises NotSearched when something could not be."""
        if not (self._folder / _PUBLIC_KEY).is_file():
            raise _lost()
        found: list[Secret] = []
        for letter in sorted(self._folder.glob("*.age")):
            try:
                kind, text = json.loads(pyrage.decrypt(letter.read_bytes(), [self._key]))
            except (OSError, ValueError, pyrage.DecryptError):
                raise _lost() from None
            found += Secret.all_of(kind, text)
        return found

    def close(self) -> None:
        """Empty it and take it away."""
        shutil.rmtree(self._folder.parent, ignore_errors=True)


def slot(state: StateFolder, run_id: str) -> Slot:
    """That of a run which another process opened."""
    return Slot(_folder(state, run_id))


def secrets_told(form: Any, reply: bytes) -> Iterator[tuple[str, str]]:
    """Kind and text of each secret in a request's form and in a JSON reply, whatever it is wrapped in."""
    fields = dict(parse_qsl(form)) if isinstance(form, str) else form
    told: Any = None
    with suppress(ValueError, RecursionError):
        told = json.loads(reply)
    yield from _held(fields, _FORM_FIELDS)
    yield from _held(told, _FIELDS)


def _held(value: Any, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            kind = names.get(str(name).lower())
            if kind and isinstance(inner, str):
                yield kind, inner
            else:
                yield from _held(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from _held(inner, names)


def _folder(state: StateFolder, run_id: str) -> Path:
    return state.path / "letterbox" / run_id


def _lost() -> NotSearched:
    return NotSearched(
        "Not every token that this run minted is known any more",
        found="its letterbox in the state folder was written to by others, or the disk was full",
        remedy="make room on the disk and run the same playbook again",
    )
