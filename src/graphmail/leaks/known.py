"""The secrets that a customer's sealed files hold, opened in memory: what must be in no evidence."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from graphmail import sealed
from graphmail.credentials import from_json
from graphmail.errors import TenantError
from graphmail.leaks.search import NotSearched
from graphmail.leaks.secret import Secret
from graphmail.state import StateFolder


def sealed_secrets(state: StateFolder) -> list[Secret]:
    """Of every sealed file that the operator's identity opens: the admin's, credentials, retired ones too, data keys.

    What is handed over are the same ones. And the identity itself. A file that is sealed to others was not opened by
    this run either. Raises NotSearched when there are sealed files and no identity, or one holds something that is no
    credential.
    """
    files = [path for path in (state.admin, *sorted(state.credentials.rglob("*.age"))) if path.is_file()]
    data_keys = sorted(state.data_keys.glob("*.age"))
    if not files and not data_keys:
        return []
    try:
        identity = sealed.identity_file()
        sealed.public_key(identity)
        own = identity.read_text(encoding="ascii", errors="replace")
    except (TenantError, OSError) as error:
        raise NotSearched(
            f"The secrets of customer {state.customer} are not known to this process",
            found=error.found if isinstance(error, TenantError) else str(error.strerror),
            remedy="set GRAPHMAIL_IDENTITY to your private key's file, then run the same playbook again",
        ) from None
    found = Secret.all_of("the operator's private key", own)
    for path in files:
        found += _secrets_in(path, state)
    for path in data_keys:
        with suppress(TenantError):
            found += Secret.all_of("a data key", sealed.open_sealed(path).decode("ascii", "replace"))
    return found


def _secrets_in(path: Path, state: StateFolder) -> list[Secret]:
    try:
        plaintext = sealed.open_sealed(path)
    except TenantError:
        return []
    try:
        credential = from_json(plaintext)
    except TenantError:
        raise NotSearched(
            "A sealed file holds something that is no credential, so nobody knows what in it is secret",
            found=str(path),
            remedy="move it out of the state folder",
        ) from None
    whose = "the admin's" if path == state.admin else "the app's"
    return [part for text in credential.secrets() for part in Secret.all_of(f"{whose} {credential.title}", text)]
