"""What waits for what, and why: tasks of all units as a graph whose every edge has a reason and a clause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import networkx as nx

from engine.catalogue import EdgeReason, Measure, SideTask
from engine.consult import Consultation
from engine.knowledge import KnowledgeBase
from engine.money import area_of
from engine.project import Project
from engine.references import STAGES
from engine.source import Problem, Span, Unusable

WORKS = ("stress", "function")


@dataclass(frozen=True)
class Task:
    """A piece of work in a unit: a measure, or a survey, clean-up, upkeep or monitoring around the measures.

    `days` are days worked; `only` and `never` are the seasons that open and close it.
    """

    id: str
    unit: str
    measure: Measure | None
    side: SideTask | None
    role: str
    stage: str | None
    element: str | None
    days: int
    pausable: bool
    effects: tuple[str, ...]
    only: tuple[str, ...]
    never: tuple[str, ...]


def order(base: KnowledgeBase, project: Project, consultations: Mapping[str, Consultation]) -> nx.DiGraph:
    """The tasks of a project; an edge (earlier, later) has `reason` (an `EdgeReason`).

    Nodes are task ids with the `Task` as `task`.  Raises `Unusable` on a cycle, naming its edges.
    """
    graph: nx.DiGraph = nx.DiGraph()
    for unit_id, consultation in consultations.items():
        for task in _tasks(base, unit_id, consultation):
            graph.add_node(task.id, task=task)
    reasons = {e.id: e for e in base.stages.edges}
    for unit_id in consultations:
        _within(graph, reasons, [t for _, t in graph.nodes(data="task") if t.unit == unit_id], base)
    _between(graph, reasons, base, project)
    _no_cycle(graph)
    return graph


def _tasks(base: KnowledgeBase, unit_id: str, consultation: Consultation) -> Iterable[Task]:
    unit = consultation.unit.written
    bound = {*consultation.settled("seasons"), *consultation.possible("seasons")}  # an open season is kept closed
    sides: dict[str, SideTask] = {t.role: t for t in base.stages.tasks}
    measures = consultation.measures

    def windows(effects: Iterable[str], works: bool) -> tuple[str, ...]:
        closing = {*effects, "works"} if works else set(effects)
        return tuple(s.id for s in base.seasons.values() if s.id in bound and closing & set(s.closes))

    def side(role: str, days: int) -> Task:
        t = sides[role]
        return Task(f"{unit_id}/{t.id}", unit_id, None, t, role, None, None, days, True, t.effects, (), windows(t.effects, role == "site"))

    if (baseline := sides["baseline"]).duration:
        yield side("baseline", baseline.duration.of(unit.area_ha))
    for m in measures:
        days = m.duration.of(area_of(unit, m))
        yield Task(f"{unit_id}/{m.id}", unit_id, m, None, m.role, m.stage, m.element, days, m.pausable, m.effects, m.seasons, windows(m.effects, True))
    if (clean := sides["site"]).duration and any(set(m.effects) & set(clean.follows) for m in measures):
        yield side("site", clean.duration.of(unit.area_ha))
    if years := max((m.upkeep.years for m in measures if m.upkeep), default=0):
        yield side("upkeep", 365 * years)
    possible = consultation.settled("mode") or consultation.possible("mode")
    if measures and (years := max(sides["monitoring"].years.get(m, 1) for m in possible)):  # type: ignore[call-overload]
        yield side("monitoring", 365 * years)


def _within(graph: nx.DiGraph, reasons: Mapping[str, EdgeReason], tasks: list[Task], base: KnowledgeBase) -> None:
    by_role = {role: [t for t in tasks if t.role == role] for role in ("baseline", *WORKS, "site", "upkeep", "monitoring")}
    works = by_role["stress"] + by_role["function"]
    measures = {t.measure.id: t for t in works if t.measure}
    for later in works:
        for id in later.measure.after if later.measure else ():
            if id in measures:
                _edge(graph, measures[id], later, reasons["measure"])
    for later in by_role["function"]:
        for earlier in by_role["stress"]:
            _edge(graph, earlier, later, reasons["stress_first"])
    stages = [[t for t in by_role["function"] if t.stage == stage] for stage in STAGES]
    present = [group for group in stages if group]
    for before, after in zip(present, present[1:], strict=False):
        for earlier in before:
            for later in after:
                _edge(graph, earlier, later, reasons["stage"])
    for survey in by_role["baseline"]:
        for later in works:
            _edge(graph, survey, later, reasons["baseline"])
    for clean in by_role["site"]:
        for earlier in works:
            if clean.side and set(earlier.effects) & set(clean.side.follows):
                _edge(graph, earlier, clean, reasons["site"])
    for care in by_role["upkeep"]:
        for earlier in works:
            if earlier.measure and earlier.measure.upkeep:
                _edge(graph, earlier, care, reasons["upkeep"])
    for watch in by_role["monitoring"]:
        for earlier in works:
            _edge(graph, earlier, watch, reasons["monitoring"])


def _between(graph: nx.DiGraph, reasons: Mapping[str, EdgeReason], base: KnowledgeBase, project: Project) -> None:
    """Waterborne stress works upstream, transitively, before function works on water downstream."""
    rivers = nx.DiGraph((up, unit.id) for unit in project.units.values() for up in unit.written.downstream_of)
    carried = {p.id for p in base.problems.values() if p.carries}
    reach = base.stages.upstream
    tasks = [t for _, t in graph.nodes(data="task")]
    sources = [t for t in tasks if t.role == "stress" and t.measure and carried & set(t.measure.relieves)]
    targets = [t for t in tasks if t.role == "function" and t.measure and (t.element in reach.elements or set(reach.restores) & set(t.measure.restores))]
    for later in targets:
        above = nx.ancestors(rivers, later.unit) if later.unit in rivers else set()
        for earlier in sources:
            if earlier.unit in above and _carries(earlier, carried, project):
                _edge(graph, earlier, later, reasons["upstream"])


def _carries(task: Task, carried: set[str], project: Project) -> bool:
    """Whether the measure relieves a waterborne stress that the unit really has."""
    problems = project.units[task.unit].facts.get("problems")
    relieved = carried & set(task.measure.relieves) if task.measure else set()
    return problems is None or (isinstance(problems, tuple) and bool(relieved & set(problems)))


def _edge(graph: nx.DiGraph, earlier: Task, later: Task, reason: EdgeReason) -> None:
    if not graph.has_edge(earlier.id, later.id):
        graph.add_edge(earlier.id, later.id, reason=reason)


def _no_cycle(graph: nx.DiGraph) -> None:
    try:
        cycle = nx.find_cycle(graph)
    except nx.NetworkXNoCycle:
        return
    path = "; ".join(f"`{later}` waits for `{earlier}` ({graph.edges[earlier, later]['reason'].id})" for earlier, later in cycle)
    raise Unusable([Problem(Span("order"), "E327", (("path", path),))])


def paths(graph: nx.DiGraph, earlier: str, later: str) -> list[tuple[str, str, EdgeReason]]:
    """The shortest chain of edges by which one task comes before another; empty when there is none."""
    try:
        nodes = nx.shortest_path(graph, earlier, later)
    except nx.NetworkXNoPath:
        return []
    return [(a, b, graph.edges[a, b]["reason"]) for a, b in zip(nodes, nodes[1:], strict=False)]
