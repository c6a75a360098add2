"""A secret whose every trace is looked for: as it is, encoded as programs encode things, and in part."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path

WINDOW = 10  # characters; less could be chance


def traces(secret: str, where: bytes) -> list[str]:
    """Names of the forms in which `secret` stands in these bytes. Give its random part, without what all share."""
    plain = secret.encode()
    forms = {
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
        "percent": "".join(f"%{byte:02X}" for byte in plain).encode(),
        "JSON": "".join(f"\\u{byte:04x}" for byte in plain).encode(),
        "JSON string": json.dumps(secret)[1:-1].encode(),
        "UTF-16LE": secret.encode("utf-16-le"),
        "UTF-16BE": secret.encode("utf-16-be"),
        "reversed": plain[::-1],
    }
    for offset in range(3):
        for name, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            # Without the characters that the bytes before and after it have a part in.
            whole = encode(b"\0" * offset + plain)
            forms[f"{name} at {offset}"] = whole[offset + 1 if offset else 0 : len(whole) - 4]
    found = [name for name, form in forms.items() if form in where]
    windows = {plain[start : start + WINDOW] for start in range(max(1, len(plain) - WINDOW + 1))}
    return found + [f"part {window!r}" for window in windows if window in where]


def traced_files(secrets: Iterable[str], folder: Path) -> dict[str, list[str]]:
    """Files below `folder` that hold a trace of any of the secrets, in their name or content."""
    found = {}
    for path in folder.rglob("*"):
        content = path.name.encode() + (path.read_bytes() if path.is_file() and not path.is_symlink() else b"")
        if kinds := [kind for secret in secrets for kind in traces(secret, content)]:
            found[str(path)] = kinds
    return found
