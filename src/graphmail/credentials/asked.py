"""What `seal` asks a person for, by kind. What is secret is not shown, and of keys only the file's name is typed."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from graphmail.errors import TenantError

Answers = dict[str, str | None]


def asked(name: str, kind: str) -> Answers:
    """The answers for that kind, as `--stdin` takes them. TenantError where the input ends or a file is not there."""
    try:
        return {"client_id": input(f"Client id of the admin app in {name}'s tenant: ").strip(), **_OF_KIND[kind]()}
    except (EOFError, KeyboardInterrupt):
        print(file=sys.stderr)
        remedy = "answer all of them, or give them as JSON with --stdin; nothing was sealed"
        raise TenantError("The input ended before the last answer", remedy=remedy) from None


def _client_secret() -> Answers:
    return {
        "key_id": input("Id of its secret (may be left empty): ").strip(),
        "expires": _day(input("Day on which it ends, such as 2027-06-01 (may be left empty): ").strip()),
        "client_secret": getpass.getpass("Client secret (not shown): ").strip(),
    }


def _certificate() -> Answers:
    return {
        "key_id": input("Key id of the certificate at Entra (may be left empty): ").strip(),
        "certificate": _text(input("File with the certificate (PEM): ")),
        "private_key": _text(input("File with its private key (PEM, without a passphrase): ")),
    }


def _federated() -> Answers:
    return {
        "key_id": input("Name of the federated credential (may be left empty): ").strip(),
        "assertion_file": input("File in which the identity provider keeps a fresh token: ").strip(),
    }


def _day(typed: str) -> str | None:
    """The first moment of that day, so that the report warns rather a day early."""
    try:
        return f"{date.fromisoformat(typed)}T00:00:00+00:00" if typed else None
    except ValueError:
        raise TenantError(
            "This is no day", expected="a day such as 2027-06-01", remedy="type it so; nothing was sealed"
        ) from None


def _text(name: str) -> str:
    path = Path(name.strip()).expanduser()
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise TenantError(
            "This file cannot be read", expected="a PEM file", found=f"{path}: {type(error).__name__}"
        ) from None


_OF_KIND: Mapping[str, Callable[[], Answers]] = {
    "client_secret": _client_secret,
    "certificate": _certificate,
    "federated": _federated,
}
