"""Project files: a restoration project with its units, as planners write them (contract: format 1)."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from engine.compile import UNANSWERED, UNDECIDED, surveyed
from engine.conditions import Known
from engine.grammar import spelling
from engine.groundwork import derived_gaps, names_of
from engine.model import Attribute, Entry, Fact, KnowledgeBase, Mode
from engine.source import Node, Problem, Source, Span, Unusable, near, read
from engine.validate import entry

FORMAT = 1
UNKNOWN = ("unknown", "尚未调查", "未调查")
QUANTITIES = ("area_ha", "area_m2", "length_km", "count")
Value = str | bool | float | tuple[str, ...]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Header(Entry):
    name: str = Field(min_length=1)
    district: str | None = None
    start: datetime.date
    end: datetime.date
    budget: dict[int, float] = {}
    crews: dict[str, int] = {}


class AnswerSource(Entry):
    """Where an answer comes from."""

    source: str | None = None
    date: datetime.date | None = None
    by: str | None = None
    note: str | None = None


class Decide(Entry):
    mode: Mode | None = None
    damage: str | None = None
    because: str = Field(min_length=1)


class Change(Entry):
    measure: str
    because: str = Field(min_length=1)


class Register(Entry):
    subproject: str | None = None
    department: str | None = None
    owner: str | None = None
    funds: dict[str, float] = {}
    progress: str | None = None


class UnitEntry(Entry):
    id: str = Field(pattern=r"^[^\s/\\,:]+$")
    name: str | None = None
    area_ha: float = Field(gt=0, allow_inf_nan=False)
    areas: dict[Mode, float] = {}
    town: str | None = None
    village: str | None = None
    geometry: str | None = None
    downstream_of: tuple[str, ...] = ()
    facts: Node
    attributes: dict[str, Literal["none", "slight", "moderate", "severe"]] = {}
    sources: dict[str, AnswerSource] = {}
    quantities: dict[str, dict[str, float]] = {}
    decide: Decide | None = None
    add: tuple[Change, ...] = ()
    drop: tuple[Change, ...] = ()
    registered: Register | None = Field(default=None, alias="register")


class SurveyStatus(Entry):
    """How far an item of the basic survey (5.2.2) has got."""

    status: Literal["at_hand", "partial", "missing"]
    source: str | None = None
    date: datetime.date | None = None
    note: str | None = None


class Target(Entry):
    """A performance indicator with its baseline and the values aimed at, by year; for one unit or the whole project."""

    indicator: str
    unit: str | None = None
    baseline: Finite | None = None
    baseline_year: int | None = None
    source: str | None = None
    targets: dict[int, Finite] = {}


class Reading(Entry):
    """An indicator as monitoring found it on a day."""

    indicator: str
    unit: str | None = None
    date: datetime.date
    value: Finite
    source: str | None = None


class ProjectFile(Entry):
    format: int = FORMAT
    project: Header
    units: tuple[UnitEntry, ...] = Field(min_length=1)
    survey: dict[str, SurveyStatus] = {}
    diagnosis: dict[str, str] = {}
    goals: dict[str, str] = {}
    targets: tuple[Target, ...] = ()
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, eq=False)
class Unit:
    """A restoration unit: what was written, and its answers by fact, those that its `attributes` stand for included and named."""

    written: UnitEntry
    facts: Mapping[str, Value]
    derived: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.written.id


@dataclass(frozen=True, eq=False)
class Project:
    header: Header
    units: Mapping[str, Unit]
    written: ProjectFile


def read_project(path: Path | str, base: KnowledgeBase) -> Project:
    """The project in a YAML or JSON file; raises `Unusable` with every problem in it."""
    source, root = read(Path(path))
    return project_of(source, root, base)


def project_of(source: Source, root: Node, base: KnowledgeBase) -> Project:
    """The project of a parsed file; raises `Unusable` with every problem in it."""
    problems: list[Problem] = []
    written = entry(ProjectFile, root, source, problems)
    unit_nodes = root.get("units")
    nodes = list(unit_nodes.value) if unit_nodes is not None and unit_nodes.kind == "list" else []
    facts = [_facts(node.get("facts"), source, base, problems) if node.kind == "map" else {} for node in nodes]
    if written is None:
        raise Unusable(problems)
    units = [_unit(base, u, f) for u, f in zip(written.units, facts, strict=True)]
    _check(written, root, nodes, [u.facts for u in units], source, base, problems)
    if problems:
        raise Unusable(problems)
    return Project(written.project, {u.id: u for u in units}, written)


def _unit(base: KnowledgeBase, written: UnitEntry, facts: Mapping[str, Value]) -> Unit:
    """The unit with its answers; gaps that only its attributes answer are added here, so that every reading sees them."""
    derived = derived_gaps(base, written.attributes, facts)
    return Unit(written, {**facts, **derived}, tuple(derived))


def _facts(node: Node | None, source: Source, base: KnowledgeBase, problems: list[Problem]) -> dict[str, Value]:
    """The answers of a unit; a fact that is left out, null or unknown has none."""
    answers: dict[str, Value] = {}
    if node is None:
        return answers
    if node.kind != "map":
        problems.append(source.problem(node.at, "E205", kind="mapping", text=node.text))
        return answers
    for name, key, value in node.items():
        fact = base.facts.get(name)
        if fact is None:
            problems.append(source.problem(key.at, "E409", near(name, base.facts), name=name))
        elif not (value.empty or (value.kind == "scalar" and value.value.strip().casefold() in UNKNOWN)):
            answer = _answer(fact, value, base, lambda n, code, close="", **f: problems.append(source.problem(n.at, code, close, **f)))
            if answer is not None:
                answers[name] = answer
    return answers


def _answer(fact: Fact, node: Node, base: KnowledgeBase, report: Callable[..., None]) -> Value | None:
    if node.kind == "map" or (fact.kind == "many") != (node.kind == "list"):
        report(node, "E410" if fact.kind == "many" else "E411", name=fact.id)
        return None
    if fact.kind == "number":
        try:
            number = float(node.value)
        except ValueError:
            report(node, "E308", text=node.value)
            return None
        if not isfinite(number) or not (fact.min or 0) <= number <= (fact.max or 0):
            report(node, "E401", name=fact.id, min=f"{fact.min:g}", max=f"{fact.max:g}", text=node.value)
            return None
        return number
    answers = ("true", "false") if fact.kind == "yesno" else tuple(a.id for a in fact.answers)
    given = []
    for part in node.value if node.kind == "list" else (node,):
        text = spelling(part.text, answers)
        if part.kind == "scalar" and text in answers:
            given.append(text)
        else:
            report(part, "E302", near(text, answers), answer=part.text, name=fact.id)
            return None
    if fact.kind == "many":
        return tuple(a for a in answers if a in given)
    return given[0] == "true" if fact.kind == "yesno" else given[0]


def _check(written: ProjectFile, root: Node, nodes: list[Node], facts: list[Mapping[str, Value]], source: Source, base: KnowledgeBase, problems: list[Problem]) -> None:
    """What pydantic can't see: references between units and into the knowledge base."""

    def report(node: Node | None, code: str, close: str = "", **facts_: object) -> None:
        problems.append(source.problem((node or root).at, code, close, **facts_))

    header = root.get("project") or root
    if written.format > FORMAT:
        report(root.get("format"), "E406", format=written.format, known=FORMAT)
    if written.project.end < written.project.start:
        report(header.get("end"), "E405", start=written.project.start, end=written.project.end)
    for name, key, _ in (header.get("crews") or header).items() if written.project.crews else ():
        if name not in base.elements:
            report(key, "E315", near(name, base.elements), name=name, what="element")
    ids = [u.id for u in written.units]
    for position, (unit, node, answered) in enumerate(zip(written.units, nodes, facts, strict=True)):
        if ids.index(unit.id) != position:
            report(node.get("id"), "E402", id=unit.id)
        for i, up in enumerate(unit.downstream_of):
            if up not in ids:
                report((node.get("downstream_of") or node).value[i], "E404", near(up, ids), name=up)
        for place, used, known, code in _names(unit, node, base):
            if used not in known:
                report(place, code, near(used, known), name=used)
        for place, word in _quantity_keys(node):
            if word not in QUANTITIES:
                report(place, "E414", near(word, QUANTITIES), name=word, options=", ".join(QUANTITIES))
        for change in unit.drop:
            if change.measure in {c.measure for c in unit.add}:
                report(node.get("drop"), "E412", name=change.measure)
        for name, key, _ in (node.get("sources") or node).items() if unit.sources else ():
            if name in base.facts and name not in answered:
                report(key, "E413", name=name)
    for place, used, known, section in _process_names(written, root, nodes, base):
        if used not in known:
            report(place, "E415", near(used, known), name=used, section=section)
    for place, e, _ in _figures(written, root):
        if e.unit is not None and e.unit not in ids:
            report(place.get("unit"), "E404", near(e.unit, ids), name=e.unit)
    _no_circle(written, nodes, report)


