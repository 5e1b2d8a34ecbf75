"""A project file → a plan.  Everything that shows or writes a plan calls `make_plan`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import networkx as nx

from engine import adapt, goals, parties, permits, survey
from engine.consult import Consultation, consult, knowledge_json
from engine.knowledge import KnowledgeBase
from engine.model import CheckEntry
from engine.money import Total, area_of, by_year, cost_of
from engine.order import WORKS, order
from engine.project import Project
from engine.schedule import TIMED, Placed, Schedule, Wait, schedule


@dataclass(frozen=True)
class Check:
    entry: CheckEntry
    about: tuple[str, ...]


@dataclass(frozen=True)
class Year:
    year: int
    cost: float
    budget: float | None
    area_ha: float
    whole: bool = True  # not so where works go on whose cost is the office's to fill: the cost is more than is known

    @property
    def total(self) -> Total:
        return Total(self.cost, self.whole)


class Plan:
    """Conclusions, order, dates, money and checks of a project."""

    def __init__(self, base: KnowledgeBase, project: Project, consultations: Mapping[str, Consultation], graph: nx.DiGraph, dates: Schedule):
        self.base, self.project, self.consultations, self.graph, self.dates = base, project, consultations, graph, dates

    @cached_property
    def tasks(self) -> list[Placed]:
        return sorted(self.dates.placed.values(), key=lambda p: (p.start, p.end, p.task.id))

    @cached_property
    def costs(self) -> dict[str, float | None]:
        """The cost of every task in 万元; None where it is the office's to fill."""
        return {
            p.task.id: cost_of(self.base, self.project.units[p.task.unit].written, p.task.measure) if p.task.measure else None
            for p in self.tasks
        }  # fmt: skip

    @cached_property
    def years(self) -> list[Year]:
        """Each year's cost by days worked, its budget, and the area of the units whose works end in it."""
        costs: dict[int, float] = {}
        finished: dict[str, date] = {}
        unpriced: set[int] = set()
        for placed in self.tasks:
            if cost := self.costs[placed.task.id]:
                for year, share in by_year(cost, list(placed.periods)).items():
                    costs[year] = costs.get(year, 0) + share
            elif cost is None and placed.task.measure:
                unpriced |= {year for a, b in placed.periods for year in range(a.year, b.year + 1)}
            if placed.task.role in (*WORKS, "site"):
                finished[placed.task.unit] = max(placed.end, finished.get(placed.task.unit, placed.end))
        header = self.project.header
        years = range(header.start.year, max(header.end.year, *costs, *(d.year for d in finished.values()), header.start.year) + 1)
        left_out = {entry.task.unit for entry in self.dates.left.values()}
        areas: dict[int, float] = {}
        for unit, day in finished.items():
            if unit not in left_out:
                areas[day.year] = areas.get(day.year, 0) + self.project.units[unit].written.area_ha
        return [Year(y, round(costs.get(y, 0), 2), header.budget.get(y), areas.get(y, 0), y not in unpriced) for y in years]

    @property
    def total(self) -> Total:
        """The cost of all works; not whole either where one of them has no dates."""
        unpriced = any(p.task.measure and self.costs[p.task.id] is None for p in self.tasks) or any(left.task.measure for left in self.dates.left.values())
        return Total(round(sum(y.cost for y in self.years), 2), not unpriced)

    @cached_property
    def checks(self) -> list[Check]:
        about: dict[str, list[str]] = {}
        calendar = self.dates.calendar
        for left in self.dates.left.values():
            about.setdefault("unschedulable", []).append(left.task.id)
            if left.too_short:
                about.setdefault("season_too_short", []).append(left.task.id)
        for placed in self.tasks:
            task = placed.task
            if calendar.open_days(task.only, task.never).too_few(calendar.length):
                about.setdefault("season_too_short", []).append(task.id)
            if placed.end > self.project.header.end:
                about.setdefault("after_end" if task.role in TIMED else "upkeep_after_end", []).append(task.id)
            if task.role in WORKS and self.costs[task.id] is None:
                about.setdefault("cost_unknown", []).append(task.id)
        about["over_budget"] = [str(y.year) for y in self.years if y.budget is not None and y.cost > y.budget]
        about["over_crews"] = [element for element, crews in self.project.header.crews.items() if self.most_at_once(element) > crews]
        about["areas_outside_modes"] = [id for id in self.consultations if self._odd_areas(id)]
        about["extent_incomplete"] = survey.extent_missing(self.project)
        about["targets_missing"] = goals.targets_missing(self)
        about["off_course"] = adapt.off_course(self)
        about["editions_to_check"] = list(self.base.about.undated)
        return [Check(entry, tuple(about[id])) for id, entry in self.base.checks.items() if about.get(id)]

    def most_at_once(self, element: str) -> int:
        """The most works of an element that run on one day."""
        changes = [change for p in self.tasks if p.task.element == element for a, b in p.periods for change in ((a.toordinal(), 1), (b.toordinal() + 1, -1))]
        running = most = 0
        for _, step in sorted(changes):
            running += step
            most = max(most, running)
        return most

    def _odd_areas(self, unit_id: str) -> bool:
        unit, consultation = self.project.units[unit_id].written, self.consultations[unit_id]
        if not unit.areas:
            return False
        modes = {*consultation.settled("modes"), *consultation.possible("modes")}
        order = list(self.base.modes)  # a part of the unit may need less than the whole (5.5.2 §1), never more
        most = max((order.index(mode) for mode in modes), default=0)
        return any(order.index(mode) > most for mode in unit.areas) or abs(sum(unit.areas.values()) - unit.area_ha) > 0.005 * unit.area_ha

    def waits(self, id: str) -> list[Wait]:
        """The seasons that the task waited for before it began, and those in which it pauses."""
        placed, calendar = self.dates.placed[id], self.dates.calendar
        gaps = []
        if placed.start > placed.ready:
            gaps.append((placed.ready, calendar.day((placed.start - calendar.start).days - 1)))
        for (_, before), (after, _) in zip(placed.periods, placed.periods[1:], strict=False):
            gaps.append((calendar.day((before - calendar.start).days + 1), calendar.day((after - calendar.start).days - 1)))
        return sorted((wait for gap in gaps for wait in calendar.waits(placed.task, *gap)), key=lambda w: w.first)

    @cached_property
    def process(self) -> dict[str, Any]:
        """The steps of the standard before and after modes and measures, each under its own key."""
        return {key: found for step in PROCESS for key, found in step(self).items()}

    def stops(self) -> bool:
        """Whether a `stop` is raised, or still possible, in a unit or in the dates."""
        return any(c.stops() for c in self.consultations.values()) or any(c.entry.grade == "stop" for c in self.checks)

    def json(self) -> dict[str, Any]:
        """The plan as `plan --json` prints it."""
        return {
            "units": [c.json() for c in self.consultations.values()],
            "tasks": [self._task(p) for p in self.tasks],
            "calendar": {id: [[a.isoformat(), b.isoformat()] for a, b in self._ranges(id)] for id in self.base.seasons},
            "years": [{"year": y.year, "cost": y.cost, "budget": y.budget, "area_ha": y.area_ha} for y in self.years],
            "checks": [{"id": c.entry.id, "grade": c.entry.grade, "about": list(c.about), "message": c.entry.message.model_dump()} for c in self.checks],
            "unplaced": [{"id": left.task.id, "cause": left.cause} for left in self.dates.left.values()],
            "process": self.process,
            "knowledge": knowledge_json(self.base),
        }

    def _ranges(self, season: str) -> list[tuple[date, date]]:
        last = max((p.end for p in self.tasks), default=self.project.header.end)
        return [r for r in self.dates.calendar.ranges(season) if r[0] <= max(last, self.project.header.end)]

    def _task(self, placed: Placed) -> dict[str, Any]:
        task = placed.task
        stage = next((s for s in self.base.stages.stages if s.id == (task.stage or "landform")), None)
        edges = [(p, self.graph.edges[p, task.id]["reason"]) for p in self.graph.predecessors(task.id)]
        return {
            "id": task.id, "unit": task.unit, "measure": task.measure.id if task.measure else None, "role": task.role, "stage": task.stage,
            "element": task.element, "phase": stage.phase if stage and task.role in WORKS else None,
            "name": (task.measure or task.side).name.model_dump(),  # type: ignore[union-attr]
            "start": placed.start.isoformat(), "end": placed.end.isoformat(), "days": task.days,
            "periods": [[a.isoformat(), b.isoformat()] for a, b in placed.periods],
            "windows": {"only": list(task.only), "never": list(task.never)},
            "waits_for": [{"task": earlier, "because": reason.id, "cite": list(reason.cite)} for earlier, reason in edges],
            "slack_days": placed.slack_days, "critical": placed.slack_days == 0, "cost": self.costs[task.id],
            "area_ha": area_of(self.project.units[task.unit].written, task.measure) if task.measure else None,
        }  # fmt: skip


# What `Plan.process` is made of: each takes the plan and gives its own keys.
PROCESS: tuple[Callable[[Plan], dict[str, Any]], ...] = (
    survey.survey, survey.diagnosis, survey.causes, survey.priority, survey.extent, goals.goals,
    permits.permits, parties.departments, parties.coordination, parties.participation, adapt.monitoring, adapt.adaptive,
)  # fmt: skip


def make_plan(base: KnowledgeBase, project: Project) -> Plan:
    """Consult every unit, order the tasks and date them."""
    consultations = consult(base, project)
    graph = order(base, project, consultations)
    return Plan(base, project, consultations, graph, schedule(graph, base.seasons, project.header.start, project.header.end))
