"""Reads the models of msgraph-sdk, which Microsoft generates from Graph's metadata, into `schema.json` beside this.

    python -m tests.sandbox.published.extract SITE_PACKAGES

The package has 200 MB; the extract has the few types that the sandbox answers with. The models are read as text:
nothing of them is imported or run. Licence of msgraph-sdk: MIT, Microsoft Corporation.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

EXTRACT = Path(__file__).parent / "schema.json"
MODELS = Path("msgraph") / "generated" / "models"

# What the sandbox answers with; complex types that these hold come along.
ROOTS = (
    "AppManagementPolicy", "AppRoleAssignment", "Application", "Attachment", "AttachmentItem",
    "ConvertIdResult", "DirectoryObject",
    "DirectoryRole", "Domain", "FederatedIdentityCredential", "FileAttachment", "Group", "InferenceClassification",
    "ItemAttachment", "MailFolder", "MailSearchFolder", "MailboxSettings", "Message",
    "MultiValueLegacyExtendedProperty", "OAuth2PermissionGrant", "ODataError", "Organization",
    "ReferenceAttachment", "ServicePrincipal", "SingleValueLegacyExtendedProperty", "SubscribedSku",
    "TenantAppManagementPolicy", "TenantInformation", "UnifiedRoleAssignment", "UnifiedRoleDefinition",
    "UploadSession", "User",
)  # fmt: skip

_CLASS = re.compile(r"^class (\w+)\(([^)]*)\):", re.MULTILINE)
_FIELD = re.compile(r'"([^"]+)": lambda n : setattr\(self, \'\w+\', n\.get_(\w+?)(?:_value|_values)\((\w*)\)')
_MEMBER = re.compile(r'^    \w+ = "([^"]+)"', re.MULTILINE)
_PRIMITIVES = {
    "str": "text", "bool": "boolean", "int": "integer", "float": "number", "uuid": "guid", "datetime": "dateTime",
    "date": "date", "time": "time", "timedelta": "duration", "bytes": "bytes",
}  # fmt: skip


def read(site_packages: Path) -> dict[str, Any]:
    """Return `{"source", "types": {name: {"base", "properties"}}, "enums": {name: members}}`."""
    models = site_packages / MODELS
    sources = {
        hit.group(1): text
        for path in [*models.glob("*.py"), *(models / "o_data_errors").glob("*.py")]
        if (hit := _CLASS.search(text := path.read_text(encoding="utf-8")))
    }
    types: dict[str, Any] = {}
    enums: dict[str, Any] = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in types or name in enums:
            continue
        text = sources[name]
        bases = [b.strip() for b in _CLASS.search(text).group(2).split(",")]  # type: ignore[union-attr]
        if "Enum" in bases:
            enums[name] = _MEMBER.findall(text)
            continue
        properties = {field: _kind(getter, argument) for field, getter, argument in _FIELD.findall(text)}
        base = bases[0] if bases[0] in sources else None
        types[name] = {"base": base, "properties": dict(sorted(properties.items()))}
        waiting += [base] if base else []
        waiting += [kind for kind in map(_bare, properties.values()) if kind in sources and _held(kind, sources)]
    version = next(site_packages.glob("msgraph_sdk-*.dist-info")).name.removesuffix(".dist-info")
    return {
        "source": version,
        "types": {published(n): _renamed(t) for n, t in sorted(types.items())},
        "enums": {published(n): members for n, members in sorted(enums.items())},
    }


def published(name: str) -> str:
    """Graph's own name of a model."""
    return name[0].lower() + name[1:]


def _kind(getter: str, argument: str) -> str:
    if getter in ("object", "enum"):
        return argument
    if getter in ("collection_of_object", "collection_of_enum"):
        return f"[{argument}]"
    if getter == "collection_of_primitive":
        return f"[{_PRIMITIVES[argument.lower()]}]"
    return _PRIMITIVES[getter]


def _bare(kind: str) -> str:
    return kind.strip("[]")


def _held(name: str, sources: dict[str, str]) -> bool:
    """Whether a type is a value inside its object: entities are objects of their own, behind a relationship."""
    base: str | None = name
    while base in sources:
        if base == "Entity":
            return False
        base = _CLASS.search(sources[base]).group(2).split(",")[0].strip()  # type: ignore[union-attr]
    return True


def _renamed(described: dict[str, Any]) -> dict[str, Any]:
    base = described["base"]
    kinds = {field: _shown(kind) for field, kind in described["properties"].items()}
    return {"base": published(base) if base else None, "properties": kinds}


def _shown(kind: str) -> str:
    bare = _bare(kind)
    return kind.replace(bare, published(bare) if bare[0].isupper() else bare)


def written(schema: dict[str, Any]) -> str:
    """As text: one type a line, so that a difference can be read."""
    lines = [f'"source": {json.dumps(schema["source"])}']
    for part in ("types", "enums"):
        inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in schema[part].items())
        lines.append(f'"{part}": {{\n{inner}\n}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    EXTRACT.write_text(written(read(Path(sys.argv[1]))), encoding="utf-8")
