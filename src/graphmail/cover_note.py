"""The note beside a handed-over credential: for a person, without the secret."""

from __future__ import annotations

from typing import Any

from graphmail.access_models import MODELS
from graphmail.credentials import SealedCredential
from graphmail.evidence import Record
from graphmail.tenant import Tenant

NOTE = """\
Kundo Mail: access to the mailboxes of {customer}{sandbox}
{line}

Tenant id       {tenant_id}
Client id       {client_id}
Credential      client secret, key id {key_id}
Expires         {expires}
Mailboxes       {mailboxes}
Confined by     {access}: every other mailbox is refused{roles}
{address}Proved by       run {run_id}, finished {finished} UTC

The client secret is in the file beside this note, {file}
(SHA-256 {digest}), sealed with age to your key. Open it with

    age --decrypt -i YOUR-KEY {file}

or with `python -m graphmail.handover open {file}`, which also tries it and writes the receipt to send back.
It holds tenant id, client id, client secret and expiry as JSON. Keep the secret where secrets are kept, and delete
the decrypted copy. The secret stops working on the day above; a new one is handed over before.
"""

# A program that looks for its permissions in the token would think that it has none.
NO_ROLES = "\n                The app's tokens carry no Mail.* roles; Exchange grants them itself"


def cover_note(
    tenant: Tenant, credential: SealedCredential, desired: dict[str, Any], digest: str, proof: Record | None
) -> str:
    """The text; `digest` is of the sealed file."""
    model = MODELS[desired["access"]]
    title = f"Kundo Mail: access to the mailboxes of {tenant.customer}"
    return NOTE.format(
        customer=tenant.customer,
        sandbox=" (SANDBOX, not a real tenant)" if tenant.environment == "sandbox" else "",
        line="=" * len(title),
        tenant_id=tenant.tenant_id,
        client_id=credential.client_id,
        key_id=credential.key_id,
        expires=f"{credential.expires:%Y-%m-%d}" if credential.expires else "not told",
        mailboxes="\n                ".join(desired["mailboxes"]),
        access=model.title,
        roles="" if model.consented else NO_ROLES,
        address=f"Send it to      {desired['address']}\n" if desired.get("address") else "",
        run_id=proof.run_id if proof else "",
        finished=f"{proof.finished:%Y-%m-%d %H:%M}" if proof else "",
        file=tenant.state.handed_over(credential.key_id).name,
        digest=digest,
    )
