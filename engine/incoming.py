"""Files that come to the desk, by name and content: project YAML or JSON, the Excel form, layers of units; and drafts as files again."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from engine.draft import Draft
from engine.knowledge import KnowledgeBase
from engine.project import UNKNOWN, Project, plain_facts, project_of
from engine.source import LARGEST_BYTES, Node, Problem, Span, Unusable, near, read

LARGEST_UPLOAD = 50_000_000
LARGEST_UNPACKED = 400_000_000
MOST_MEMBERS = 2_000
TEXTS = (".yaml", ".yml", ".json")
LAYERS = (".gpkg", ".zip", ".geojson")
FORMS = (".xlsx",)


@dataclass(frozen=True)
class Incoming:
    """A draft from a file, with the GeoJSON geometries of its units by unit id; `whole` when it is a project and not units only."""

    draft: dict[str, Any]
    shapes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    whole: bool = True


def shown_name(name: str) -> str:
    """The last part of a file's name, without what could lead elsewhere or break a line."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(c for c in last if c.isprintable() and c not in ':*?"<>|')[:80].lstrip(".") or "file"


def refuse(file: str, code: str, close: str = "", **facts: object) -> Unusable:
    return Unusable([Problem(Span(shown_name(file)), code, tuple((k, str(v)) for k, v in facts.items()), close)])


def read_incoming(name: str, content: bytes, base: KnowledgeBase) -> Incoming:
    """What a file holds, told by the end of its name.  Raises `Unusable` with every problem in it."""
    shown = shown_name(name)
    suffix = Path(shown).suffix.lower()
    limit = LARGEST_BYTES if suffix in TEXTS else LARGEST_UPLOAD
    if len(content) > limit:
        raise refuse(name, "E104", size=f"{len(content) / 1e6:.0f}", limit=f"{limit / 1e6:.0f}")
    if not content:
        raise refuse(name, "E105")
    if suffix in TEXTS:
        return _text(shown, suffix, content, base)
    if suffix in FORMS:
        from engine.forms import read_form

        _safe_zip(name, content)
        return read_form(shown, content, base)
    if suffix in LAYERS:
        from engine.geo import read_units

        if suffix == ".zip":
            _safe_zip(name, content)
        return read_units(shown, content, base)
    known = (*TEXTS, *FORMS, *LAYERS)
    raise refuse(name, "E810", near(suffix, known), name=suffix or shown, options=" ".join(known))


def _safe_zip(name: str, content: bytes) -> None:
    """Refuse what is no zip file, would grow out of bounds, or leads out of its folder, before anything is unpacked."""
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise refuse(name, "E811") from None
    size = sum(m.file_size for m in members)
    if size > LARGEST_UNPACKED or len(members) > MOST_MEMBERS:
        raise refuse(name, "E812", size=f"{size / 1e6:.0f}", limit=f"{LARGEST_UNPACKED / 1e6:.0f}")
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in member.filename:
            raise refuse(name, "E813", name=member.filename)


def _text(shown: str, suffix: str, content: bytes, base: KnowledgeBase) -> Incoming:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"project{suffix}"
        path.write_bytes(content)
        source, root = read(path, shown)
    return Incoming(draft_of(project_of(source, root, base), root))


def draft_of(project: Project, root: Node) -> dict[str, Any]:
    """The draft of a project file: what was written, its answers by id, and what it says is not surveyed yet."""
    draft = project.written.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude_none=True, exclude={"units": {"__all__": {"facts"}}})
    units = root.get("units")
    for written, node in zip(draft["units"], units.value if units else (), strict=True):
        unit = project.units[written["id"]]
        given = plain_facts({name: v for name, v in unit.facts.items() if name not in unit.derived})
        facts = node.get("facts")
        for name, _, value in facts.items() if facts else ():
            if value.kind == "scalar" and value.value.strip().casefold() in UNKNOWN:
                given[name] = "unknown"
        written["facts"] = given
        if unit.parked:
            written["parked"] = plain_facts(unit.parked)
    result: dict[str, Any] = json.loads(json.dumps({"format": project.written.format, **draft}, ensure_ascii=False))
    return result


class _Dumper(yaml.SafeDumper):
    """Lists of plain values on one line, as people write project files, and no aliases, which project files do not take."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _list(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=all(not isinstance(v, dict | list) for v in data))


_Dumper.add_representer(list, _list)


def as_yaml(draft: Draft) -> str:
    """The draft as a project file."""
    text: str = yaml.dump(draft, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)
    return text


def as_json(draft: Draft) -> str:
    return json.dumps(draft, ensure_ascii=False, indent=1)
