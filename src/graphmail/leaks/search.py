"""One pass over bytes, files and folders for every trace of several secrets."""

from __future__ import annotations

import os
import stat
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from graphmail.errors import TenantError
from graphmail.leaks.archives import Unreadable, members
from graphmail.leaks.encodings import Encoded, encoded
from graphmail.leaks.secret import WINDOW, Secret

# Any ten bytes hold, at one of three starts, eight that begin at a multiple of three: so every third start of what is
# searched is looked up, and every start of a secret is in the table. Where an encoding makes a trace longer, starts far
# enough from each other do: the two steps have no divisor in common, so within their product they meet.
_STEP = 3
_KEY = WINDOW - _STEP + 1


class NotSearched(TenantError):
    """Something could not be searched, or what to search for is not known: then nobody knows whether it leaks."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`where` names the file and the way into it, `kind` is the class of secret. The secret itself is nowhere."""

    where: str
    kind: str
    encoding: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}, {self.encoding}"


class Search:
    """Made once for a set of secrets, and asked about any number of files. No text of it holds a secret."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._forms: list[tuple[str, Encoded]] = []
        self._starts: list[int] = []
        self._table: dict[bytes, list[int]] = {}
        texts: list[bytes] = []
        end = 0
        # What the run told and what is sealed is often the same: the first to name it is believed.
        known = {secret.random: secret for secret in reversed(list(secrets))}
        for secret in known.values():
            for form in encoded(secret.random):
                self._forms.append((secret.kind, form))
                self._starts.append(end)
                for start in range(0, len(form.text) - _KEY + 1, _stride(form.needed)):
                    self._table.setdefault(form.text[start : start + _KEY], []).append(end + start)
                texts.append(form.text)
                end += len(form.text)
        self._text = b"".join(texts)

    def in_bytes(self, content: bytes, where: str) -> list[Finding]:
        """Traces in these bytes and, where they are an archive, in what it holds. Raises NotSearched."""
        found = self._traces(content, where)
        try:
            for name, unpacked in members(content):
                found |= self._traces(unpacked + b"\n" + name.encode(), f"{where}!{name}")
        except Unreadable:
            raise NotSearched(
                "A packed file cannot be looked into",
                found=where,
                remedy="unpack it and look for yourself; nobody knows what is in it",
            ) from None
        return sorted(found)

    def in_file(self, path: Path, where: str = "") -> list[Finding]:
        """Traces in the file's content; nothing but a regular file is read. Raises NotSearched."""
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                raise NotSearched("This is no regular file, so it is not searched", found=str(path))
            content = path.read_bytes()
        except OSError as error:
            raise NotSearched("A file cannot be searched", found=f"{path}: {error.strerror}") from None
        return self.in_bytes(content, where or str(path))

    def in_folder(self, folder: Path) -> list[Finding]:
        """Traces in every file below the folder and in the names of files, folders and targets of links.

        What is neither file, folder nor link (a socket, a lock) has a name alone. Raises NotSearched.
        """
        found: set[Finding] = set()
        for path, mode in _below(folder):
            name = path.name + (os.readlink(path) if stat.S_ISLNK(mode) else "")
            found |= self._traces(os.fsencode(name), f"the name of a file in {path.parent}")
            if stat.S_ISREG(mode):
                try:
                    found.update(self.in_file(path))
                except NotSearched:
                    if path.exists():
                        raise
        return sorted(found)

    def _traces(self, content: bytes, where: str) -> set[Finding]:
        table, found = self._table, set()
        for start in range(0, len(content) - _KEY + 1, _STEP):
            if content[start : start + _KEY] in table:
                for position in table[content[start : start + _KEY]]:
                    kind, form, offset = self._form_at(position)
                    if _run(content, start, form.text, offset) >= form.needed:
                        found.add(Finding(where, kind, form.encoding))
        return found

    def _form_at(self, position: int) -> tuple[str, Encoded, int]:
        number = bisect_right(self._starts, position) - 1
        return *self._forms[number], position - self._starts[number]


def _stride(needed: int) -> int:
    stride = max(1, (needed - _KEY + 1) // _STEP)
    return stride if stride % _STEP else stride - 1


def _run(content: bytes, at: int, text: bytes, offset: int) -> int:
    """How many bytes around these two places are the same in both."""
    before = 0
    while at > before and offset > before and content[at - before - 1] == text[offset - before - 1]:
        before += 1
    after = 0
    while at + after < len(content) and offset + after < len(text) and content[at + after] == text[offset + after]:
        after += 1
    return before + after


def _below(folder: Path) -> Iterator[tuple[Path, int]]:
    try:
        for here, folders, names in os.walk(folder, onerror=_raise):
            for name in sorted((*folders, *names)):
                path = Path(here) / name
                try:
                    yield path, path.lstat().st_mode
                except FileNotFoundError:
                    continue  # gone since it was listed
    except OSError as error:
        raise NotSearched("A folder cannot be searched", found=f"{error.filename}: {error.strerror}") from None


def _raise(error: OSError) -> None:
    raise error
