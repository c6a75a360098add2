"""A customer's data key: made once, found again, open to all operators, and missed when it is gone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from graphmail.errors import TenantError
from graphmail.evidence import EvidenceError, verify
from graphmail.evidence.personal.data_key import DataKey, key_file
from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.log import Log
from graphmail.sealed import new_identity, open_sealed, public_key
from graphmail.state import StateFolder

from .sealed_archive import Archive
from .test_personal_evidence import PEOPLE, Died, archive, opened, succeed  # noqa: F401 - archive is a fixture

NOW = datetime.now(UTC)


@pytest.mark.parametrize("moment", ["made", "logged"])
def test_dying_while_a_data_key_is_made_leaves_one_key_that_is_used(archive, monkeypatch, moment):  # noqa: F811
    archive.seal(1, "fabrikam")
    real = Log.append

    def dying(log, kind, *given):
        if kind == "data-key-added" and moment == "made":
            raise Died
        real(log, kind, *given)
        if kind == "data-key-added":
            raise Died

    monkeypatch.setattr(Log, "append", dying)
    with pytest.raises(Died):
        opened(archive, 2)
    monkeypatch.setattr(Log, "append", real)
    archive.with_key(archive.key)
    succeed(archive, opened(archive, 3))
    assert len(list(StateFolder(archive.folder / "state", "contoso").data_keys.iterdir())) == 1
    assert Examination(archive.root).run().faults == []


def test_in_production_a_data_key_that_is_gone_stops_the_next_run_before_it_does_anything(tmp_path, monkeypatch):
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    made = Archive(tmp_path, "production")
    succeed(made, opened(made))
    for key in StateFolder(made.folder / "state", "contoso").data_keys.iterdir():
        key.unlink()
    with pytest.raises(EvidenceError, match="restore it"):
        opened(made, 2)
    assert not (made.root / "contoso" / "20260301T120002Z-site-000002").exists()


def test_a_data_keys_private_half_is_sealed_and_in_no_text_of_it(archive):  # noqa: F811
    archive.seal(1)
    state = StateFolder(archive.folder / "state", "contoso")
    origin = archive.sealer.log.history.origin
    key = archive.sealer.data_key("contoso", NOW)
    assert key_file(state, origin, key.id).read_bytes().startswith(b"age-encryption.org/v1")
    assert "AGE-SECRET" not in repr(key)
    assert DataKey.open(key_file(state, origin, key.id)).id == key.id


def test_in_the_sandbox_a_key_that_was_thrown_away_with_the_state_is_logged_as_dropped(archive):  # noqa: F811
    succeed(archive, opened(archive))
    for key in StateFolder(archive.folder / "state", "contoso").data_keys.iterdir():
        key.unlink()
    second = opened(archive, 2)
    succeed(archive, second)
    said = []
    assert verify(archive.root, said.append), said
    assert "personal data dropped on" in " ".join(said)
    assert "thrown away" in " ".join(said)
    assert PEOPLE["mailbox"] in second.readable("plan.json")


def test_who_joins_the_operators_opens_the_key_after_the_next_run_of_another(archive, tmp_path):  # noqa: F811
    own, joins = public_key(archive.folder / "identity"), new_identity(tmp_path / "joins")
    archive.sealer.operators = (own,)
    succeed(archive, opened(archive))
    (file,) = StateFolder(archive.folder / "state", "contoso").data_keys.iterdir()
    before = file.read_bytes()
    with pytest.raises(TenantError):
        open_sealed(file, tmp_path / "joins")
    succeed(archive, opened(archive, 2))
    assert file.read_bytes() == before
    archive.sealer.operators = (own, joins)
    succeed(archive, opened(archive, 3))
    assert open_sealed(file, tmp_path / "joins") == open_sealed(file)
    assert DataKey.open(file).operators == {own, joins}
    archive.sealer.operators = (joins,)
    succeed(archive, opened(archive, 4))
    assert DataKey.open(file).operators == {own, joins}, "whoever runs it has locked himself out"
    assert Examination(archive.root).run().faults == []
