"""What the planner's desk shows of a draft: consultations and plans, remembered, and the questionnaire of a unit.

Everything is remembered by what it depends on, the rule base and the draft's text, so that two people at the same
project, or a page drawn again, cost nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, Literal

from engine.consult import Consultation, consult_unit
from engine.draft import Draft, Edit, answer, apply, blank, is_unknown, one_unit, project_from, value_at
from engine.interview import Interview, Page, Question
from engine.knowledge import KnowledgeBase
from engine.model import Fact, Text, Topic, Zone
from engine.order import order
from engine.plan import Plan
from engine.project import UNKNOWN, Project, Unit
from engine.schedule import schedule
from engine.towns import Offered, offered, read_towns

Status = Literal["done", "todo", "unknown", "idle"]
LONGEST = 15  # years
HELPED = "damage"  # the question at which the attributes are graded
UNITS_REMEMBERED, INTERVIEWS_REMEMBERED, PLANS_REMEMBERED = 4000, 500, 24


class Desk:
    """One rule base, and what it said of drafts.  Raises `Unusable` where the towns cannot be read."""

    def __init__(self, base: KnowledgeBase):
        self.base = base
        self.towns = read_towns(base)
        self._unit = lru_cache(maxsize=UNITS_REMEMBERED)(self._consult)
        self._project = lru_cache(maxsize=PLANS_REMEMBERED)(self._read)
        self._plan = lru_cache(maxsize=PLANS_REMEMBERED)(self._make)
        self._asked = lru_cache(maxsize=INTERVIEWS_REMEMBERED)(self._ask)

    def consultation(self, draft: Draft, unit: str) -> Consultation:
        """The consultation of one unit.  Raises `Unusable` with every problem in the unit."""
        return self._unit(_text(one_unit(draft, unit)))

    def interview(self, draft: Draft, unit: str) -> Interview:
        """The questionnaire of one unit, all of it worked out; the same for whoever gave the same answers.  Raises `Unusable`."""
        (read,) = self._project(_text(one_unit(draft, unit))).units.values()
        written = value_at(draft, ("units", unit, "facts")) or {}
        return self._asked(_Given(read, frozenset(name for name, value in written.items() if is_unknown(value))))

    def answer(self, draft: Draft, unit: str, answers: Mapping[str, Any], source: Mapping[str, Any] | None = None) -> list[Edit]:
        """The edits that record answers and where they come from.  Raises `Unusable` with what is wrong in the answers."""
        return self.parking(draft, unit, [e for name, value in answers.items() for e in answer(draft, unit, name, value, source)])

    def parking(self, draft: Draft, unit: str, edits: Iterable[Edit]) -> list[Edit]:
        """The edits of a unit, and those that park the answers that they make idle and bring back those that they make matter again.

        Raises `Unusable` with what is wrong in the unit then.
        """
        edits = list(edits)
        after = apply(draft, edits)
        idle = self.interview(after, unit).parked
        facts, parked = ({k: v for k, v in (value_at(after, ("units", unit, part)) or {}).items() if not is_unknown(v)} for part in ("facts", "parked"))
        for gone, there, names in (("facts", "parked", [n for n in facts if n in idle]), ("parked", "facts", [n for n in parked if n not in idle])):
            for name in names:
                value = value_at(after, ("units", unit, gone, name))
                edits += [Edit(("units", unit, gone, name), None), Edit(("units", unit, there, name), value)]
        return edits

    def zones_offered(self, draft: Draft, unit: str) -> Offered:
        """The zones to choose from for a unit, by its town and its project's district."""
        return offered(self.base, self.towns, draft["project"].get("district"), value_at(draft, ("units", unit, "town")))

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

    def warm(self) -> None:
        """Work out what everybody is asked first, and then, whatever they answer."""
        draft = blank("-", "2026-01-01", "2026-12-31", [{"id": "U1", "area_ha": 1.0}])
        first = self.interview(draft, "U1").next
        if first and self.base.facts[first].kind in ("one", "yesno"):
            for value in (*answers_of(self.base.facts[first]), UNKNOWN[0]):
                self.interview(apply(draft, answer(draft, "U1", first, value)), "U1")

    @property
    def worked_out(self) -> int:
        """So many interviews were worked out, not remembered."""
        return self._asked.cache_info().misses

    def _consult(self, text: str) -> Consultation:
        (unit,) = project_from(self.base, json.loads(text)).units.values()
        return consult_unit(self.base, unit)

    def _ask(self, given: _Given) -> Interview:
        own = {name: value for name, value in given.unit.facts.items() if name not in given.unit.derived}
        interview = Interview(self.base, {**own, **given.unit.parked}, given.unsure, given.unit)
        _ = interview.relevant, interview.consultation.conclusions, interview.consultation.flags, interview.open_conclusions
        return interview

    def _read(self, text: str) -> Project:
        return project_from(self.base, json.loads(text))

    def _make(self, text: str) -> Plan:
        draft = json.loads(text)
        project = self._project(text)
        consultations = {id: self.consultation(draft, id) for id in project.units}
        graph = order(self.base, project, consultations)
        return Plan(self.base, project, consultations, graph, schedule(graph, self.base.seasons, project.header.start, project.header.end))


