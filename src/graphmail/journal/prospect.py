"""What becomes of an entry that has no outcome: said to people, and done by the resource that wrote the intent."""

from __future__ import annotations

from graphmail.journal import Entry
from graphmail.printable import visible

_NEXT = {
    "addPassword": "onboard.yml removes the secret that nobody holds, by its marker, and makes another",
    "addCertificate": "onboard.yml uploads the sealed certificate, unless it is there",
    "addFederatedCredential": "onboard.yml looks for it by its name, and goes on with what it finds",
    "revoke consent": "migrate.yml or offboard.yml takes it for done from the moment that it sees no consent",
    "send_probe_mail": "verify.yml looks for the mail by its mark and removes it",
    "handover": "handover.yml delivers: the file that is sealed already, or a new one",
}
_PROOF = "verify.yml removes the short-lived secret by its marker, and makes another"
_DOUBTFUL = "nothing: a lost line may be its outcome. What came of it is refused, and removed by nobody"


def prospect(intent: Entry, *, doubtful: bool = False) -> str:
    """What the next run does about an open intent."""
    if doubtful:
        return _DOUBTFUL
    if intent.action == "addPassword" and intent.marker.startswith("graphmail proof "):
        return _PROOF
    kind = intent.action.removeprefix("create ")
    if kind != intent.action:
        key = visible(str(intent.facts.get("display_name", "it")))
        playbook = "bootstrap.yml" if kind == "entra_directory_role_assignment" else "onboard.yml"
        return f"{playbook} looks for {key}, and takes what is there for what it made"
    return _NEXT.get(intent.action, f"the playbook that wrote it ({visible(intent.action)}) looks for its marker first")
