"""A project in the making: the project file as plain data, changed one value at a time.

A draft has the shape of a project file (contract section 2) with JSON values only.  A path names a value:
``("project", "name")``, ``("units", "U1", "facts", "damage")``; a unit is named by its id, and ``None`` stands
for a value that is not there.  Drafts are never changed in place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.knowledge import KnowledgeBase
from engine.project import UNKNOWN, Project, project_of
from engine.project_file import FORMAT
from engine.source import Source, parse

Draft = Mapping[str, Any]
Path = tuple[str, ...]
PLACES = ("geometry", "shape")  # what tells outsiders where a unit lies


class Edit(NamedTuple):
    """A new value at a path; `position` is the place of a unit among the units, the end when None."""

    path: Path
    value: Any
    position: int | None = None


@dataclass(frozen=True)
class Difference:
    """A path whose value differs between two drafts."""

    path: Path
    before: Any
    after: Any


def blank(name: str, start: str, end: str, units: Iterable[Mapping[str, Any]], **header: Any) -> dict[str, Any]:
    """A draft with a header and units; header values that are None are left out."""
    project = {"name": name, "start": start, "end": end} | {k: v for k, v in header.items() if v is not None}
    return {"format": FORMAT, "project": project, "units": [{"facts": {}, **unit} for unit in units]}


def is_unknown(value: Any) -> bool:
    """Whether a written answer says that the answer is not known."""
    return value is None or (isinstance(value, str) and value.strip().casefold() in UNKNOWN)


def given(draft: Draft, unit: str, fact: str) -> Any:
    """The answer as it was written, parked or not; None where there is none."""
    found = value_at(draft, ("units", unit, "facts", fact))
    return value_at(draft, ("units", unit, "parked", fact)) if found is None else found


def value_at(draft: Draft, path: Path) -> Any:
    """The value at a path, None where there is none."""
    found: Any = draft
    for i, key in enumerate(path):
        if i == 1 and path[0] == "units":
            found = next((u for u in found or () if u["id"] == key), None)
        else:
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is None:
            return None
    return found


def position_of(draft: Draft, path: Path) -> int | None:
    """The place of a unit among the units, for a path that names one."""
    if len(path) != 2 or path[0] != "units":
        return None
    return next((i for i, u in enumerate(draft.get("units", ())) if u["id"] == path[1]), None)


def apply(draft: Draft, edits: Iterable[Edit]) -> dict[str, Any]:
    """The draft with the edits made one after the other.  Raises KeyError for a path into a unit that is not there."""
    changed = dict(draft)
    for edit in edits:
        if edit.path[0] == "units" and len(edit.path) > 1:
            changed["units"] = _units(changed.get("units", []), edit)
        else:
            changed = _put(changed, edit.path, edit.value)
    return changed


def _units(units: list[Any], edit: Edit) -> list[Any]:
    id, rest = edit.path[1], edit.path[2:]
    if not rest:
        others = [u for u in units if u["id"] != id]
        if edit.value is None:
            return others
        known = next((i for i, u in enumerate(units) if u["id"] == id), None)
        at = known if known is not None else len(others) if edit.position is None else edit.position
        return [*others[:at], edit.value, *others[at:]]
    if all(u["id"] != id for u in units):
        raise KeyError(id)
    return [_put(u, rest, edit.value) if u["id"] == id else u for u in units]


def _put(tree: Any, path: Path, value: Any) -> dict[str, Any]:
    made = dict(tree) if isinstance(tree, Mapping) else {}
    head, rest = path[0], path[1:]
    if rest:
        value = _put(made.get(head), rest, value)
        value = value if value or head == "facts" else None  # a section goes with its last entry
    if value is None:
        made.pop(head, None)
    else:
        made[head] = value
    return made


def answer(draft: Draft, unit: str, fact: str, value: Any, source: Mapping[str, Any] | None = None) -> list[Edit]:
    """The edits that record an answer and where it comes from; one that is not known (None, or said to be `unknown`) has no source."""
    gone = is_unknown(value)
    edits = [Edit(("units", unit, "facts", fact), value)]
    if value_at(draft, ("units", unit, "parked", fact)) is not None:
        edits.append(Edit(("units", unit, "parked", fact), None))
    named = {k: v for k, v in (source or {}).items() if v} or None
    place = ("units", unit, "sources", fact)
    if gone:
        named = None
    elif source is None:
        return edits
    if value_at(draft, place) != named:
        edits.append(Edit(place, named))
    return edits


def differences(before: Draft, after: Draft) -> list[Difference]:
    """What differs between two drafts, value by value; units that are in one only stand whole."""
    found: list[Difference] = []
    for section in dict.fromkeys([*before, *after]):
        if section == "units":
            ids = dict.fromkeys(u["id"] for d in (before, after) for u in d.get("units", ()))
            for id in ids:
                _compare(("units", id), value_at(before, ("units", id)), value_at(after, ("units", id)), found)
        else:
            _compare((section,), before.get(section), after.get(section), found)
    return found


def _compare(path: Path, before: Any, after: Any, found: list[Difference]) -> None:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            _compare((*path, str(key)), before.get(key), after.get(key), found)
    else:
        found.append(Difference(path, before, after))


def overlap(a: Path, b: Path) -> bool:
    """Whether one path lies in the other, or is it."""
    shorter = min(len(a), len(b))
    return a[:shorter] == b[:shorter]


def one_unit(draft: Draft, unit: str) -> dict[str, Any]:
    """The draft with one unit only, and without the sections on the project as a whole: enough to consult that unit."""
    kept = {k: v for k, v in value_at(draft, ("units", unit)).items() if k != "downstream_of"}
    return {"format": draft["format"], "project": draft["project"], "units": [kept]}


def without_places(draft: Draft) -> dict[str, Any]:
    """The draft as outsiders may have it: nothing in it gives coordinates."""
    return {**draft, "units": [{k: v for k, v in u.items() if k not in PLACES} for u in draft.get("units", ())]}


def project_from(base: KnowledgeBase, draft: Draft, shown: str = "project.json") -> Project:
    """The project of a draft; raises `Unusable` with every problem in it."""
    source = Source(shown, json.dumps(draft, ensure_ascii=False, indent=1))
    return project_of(source, parse(source, as_json=True), base)


def counted(draft: Draft) -> tuple[int, int]:
    """Units, and answers given in all of them."""
    units = draft.get("units", ())
    return len(units), sum(len(u.get(part, {})) for u in units for part in ("facts", "parked"))
