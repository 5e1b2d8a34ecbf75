"""What was written differently in two knowledge bases: rules by id, and entries of every other kind.

Layout, the order of what has no order, and the file something stands in are no difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from engine.conditions import All, Condition, members
from engine.conditions import Any as AnyOf
from engine.entries import data, delta
from engine.knowledge import KnowledgeBase, Rule
from engine.source import Span

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
Said = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """A rule that differs: what each base says, of a changed one only what differs, and where it stands.

    `items` are the measures, problems, seasons, zones or requirements for which the loader wrote the rule; of several that changed in
    the same way one edit under the id of the row speaks, with the wording of the first.
    """

    id: str
    change: str
    before: Said
    after: Said
    rules: tuple[Rule | None, Rule | None]
    at: tuple[Span | None, Span | None]
    items: tuple[str, ...] = ()

    @property
    def row(self) -> str:
        """The id of the row as an expert wrote it."""
        return self.id.removesuffix(f":{self.items[0]}") if self.items else self.id

    def json(self) -> dict[str, Any]:
        places = {name: None if at is None else str(at) for name, at in zip(("before", "after"), self.at, strict=True)}
        rule = self.rules[1] or self.rules[0]
        return {
            "id": self.id, "change": self.change, "before": self.before, "after": self.after, "decision": rule.decision if rule else None,
            "items": list(self.items), "at": places,
        }  # fmt: skip


def rule_edits(old: KnowledgeBase, new: KnowledgeBase) -> list[Edit]:
    """The rules that were added, removed or changed, in the order of the decisions of the new base."""
    ids = dict.fromkeys((*new.rules, *old.rules))
    moved = _moved(old, new)
    return _grouped([edit for id in ids if (edit := _edit(old, new, id, moved.get(id))) is not None], old, new)


def _edit(old: KnowledgeBase, new: KnowledgeBase, id: str, moved: tuple[int, int] | None) -> Edit | None:
    was, now = old.rules.get(id), new.rules.get(id)
    if was is now is None:
        return None
    item = (now or was).item  # type: ignore[union-attr]
    at = (_at(old, was), _at(new, now))
    if was is None or now is None:
        said = _said(now or was)  # type: ignore[arg-type]
        return Edit(id, ADDED if was is None else REMOVED, {} if was is None else said, said if was is None else {}, (was, now), at, (item,) if item else ())
    before, after = _said(was), _said(now)
    if before["when"] == after["when"] or _canonical(was.when, old) == _canonical(now.when, new):
        before.pop("when"), after.pop("when")
    if moved:
        before["position"], after["position"] = moved
    apart = delta(before, after)
    return Edit(id, CHANGED, *apart, (was, now), at, (item,) if item else ()) if apart else None


def _said(rule: Rule) -> Said:
    """A rule in the form of the condition language."""
    when = {} if rule.written is None or rule.written.empty else data(rule.written, True)
    return {"decision": rule.decision, "when": when, "then": list(rule.then), "layer": rule.layer, "cite": list(rule.cite), "because": rule.because.model_dump()}


def _at(base: KnowledgeBase, rule: Rule | None) -> Span | None:
    """Where to look for the rule: of one that the loader wrote for an item, where that is."""
    return None if rule is None else (base.place_of(rule.item) if rule.item else None) or rule.at


def _canonical(condition: Condition, base: KnowledgeBase) -> Any:
    """The condition by the names of answers, in no order, nested as little as possible."""
    if isinstance(condition, All | AnyOf):
        kind = type(condition)
        parts: set[Any] = set()
        for part in condition.parts:
            found = _canonical(part, base)
            parts |= found[1] if found[0] is kind else {found}
        return next(iter(parts)) if len(parts) == 1 else (kind, frozenset(parts))
    attribute = base.attributes[condition.attribute]
    if attribute.kind != "number":
        return type(condition), condition.attribute, frozenset(attribute.answers[i] for i in members(condition.bits))
    edges, bits = (None, *attribute.thresholds, None), condition.bits
    starts = tuple(edges[i] for i in members(bits) if not bits << 1 >> i & 1)  # where it begins to hold, and where it ends
    return type(condition), condition.attribute, starts, tuple(edges[i + 1] for i in members(bits) if not bits >> i + 1 & 1)


def _moved(old: KnowledgeBase, new: KnowledgeBase) -> dict[str, tuple[int, int]]:
    """The rules of *first* tables that stand elsewhere among those that both have, with their places there, counted from 1."""
    found: dict[str, tuple[int, int]] = {}
    for id, decision in old.decisions.items():
        if id in new.decisions and decision.hit == new.decisions[id].hit == "first":
            was, now = ([r.id for r in d.every_rule] for d in (decision, new.decisions[id]))
            common, there = [r for r in was if r in set(now)], [r for r in now if r in set(was)]
            kept = {r for block in SequenceMatcher(None, common, there, autojunk=False).get_matching_blocks() for r in common[block.a : block.a + block.size]}
            found |= {r: (was.index(r) + 1, now.index(r) + 1) for r in common if r not in kept}
    return found


def _grouped(edits: list[Edit], old: KnowledgeBase, new: KnowledgeBase) -> list[Edit]:
    """One edit for all rules of a row that differ in the same way, but for the item for which each was written."""
    groups: dict[str, list[Edit]] = {}
    for edit in edits:
        groups.setdefault(_template(edit, old, new) if edit.items else edit.id, []).append(edit)
    found = []
    for first, *others in groups.values():
        if not others:
            found.append(first)
            continue
        was, now = (r.at if r is not None else None for r in first.rules)
        found.append(Edit(first.row, first.change, first.before, first.after, first.rules, (was, now), tuple(item for e in (first, *others) for item in e.items)))
    return found


def _template(edit: Edit, old: KnowledgeBase, new: KnowledgeBase) -> str:
    item = edit.items[0]
    names = [text for base in (old, new) for text in _names(base, item)]
    said = json.dumps([edit.row, edit.change, edit.before, edit.after], ensure_ascii=False)
    for word in (*sorted(set(names), key=len, reverse=True), item):
        said = said.replace(json.dumps(word, ensure_ascii=False)[1:-1], "@")
    return said


def _names(base: KnowledgeBase, item: str) -> Iterator[str]:
    sections: tuple[Mapping[str, Any], ...] = (base.measures, base.problems, base.seasons, base.zones)
    for section in sections:
        if item in section:
            yield from (section[item].zh, section[item].en)
