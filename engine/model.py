"""What the knowledge folder holds: the entries as written (pydantic), and what the loader makes of them.

Entries are frozen and refuse unknown keys.  A `when` or `then` stays a `Node` here: its meaning depends on
the attributes of the whole rule base and is settled by the loader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from engine.conditions import Condition, Known
from engine.source import Node, Span

Layer = Literal["law", "standard", "expert"]
Mode = Literal["conserve", "natural", "assisted", "reconstruct"]
Role = Literal["stress", "function"]
Stage = Literal["landform", "soil", "vegetation", "landscape", "biodiversity"]
Effect = Literal["converts_farmland", "earthworks", "builds", "in_channel", "plants", "chemicals"]
Grade = Literal["stop", "argue", "remind"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)
MODES: tuple[Mode, ...] = ("conserve", "natural", "assisted", "reconstruct")


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Ids = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
Cites = Annotated[Ids, Field(min_length=1)]


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True, allow_inf_nan=False)


class Text(Entry):
    """The same said in Chinese and in English."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __getitem__(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh

    def fill(self, **names: Text) -> Text:
        return Text(zh=self.zh.format(**{k: v.zh for k, v in names.items()}), en=self.en.format(**{k: v.en for k, v in names.items()}))


class Named(Entry):
    id: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def name(self) -> Text:
        return Text(zh=self.zh, en=self.en)


class Answer(Named):
    """An answer of a fact or decision; the later fields belong to problems and to flags."""

    role: Literal["stress", "deficit"] | None = None
    carries: bool = False
    cause: Literal["climate", "land_use", "pollution", "exploitation", "invasion"] | None = None
    cite: Ids = ()
    text: Text | None = None
    grade: Grade | None = None
    about: Ids = ()
    message: Text | None = None


class Topic(Named):
    """A page of the questionnaire."""


class Fact(Named):
    """What is asked of a unit."""

    topic: str
    kind: Literal["one", "many", "yesno", "number"]
    changeable: bool
    layer: Layer
    cite: Cites
    question: Text
    hint: Text
    guidance: Text
    answers: tuple[Answer, ...] = ()
    unit: Text | None = None
    min: float | None = None
    max: float | None = None


class RuleEntry(Entry):
    """A rule as written; `then` may be left out by `each` rows, which conclude their own item."""

    id: str
    when: Node | None = None
    then: Node | None = None
    layer: str
    cite: Ids
    because: Text | str
    disabled: bool = False

    @model_validator(mode="before")
    @classmethod
    def _nothing_more_where_disabled(cls, data: Any) -> Any:
        """A rule that is switched off needs its id only."""
        if isinstance(data, dict) and str(data.get("disabled")).lower() == "true":
            return {"layer": "expert", "cite": (), "because": ""} | data
        return data


class EachEntry(RuleEntry):
    """One row written for every item of a kind: a measure, a problem, a season, a zone or a zone's requirement."""

    each: Literal["measure", "problem", "season", "zone", "requirement"]
    having: dict[str, str] = {}
    lacking: dict[str, str] = {}


class DecisionEntry(Entry):
    """A decision as written; in a folder that lies over another, what is left out stays as it was there."""

    decision: str
    zh: str = ""
    en: str = ""
    hit: Literal["first", "collect"] | None = None
    public: bool = False
    answers: str | tuple[Answer, ...] | None = None  # or whose answers: measures, problems, seasons, requirements, modes, a fact
    prevail: Ids = ()  # rows of a first table that go before those below on purpose, so that no overlap is reported
    rules: tuple[RuleEntry, ...] = ()
    each: tuple[EachEntry, ...] = ()
    otherwise: RuleEntry | None = None


class ModeEntry(Named):
    text: Text
    cite: Cites


class ZoneTerm(Named):
    """A word of table C.1 for what is done, and the modes that it stands for."""

    modes: tuple[Mode, ...] = Field(min_length=1)
    layer: Layer
    cite: Cites
    because: Text


class Requirement(Entry):
    id: int
    zh: str
    en: str
    when: Node
    measures: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    how: Text
    layer: Layer | None = None  # where it is not that of its zone
    cite: Ids = ()  # where it is not the zone's row of table C.1


class Group(Named):
    pass


class Zone(Named):
    group: str
    main: tuple[str, ...]
    auxiliary: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    layer: Layer = "standard"
    cite: Cites
    requirements: tuple[Requirement, ...]


class Duration(Entry):
    """Calendar days of work: a base, so many more for a hectare, and no more than."""

    days: int = Field(ge=1)
    days_per_ha: float = Field(default=0, ge=0)
    at_most: int = Field(default=3650, ge=1)

    def of(self, area_ha: float) -> int:
        return max(1, min(self.at_most, round(self.days + self.days_per_ha * area_ha)))


