"""Taking personal data out of a run's files, in an order in which a crash loses nothing and tells nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from graphmail.durable import sync_folder
from graphmail.evidence.files import write_over
from graphmail.evidence.personal.addresses import canonical, plain
from graphmail.evidence.personal.data_key import DataKey
from graphmail.evidence.personal.finding import Finder
from graphmail.evidence.personal.mapping import FOLDER, mapping_file, pack, unpack
from graphmail.evidence.personal.people import PARTS, People
from graphmail.evidence.personal.placeholders import NAME, Placeholders
from graphmail.evidence.personal.text import JSON_FILES, decode, encode, replaced

if TYPE_CHECKING:
    from graphmail.evidence.run import Run


@dataclass(frozen=True, slots=True)
class Taken:
    """What one pass found. Nothing is written before `write`, so that all of it can be searched for secrets first."""

    file: Path
    mapping: bytes = field(repr=False)  # in clear
    sealed: bytes = field(repr=False)
    contents: dict[Path, bytes] = field(repr=False)  # of the files that change
    info: dict[str, str]

    def write(self) -> None:
        """What the placeholders stand for is on the disk before the first of them."""
        self.file.parent.mkdir(exist_ok=True)
        sync_folder(self.file.parent.parent)
        write_over(self.file, self.sealed)
        for path, content in self.contents.items():
            write_over(path, content)


def take(run: Run, key: DataKey, info: Mapping[str, str]) -> Taken:
    """Of every file of the run and of what shall stand in bag-info.txt. Raises TenantError.

    May be made again after a crash: what an earlier pass replaced stays as it is, and what that stands for is kept.
    """
    file = mapping_file(run.data, key)
    known = {}
    if file.is_file():
        known = unpack(key.open_sealed(file.read_bytes(), str(file)), run.customer, run.run_id)
    texts = {path: decode(path.read_bytes()) for path in _files(run.data)}
    about = run.about()
    operator = about.get("operator") or {}
    clear = [str(operator.get(name, "")) for name in ("user", "host")]
    this = [run.customer, run.run_id, *(str(about.get(name, "")) for name in ("tenant_id", "environment")), *clear]
    this += [path.stem.partition("-")[0] for path in texts]  # records and notebooks are called so in themselves
    people = People.of(about.get("plan") or {}, [text for path, text in texts.items() if _is_json(path)], this)
    _remember(people, known)
    placeholders = Placeholders(key.secret, known)
    finder = Finder(people, placeholders, clear)
    contents = {path: replaced(text, finder.spans, json=_is_json(path)) for path, text in texts.items()}
    told = {name: replaced(text, finder.spans, json=False) for name, text in info.items()}
    mapping = pack(run.customer, run.run_id, placeholders.known)
    changed = {path: encode(text) for path, text in contents.items() if text != texts[path]}
    return Taken(file, mapping, key.seal(mapping), changed, told)


def _remember(people: People, known: Mapping[str, str]) -> None:
    """Whom an earlier pass knew, although the file that told is without them now."""
    for placeholder, written in known.items():
        kind = placeholder[1:].partition("-")[0]
        if kind == NAME:
            people.name(plain(written))
        elif kind in PARTS:
            people.parts[canonical(written)] = kind


def _is_json(path: Path) -> bool:
    return path.suffix in JSON_FILES


def _files(data: Path) -> Iterator[Path]:
    """All but what is sealed already, and what the bag takes away or refuses."""
    for path in sorted(data.rglob("*")):
        hidden = path.name.startswith(".")
        if path.is_file() and not path.is_symlink() and not hidden and path.parent != data / FOLDER:
            yield path
