"""The picture of an app registration, and how to know which one is there.

Graph does not tell a logo's digest, and its URL lags. So what was uploaded is remembered in the customer's state
folder with the URL seen since; a logo changed by hand has another URL, and a lost folder costs one upload more.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from graphmail.errors import GraphError, TenantError
from graphmail.logo import CONTENT_TYPES, TOO_LARGE
from graphmail.retry import Operation
from graphmail.tenant import Tenant


@dataclass(frozen=True, slots=True)
class ApplicationLogo:
    """A picture as Graph takes it. `label` names it in diffs."""

    path: Path
    content: bytes
    content_type: str

    @property
    def label(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @classmethod
    def of_file(cls, name: str) -> ApplicationLogo:
        """The picture in that file. Raises TenantError when it is none, or too large."""
        path = Path(name)
        expected = f"{', '.join(CONTENT_TYPES)} of less than {TOO_LARGE // 1024} KB"
        try:
            with Image.open(path) as image:
                kind = image.format or ""
            content = path.read_bytes()
        except (OSError, UnidentifiedImageError):
            raise TenantError(f"The logo {path} is not a readable picture", expected=expected) from None
        if kind not in CONTENT_TYPES or len(content) >= TOO_LARGE:
            raise TenantError(
                f"The logo {path} cannot be used", expected=expected, found=f"{kind}, {len(content) // 1024} KB"
            )
        return cls(path, content, CONTENT_TYPES[kind])

    @staticmethod
    def known(tenant: Tenant, application: dict[str, Any]) -> str | None:
        """Label of the logo that the app has, or None if it has none or one that nobody here uploaded."""
        url = (application.get("info") or {}).get("logoUrl")
        try:
            kept = json.loads(_file(tenant).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if kept.get("client_id") != application["appId"] or not url or kept.get("url") not in (None, url):
            return None
        if kept.get("url") is None and not tenant.run.check_mode:
            # The URL lagged behind the upload; from now on another one is another picture.
            _file(tenant).write_text(json.dumps(kept | {"url": url}), encoding="utf-8")
        return str(kept["label"])

    def upload(self, tenant: Tenant, application: dict[str, Any]) -> None:
        """Put the picture; a refused logo is a warning, never the end of an onboarding."""
        path = f"/applications/{application['id']}/logo"
        headers = {"Content-Type": self.content_type}
        try:
            tenant.graph.call(Operation.IDEMPOTENT, "PUT", path, headers=headers, content=self.content)
        except GraphError as error:
            tenant.warn(f"The logo was not taken: {error}")
            return
        # A replica that is behind may not have the app yet; then the URL is taken note of by the next run.
        now = tenant.graph.find(f"/applications/{application['id']}") or {}
        kept = {
            "client_id": application["appId"],
            "label": self.label,
            "url": (now.get("info") or {}).get("logoUrl"),
        }
        tenant.state.make()
        _file(tenant).write_text(json.dumps(kept), encoding="utf-8")


def _file(tenant: Tenant) -> Path:
    return tenant.state.path / "logo.json"
