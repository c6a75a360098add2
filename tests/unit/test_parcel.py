"""What is opened as handed over: anybody can seal to a receiver's public key, so not everything that opens is used."""

from __future__ import annotations

import pytest

from graphmail.credentials import ClientSecret, FederatedAssertion, FederatedIdentity, RefreshToken
from graphmail.errors import TenantError
from graphmail.handover.parcel import Parcel
from graphmail.sealed import new_identity

WHOSE = ("5a4d0000-0000-4000-8000-000000000001", "11111111-2222-4333-8444-555555555555", "key")


@pytest.fixture
def sealed(tmp_path):
    """`sealed(credential)`: what a receiver reads of it."""
    key = tmp_path / "vendor"
    recipient = new_identity(key)

    def read(credential):
        Parcel("contoso", "sandbox", credential).write(tmp_path / "file.age", [recipient])
        return Parcel.read(tmp_path / "file.age", key)

    return read


def test_a_secret_is_read_as_it_was_sealed(sealed):
    credential = ClientSecret(*WHOSE, "s3cret")

    assert sealed(credential) == Parcel("contoso", "sandbox", credential)


@pytest.mark.parametrize(
    "credential", [FederatedAssertion(*WHOSE, "/var/run/token"), RefreshToken(*WHOSE, "eve@contoso.example", "r")]
)
def test_what_ops_signs_in_with_is_no_parcel(sealed, credential):
    with pytest.raises(TenantError, match="was not handed over"):
        sealed(credential)


def test_a_sender_names_no_file_of_the_receiver_s(sealed):
    told = FederatedIdentity(*WHOSE, "/var/run/token", "https://idp.example", "robot", "api://AzureADTokenExchange")

    assert not sealed(told).credential.can_sign_in