class Upkeep(Entry):
    years: int = Field(ge=1)
    zh: str
    en: str


class Evidence(Entry):
    source: str
    zh: str
    en: str


class Measure(Named):
    """A measure: the rule that proposes it (`when` … `because`) and its fact sheet."""

    role: Role
    stage: Stage | None
    relieves: tuple[str, ...]
    restores: tuple[str, ...]
    modes: tuple[Mode, ...] = Field(min_length=1)
    effects: tuple[Effect, ...]
    when: Node
    layer: Layer
    cite: Cites
    because: Text
    does: Text
    fits: Text
    limits: Text
    after: tuple[str, ...]
    seasons: tuple[str, ...]
    pausable: bool
    duration: Duration
    cost: str
    lead: str
    support: tuple[str, ...]
    indicators: tuple[str, ...] = Field(min_length=1)
    upkeep: Upkeep | None
    evidence: tuple[Evidence, ...]
    element: str = ""
    disabled: bool = False

    @property
    def problems(self) -> tuple[str, ...]:
        """All problems that the measure answers."""
        return self.relieves + self.restores


class ElementFile(Entry):
    element: str
    zh: str
    en: str
    measures: tuple[Measure, ...]


_DAY = re.compile(r"^(\d\d)-(\d\d)$")


def _month_day(value: Any) -> Any:
    if isinstance(value, str) and (m := _DAY.match(value)):
        date(2024, int(m[1]), int(m[2]))
        return (int(m[1]), int(m[2]))
    raise ValueError("month-day")


MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day)]


class Season(Named):
    """Days of the year on which works of some effects may not go on (`closes`) or only may (`opens`).

    `dates` repeat every year, `years` replaces them in single years; a range may run over the new year and
    belongs to the year in which it begins.  `when` says for which units the season binds.
    """

    closes: tuple[Effect | Literal["works"], ...] = ()
    opens: tuple[Effect, ...] = ()
    dates: tuple[tuple[MonthDay, MonthDay], ...] = Field(min_length=1)
    years: dict[int, tuple[tuple[MonthDay, MonthDay], ...]] = {}
    when: Node
    layer: Layer
    cite: Cites
    because: Text
    note: Text | None = None

    def ranges(self, year: int) -> list[tuple[date, date]]:
        """The ranges that begin in the year, both ends included."""
        result = []
        for (m1, d1), (m2, d2) in self.years.get(year, self.dates):
            last_year = year + 1 if (m2, d2) < (m1, d1) else year
            result.append((_day(year, m1, d1), _day(last_year, m2, d2)))
        return result


def _day(year: int, month: int, day: int) -> date:
    """The date, with 29 February read as the last of February."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, 2, 28)


class StageEntry(Named):
    phase: str
    cite: Cites


class EdgeReason(Entry):
    """Why one task waits for another."""

    id: str
    layer: Layer
    cite: Cites
    because: Text


class Upstream(Entry):
    """Which function works of a downstream unit wait for waterborne stress works above."""

    elements: tuple[str, ...]
    restores: tuple[str, ...]


class SideTask(Named):
    """A task that stands outside the stress-first and stage rules."""

    role: Literal["baseline", "site", "upkeep", "monitoring"]
    duration: Duration | None = None
    years: dict[Mode, int] = {}
    effects: tuple[Effect, ...] = ()
    follows: tuple[Effect, ...] = ()
    lead: str
    layer: Layer
    cite: Cites
    because: Text


class StagesFile(Entry):
    phases: tuple[Named, ...]
    stages: tuple[StageEntry, ...]
    edges: tuple[EdgeReason, ...]
    upstream: Upstream
    tasks: tuple[SideTask, ...]


class Cost(Named):
    """A published unit cost: 万元 for one `per`."""

    value: float = Field(gt=0)
    per: Literal["ha", "m2", "km", "km2", "count"]
    year: int
    place: Text
    source: str
    kind: Literal["support_standard", "contract", "aggregate"]
    note: Text


class Indicator(Named):
    unit: Text
    aspect: Literal["structure", "pattern", "quality", "service", "stress", "engineering", "social", "economic"]
    measured: Text
    direction: Literal["up", "down"]
    cite: Cites
    layer: Layer


class Department(Named):
    reviews: Text
    layer: Layer
    cite: Cites


class About(Entry):
    """Which edition of which standard this knowledge base carries out."""

    version: str
    standard: Text
    edition: Text
    undated: tuple[str, ...] = ()  # standards cited without a date: the latest edition applies, and somebody must look it up


class CheckEntry(Named):
    """A check of the dated plan, with a message."""

    grade: Grade
    layer: Layer
    cite: Cites
    message: Text


class ActEntry(Entry):
    """How a planner's own act (an answer in place of a conclusion, a decision, an added measure) appears in the trail."""

    id: str
    layer: Layer
    cite: Cites
    because: Text


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
