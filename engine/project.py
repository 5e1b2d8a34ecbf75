"""Project files: a restoration project with its units, as planners write them (contract: format 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from engine.compile import UNANSWERED, UNDECIDED, surveyed
from engine.conditions import Known
from engine.grammar import finite, spelling
from engine.groundwork import derived_gaps
from engine.knowledge import Attribute, KnowledgeBase
from engine.messages import said
from engine.model import Fact
from engine.project_checks import Report, check_project, listed
from engine.project_file import Grade, Header, ProjectFile, UnitEntry
from engine.source import Node, Problem, Source, Span, Unusable, near, read
from engine.validate import entry

Value = str | bool | float | tuple[str, ...]
UNKNOWN = ("unknown", "尚未调查", "未调查")


@dataclass(frozen=True, eq=False)
class Unit:
    """A restoration unit: what was written, and its answers by fact, those that its `attributes` stand for included and named."""

    written: UnitEntry
    facts: Mapping[str, Value]
    derived: tuple[str, ...] = ()
    parked: Mapping[str, Value] = field(default_factory=dict)  # answers on which no conclusion depends; the rules never see them

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
    report = reporter(source, problems)
    written = entry(ProjectFile, root, source, problems)
    nodes = listed(root, "units")
    facts = [facts_of(node.get("facts"), base, report) for node in nodes]
    parked = [facts_of(node.get("parked"), base, report) for node in nodes]
    gaps = [derived_gaps(base, _grades(node), answers) for node, answers in zip(nodes, facts, strict=True)]
    check_project(root, [{*answers, *derived, *idle} for answers, derived, idle in zip(facts, gaps, parked, strict=True)], base, report)
    if written is None or problems:
        raise Unusable(problems)
    parts = zip(written.units, facts, gaps, parked, strict=True)
    units = [Unit(u, {**answers, **derived}, tuple(derived), idle) for u, answers, derived, idle in parts]
    return Project(written.project, {u.id: u for u in units}, written)


def reporter(source: Source, problems: list[Problem]) -> Report:
    """Reports at nodes of the source, into `problems`."""

    def report(node: Node, code: str, close: str = "", **facts: Any) -> None:
        problems.append(source.problem(node.at, code, close, **facts))

    return report


def _grades(unit: Node) -> dict[str, str]:
    """The grades of a unit's attributes, as far as they are grades."""
    attributes = unit.get("attributes")
    return {name: grade.text for name, _, grade in attributes.items() if grade.text in get_args(Grade)} if attributes else {}


def facts_of(node: Node | None, base: KnowledgeBase, report: Report) -> dict[str, Value]:
    """The answers of a unit; a fact that is left out, null or unknown has none."""
    answers: dict[str, Value] = {}
    if node is not None and node.kind != "map":
        report(node, "E205", kind=said("kind_mapping"), found=node.found)
    for name, key, value in node.items() if node else ():
        fact = base.facts.get(name)
        if fact is None:
            report(key, "E409", near(name, base.facts), name=name)
        elif not (value.empty or (value.kind == "scalar" and value.value.strip().casefold() in UNKNOWN)):
            answer = _answer(fact, value, report)
            if answer is not None:
                answers[name] = answer
    return answers


def _answer(fact: Fact, node: Node, report: Report) -> Value | None:
    if node.kind == "map" or (fact.kind == "many") != (node.kind == "list"):
        report(node, "E410" if fact.kind == "many" else "E411", name=fact.id, found=node.found)
        return None
    if fact.kind == "number":
        number = finite(node.value)
        if number is None:
            report(node, "E308", text=node.value)
            return None
        if not (fact.min or 0) <= number <= (fact.max or 0):
            report(node, "E401", name=fact.id, min=f"{fact.min:g}", max=f"{fact.max:g}", text=node.value)
            return None
        return number
    answers = ("true", "false") if fact.kind == "yesno" else tuple(a.id for a in fact.answers)
    given, parts = [], node.value if node.kind == "list" else (node,)
    for part in parts:
        text = spelling(part.text, answers)
        if part.kind != "scalar":
            report(part, "E205", kind=said("kind_text"), found=part.found)
        elif text not in answers:
            report(part, "E302", near(text, answers), answer=part.text, name=fact.id)
        else:
            given.append(text)
    if len(given) < len(parts):
        return None
    if fact.kind == "many":
        return tuple(a for a in answers if a in given)
    return given[0] == "true" if fact.kind == "yesno" else given[0]


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


def answer_at(fact: Fact, attribute: Attribute, i: int) -> Value:
    """The answer at a position; of a number the least of the interval there.  Not for facts with many answers."""
    if fact.kind == "number":
        return float(attribute.thresholds[i - 1] if i else fact.min or 0)
    return attribute.answers[i] == "true" if fact.kind == "yesno" else attribute.answers[i]


def plain(value: Value | None) -> Any:
    """An answer as JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def plain_facts(facts: Mapping[str, Value]) -> dict[str, Any]:
    """Answers by fact as JSON has them."""
    return {name: plain(value) for name, value in facts.items()}


def unit_of(base: KnowledgeBase, facts: Mapping[str, Value], **more: Any) -> Unit:
    """A unit made in memory: for properties, probes and tests."""
    empty = Node("map", (), Span("memory"))
    written = UnitEntry(id=more.pop("id", "U1"), area_ha=more.pop("area_ha", 1.0), facts=empty, **more)
    derived = derived_gaps(base, written.attributes, facts)
    return Unit(written, {**facts, **derived}, tuple(derived))
