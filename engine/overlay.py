"""Entries as nodes, those of later folders laid over those of earlier ones.

An entry with the same id replaces the earlier one, `disabled: true` takes it out.  What is wrong with one entry keeps
none of the others from being read; its name goes to `unread`, so that nobody who uses it is blamed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.compile import RawDecision, Row
from engine.grammar import spelling
from engine.model import DecisionEntry, EachEntry, RuleEntry, Text
from engine.source import Node, Problem, Source, near
from engine.validate import entry, wrong_kind


@dataclass
class Raw:
    """Entries as nodes, merged over all folders: section → id → node."""

    folders: tuple[Path, ...] = ()
    sections: dict[str, dict[str, Node]] = field(default_factory=dict)
    decisions: dict[str, RawDecision] = field(default_factory=dict)
    elements: dict[str, Text] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)  # in the order of reading
    problems: list[Problem] = field(default_factory=list)  # because of which names may be missing
    of_rules: list[Problem] = field(default_factory=list)  # of single rules, which are left out
    unread: set[str] = field(default_factory=set)  # ids of what is there and could not be read
    digest: Any = field(default_factory=hashlib.sha256)

    def report(self, node: Node, code: str, close: str = "", **facts: object) -> None:
        self.problems.append(self.sources[node.at.file].problem(node.at, code, close, **facts))

    def report_kind(self, node: Node, kind: str) -> None:
        self.problems.append(wrong_kind(self.sources[node.at.file], node, kind))

    def add(self, section: str, node: Node, own: set[str]) -> None:
        """Lay an entry over the earlier ones; `own` are the ids that its own folder has used."""
        entries, id = self.sections.setdefault(section, {}), _id(node)
        if id and id in own:
            self.report(node, "E209", id=id)
        own.add(id)
        if not _disabled(node):
            entries[id or str(node.at)] = node
        elif entries.pop(id, None) is None:
            self._taken_out(node, id, entries)

    def _taken_out(self, node: Node, id: str, known: Collection[str]) -> None:
        """What is switched off where it is written need not be elsewhere; what only names something must name what is there."""
        if {key for key, _, _ in node.items()} <= {"id", "element", "disabled"}:
            self.report(node.get("id") or node, "E210", near(id, known), id=id)

    def read_lists(self, sections: Mapping[str, Any], root: Node, own: dict[str, set[str]]) -> None:
        for section, key, entries in root.items():
            if section not in sections:
                self.report(key, "E201", near(section, sections), key=section)
            elif entries.kind != "list":
                self.report_kind(entries, "list")
            else:
                for node in entries.value:
                    self.add(section, node, own.setdefault(section, set()))

    def read_measures(self, root: Node, own: set[str]) -> None:
        odd = [key for _, key, _ in root.items() if key.text not in ("element", "zh", "en", "measures")]
        for key_node in odd:
            self.report(key_node, "E201", near(key_node.text, ("element", "zh", "en", "measures")), key=key_node.text)
        head = {key: node for key in ("element", "zh", "en") if (node := root.get(key)) is not None}
        for key in ("element", "zh", "en"):
            if key not in head:
                self.report(root, "E202", key=key)
            elif head[key].kind != "scalar" or head[key].empty:
                self.report_kind(head[key], "text")
        if any(key not in head or head[key].kind != "scalar" or head[key].empty for key in ("element", "zh", "en")):
            return
        self.elements[head["element"].text] = Text(zh=head["zh"].text or "?", en=head["en"].text or "?")
        entries = root.get("measures")
        if entries is None and not odd:
            self.report(root, "E202", key="measures")
        elif entries is not None and entries.kind != "list":
            self.report_kind(entries, "list")
        for node in listed(root, "measures"):
            if node.kind == "map" and node.get("element") is None:
                node = Node("map", (*node.value, (Node("scalar", "element", node.at), Node("scalar", head["element"].text, node.at))), node.at)
            self.add("measures", node, own)

    def read_decision(self, root: Node, source: Source, own: set[str]) -> None:
        name = root.get("decision")
        if name is None:
            self.report(root, "E202", key="decision")
            return
        if name.text in own:
            self.report(name, "E209", id=name.text)
        own.add(name.text)
        before = self.decisions.get(name.text)
        left_out = [node for node in (*listed(root, "rules"), *listed(root, "each")) if _disabled(node)]
        otherwise = root.get("otherwise")
        for node in left_out:
            if before is None or _id(node) not in before.rows:
                self._taken_out(node, _id(node), before.rows if before else ())
        no_otherwise = otherwise is not None and _disabled(otherwise)
        root = _without(root, _disabled)
        made, root = self._decision(root, source)
        if made is None:
            self.unread.add(name.text)
            return
        header = _over(before.entry, made) if before else made
        for key in ("zh", "en", "hit", "answers"):
            if not getattr(header, key):
                self.report(root, "E202", key=key)
                return
        rows = dict(before.rows) if before else {}
        seen: set[str] = set()
        for row, node in _rows(made, root):
            if row.id in seen:
                self.report(node, "E209", id=row.id)
            seen.add(row.id)
            rows[row.id] = (row, node)
        for node in left_out:
            rows.pop(_id(node), None)
        last = (made.otherwise, root.get("otherwise") or root) if made.otherwise else None if no_otherwise or before is None else before.otherwise
        self.decisions[name.text] = RawDecision(header, root, rows, last)

    def _decision(self, root: Node, source: Source) -> tuple[DecisionEntry | None, Node]:
        """The decision; rules in which something is wrong are left out, so that the others are still checked."""
        problems: list[Problem] = []
        made = entry(DecisionEntry, root, source, problems)
        if made is not None:
            return made, root
        sound = _without(root, lambda node: entry(EachEntry if node.get("each") else RuleEntry, node, source, []) is None)
        made = entry(DecisionEntry, sound, source, [])
        (self.problems if made is None else self.of_rules).extend(problems)
        return made, sound


def listed(node: Node, key: str) -> tuple[Node, ...]:
    """The members of the list under a key."""
    found = node.get(key)
    return found.value if found is not None and found.kind == "list" else ()


def _id(node: Node) -> str:
    id = node.get("id")
    return id.text if id is not None and id.kind == "scalar" else ""


def _disabled(node: Node) -> bool:
    disabled = node.get("disabled")
    return disabled is not None and spelling(disabled.text, ("true", "false")) == "true"


def _without(root: Node, left_out: Callable[[Node], bool]) -> Node:
    """The decision less the rows for which `left_out` holds."""
    pairs = []
    for key, value in root.value:
        if key.value in ("rules", "each") and value.kind == "list":
            value = Node("list", tuple(node for node in value.value if not left_out(node)), value.at)
        if key.value != "otherwise" or value.kind != "map" or not left_out(value):
            pairs.append((key, value))
    return Node("map", tuple(pairs), root.at)


def _over(before: DecisionEntry, after: DecisionEntry) -> DecisionEntry:
    """The earlier decision with what the later one says; its own answers are added to the earlier ones."""
    said: dict[str, Any] = {key: getattr(after, key) for key in after.model_fields_set}
    if isinstance(before.answers, tuple) and isinstance(after.answers, tuple):
        said["answers"] = tuple(({a.id: a for a in before.answers} | {a.id: a for a in after.answers}).values())
    return before.model_copy(update=said)


def _rows(decision: DecisionEntry, root: Node) -> Iterator[Row]:
    for key, entries in (("rules", decision.rules), ("each", decision.each)):
        yield from zip(entries, listed(root, key), strict=True)
