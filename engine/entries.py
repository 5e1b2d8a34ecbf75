"""Entries of two knowledge bases, field by field: facts, fact sheets of measures, seasons, zones, properties and the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from engine.grammar import finite
from engine.knowledge import KnowledgeBase
from engine.load import REFERENCE, shown_names
from engine.model import Fact
from engine.source import Node, Problem, Span, Unusable, read

SECTIONS = ("facts", "measures", "modes", "zone_terms", "zones", "groups", "seasons", "costs", "indicators", "departments", "checks", "acts")
NUMBERS = ("at_least", "below")
CONDITIONS = ("when", "holds", "never", "given", "concludes")


@dataclass(frozen=True)
class EntryEdit:
    """An entry that differs: of a changed one only the fields that differ."""

    kind: str
    id: str
    change: str
    before: Any
    after: Any
    at: tuple[Span | None, Span | None]

    def json(self) -> dict[str, Any]:
        places = {name: None if at is None else str(at) for name, at in zip(("before", "after"), self.at, strict=True)}
        return {"kind": self.kind, "id": self.id, "change": self.change, "before": self.before, "after": self.after, "at": places}


def entry_edits(old: KnowledgeBase, new: KnowledgeBase) -> list[EntryEdit]:
    """The entries that were added, removed or changed, rules aside; raises `Unusable` where a file that rules do not read cannot be read."""
    before, after = dict(_entries(old)), dict(_entries(new))
    places = (dict(old.places), dict(new.places))
    if _bytes(old) != _bytes(new):
        for base, entries, written in ((old, before, places[0]), (new, after, places[1])):
            for key, node in _references(base).items():
                entries[key], written[key] = data(node), node.at
    found = []
    for key in dict.fromkeys((*before, *after)):
        was, now = before.get(key), after.get(key)
        at = (places[0].get(key) if was is not None else None, places[1].get(key) if now is not None else None)
        if was is None or now is None:
            found.append(EntryEdit(*key, "added" if was is None else "removed", was or {}, now or {}, at))
        elif (apart := delta(was, now)) is not None:
            found.append(EntryEdit(*key, "changed", *apart, at))
    return found


def delta(before: Any, after: Any) -> tuple[Any, Any] | None:
    """What differs: of mappings only the keys that do; lists of texts have no order, entries with ids are told apart by these."""
    before, after = _by_id(before), _by_id(after)
    if isinstance(before, dict) and isinstance(after, dict):
        apart = {key: found for key in dict.fromkeys((*before, *after)) if (found := delta(before.get(key), after.get(key))) is not None}
        return ({k: b for k, (b, _) in apart.items()}, {k: a for k, (_, a) in apart.items()}) if apart else None
    return None if _plain(before) == _plain(after) else (before, after)


def _by_id(value: Any) -> Any:
    """A list of entries as a mapping by id."""
    if isinstance(value, list) and value and all(isinstance(part, dict) and "id" in part for part in value):
        return {str(part["id"]): {k: v for k, v in part.items() if k != "id"} for part in value}
    return value


def _plain(value: Any) -> Any:
    """A value in which the order of texts does not count."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return sorted(value) if all(isinstance(part, str) for part in value) else [_plain(part) for part in value]
    return value


def data(value: Any, condition: bool = False) -> Any:
    """What is written, as mappings, lists, texts and numbers; a list of one in a `condition` is its member."""
    if isinstance(value, Node):
        if value.kind == "map":
            return {key: _number(part) if condition and key in NUMBERS else data(part, condition or key in CONDITIONS) for key, _, part in value.items()}
        if value.kind == "list":
            parts = [data(part, condition) for part in value.value]
            return parts[0] if condition and len(parts) == 1 else parts
        return None if value.empty else value.value == "true" if value.plain and value.value in ("true", "false") else value.value
    if isinstance(value, BaseModel):
        return {name: data(getattr(value, name)) for name in type(value).model_fields if name != "when"}  # rules say their conditions
    if isinstance(value, Mapping):
        return {str(key): data(part) for key, part in value.items()}
    return [data(part) for part in value] if isinstance(value, tuple | list) else value


def _number(node: Node) -> Any:
    number = finite(node.text)
    return data(node) if number is None else number


def _entries(base: KnowledgeBase) -> Iterator[tuple[tuple[str, str], Any]]:
    """((kind, id), content) of every entry that was loaded."""
    yield ("about", "about"), data(base.about)
    for topic in base.topics:
        yield ("topics", topic.id), data(topic)
    for section in SECTIONS:
        for id, entry in getattr(base, section).items():
            yield (section, id), data(entry) | (_of_fact(base, entry) if section == "facts" else {})
    for id, text in base.elements.items():
        yield ("elements", id), data(text)
    for id, d in base.decisions.items():
        answers = {"answers": data(d.answers)} if _own(base, id) else {}
        yield ("decisions", id), {"zh": d.zh, "en": d.en, "hit": d.hit, "public": d.public, "prevail": list(d.prevail), **answers}
    for section in ("phases", "stages", "edges", "tasks"):
        for entry in getattr(base.stages, section):
            yield (section, entry.id), data(entry)
    yield ("upstream", "upstream"), data(base.stages.upstream)


def _of_fact(base: KnowledgeBase, fact: Fact) -> dict[str, Any]:
    """What is part of a fact's meaning besides what is written: the order of its answers, the thresholds that rules name."""
    if fact.kind == "number":
        return {"thresholds": list(base.attributes[fact.id].thresholds)}
    return {"order": " < ".join(a.id for a in fact.answers)} if fact.kind == "one" else {}


def _own(base: KnowledgeBase, decision: str) -> bool:
    """Whether the answers are the decision's own, not those of a fact or the ids of measures, modes and the like."""
    ids = {a.id for a in base.decisions[decision].answers}
    others = (*({a.id for a in f.answers} for f in base.facts.values()), {*base.measures}, {*base.modes}, {*base.seasons}, {*base.requirements})
    return ids not in others


def _files(base: KnowledgeBase) -> Iterator[tuple[str, str, Any]]:
    """(name, as shown, path) of the files that rules do not read."""
    for folder, shown in zip(base.folders, shown_names(base.folders), strict=True):
        yield from ((name, f"{shown}/{name}", folder / name) for name in REFERENCE if (folder / name).is_file())


def _bytes(base: KnowledgeBase) -> list[tuple[str, bytes]]:
    return [(name, path.read_bytes()) for name, _, path in _files(base)]


def _references(base: KnowledgeBase) -> dict[tuple[str, str], Node]:
    """(kind, id) → node of every entry of the files that rules do not read, those of later folders over those of earlier ones."""
    found: dict[tuple[str, str], Node] = {}
    problems: list[Problem] = []
    for name, shown, path in _files(base):
        try:
            _, root = read(path, shown)
        except Unusable as unusable:
            problems += unusable.problems
            continue
        stem = name.removesuffix(".yaml")
        for section, _, entries in root.items():
            kind = section if section == stem else f"{stem}.{section}"
            if entries.kind != "list":
                found[kind, section] = entries
                continue
            for i, node in enumerate(entries.value):
                id, off = node.get("id"), node.get("disabled")
                key = (kind, id.text if id is not None else str(i))
                found.pop(key, None)
                if off is None or off.text != "true":
                    found[key] = node
    if problems:
        raise Unusable(problems)
    return found
