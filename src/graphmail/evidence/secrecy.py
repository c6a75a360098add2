"""No secret in evidence: what is looked for before a bag is closed, and what becomes of a bag that holds one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from graphmail.evidence.files import EvidenceError
from graphmail.leaks import Search
from graphmail.leaks.known import sealed_secrets
from graphmail.leaks.letterbox import Letterbox
from graphmail.state import StateFolder

_SHOWN = 10


class SecretsFound(EvidenceError):
    """Evidence holds a secret; the text names files, classes of secret and encodings, and never the secret."""


def refuse_secrets(
    data: Path, info: Mapping[str, str], state: StateFolder, letterbox: Letterbox | None, personal: bytes = b""
) -> None:
    """Search every file of the bag, their names, what shall stand in bag-info.txt, and `personal` before it is sealed.

    For whatever the customer's sealed files hold, retired ones too, the operator's own key, and what the run put into
    its letterbox. Raises SecretsFound, and NotSearched where nobody can know: unknown is never clean.
    """
    search = Search([*sealed_secrets(state), *(letterbox.secrets() if letterbox else ())])
    found = [*search.in_folder(data), *search.in_bytes(json.dumps(dict(info)).encode(), "bag-info.txt")]
    found += search.in_bytes(personal, "personal data")
    if not found:
        return
    told = "; ".join(map(str, found[:_SHOWN]))
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise SecretsFound(
        "The evidence of this run holds secrets and is not closed",
        found=f"{told}{more}",
        remedy="give it to nobody; its files are readable by you alone. Take back each secret that was found, as "
        'docs/operators.md says under "A secret in the evidence", and report what wrote it there as a defect',
    )


def make_private(data: Path) -> None:
    """Take the files of an open run from everybody but its owner: they stay where they are, to be looked at."""
    for here, _folders, names in os.walk(data):
        for name in names:
            path = Path(here) / name
            with suppress(OSError):
                if path.is_file() and not path.is_symlink():
                    path.chmod(0o600)
