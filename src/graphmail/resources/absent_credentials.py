"""Whether every credential that was made here and taken back opens nothing any more."""

from __future__ import annotations

from pathlib import Path

from graphmail.credentials import read
from graphmail.errors import DeadlineExceeded, TokenError
from graphmail.evidence import Verdict
from graphmail.journal import Journal
from graphmail.live_credential import made_here
from graphmail.refused_sign_in import Attempts
from graphmail.resources.application_reference import application_path
from graphmail.resources.federated_credentials import federated_credentials
from graphmail.resources.kept_credentials import credentials_on
from graphmail.rotation.standing import DEAD
from graphmail.tenant import Tenant

DISABLED = 7000112  # https://learn.microsoft.com/entra/identity-platform/reference-error-codes


class AbsentCredentials:
    """Those of one app; `key_id` is the last one that was looked at."""

    def __init__(self, tenant: Tenant, client_id: str) -> None:
        self._tenant = tenant
        self._client_id = client_id
        self.key_id = ""

    def copies(self) -> list[Path]:
        """The sealed copies that are left, newest last."""
        folder = self._tenant.state.credentials / "retired"
        return sorted(folder.glob("*.age"), key=lambda path: path.stat().st_mtime)

    def tried(self, seconds: float) -> tuple[Verdict, str]:
        """The verdict, and what each was refused with. Raises TenantError for an answer that decides nothing."""
        refused = []
        for key_id in self._lost():
            self.key_id = key_id
            if key_id.lower() in self._on_app():
                return "failed", f"credential {key_id} is still on the app"
            refused.append(f"{key_id}: not tried, since no sealed copy of it is left; no longer on the app")
        for path in self.copies():
            credential = read(path)
            self.key_id = credential.key_id
            if not credential.can_sign_in:
                if credential.key_id.lower() in self._on_app():
                    return "failed", f"federated credential {credential.key_id} is still on the app"
                refused.append(f"{credential.key_id}: no longer on the app, so nobody's tokens stand for it")
                continue
            try:
                answer = f"{Attempts(self._tenant).refused_twice(path, seconds)}, twice"
            except DeadlineExceeded:
                return "failed", f"credential {credential.key_id} still gets a token"
            except TokenError as error:
                answer = self._of_disabled(credential.key_id, error)
            refused.append(f"{credential.key_id}: {answer}")
        return "passed", "; ".join(refused) or "no credential was made here"

    def _of_disabled(self, key_id: str, error: TokenError) -> str:
        """An app that is disabled, as it was before, is refused whatever it signs in with; so the app itself is read.

        Raises the error where that does not show that the credential is gone.
        """
        if DISABLED not in error.codes or key_id.lower() in self._on_app():
            raise error
        return f"AADSTS{DISABLED}, since the app is disabled; no longer on the app"

    def _lost(self) -> list[str]:
        """Key ids of what was made here and taken back, and of which nothing is left to try."""
        there = {path.stem for path in self.copies()}
        made = made_here(Journal(self._tenant.state.journal), "retired", "untried", DEAD)
        return [key_id for key_id in (str(entry.facts["key_id"]) for entry in made) if key_id not in there]

    def _on_app(self) -> set[str]:
        """Key ids, in small letters, of all that is on the app, of whatever kind."""
        app = self._tenant.graph.find(application_path("", self._client_id)) if self._client_id else None
        there = credentials_on(app, federated_credentials(self._tenant, app)) if app else []
        return {one.key_id for one in there}
