"""Positive controls: what was planted is found, in whatever form and kind of file. And what is no leak is none."""

from __future__ import annotations

import base64
import json
import os
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from graphmail.leaks import NotSearched, Search, Secret
from graphmail.leaks.encodings import NAMES, encoded

from .planted import FILES, KEYS, RSA_KEY, SECRETS, WRITTEN, plant

SEARCH = Search(part for kind, (text, _secret) in SECRETS.items() for part in Secret.all_of(kind, text))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("written", WRITTEN)
def test_every_planted_secret_is_found_and_only_that_one_told(tmp_path: Path, written: str, name: str) -> None:
    for kind, (_text, secret) in SECRETS.items():
        path = plant(tmp_path / kind, name, WRITTEN[written](secret))

        found = SEARCH.in_folder(tmp_path / kind)

        assert {finding.kind for finding in found} == {kind}, (written, name)
        assert {finding.where.partition("!")[0] for finding in found} == {str(path)}
        assert secret[5:15] not in repr(found) + "".join(map(str, found))


def test_there_are_enough_of_both() -> None:
    assert len(NAMES) >= 14
    assert len(WRITTEN) * len(FILES) * len(SECRETS) >= 100


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_in_a_files_name_is_found(tmp_path: Path, kind: str) -> None:
    (tmp_path / f"x-{SECRETS[kind][1][:60]}.txt").write_text("nothing")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(SECRETS[kind][1][:60])

    found = SEARCH.in_folder(tmp_path)

    assert {finding.where for finding in found} == {
        f"the name of a file in {tmp_path}",
        f"the name of a file in {tmp_path / 'folder'}",
    }


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("name", FILES)
def test_a_private_key_is_found_as_it_is_and_encoded(tmp_path: Path, kind: str, name: str) -> None:
    search = Search(Secret.all_of("private key", KEYS[kind]))
    pem = KEYS[kind].encode()
    lines = pem.splitlines()
    der = base64.b64decode(b"".join(lines[1:-1]))
    for leak in (pem, json.dumps(pem.decode()).encode(), b"".join(lines[1:-1]), der, der.hex().encode()):
        assert search.in_file(plant(tmp_path, name, leak)), kind


def test_neither_certificate_nor_public_key_nor_armour_is_a_trace_of_the_private_key() -> None:
    search = Search(Secret.all_of("private key", KEYS["RSA"]))
    public = RSA_KEY.public_key()
    shown = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.PKCS1),
        f"{public.public_numbers().n:x}".encode(),
        b"\n".join([*KEYS["RSA"].encode().splitlines()[:1], *KEYS["RSA"].encode().splitlines()[-1:]]),
    ]
    for offset in range(3):
        assert search.in_bytes(b"\n".join([*shown, base64.b64encode(b"x" * offset + b"".join(shown))]), "here") == []


def test_what_all_tokens_and_upload_urls_share_is_no_trace() -> None:
    for kind, (text, secret) in SECRETS.items():
        shared = text.replace(secret, "")
        assert SEARCH.in_bytes(shared.encode() + base64.b64encode(shared.encode()), "here") == [], kind


@given(data=st.data())
def test_any_ten_characters_are_found_wherever_they_stand_and_nine_are_not(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(SECRETS)))
    secret = SECRETS[kind][1]
    start = data.draw(st.integers(0, len(secret) - 10))
    before = b"\n" * data.draw(st.integers(0, 12))
    piece = secret[start : start + 10].encode()

    assert [finding.kind for finding in SEARCH.in_bytes(before + piece + b"\n", "here")][:1] == [kind]
    assert SEARCH.in_bytes(before + piece[:9] + b"\n", "here") == []
    assert SEARCH.in_bytes(before + piece[:9].hex().encode() + b"\n", "here") == []


@given(data=st.data())
def test_any_run_that_stands_for_ten_is_found_in_every_encoding(data: st.DataObject) -> None:
    secret = data.draw(st.text("ABCDEFGHJKLMabcdefghjklm0123456789~.-_", min_size=10, max_size=60))
    for form in encoded(secret.encode()):
        start = data.draw(st.integers(0, len(form.text) - form.needed))
        around = b"\0" * data.draw(st.integers(0, 20))
        piece = form.text[start : start + form.needed]
        assert Search(Secret.all_of("s", secret)).in_bytes(around + piece + around, "here"), form.encoding


def test_no_false_alarm_in_megabytes_that_look_like_evidence() -> None:
    dice = random.Random(7)
    lines = [
        {"sha256": dice.randbytes(32).hex(), "picture": base64.b64encode(dice.randbytes(600)).decode()}
        for _ in range(3000)
    ]
    assert SEARCH.in_bytes(json.dumps(lines).encode(), "here") == []


def test_what_is_packed_and_cannot_be_looked_into_is_unknown_and_not_clean(tmp_path: Path) -> None:
    whole = FILES["packed.gz"](b"nothing" * 1000)
    for broken in (whole[:-9], FILES["packed.zip"](b"nothing" * 1000)[:-30] + b"\0" * 30, whole[:12] + b"\xff" * 9):
        with pytest.raises(NotSearched, match="cannot be looked into"):
            SEARCH.in_bytes(broken, "packed")


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphmail.leaks.archives.MOST", 10_000)
    for name in ("packed.gz", "packed.zip"):
        with pytest.raises(NotSearched):
            SEARCH.in_bytes(FILES[name](b"\0" * 20_000), name)


def test_a_file_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotSearched):
        SEARCH.in_file(tmp_path / "pipe")
    with pytest.raises(NotSearched):
        SEARCH.in_folder(tmp_path / "nowhere")


def test_no_text_of_a_secret_or_search_shows_it() -> None:
    secret = Secret.all_of("s", "qV7~kJ2pXw9rT4mB8nZc")[0]
    assert "qV7" not in repr(secret) + str(secret) + repr(Search([secret]))
