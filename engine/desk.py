"""What the planner's desk shows of a draft: consultations and plans, remembered, and the questionnaire of a unit.

Everything is remembered by what it depends on, the rule base and the draft's text, so that two people at the same
project, or a page drawn again, cost nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log2
from typing import Any, Literal

from engine.consult import Consultation, Flag, consult_unit
from engine.draft import Draft, one_unit, project_from, value_at
from engine.model import Fact, KnowledgeBase, Text, Topic, Zone
from engine.order import order
from engine.plan import Plan
from engine.project import UNKNOWN, Project
from engine.schedule import schedule

Status = Literal["done", "todo", "unknown", "idle"]
UNITS_REMEMBERED, PLANS_REMEMBERED = 4000, 24


class Desk:
    """One rule base, and what it said of drafts."""

    def __init__(self, base: KnowledgeBase):
        self.base = base
        self._unit = lru_cache(maxsize=UNITS_REMEMBERED)(self._consult)
        self._project = lru_cache(maxsize=PLANS_REMEMBERED)(self._read)
        self._plan = lru_cache(maxsize=PLANS_REMEMBERED)(self._make)

    def consultation(self, draft: Draft, unit: str) -> Consultation:
        """The consultation of one unit.  Raises `Unusable` with every problem in the unit."""
        return self._unit(_text(one_unit(draft, unit)))

    def sheet(self, draft: Draft, unit: str) -> Sheet:
        return Sheet(self.consultation(draft, unit), value_at(draft, ("units", unit, "facts")) or {})

    def project(self, draft: Draft) -> Project:
        """Raises `Unusable` with every problem in the draft."""
        return self._project(_text(draft))

    def consulted(self, draft: Draft) -> Iterator[tuple[int, int]]:
        """Consult unit after unit; yields (done, all), so that long work can be shown and left off: what was done stays."""
        units = draft["units"]
        for i, unit in enumerate(units, 1):
            self.consultation(draft, unit["id"])
            yield i, len(units)

    def plan(self, draft: Draft) -> Plan:
        """The whole plan.  Raises `Unusable`."""
        return self._plan(_text(draft))

    def _consult(self, text: str) -> Consultation:
        (unit,) = project_from(self.base, json.loads(text)).units.values()
        return consult_unit(self.base, unit)

    def _read(self, text: str) -> Project:
        return project_from(self.base, json.loads(text))

    def _make(self, text: str) -> Plan:
        draft = json.loads(text)
        project = self._project(text)
        consultations = {id: self.consultation(draft, id) for id in project.units}
        graph = order(self.base, project, consultations)
        return Plan(self.base, project, consultations, graph, schedule(graph, self.base.seasons, project.header.start, project.header.end))


def _text(draft: Draft) -> str:
    return json.dumps(draft, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class TopicState:
    """A page of the task list: its questions that were answered or can still matter, and how far it has come."""

    topic: Topic
    facts: tuple[str, ...]
    answered: int
    status: Status


class Sheet:
    """The questionnaire of one unit: what was answered, what can still matter, and what is settled."""

    def __init__(self, consultation: Consultation, written: Mapping[str, Any]):
        self.consultation, self.base, self.written = consultation, consultation.base, written

    @property
    def waiting(self) -> tuple[str, ...]:
        """The facts not known for whose answer something waits, in the order of asking."""
        return self.consultation.relevant

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """What the planner said is not surveyed yet."""
        return tuple(fact for fact in self.base.facts if fact in self.written and is_unknown(self.written[fact]))

    @property
    def ask_next(self) -> str | None:
        """The first question that can still matter and that was not put yet."""
        return next((fact for fact in self.waiting if fact not in self.written), None)

    @property
    def answered(self) -> tuple[str, ...]:
        """The facts with an answer, `not surveyed yet` left out."""
        return tuple(fact for fact in self.base.facts if fact in self.written and fact not in self.unknown)

    @cached_property
    def topics(self) -> list[TopicState]:
        return [self._topic(topic) for topic in self.base.topics]

    def _topic(self, topic: Topic) -> TopicState:
        facts = tuple(f.id for f in self.base.facts.values() if f.topic == topic.id and (f.id in self.written or f.id in self.waiting))
        answered = sum(fact in self.answered for fact in facts)
        status: Status = "done" if facts else "idle"
        if any(fact in self.unknown and fact in self.waiting for fact in facts):
            status = "unknown"
        if any(fact in self.waiting and fact not in self.written for fact in facts):
            status = "todo"
        return TopicState(topic, facts, answered, status)

    def waits_for(self, fact: str) -> list[str]:
        """The open conclusions that the answer can still change."""
        return [o.conclusion for o in self.consultation.open if fact in o.waits_on]

    def after(self, fact: str) -> str | None:
        """The question after one in the order of asking, among those that were put or can matter."""
        return _neighbour(self._shown, fact, 1)

    def before(self, fact: str) -> str | None:
        return _neighbour(self._shown, fact, -1)

    @cached_property
    def _shown(self) -> list[str]:
        return [fact for fact in self.base.facts if fact in self.written or fact in self.waiting]


def _neighbour(facts: list[str], fact: str, step: int) -> str | None:
    if fact not in facts:
        return None
    at = facts.index(fact) + step
    return facts[at] if 0 <= at < len(facts) else None


def is_unknown(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() in UNKNOWN)


def raised(before: Consultation, after: Consultation) -> list[Flag]:
    """The flags that an answer has raised."""
    known = {f.answer.id for f in before.flags}
    return [f for f in after.flags if f.answer.id not in known]


def zones_offered(base: KnowledgeBase, district: str | None) -> list[Zone]:
    """The zones that the district has a part of; all of them where none is known to."""
    found = [z for z in base.zones.values() if district and district in z.districts]
    return found or list(base.zones.values())


def districts(base: KnowledgeBase) -> list[str]:
    return sorted({d for z in base.zones.values() for d in z.districts})


def orientation(base: KnowledgeBase, zone: Zone) -> tuple[list[Text], list[Text]]:
    """What table C.1 puts first in a zone, and what second."""
    return [base.zone_terms[t].name for t in zone.main], [base.zone_terms[t].name for t in zone.auxiliary]


def answers_of(fact: Fact) -> tuple[str, ...]:
    """The answers that may be chosen, as a project file writes them."""
    return ("true", "false") if fact.kind == "yesno" else tuple(a.id for a in fact.answers)


@dataclass(frozen=True)
class View:
    """Where to look: a centre in degrees (longitude, latitude) and a zoom of a web map."""

    centre: tuple[float, float]
    zoom: float


def bounds(shapes: list[Mapping[str, Any]]) -> View:
    """A view that takes in GeoJSON geometries."""
    points = [point for shape in shapes for point in _points(shape)]
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    widest = max(max(xs) - min(xs), (max(ys) - min(ys)) * 1.3, 0.002)
    return View(((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2), min(17.0, log2(360 / widest)))


def _points(shape: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    if "geometries" in shape:
        for part in shape["geometries"]:
            yield from _points(part)
        return
    todo = [shape["coordinates"]]
    while todo:
        one = todo.pop()
        if isinstance(one[0], int | float):
            yield one[0], one[1]
        else:
            todo.extend(one)
