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

from graphmail.durable import sync_folder
from graphmail.evidence.files import EvidenceError

ALGORITHMS = {"sha256": 64, "sha512": 128}
DECLARATION = "bagit.txt"
INFO = "bag-info.txt"
TAG_FILES = (INFO, *(f"manifest-{name}.txt" for name in ALGORITHMS))
TAG_MANIFESTS = tuple(f"tagmanifest-{name}.txt" for name in ALGORITHMS)

# The library writes to the root logger's handlers what its exceptions say as well.
logging.getLogger("bagit").setLevel(logging.CRITICAL)


class BagError(EvidenceError):
    """A bag is not what its manifests say; the text names every such file."""


def is_complete(folder: Path) -> bool:
    """Whether `folder` is a closed bag: its declaration is the last file to come."""
    return (folder / DECLARATION).exists()


def make(folder: Path, info: Mapping[str, str]) -> None:
    """Make `folder`, which holds `data/`, a bag. Until the declaration is in place it is none.

    The tag files are made over hard links in a folder beside it, validated there, and moved in one by one.
    """
    stage = clear_stage(folder)
    for name, regular in _files(folder / "data"):
        if not regular:
            raise BagError(f"{folder / 'data' / name} is not a regular file")
        if Path(name).name.startswith("."):
            (folder / "data" / name).unlink()  # what a crash left of a file being written
    _clear_empty(folder / "data")
    shutil.copytree(folder / "data", stage / "data", copy_function=os.link)
    _write_tag_files(stage, info)
    check(stage)
    bagit.Bag(str(stage)).validate()  # what the standard's own library finds too
    _sync_tree(stage)
    for name in (*TAG_FILES, *TAG_MANIFESTS):
        os.replace(stage / name, folder / name)
    sync_folder(folder)
    shutil.rmtree(stage / "data")
    os.replace(stage / DECLARATION, folder / DECLARATION)
    sync_folder(folder)
    stage.rmdir()


def _clear_empty(data: Path) -> None:
    """A bag holds no empty folder; one is there where a process died before the first file in it."""
    for here, _folders, _names in os.walk(data, topdown=False):
        if Path(here) != data and not os.listdir(here):
            os.rmdir(here)


def clear_stage(folder: Path) -> Path:
    """Remove what a process left that died while it made `folder` a bag, or just after that; where it lay."""
    stage = folder.with_name(f".{folder.name}")
    shutil.rmtree(stage, ignore_errors=True)
    return stage


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
    """How many payload files the bag holds, when every file is as it was. Raises BagError, naming all that are not."""
    if not is_complete(folder):
        raise BagError(f"{folder} is not a closed bag", found=f"no {DECLARATION}")
    payload = {f"data/{name}": regular for name, regular in _files(folder / "data")}
    faults = [*_root_faults(folder), *(f"no regular file: {name}" for name, regular in payload.items() if not regular)]
    there = {name for name, regular in payload.items() if regular}
    faults += [f"{fault} ({', '.join(where)})" for fault, where in _manifest_faults(folder, there).items()]
    if faults:
        raise BagError(f"{folder} is not what its manifests say", found="; ".join(faults))
    return len(there)


def _root_faults(folder: Path) -> Iterator[str]:
    expected = {DECLARATION, "data", *TAG_FILES, *TAG_MANIFESTS}
    present = set(os.listdir(folder))
    yield from (f"missing: {name}" for name in sorted(expected - present))
    yield from (f"added: {name}" for name in sorted(present - expected))
    for name in sorted(expected & present - {"data"}):
        if not stat.S_ISREG((folder / name).lstat().st_mode):
            yield f"no regular file: {name}"


def _manifest_faults(folder: Path, payload: set[str]) -> dict[str, list[str]]:
    """Fault -> which manifests say so. Payload and tag files are hashed, each once for each algorithm."""
    faults: dict[str, list[str]] = {}
    for algorithm in ALGORITHMS:
        for kind, gap, files in (("manifest", "  ", payload), ("tagmanifest", " ", {DECLARATION, *TAG_FILES})):
            manifest = f"{kind}-{algorithm}.txt"
            listed = _listed(folder / manifest, algorithm, gap)
            if listed is None:
                faults.setdefault(f"changed: {manifest}", []).append("not of its form")
                continue
            for name in sorted(files - listed.keys()):
                faults.setdefault(f"added: {name}", []).append(f"not in {manifest}")
            for name in sorted(listed.keys() - files):
                faults.setdefault(f"missing: {name}", []).append(f"listed in {manifest}")
            for name in sorted(files & listed.keys()):
                if _digest(folder / name, algorithm) not in ("", listed[name]):
                    faults.setdefault(f"changed: {name}", []).append(f"or what {manifest} says of it")
    return faults


def _listed(path: Path, algorithm: str, gap: str) -> dict[str, str] | None:
    """Digest by file; None unless it is exactly one line of the exact form for each: the library is less strict."""
    if not path.is_file():
        return {}
    line = re.compile(f"[0-9a-f]{{{ALGORITHMS[algorithm]}}}{gap}\\S.*")
    lines = path.read_bytes().decode("latin-1").split("\n")
    listed = {text.split(gap, 1)[1]: text.split(gap, 1)[0] for text in lines[:-1] if line.fullmatch(text)}
    return None if lines[-1] or len(listed) != len(lines) - 1 else listed


def _digest(path: Path, algorithm: str) -> str:
    """Empty where there is no regular file; that is told already."""
    if path.is_symlink() or not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, bool]]:
    """Paths below `folder`, and whether each is a regular file: a link or a device may show each reader another."""
    if folder.is_symlink() or not folder.is_dir():
        raise BagError(f"{folder} is not a folder")
    for here, folders, names in os.walk(folder):
        for name in sorted((*folders, *names)):
            path = Path(here) / name
            mode = path.lstat().st_mode
            if not stat.S_ISDIR(mode):
                yield str(path.relative_to(folder)), stat.S_ISREG(mode)
