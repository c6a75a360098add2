"""Message size limits of a mailbox, and sizes as Exchange writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphmail.sandbox.exchange.size import parse_size, show_size


def test_sizes_are_shown_in_words_and_bytes(contoso):
    row = contoso.rows("Get-Mailbox", Identity="support@contoso.example")[0]
    assert (row["MaxSendSize"], row["MaxReceiveSize"]) == ("35 MB (36,700,160 bytes)", "36 MB (37,748,736 bytes)")


@pytest.mark.parametrize("size", [157286400, "157286400", "150MB", "150 MB (157,286,400 bytes)"])
def test_sizes_are_set(contoso, size):
    assert contoso.rows("Set-Mailbox", Identity="support", MaxSendSize=size, MaxReceiveSize=size) == []
    box = contoso.recipient("support@contoso.example").mailbox
    assert (box.max_send_size, box.max_receive_size) == (157286400, 157286400)
    assert len(contoso.ledger) == 1


def test_more_than_150_mb_is_refused(contoso):
    assert contoso.cmdlet("Set-Mailbox", Identity="support", MaxSendSize="151MB").status_code == 400
    assert contoso.ledger == []


def test_setting_the_same_size_commits_nothing(contoso):
    contoso.rows("Set-Mailbox", Identity="support", MaxSendSize="35MB")
    assert contoso.ledger == []


@given(st.integers(min_value=0, max_value=10**13))
def test_shown_size_is_read_back_exactly(count):
    assert parse_size(show_size(count)) == count
