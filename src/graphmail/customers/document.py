"""A YAML file whose every value knows its line, and whose mapping keys stand once.

Keys are names, so they are taken as written: a customer called `no` or `365` needs no quotes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import yaml

from graphmail.customers.errors import InventoryError, Mistake, Place, shown

_MERGE = "tag:yaml.org,2002:merge"


class Source(Protocol):
    """Fields of an inventory that know where they stand; `mistakes` are those of the file's own form."""

    path: Path
    data: Any
    mistakes: list[Mistake]

    def file(self, place: Place) -> Path: ...
    def line(self, place: Place) -> int: ...
    def has(self, place: Place) -> bool: ...
    def written(self, place: Place) -> str: ...
    def shown(self, place: Place) -> str: ...


class Document:
    """`data` is the file as plain dicts, lists and scalars; `mistakes` holds the keys that stand twice.

    Raises InventoryError when the file cannot be read or is no YAML.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mistakes: list[Mistake] = []
        self._built: dict[int, Any] = {}
        self._loader = yaml.SafeLoader("")
        try:
            self._root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
            self.data = None if self._root is None else self._build(self._root, ())
        except OSError as error:
            raise self._broken(1, f"the file cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise self._broken(error.object[: error.start].count(b"\n") + 1, "the file is not UTF-8") from None
        except yaml.reader.ReaderError:
            raise self._broken(1, "the file holds a control character, which YAML does not allow") from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = " ".join(str(part) for part in (error.context, error.problem) if part)
            raise self._broken(mark.line + 1 if mark else 1, f"this is not YAML: {problem}") from None
        except RecursionError:
            raise self._broken(1, "the file is nested too deeply") from None

    def file(self, place: Place) -> Path:
        """The file that `place` is in."""
        return self.path

    def line(self, place: Place) -> int:
        """The line of what stands at `place`, or of the nearest thing around it that is there."""
        return self._look(place)[0]

    def has(self, place: Place) -> bool:
        return self._look(place)[2]

    def written(self, place: Place) -> str:
        """The scalar at `place` as it is written; nothing for anything else."""
        node = self._look(place)[1]
        return str(node.value) if isinstance(node, yaml.ScalarNode) else ""

    def shown(self, place: Place) -> str:
        """What stands at `place`, for a message; nothing when nothing is there."""
        node = self._look(place)[1]
        if isinstance(node, yaml.ScalarNode):
            return shown(node.value) if node.value else "no value"
        if isinstance(node, yaml.SequenceNode):
            return "a list" if node.value else "an empty list"
        return "a mapping" if node else ""

    def _look(self, place: Place) -> tuple[int, yaml.Node | None, bool]:
        node, line = self._root, 1
        for step in place:
            key, value = _member(node, step)
            if value is None:
                return line, None, False
            line = (key or value).start_mark.line + 1
            node = value
        return line, node, True

    def _build(self, node: yaml.Node, place: Place) -> Any:
        # An alias is the same node again: built once, so that aliases of aliases do not multiply.
        if id(node) not in self._built:
            self._built[id(node)] = self._build_new(node, place)
        return self._built[id(node)]

    def _build_new(self, node: yaml.Node, place: Place) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self._build(item, (*place, number)) for number, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            self._refuse_twice(node, place)
            self._loader.flatten_mapping(node)
            return {key.value: self._build(value, (*place, key.value)) for key, value in node.value}
        try:
            return self._loader.construct_object(node)
        except ValueError:  # a date that does not exist, say: then it is text
            return node.value

    def _refuse_twice(self, node: yaml.MappingNode, place: Place) -> None:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise self._broken(line, "a mapping's key is not text")
            if key.tag == _MERGE:
                continue
            if key.value in seen:
                problem = f"stands twice; the first one is in line {seen[key.value]}"
                self.mistakes.append(Mistake.at(self.path, line, (*place, key.value), problem, allowed="each key once"))
            seen.setdefault(key.value, line)

    def _broken(self, line: int, problem: str) -> InventoryError:
        return InventoryError([Mistake.at(self.path, line, (), problem)])


def _member(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    if isinstance(node, yaml.MappingNode):
        # Merged keys come first, the mapping's own last.
        for key, value in reversed(node.value):
            if key.value == step:
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None, None
