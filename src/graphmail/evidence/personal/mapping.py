"""What each placeholder of a run stands for: `data/personal/<data key>.json.age`, and reading it."""

from __future__ import annotations

import json
from pathlib import Path

from graphmail.errors import TenantError
from graphmail.evidence.files import EvidenceError
from graphmail.evidence.personal.data_key import DataKey
from graphmail.state import StateFolder, state_root

FOLDER = "personal"
SUFFIX = ".json.age"


def mapping_file(data: Path, key: DataKey) -> Path:
    return data / FOLDER / f"{key.id[:16]}{SUFFIX}"


def pack(customer: str, run_id: str, known: dict[str, str]) -> bytes:
    told = {"schema": 1, "customer": customer, "run_id": run_id, "placeholders": known}
    return json.dumps(told, sort_keys=True, indent=1).encode() + b"\n"


def unpack(content: bytes, customer: str, run_id: str) -> dict[str, str]:
    """Raises EvidenceError for what is none, or another run's."""
    try:
        told = json.loads(content)
        known = {str(name): str(value) for name, value in told["placeholders"].items()}
        of = (told["customer"], told["run_id"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise EvidenceError("This says not what placeholders stand for", expected=run_id) from None
    if of != (customer, run_id):
        raise EvidenceError("This is of another run", expected=f"{customer} {run_id}", found=" ".join(map(str, of)))
    return known


def known_here(data: Path, customer: str, run_id: str) -> dict[str, str] | None:
    """What the run's placeholders stand for, as far as a data key for it is here and opens; None where none does."""
    found: dict[str, str] | None = None
    keys = StateFolder(state_root(), customer).data_keys
    for file in sorted((data / FOLDER).glob(f"*{SUFFIX}")):
        for sealed in sorted(keys.glob(f"*-{file.name.removesuffix(SUFFIX)}.age")):
            try:
                found = (found or {}) | unpack(
                    DataKey.open(sealed).open_sealed(file.read_bytes(), str(file)), customer, run_id
                )
            except (TenantError, OSError):
                continue
    return found
