"""The kinds of value a field can have: how each is read, and what is allowed, in words.

The words serve the error messages and the field table of docs/inventory.md alike. A reader raises ValueError with what
is wrong; values are data and are never expanded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from PIL import Image, UnidentifiedImageError
from pydantic import ByteSize, PlainSerializer, PlainValidator, TypeAdapter, ValidationError, ValidationInfo

from graphmail import sealed, state
from graphmail.customers import span
from graphmail.errors import TenantError
from graphmail.logo import CONTENT_TYPES, TOO_LARGE


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a field may hold, in words."""

    words: str


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is not text" + (", write it in quotes" if isinstance(value, bool | int | float) else ""))  # noqa: TRY004
    if not value.strip() or not value.isprintable():
        raise ValueError("is empty" if not value.strip() else "has a character that cannot be printed")
    return value


def _matching(pattern: str, problem: str, longest: int = 254) -> Callable[[Any], str]:
    compiled = re.compile(pattern, re.ASCII)

    def read(value: Any) -> str:
        if compiled.fullmatch(_text(value)) is None or len(value) > longest:
            raise ValueError(problem)
        return str(value)

    return read


def _no_longer_than(longest: int) -> Callable[[Any], str]:
    return _matching(r".+", f"is longer than {longest} characters", longest)


GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def _guid(value: Any) -> str:
    return _matching(GUID, "is not a GUID")(value).lower()


_LABELS = r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}"


def _domain(value: Any) -> str:
    return _matching(_LABELS, "is not a domain")(value).lower()


# https://learn.microsoft.com/exchange/recipients-in-exchange-online/manage-user-mailboxes/add-or-remove-email-addresses
_ADDRESS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@" + _LABELS


def _address(value: Any) -> str:
    """In small letters: Exchange does not tell cases apart, and sets of addresses must not either."""
    return _matching(_ADDRESS, "is not an address")(value).lower()


def _public_key(value: Any) -> str:
    try:
        sealed.recipient(_text(value))
    except TenantError:
        raise ValueError("is not a public key") from None
    return str(value)


def resolved(value: str, inventory: Path) -> Path:
    """A path as the inventory means it: relative to the inventory's own folder."""
    return (inventory.parent / Path(value).expanduser()).absolute()


def _below_inventory(value: Any, info: ValidationInfo) -> str:
    return str(resolved(_text(value), info.context["inventory"] if info.context else Path("inventory.yml")))


def _logo(value: Any, info: ValidationInfo) -> str:
    path = resolved(_text(value), info.context["inventory"] if info.context else Path("inventory.yml"))
    try:
        size = path.stat().st_size
        if size >= TOO_LARGE:
            raise ValueError(f"is a file of {size} bytes")
        with Image.open(path) as picture:
            found = picture.format
            picture.verify()
    except UnidentifiedImageError:
        raise ValueError(f"is not a picture ({size} bytes)") from None
    except OSError as error:
        raise ValueError(f"is a file that cannot be read: {error.strerror or 'broken picture'}") from None
    except (SyntaxError, Image.DecompressionBombError):  # how Pillow names a broken picture
        raise ValueError(f"is a broken picture ({size} bytes)") from None
    if found not in CONTENT_TYPES:
        raise ValueError(f"is a picture of the format {found}")
    return str(path)


def _lifetime(value: Any) -> span.Lifetime:
    return value if isinstance(value, span.Lifetime) else span.Lifetime.parse(_text(value))


def _wait(value: Any) -> int:
    return span.seconds(_text(value))


# Mail below 3 MiB is sent in one request, so it would not prove what the large-mail check claims.
_LARGE_FROM = 3 * 1024 * 1024
_LARGE_TO = 150 * 1000 * 1000


def _size(value: Any) -> int:
    try:
        size = int(TypeAdapter(ByteSize).validate_python(_text(value)))
    except ValidationError:
        raise ValueError("is not a size") from None
    if not _LARGE_FROM < size <= _LARGE_TO:
        raise ValueError(f"is {size} bytes")
    return size


def _host_and_port(value: Any) -> str:
    text = _matching(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}", "is not a host and port")(value)
    if not 0 < int(text.rpartition(":")[2]) < 65536:
        raise ValueError("has no such port")
    return text


def _url(value: Any) -> str:
    return _matching(r"https?://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?(/[!-~]*)?", "is no URL")(value)


def _customer_name(value: Any) -> str:
    text = _matching(state.CUSTOMER_NAME, "is no name for a customer")(value)
    if text in state.RESERVED:
        raise ValueError("is the name of a folder that every archive of evidence has")
    return text


CustomerName = Annotated[
    str,
    PlainValidator(_customer_name),
    Allowed("small letters, digits and dashes, at most 63, no dash first; not keys, not checkpoints"),
]
Label = Annotated[
    str,
    PlainValidator(_matching(r"[a-z][a-z0-9_-]{0,62}", "is no label")),
    Allowed("small letters, digits, dashes and underscores, at most 63, a letter first"),
]
Guid = Annotated[str, PlainValidator(_guid), Allowed("a GUID, such as 00000000-0000-0000-0000-000000000000")]
Domain = Annotated[str, PlainValidator(_domain), Allowed("a domain, such as contoso.onmicrosoft.com")]
Address = Annotated[
    str,
    PlainValidator(_address),
    Allowed("an address, such as support@contoso.example"),
]
PublicKey = Annotated[
    str, PlainValidator(_public_key), Allowed("a public key: age1…, or an ssh-ed25519 line as in a .pub file")
]
FilePath = Annotated[str, PlainValidator(_text), Allowed("a path, relative to the inventory's folder")]
# Limits of https://learn.microsoft.com/graph/api/application-post-federatedidentitycredentials.
Issuer = Annotated[
    str,
    PlainValidator(_matching(r"https://\S+", "is no https address of an issuer", 600)),
    Allowed("an address such as https://tokens.vendor.example, as it stands in the tokens"),
]
Claim = Annotated[str, PlainValidator(_no_longer_than(600)), Allowed("text of at most 600 characters")]
AssertionFile = Annotated[
    str, PlainValidator(_below_inventory), Allowed("a path of a file, which need not be there yet")
]
Logo = Annotated[str, PlainValidator(_logo), Allowed("a path to a PNG, JPEG, GIF or BMP picture of less than 100 KiB")]
Name = Annotated[str, PlainValidator(_no_longer_than(64)), Allowed("text of at most 64 characters")]
UniqueName = Annotated[
    str,
    PlainValidator(_matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", "is no unique name")),
    Allowed("letters, digits, dots, dashes and underscores, at most 128"),
]
LongText = Annotated[str, PlainValidator(_no_longer_than(1024)), Allowed("one line of at most 1,024 characters")]
Url = Annotated[str, PlainValidator(_url), Allowed("a URL, such as http://timestamp.example.com/rfc3161")]
HostAndPort = Annotated[str, PlainValidator(_host_and_port), Allowed("host:port, such as relay.example.com:25")]
Lifetime = Annotated[
    span.Lifetime,
    PlainValidator(_lifetime),
    PlainSerializer(str, return_type=str),
    Allowed("a number of days, weeks, months or years, such as 24 months"),
]
Seconds = Annotated[int, PlainValidator(_wait), Allowed("a number of seconds, minutes, hours or days, such as 2 hours")]
LargeMailSize = Annotated[
    int, PlainValidator(_size), Allowed("a size such as 10 MiB, more than 3 MiB and at most 150 MB")
]