def _names(unit: UnitEntry, node: Node, base: KnowledgeBase) -> Iterator[tuple[Node | None, str, Any, str]]:
    """Every name in a unit that must be known: (place, name, known names, code)."""
    for section in ("add", "drop"):
        changes = node.get(section)
        for i, change in enumerate(unit.add if section == "add" else unit.drop):
            yield changes.value[i].get("measure") if changes else None, change.measure, base.measures, "E407"
    for name, key, _ in (node.get("quantities") or node).items() if unit.quantities else ():
        yield key, name, base.measures, "E407"
    for name, key, _ in (node.get("sources") or node).items() if unit.sources else ():
        yield key, name, base.facts, "E409"
    if unit.decide and unit.decide.damage:
        degrees = [a.id for a in base.facts["damage"].answers]
        if unit.decide.damage not in degrees:
            decide = node.get("decide")
            yield decide.get("damage") if decide else None, unit.decide.damage, degrees, "E404"


def _process_names(written: ProjectFile, root: Node, nodes: list[Node], base: KnowledgeBase) -> Iterator[tuple[Node | None, str, Collection[str], str]]:
    """Every name in the sections on survey, diagnosis, goals and indicators: (place, name, known names, section)."""
    for section in ("survey", "diagnosis", "goals"):
        if names := getattr(written, section):
            known = names_of(base, section)
            yield from (((root.get(section) or root).key(name), name, known, section) for name in names)
    for place, e, section in _figures(written, root):
        yield place.get("indicator"), e.indicator, base.indicators, section
    for unit, node in zip(written.units, nodes, strict=True):
        if unit.attributes:
            yield from (((node.get("attributes") or node).key(name), name, names_of(base, "attributes"), "attributes") for name in unit.attributes)