@dataclass(frozen=True, eq=False)
class _Given:
    """What an interview depends on; names, areas and sources are none of it."""

    unit: Unit
    unsure: frozenset[str]

    @cached_property
    def _key(self) -> tuple[Any, ...]:
        written = self.unit.written
        decide = written.decide
        changes = frozenset(c.measure for c in written.add), frozenset(c.measure for c in written.drop)
        answers = frozenset((name, name in self.unit.derived, value) for name, value in {**self.unit.parked, **self.unit.facts}.items())
        return (answers, self.unsure, changes, decide and (decide.mode, decide.damage))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Given) and self._key == other._key


def _text(draft: Draft) -> str:
    return json.dumps(draft, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True)
class Progress:
    """A page of the task list: its questions that were answered, were worked out or can still matter, and how far it has come."""

    topic: Topic
    questions: tuple[Question, ...]
    answered: int
    worked_out: int
    status: Status

    @property
    def asked(self) -> int:
        return len(self.questions) - self.worked_out


def progress(interview: Interview) -> list[Progress]:
    """The task list of a unit, a page a topic."""
    return [_progress(page) for page in interview.topics]


def _progress(page: Page) -> Progress:
    questions = tuple(q for q in page.questions if q.status != "idle")
    found = {q.status for q in questions}
    status: Status = "todo" if "open" in found else "unknown" if "unsure" in found else "done" if found else "idle"
    worked_out = sum(q.worked_out for q in questions)
    return Progress(page.topic, questions, sum(q.value is not None for q in questions) - worked_out, worked_out, status)


def place(question: Question) -> str:
    """The question at which the value of one is changed: its own, or the one with the helper, where it stands for attributes."""
    return HELPED if question.status == "derived" else question.fact.id


def neighbours(interview: Interview, fact: str) -> tuple[str | None, str | None]:
    """The questions before and after one in the order of asking, among those that were put, can matter or have something worked out to be seen there."""
    shown = {place(q) for page in interview.topics for q in page.questions if q.status != "idle"}
    order = [name for name in interview.base.facts if name in shown]
    if fact not in shown:
        return None, None
    at = order.index(fact)
    return (order[at - 1] if at else None), (order[at + 1] if at + 1 < len(order) else None)


def raised(before: Consultation, after: Consultation) -> list[str]:
    """The flags that an answer has raised."""
    known = set(before.settled("flags"))
    return [flag for flag in after.settled("flags") if flag not in known]


def usual_period(today: date) -> tuple[date, date]:
    """What a new project is offered: from next March, when works begin after the frost, to the end of the third year."""
    return date(today.year + 1, 3, 1), date(today.year + 3, 12, 31)


def budget_years(start: date | None, end: date | None) -> list[int]:
    """The years for which a budget is asked; none of a period that is not known or longer than anybody plans."""
    return list(range(start.year, end.year + 1)) if start and end and end.year - start.year < LONGEST else []


def districts(base: KnowledgeBase) -> list[str]:
    return sorted({d for z in base.zones.values() for d in z.districts})


def orientation(base: KnowledgeBase, zone: Zone) -> tuple[list[Text], list[Text]]:
    """What table C.1 puts first in a zone, and what second."""
    return [base.zone_terms[t].name for t in zone.main], [base.zone_terms[t].name for t in zone.auxiliary]


def answers_of(fact: Fact) -> tuple[str, ...]:
    """The answers that may be chosen, as a project file writes them."""
    return ("true", "false") if fact.kind == "yesno" else tuple(a.id for a in fact.answers)
