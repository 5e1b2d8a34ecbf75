"""Sentences that hold for every possible unit: read from properties.yaml, proved, or refuted by a unit.

A property speaks of units without decide, add and drop.  `when` says of which units, `holds` what is so for them and
`never` what does not; `settles` names conclusions of which every unit has exactly one answer.  Like a row of rules it
may be said for each measure, problem, season, zone or requirement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any, Literal

from engine.compile import EFFECTS
from engine.conditions import All, Condition, reads
from engine.conditions import Any as AnyOf
from engine.consult import consult_unit
from engine.grammar import Grammar, thresholds
from engine.knowledge import KnowledgeBase
from engine.load import reference
from engine.logic import either
from engine.model import MODES, Cites, Ids, Layer, Named, Text
from engine.overlay import Raw
from engine.project import Unit, known_of, plain_facts
from engine.proof import Units, hole, inferred, may_settle, negated, satisfies, shrunk
from engine.semantics import holds, infer
from engine.source import Node, Span, Unusable, near
from engine.written import Item, check_row, chosen, items_of, substitute


class PropertyEntry(Named):
    """A property as written."""

    when: Node | None = None
    holds: Node | None = None
    never: Node | None = None
    settles: Ids = ()
    each: Literal["measure", "problem", "season", "zone", "requirement"] | None = None
    having: dict[str, str] = {}
    lacking: dict[str, str] = {}
    layer: Layer
    cite: Cites
    because: Text


@dataclass(frozen=True)
class Said:
    """A property said of one item: of which units, and what holds for them and what never does."""

    item: str
    when: Condition
    holds: Condition | None
    never: Condition | None
    breach: Condition


@dataclass(frozen=True)
class Property:
    """A property as it is proved: no unit of which it speaks may miss what `holds` or meet what is `never`."""

    entry: PropertyEntry
    said: tuple[Said, ...]
    at: Span

    @property
    def id(self) -> str:
        return self.entry.id

    @cached_property
    def speaks_of(self) -> tuple[str, ...]:
        """The attributes that the property speaks of."""
        return (*dict.fromkeys(name for said in self.said for name in reads(said.breach)), *self.entry.settles)


@dataclass(frozen=True)
class Proved:
    """Whether a property holds, and if not a unit that breaks it, confirmed by a consultation, and the item at fault."""

    property: Property
    holds: bool
    seconds: float
    unit: Unit | None = None
    item: str = ""
    conclusion: str = ""  # of `settles`, the one that the unit lacks

    def json(self) -> dict[str, Any]:
        facts = self.unit and plain_facts(self.unit.facts)
        entry = self.property.entry
        return {
            "id": entry.id, "sentence": {"zh": entry.zh, "en": entry.en}, "layer": entry.layer, "cite": list(entry.cite), "at": str(self.property.at),
            "holds": self.holds, "seconds": round(self.seconds, 3), "counterexample": facts, "item": self.item or None,
        }  # fmt: skip


def read_properties(base: KnowledgeBase) -> list[Property]:
    """The properties of all folders; raises `Unusable` with everything that is wrong in them."""
    parts, raw = reference(base, "properties.yaml", {"properties": PropertyEntry})
    made = [Property(entry, tuple(_said(base, entry, raw)), raw.sections["properties"][id].at) for id, entry in parts["properties"].items()]
    if raw.problems:
        raise Unusable(raw.problems)
    return made


def _said(base: KnowledgeBase, entry: PropertyEntry, raw: Raw) -> Iterator[Said]:
    node = raw.sections["properties"][entry.id]
    if (len(entry.settles) == 0) == (entry.holds is None and entry.never is None):
        raw.report(node, "E341", id=entry.id)
    for name in entry.settles:
        if name not in base.decisions:
            raw.report(node.get("settles") or node, "E509", near(name, base.decisions), name=name, options=", ".join(base.decisions))
    for part in (entry.when, entry.holds, entry.never):
        for name, number in thresholds(part):
            if (a := base.attributes.get(name)) is not None and a.kind == "number" and number not in a.thresholds:
                raw.report(part or node, "E342", name=name, number=f"{number:g}")
                return
    if entry.settles:
        return
    items: list[Item | None] = [None]
    if entry.each:
        every = _items(base)[entry.each]
        elements = tuple(base.elements)
        check_row(entry, node, every, {"effects": EFFECTS, "element": elements, "modes": MODES, "main": MODES, "auxiliary": MODES}, raw.report)
        items = [item for item in every if chosen(entry, item)]
        if not items:
            raw.report(node, "E343", id=entry.id)
    for item in items:
        values = item.values if item else {}
        grammar = Grammar(base.attributes, raw.report, tuple(values))

        def condition(part: Node | None, values: Mapping[str, Any] = values, grammar: Grammar = grammar) -> Condition:
            return grammar.condition(substitute(part, values) if part else None)

        when, holds_ = condition(entry.when), condition(entry.holds) if entry.holds else None
        never = condition(entry.never) if entry.never else None
        broken = ([negated(base, holds_)] if holds_ else []) + ([never] if never else [])
        yield Said(item.id if item else "", when, holds_, never, All((when, broken[0] if len(broken) == 1 else AnyOf(tuple(broken)))))


def _items(base: KnowledgeBase) -> dict[str, list[Item]]:
    parts = {"measures": base.measures, "seasons": base.seasons, "zones": base.zones, "zone_terms": base.zone_terms}
    return items_of(parts, {id: a.name for id, a in base.problems.items()}, base.places)


def prove(base: KnowledgeBase, properties: list[Property], units: Units | None = None) -> Iterator[Proved]:
    """Every property proved or refuted, in their order; `seconds` of the first include building the solver."""
    begin = perf_counter()
    units = units or Units(base)
    for property in properties:
        unit, item, conclusion = _refuted(base, property, units)
        yield Proved(property, unit is None, perf_counter() - begin, unit, item, conclusion)
        begin = perf_counter()


def _refuted(base: KnowledgeBase, property: Property, units: Units) -> tuple[Unit | None, str, str]:
    for name in property.entry.settles:
        if (unit := hole(base, base.decisions[name])) is not None:
            return _unsettled(base, unit, name), "", name
    if not property.said or not units.some(either([units.side.holds(said.breach) for said in property.said])):
        return None, "", ""
    found = units.found()
    item, breach = next((said.item, said.breach) for said in property.said if satisfies(base, found, said.breach))
    unit = shrunk(base, found, lambda u: satisfies(base, u, breach))
    if holds(breach, consult_unit(base, unit).state) is not True:
        raise AssertionError(f"the consultation does not confirm what breaks {property.id}: {unit.facts}")
    return unit, item, ""


def _unsettled(base: KnowledgeBase, found: Unit, name: str) -> Unit:
    """The unit of a hole with as few answers as show it, confirmed by the semantics."""
    unit = shrunk(base, found, lambda u: not may_settle(inferred(base, u, [name])[name]))
    if may_settle(infer(base, known_of(base, unit), [name])[name]):
        raise AssertionError(f"the semantics has an answer of {name}: {unit.facts}")
    return unit
