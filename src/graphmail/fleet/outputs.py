"""The files of the fleet report: `fleet.html` for people, `fleet.json` and `junit.xml` for programs."""

from __future__ import annotations

from pathlib import Path

from graphmail.evidence.files import EvidenceError, write_over
from graphmail.evidence.seal.log import LOG
from graphmail.fleet.export import to_json
from graphmail.fleet.fleet import Fleet
from graphmail.fleet.junit import to_junit
from graphmail.fleet.page import to_html

PAGE, JSON, JUNIT = "fleet.html", "fleet.json", "junit.xml"


def write_all(fleet: Fleet, folder: Path | str) -> list[Path]:
    """Write each of them in one step over the one before, and return their paths.

    Raises EvidenceError for a folder inside the archive: what the log does not know makes an archive not genuine.
    """
    into = Path(folder).absolute()
    refuse_archive(into)
    contents = {PAGE: to_html(fleet, into).encode(), JSON: to_json(fleet).encode(), JUNIT: to_junit(fleet)}
    into.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        write_over(into / name, content)
    return [into / name for name in contents]


def refuse_archive(folder: Path) -> None:
    if any((place / LOG).exists() for place in (folder, *folder.parents)):
        raise EvidenceError("Reports do not belong into the archive", found=str(folder), remedy="name another folder")
