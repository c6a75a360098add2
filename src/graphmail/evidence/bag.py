"""BagIt 1.0 bags (RFC 8493): made so that a crash leaves none, and checked more strictly than the standard asks.

`bagit` accepts extra files beside the manifests, symbolic links, and a bag whose tag manifests are gone.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import chdir
from pathlib import Path

import bagit

from graphmail.evidence.files import EvidenceError, sync_folder

ALGORITHMS = {"sha256": 64, "sha512": 128}
DECLARATION = "bagit.txt"
TAG_FILES = ("bag-info.txt", *(f"manifest-{name}.txt" for name in ALGORITHMS))
TAG_MANIFESTS = tuple(f"tagmanifest-{name}.txt" for name in ALGORITHMS)

# The library writes to the root logger's handlers what its exceptions say as well.
logging.getLogger("bagit").setLevel(logging.CRITICAL)


class BagError(EvidenceError):
    """A bag is not what its manifests say; the text names the file."""


def is_complete(folder: Path) -> bool:
    """Whether `folder` is a closed bag: its declaration is the last file to come."""
    return (folder / DECLARATION).exists()


def make(folder: Path, info: Mapping[str, str]) -> None:
    """Make `folder`, which holds `data/`, a bag. Until the declaration is in place it is none.

    The tag files are made over hard links in a folder beside it, validated there, and moved in one by one.
    """
    stage = folder.with_name(f".{folder.name}")
    shutil.rmtree(stage, ignore_errors=True)
    for name in _regular_files(folder / "data"):
        if Path(name).name.startswith("."):
            (folder / "data" / name).unlink()  # what a crash left of a file being written
    shutil.copytree(folder / "data", stage / "data", copy_function=os.link)
    _write_tag_files(stage, info)
    check(stage)
    _sync_tree(stage)
    for name in (*TAG_FILES, *TAG_MANIFESTS):
        os.replace(stage / name, folder / name)
    sync_folder(folder)
    shutil.rmtree(stage / "data")
    os.replace(stage / DECLARATION, folder / DECLARATION)
    sync_folder(folder)
    stage.rmdir()


def _write_tag_files(stage: Path, info: Mapping[str, str]) -> None:
    # bagit.make_bag declares 0.97; a bag that exists keeps its version when it is saved anew.
    (stage / DECLARATION).write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", encoding="utf-8")
    for name in ALGORITHMS:
        (stage / f"manifest-{name}.txt").touch()
    made = bagit.Bag(str(stage))
    made.info.update({key: value for key, value in info.items() if value})
    with chdir(stage):
        made.save(manifests=True)


def _sync_tree(folder: Path) -> None:
    for here, _folders, names in os.walk(folder):
        for name in names:
            descriptor = os.open(Path(here) / name, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        sync_folder(Path(here))


def check(folder: Path) -> int:
    """How many payload files the bag holds, when every one is as it was. Raises BagError otherwise."""
    if not is_complete(folder):
        raise BagError(f"{folder} is not a closed bag", found=f"no {DECLARATION}")
    _check_root(folder)
    payload = {f"data/{name}" for name in _regular_files(folder / "data")}
    for algorithm in ALGORITHMS:
        _check_manifest(folder / f"manifest-{algorithm}.txt", algorithm, "  ", payload)
        tags = _check_manifest(folder / f"tagmanifest-{algorithm}.txt", algorithm, " ", {DECLARATION, *TAG_FILES})
        _check_tags(folder, algorithm, tags)
    try:
        bag = bagit.Bag(str(folder))
        bag.info.pop("Payload-Oxum", None)  # the sum of sizes is compared first and would hide which file it is
        bag.validate()
    except (bagit.BagError, ValueError) as error:
        files = sorted({detail.path for detail in getattr(error, "details", []) if hasattr(detail, "path")})
        found = f"changed: {', '.join(files)}" if files else str(error)
        raise BagError(f"{folder} is not what its manifests say", found=found) from None
    return len(payload)


def _check_root(folder: Path) -> None:
    expected = {DECLARATION, "data", *TAG_FILES, *TAG_MANIFESTS}
    present = set(os.listdir(folder))
    for name in sorted(expected - present):
        raise BagError(f"{folder} is not what its manifests say", found=f"missing: {name}")
    for name in sorted(present - expected):
        raise BagError(f"{folder} is not what its manifests say", found=f"added: {name}")
    for name in sorted(expected - {"data"}):
        if not stat.S_ISREG((folder / name).lstat().st_mode):
            raise BagError(f"{folder} is not what its manifests say", found=f"no regular file: {name}")


def _check_manifest(path: Path, algorithm: str, gap: str, expected: set[str]) -> dict[str, str]:
    """Digest by file. Exactly one line of the exact form for each: the library lets an upper-case digit pass."""
    line = re.compile(f"[0-9a-f]{{{ALGORITHMS[algorithm]}}}{gap}\\S.*")
    lines = path.read_bytes().decode("latin-1").split("\n")
    listed = {text.split(gap, 1)[1]: text.split(gap, 1)[0] for text in lines[:-1] if line.fullmatch(text)}
    if lines[-1] or len(listed) != len(lines) - 1:
        raise BagError(f"{path.parent} is not what its manifests say", found=f"changed: {path.name}")
    for name in sorted(expected - listed.keys()):
        raise BagError(f"{path.parent} is not what its manifests say", found=f"added: {name}, not in {path.name}")
    for name in sorted(listed.keys() - expected):
        raise BagError(f"{path.parent} is not what its manifests say", found=f"missing: {name}, listed in {path.name}")
    return listed


def _check_tags(folder: Path, algorithm: str, listed: dict[str, str]) -> None:
    # Before the library reads them: what it says of a tag file that it cannot parse does not name the file.
    for name, digest in sorted(listed.items()):
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, algorithm).hexdigest() != digest:
                found = f"changed: {name}, or what tagmanifest-{algorithm}.txt says of it"
                raise BagError(f"{folder} is not what its manifests say", found=found)


def _regular_files(folder: Path) -> Iterator[str]:
    """Paths below `folder`. A link or a device could show another content to each reader, so it is an error."""
    if folder.is_symlink() or not folder.is_dir():
        raise BagError(f"{folder} is not a folder")
    for here, folders, names in os.walk(folder):
        for name in sorted((*folders, *names)):
            path = Path(here) / name
            mode = path.lstat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise BagError(f"{path} is not a regular file")
            if stat.S_ISREG(mode):
                yield str(path.relative_to(folder))