def _figures(written: ProjectFile, root: Node) -> Iterator[tuple[Node, Target | Reading, str]]:
    """Every target and reading with its place and section."""
    sections: tuple[tuple[str, tuple[Target | Reading, ...]], ...] = (("targets", written.targets), ("readings", written.readings))
    for section, entries in sections:
        node = root.get(section)
        yield from ((place, e, section) for place, e in zip(node.value if node else (), entries, strict=True))


def _quantity_keys(node: Node) -> Iterator[tuple[Node, str]]:
    quantities = node.get("quantities")
    for _, _, value in quantities.items() if quantities else ():
        for key, key_node, _ in value.items():
            yield key_node, key


def _no_circle(written: ProjectFile, nodes: list[Node], report: Callable[..., None]) -> None:
    try:
        TopologicalSorter({u.id: u.downstream_of for u in written.units}).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        places = {u.id: n.get("downstream_of") or n for u, n in zip(written.units, nodes, strict=True)}
        path = "; ".join(f"`{lower}` below `{upper}` (line {places[lower].at.line})" for upper, lower in zip(cycle, cycle[1:], strict=False))
        report(min((places[u] for u in cycle), key=lambda n: n.at), "E403", path=path)


def known_of(base: KnowledgeBase, unit: Unit) -> dict[str, Known]:
    """What is known of every fact and planner attribute of the unit, and of each decision whose place an answer takes."""
    state: dict[str, Known] = {}
    for name, attribute in base.attributes.items():
        if attribute.origin == "fact":
            state[name] = _known(attribute, unit.facts.get(name))
    decide = unit.written.decide
    attributes = base.attributes
    for name in base.decisions:
        if (asked := attributes.get(surveyed(name))) is not None:
            answer = unit.facts.get(name)
            state[asked.name] = asked.known(answer or UNANSWERED)
            if answer is not None:
                state[name] = attributes[name].known(answer)
    state["decided_mode"] = attributes["decided_mode"].known((decide and decide.mode) or UNDECIDED)
    state["added"] = attributes["added"].known([c.measure for c in unit.written.add])
    state["dropped"] = attributes["dropped"].known([c.measure for c in unit.written.drop])
    if decide and decide.mode:
        state["mode"] = attributes["mode"].known(decide.mode)
    if decide and decide.damage:
        state["damage"] = attributes["damage"].known(decide.damage)
    return state


def _known(attribute: Attribute, value: Value | None) -> Known:
    if value is None:
        return attribute.unknown
    return attribute.known(str(value).lower() if isinstance(value, bool) else value)


def unit_of(base: KnowledgeBase, facts: Mapping[str, Value], **more: Any) -> Unit:
    """A unit made in memory: for properties, probes and tests."""
    empty = Node("map", (), Span("memory"))
    return _unit(base, UnitEntry(id=more.pop("id", "U1"), area_ha=more.pop("area_ha", 1.0), facts=empty, **more), facts)
