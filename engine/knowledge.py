"""What the loader makes of the knowledge folders: attributes, rules and decisions, and the rule base that all readings share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from engine.catalogue import Cost, Department, Indicator, Measure, Season, StagesFile
from engine.conditions import Condition, Known
from engine.model import About, ActEntry, Answer, CheckEntry, Fact, Group, Layer, ModeEntry, Requirement, Text, Topic, Zone, ZoneTerm
from engine.source import Node, Span


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something that conditions may speak of, with its answers in declared order.

    For a number the answers are the intervals between the thresholds that rules name, lowest first.
    """

    name: str
    kind: Literal["one", "many", "number"]
    answers: tuple[str, ...]
    origin: Literal["fact", "decision", "planner"]
    thresholds: tuple[float, ...] = ()
    index: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def all(self) -> int:
        return (1 << len(self.answers)) - 1

    @property
    def unknown(self) -> Known:
        """What is known when nothing is."""
        return (0, self.all) if self.kind == "many" else self.all

    def bits(self, *answers: str) -> int:
        return sum(1 << self.index[a] for a in dict.fromkeys(answers))

    def known(self, value: Any) -> Known:
        """What is known once the value is given: an answer, the complete list of members, or a number."""
        if self.kind == "many":
            return (bits := self.bits(*value), bits)
        if self.kind == "number":
            return 1 << sum(value >= t for t in self.thresholds)
        return self.bits(value)


BY_ITEM = ("proposed", "seasons", "requirements")  # decisions whose rows take their conditions from the items


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as the readings see it; in a *first* table the order of rules counts."""

    id: str
    decision: str
    when: Condition
    then: tuple[str, ...]
    layer: Layer
    cite: tuple[str, ...]
    because: Text
    at: Span
    item: str = ""  # the measure, problem, season, zone or requirement for which the loader wrote it
    written: Node | None = field(default=None, compare=False, repr=False)  # its condition as an expert wrote it

    @property
    def by_item(self) -> bool:
        """Whether what it asks is written with its item: a fact sheet, a season, a requirement."""
        return bool(self.item) and self.decision in BY_ITEM

    @property
    def row(self) -> str:
        """The id under which an expert wrote it: its own, or that of a row that the loader writes for every item."""
        return self.id.partition(":")[0] if self.item and not self.by_item else self.id


@dataclass(frozen=True, eq=False)
class Decision:
    """An attribute that rules conclude."""

    id: str
    zh: str
    en: str
    hit: Literal["first", "collect"]
    public: bool
    answers: tuple[Answer, ...]
    rules: tuple[Rule, ...]
    otherwise: Rule | None
    at: Span
    prevail: tuple[str, ...] = ()

    @cached_property
    def every_rule(self) -> tuple[Rule, ...]:
        return (*self.rules, self.otherwise) if self.otherwise else self.rules

    @cached_property
    def rules_for(self) -> dict[str, tuple[Rule, ...]]:
        """The rules that conclude each answer."""
        found: dict[str, list[Rule]] = {a.id: [] for a in self.answers}
        for rule in self.every_rule:
            for answer in rule.then:
                found[answer].append(rule)
        return {answer: tuple(rules) for answer, rules in found.items()}


@dataclass(frozen=True, eq=False)
class KnowledgeBase:
    """Everything loaded; `decisions` are in dependency order, so that each reads only earlier ones."""

    about: About
    digest: str
    topics: tuple[Topic, ...]
    facts: dict[str, Fact]
    attributes: dict[str, Attribute]
    decisions: dict[str, Decision]
    measures: dict[str, Measure]
    elements: dict[str, Text]
    modes: dict[str, ModeEntry]
    zone_terms: dict[str, ZoneTerm]
    zones: dict[str, Zone]
    groups: dict[str, Group]
    requirements: dict[str, tuple[Zone, Requirement]]
    seasons: dict[str, Season]
    stages: StagesFile
    costs: dict[str, Cost]
    indicators: dict[str, Indicator]
    departments: dict[str, Department]
    checks: dict[str, CheckEntry]
    acts: dict[str, ActEntry]
    places: Mapping[tuple[str, str], Span]
    folders: tuple[Path, ...] = ()

    @cached_property
    def rules(self) -> dict[str, Rule]:
        return {r.id: r for d in self.decisions.values() for r in d.every_rule}

    def place(self, rule: Rule) -> Span:
        """Where what the rule asks is written: with its item, or in its row."""
        return (self.place_of(rule.item) if rule.by_item else None) or rule.at

    def place_of(self, item: str) -> Span | None:
        """Where a measure, season, zone or requirement is written; problems have no place of their own."""
        if item in self.requirements:
            return self.requirements[item][1].when.at
        return next((self.places[section, item] for section in ("measures", "seasons", "zones") if (section, item) in self.places), None)

    @cached_property
    def problems(self) -> dict[str, Answer]:
        return {a.id: a for a in self.facts["problems"].answers}

    @cached_property
    def answer_names(self) -> dict[tuple[str, str], Text]:
        """The wording of every (attribute, answer)."""
        names = {(f.id, a.id): a.name for f in self.facts.values() for a in f.answers}
        names |= {(d.id, a.id): a.name for d in self.decisions.values() for a in d.answers}
        return names
