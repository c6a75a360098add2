"""The note beside a handed-over credential: for a person, without the secret."""

from __future__ import annotations

from typing import Any

from graphmail.access_models import MODELS
from graphmail.credentials import ClientCertificate, FederatedIdentity, SealedCredential
from graphmail.evidence import Record
from graphmail.resources.credential_journal import reason_made
from graphmail.tenant import Tenant

NOTE = """\
Kundo Mail: access to the mailboxes of {customer}{sandbox}
{line}

Tenant id       {tenant_id}
Client id       {client_id}
Credential      {title}, key id {key_id}{own}
Expires         {expires}
Mailboxes       {mailboxes}
Confined by     {access}: every other mailbox is refused{roles}
{address}Proved by       run {run_id}, finished {finished} UTC{proved_with}
{reason}
{what} is in the file beside this note, {file}
(SHA-256 {digest}), sealed with age to your key. Open it with

    age --decrypt -i YOUR-KEY {file}

or with `python -m graphmail.handover open {file}`, which also tries it and writes the receipt to send back.
{use}"""

# By kind: what lies in the file, and how it is used.
TEXT = """\
It holds tenant id, client id, client secret and expiry as JSON. Keep the secret where secrets are kept, and delete
the decrypted copy. The secret stops working on the day above; a new one is handed over before.
"""
CERTIFICATE = """\
It holds tenant id, client id, certificate, private key and expiry as JSON; certificate and key are PEM, one text each.
Into files of their own they go with

    age --decrypt -i YOUR-KEY {file} | jq -r .certificate > kundo-mail.pem
    age --decrypt -i YOUR-KEY {file} | jq -r .private_key > kundo-mail.key

Sign in with both as a client certificate: msal takes them as `private_key` and `public_certificate`. Keep the key where
secrets are kept, and delete the decrypted copies. The certificate stops working on the day above; a new one is handed
over before.
"""
FEDERATED = """\
It holds tenant id, client id, issuer, subject and audience as JSON, and no secret: there is none. Let your identity
provider make tokens with exactly that issuer, subject and audience, and sign in with such a token as
`client_assertion`, of type urn:ietf:params:oauth:client-assertion-type:jwt-bearer. Nothing expires; tell us before
any of the three changes.
"""

# A program that looks for its permissions in the token would think that it has none.
NO_ROLES = "\n                The app's tokens carry no Mail.* roles; Exchange grants them itself"


def cover_note(
    tenant: Tenant, credential: SealedCredential, desired: dict[str, Any], digest: str, proof: Record | None
) -> str:
    """The text; `digest` is of the sealed file."""
    model = MODELS[desired["access"]]
    what, use, own = _of_kind(credential)
    file = tenant.state.handed_over(credential.key_id).name
    title = f"Kundo Mail: access to the mailboxes of {tenant.customer}"
    return NOTE.format(
        customer=tenant.customer,
        sandbox=" (SANDBOX, not a real tenant)" if tenant.environment == "sandbox" else "",
        line="=" * len(title),
        tenant_id=tenant.tenant_id,
        client_id=credential.client_id,
        title=credential.title,
        key_id=credential.key_id,
        own=own,
        what=what,
        use=use.format(file=file),
        reason=_reason(tenant, credential),
        expires=f"{credential.expires:%Y-%m-%d}" if credential.expires else "never",
        mailboxes="\n                ".join(desired["mailboxes"]),
        access=model.title,
        roles="" if model.consented else NO_ROLES,
        address=f"Send it to      {desired['address']}\n" if desired.get("address") else "",
        run_id=proof.run_id if proof else "",
        finished=f"{proof.finished:%Y-%m-%d %H:%M}" if proof else "",
        file=file,
        proved_with=", with a short-lived secret of its own" if proof and proof.subject.signed_in_with else "",
        digest=digest,
    )


def _of_kind(credential: SealedCredential) -> tuple[str, str, str]:
    """What lies in the file, how it is used, and what else names it."""
    indent = "\n                "
    if isinstance(credential, ClientCertificate):
        return "The certificate with its private key", CERTIFICATE, f"{indent}thumbprint {credential.thumbprint}"
    if isinstance(credential, FederatedIdentity):
        told = f"issuer {credential.issuer}{indent}subject {credential.subject}{indent}audience {credential.audience}"
        return "All of it", FEDERATED, indent + told
    return "The client secret", TEXT, ""


def _reason(tenant: Tenant, credential: SealedCredential) -> str:
    reason = reason_made(tenant, credential.key_id)
    return f"\nThe customer's tenant allows no other: {reason}.\n" if reason else ""
