"""The sandbox, telling what it issues: tokens, client secrets, upload URLs, for whoever looks for leaks.

The sandbox itself keeps digests only. So that the search does not rest on what our own client believes to be secret,
this program listens where they are made, and writes each to `issued.jsonl` beside sandbox.json.
"""

from __future__ import annotations

import functools
import json
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphmail.sandbox.__main__ import main
from graphmail.sandbox.entra import tokens
from graphmail.sandbox.entra.signing import SigningKey
from graphmail.sandbox.graph import passwords

NAME = "issued.jsonl"
# How many bytes of randomness the sandbox puts into a secret text; ids of mail items have fewer.
RANDOM = {64: "authorization code", 96: "upload URL or refresh token", 120: "device code"}


def listen(folder: Path) -> None:
    """From now on, write down what is issued."""
    file = os.open(folder / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def telling(kind: str, make: Callable[..., str]) -> Callable[..., str]:
        @functools.wraps(make)
        def made(*arguments: Any, **named: Any) -> str:
            text = make(*arguments, **named)
            os.write(file, json.dumps([kind, text]).encode() + b"\n")
            return text

        return made

    SigningKey.sign = telling("token", SigningKey.sign)  # type: ignore[method-assign]
    tokens.new_secret = passwords.new_secret = telling("client secret", tokens.new_secret)
    told = {size: telling(kind, secrets.token_urlsafe) for size, kind in RANDOM.items()}
    plain = secrets.token_urlsafe
    secrets.token_urlsafe = lambda nbytes=None: told.get(nbytes or 0, plain)(nbytes)


if __name__ == "__main__":
    listen(Path(sys.argv[sys.argv.index("--state") + 1]))
    sys.exit(main())
