"""What each record proves, in the words of its reader: the one table of all names that records are written under."""

from __future__ import annotations

# The columns of the fleet's page. What onboarding has to come to, for each customer.
VERIFICATIONS = {
    "verify_access": "The app reaches the connected mailboxes and no other",
    "verify_send": "The app can send mail",
    "verify_receive": "The app can read mail that comes from outside",
    "verify_large_mail": "The app can send mail with a large attachment",
}

TITLES = VERIFICATIONS | {
    "diagnosis": "Why this customer's mail does not work",
    "propagation": "What was granted acts",
    "drift": "The tenant is as the inventory says",
    "rotation": "The credential that was replaced opens nothing any more",
    "proof_of_absence": "Nothing that was made here is left, and the app's credential opens nothing",
    "handover": "The vendor has the credential, and it works there",
    "proof_retired": "The secret that was made for the proof opens nothing any more",
    "migration_prove_before": "The state before the migration: the app reaches the connected mailboxes and no other",
    "migration_prove": "Migration, without consent: the app reaches the connected mailboxes and no other",
    "migration_prove_again": "Migration, without the policy too: the app reaches the connected mailboxes and no other",
    "migration_prove_consent": "Migration, on the way back: with consent the app reaches no more than before",
}


def title(record: str) -> str:
    """A notebook of another name, such as a customer's own, shows that."""
    return TITLES.get(record, record)
