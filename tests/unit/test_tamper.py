"""No change of a sealed archive goes unnoticed: flipped bits, cuts, removals, additions, swaps, parts of another.

A fixed sample of the flips and cuts; all of them, of an archive with one run, with GRAPHMAIL_EXHAUSTIVE=1. That takes
an hour of one core, and so it is in parts: `-n 2 --dist load` shares them out.
"""

from __future__ import annotations

import os
import random
import shutil
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import pytest

from graphmail.evidence.seal.examine import Examination
from graphmail.evidence.seal.keys import SigningKey

from .sealed_archive import Archive

EXHAUSTIVE = bool(os.environ.get("GRAPHMAIL_EXHAUSTIVE"))
FLIPS, CUTS, LINES = 10, 3, 4  # of each file
PARTS = 8 if EXHAUSTIVE else 1


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two customers, three runs, two keys; and beside it an archive of other operators with the same runs."""
    kept = {name: os.environ.get(name) for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY")}
    archive = Archive(tmp_path_factory.mktemp("archive"))
    archive.seal(1)
    archive.seal(2, "fabrikam")
    archive.with_key(SigningKey.make(archive.folder / "second.age", [], datetime.now(UTC)))
    archive.seal(3)
    other = Archive(tmp_path_factory.mktemp("other"))
    for number, customer in ((1, "contoso"), (2, "fabrikam"), (3, "contoso")):
        other.seal(number, customer)
    for name, value in kept.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})
    return archive.root, other.root


@pytest.fixture
def root(made, tmp_path):
    """A copy to do harm to."""
    shutil.copytree(made[0], tmp_path / "evidence")
    assert genuine(tmp_path / "evidence")
    return tmp_path / "evidence"


@pytest.fixture
def small(root, tmp_path, monkeypatch):
    """What every single bit of is flipped: the archive above is too large for that."""
    if not EXHAUSTIVE:
        return root
    for name in ("GRAPHMAIL_STATE", "GRAPHMAIL_IDENTITY"):
        monkeypatch.setenv(name, "put back by the fixture")
    archive = Archive(tmp_path / "small")
    archive.seal(1)
    return archive.root


def genuine(root: Path) -> bool:
    return Examination(root).run().good


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


class Count:
    """Tells how many changes were made and which were missed; any miss fails."""

    def __init__(self, what: str, root: Path) -> None:
        self.what, self.root, self.cases, self.missed = what, root, 0, []

    def noticed(self, about: str) -> None:
        self.cases += 1
        if genuine(self.root):
            self.missed.append(about)

    def told(self) -> None:
        print(f"{self.what}: {self.cases} cases, {len(self.missed)} misses")
        assert self.cases
        assert not self.missed, self.missed[:10]
        assert genuine(self.root), "the test did not put everything back"


def changed(path: Path, contents, count: Count) -> None:
    kept = path.read_bytes()
    for about, content in contents:
        if content != kept:
            path.write_bytes(content)
            count.noticed(f"{path.name} {about}")
    path.write_bytes(kept)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_flipped_bit_is_noticed(small, part):
    count = Count("flipped bits", small)
    for path in files(small):
        kept = path.read_bytes()
        bits = range(part, len(kept) * 8, PARTS)
        chosen = bits if EXHAUSTIVE else random.Random(path.name).sample(bits, min(FLIPS, len(bits)))

        def flipped(kept=kept, chosen=chosen):
            for bit in chosen:
                content = bytearray(kept)
                content[bit // 8] ^= 1 << bit % 8
                yield f"bit {bit}", bytes(content)

        changed(path, flipped(), count)
    count.told()


@pytest.mark.parametrize("part", range(PARTS))
def test_every_truncation_and_every_longer_file_is_noticed(small, part):
    count = Count("cut and longer files", small)
    for path in files(small):
        kept = path.read_bytes()
        lengths = (
            range(part, len(kept), PARTS)
            if EXHAUSTIVE
            else sorted({0, 1, len(kept) - 1, *random.Random(path.name).sample(range(len(kept)), min(CUTS, len(kept)))})
        )
        changed(path, ((f"cut to {length}", kept[:length]) for length in lengths), count)
        more = (b"\n", b" ", b"\0", b"\r\n", kept)
        changed(path, ((f"and {extra[:4]!r}", kept + extra) for extra in more), count)
    count.told()


def test_every_removal_rename_and_link_is_noticed(root, tmp_path):
    count = Count("removed, renamed and linked files and folders", root)
    away = tmp_path / "away"
    for path in sorted(root.rglob("*")):
        path.rename(away)
        count.noticed(f"{path} removed")
        path.symlink_to(away)
        count.noticed(f"{path} is a link")
        path.unlink()
        if away.is_file():
            os.mkfifo(path)
            count.noticed(f"{path} is a pipe")  # opening one would wait for ever
            path.unlink()
        away.rename(path)
        other = path.with_name(path.name + "x")
        path.rename(other)
        count.noticed(f"{path} renamed")
        other.rename(path)
    count.told()


def test_every_addition_is_noticed(root):
    count = Count("added files, empty folders and links", root)
    for folder in [root, *sorted(path for path in root.rglob("*") if path.is_dir())]:
        for name in ("extra", ".hidden", "zz.json"):
            place = folder / name
            place.touch()
            count.noticed(f"{place}: a file")
            place.unlink()
            place.mkdir()
            count.noticed(f"{place}: an empty folder")
            place.rmdir()
            place.symlink_to("/etc/hostname")
            count.noticed(f"{place}: a link")
            place.unlink()
    count.told()


def test_every_swap_of_two_files_is_noticed(root):
    count = Count("swapped files", root)
    pairs = list(combinations(files(root), 2))
    for one, other in pairs if EXHAUSTIVE else random.Random(1).sample(pairs, 150):
        kept = one.read_bytes(), other.read_bytes()
        if kept[0] != kept[1]:
            one.write_bytes(kept[1])
            other.write_bytes(kept[0])
            count.noticed(f"{one} and {other}")
            one.write_bytes(kept[0])
            other.write_bytes(kept[1])
    count.told()


def test_every_reordering_of_lines_is_noticed(root):
    count = Count("swapped, doubled and removed lines", root)
    for path in files(root):
        lines = path.read_bytes().splitlines(keepends=True)
        if len(lines) < 2:
            continue
        numbers = range(len(lines))
        for number in numbers if EXHAUSTIVE else random.Random(path.name).sample(numbers, min(LINES, len(lines))):
            without = lines[:number] + lines[number + 1 :]
            doubled = [*lines[:number], lines[number], *lines[number:]]
            swapped = [*without[:number], *without[number : number + 1], lines[number], *without[number + 1 :]]
            changed(path, ((f"line {number}", b"".join(new)) for new in (without, doubled, swapped)), count)
    count.told()


def test_valid_parts_of_another_run_customer_key_or_archive_are_noticed(root, made):
    """Each file, each folder of a run and each top part, in place of what has the same name or kind."""
    count = Count("valid parts of another", root)
    runs = sorted(path for path in root.glob("*/*") if (path / "bag").is_dir())
    foreign = sorted(path for path in made[1].glob("*/*") if (path / "bag").is_dir())
    for run in runs:
        for source in [other for other in (*runs, *foreign) if other != run]:
            for name in ("bag", "run.sigstore.json", "inclusion.json", ""):
                _replaced(run / name if name else run, source / name if name else source, count)
            for path in files(run / "bag"):
                twin = source / path.relative_to(run)
                if path.parent.name == "personal":
                    (twin,) = twin.parent.iterdir()  # named by another data key
                if twin.read_bytes() != path.read_bytes():
                    _replaced(path, twin, count)
    for name in ("LOG", "checkpoints", "keys", "contoso"):
        _replaced(root / name, made[1] / name, count)
    for folder in ("keys", "checkpoints"):
        for path in files(root / folder):
            for source in (*files(root / folder), *files(made[1] / folder)):
                if source.read_bytes() != path.read_bytes():
                    _replaced(path, source, count)
    count.told()


def _replaced(target: Path, source: Path, count: Count) -> None:
    away = count.root.parent / "away"
    kept = count.root.parent / "source"
    (shutil.copytree if source.is_dir() else shutil.copy)(source, kept)
    target.rename(away)
    kept.rename(target)
    count.noticed(f"{target} is {source}")
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    away.rename(target)


def test_a_run_taken_away_with_its_entries_is_noticed(root):
    """By its checkpoints, which are of other lengths then; the tail needs a checkpoint kept elsewhere."""
    count = Count("runs taken out of the log", root)
    lines = (root / "LOG").read_bytes().splitlines(keepends=True)
    for run in sorted(path for path in root.glob("*/*") if (path / "bag").is_dir()):
        run.rename(root.parent / "away")
        (root / "LOG").write_bytes(b"".join(line for line in lines if run.name.encode() not in line))
        count.noticed(run.name)
        (root / "LOG").write_bytes(b"".join(lines))
        (root.parent / "away").rename(run)
    count.told()
