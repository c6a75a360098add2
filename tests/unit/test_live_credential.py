"""Which credential counts: by the journal, not by what lies in the folder."""

from datetime import timedelta

import pytest

from graphmail.credentials import ClientSecret
from graphmail.errors import TenantError
from graphmail.journal import Journal
from graphmail.live_credential import live_credential


@pytest.fixture
def made(contoso):
    """`made(key_id, …)` is what entra_application_password leaves behind."""
    journal = Journal(contoso.state.make().journal, contoso.clock)

    def make(key_id, result="sealed", days=30.0, marker=""):
        marker = marker or f"marker of {key_id}"
        if not any(entry.marker == marker for entry in journal.entries()):
            journal.intend("addPassword", marker)
        expires = contoso.clock.now() + timedelta(days=days)
        path = contoso.state.credential(key_id)
        if not path.exists():
            ClientSecret(contoso.tenant_id, "client", key_id, "secret", expires=expires).write(path, [])
        journal.outcome(marker, result, key_id=key_id)

    return make


def test_the_newest_that_was_sealed(contoso, made):
    made("key-1")
    made("key-2")
    made("key-3", "removed")

    assert live_credential(contoso).key_id == "key-2"


def test_one_that_was_removed_later_does_not_count(contoso, made):
    made("key-1")
    made("key-2")
    made("key-2", "removed")

    assert live_credential(contoso).key_id == "key-1"


def test_a_file_that_the_journal_does_not_know_does_not_count(contoso, made):
    contoso.state.make()
    ClientSecret(contoso.tenant_id, "client", "stray", "secret").write(contoso.state.credential("stray"), [])

    with pytest.raises(TenantError, match=r"Customer contoso has no sealed credential.*run onboard\.yml"):
        live_credential(contoso)


def test_one_that_has_expired_says_what_to_run(contoso, made):
    made("key-1", days=1)
    contoso.clock.sleep(86400)

    with pytest.raises(TenantError, match=r"Credential key-1 expired on .*docs/operators\.md"):
        live_credential(contoso)


def test_one_whose_file_is_lost_is_told(contoso, made):
    made("key-1")
    contoso.state.credential("key-1").unlink()

    with pytest.raises(TenantError, match="key-1"):
        live_credential(contoso)
