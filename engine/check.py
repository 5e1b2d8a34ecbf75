"""A knowledge base looked at as a whole: load, lints, proofs, examples, coverage and cases, in one list with places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import adapt, groundwork, permits
from engine.cases import DEFAULT as CASES
from engine.cases import case_folders, read_case, shortfalls
from engine.conditions import Shares, Within, leaves, reads
from engine.consult import consult_unit
from engine.coverage import SHOWN, bad_cites, coverage
from engine.examples import (
    Boundary,
    Example,
    boundaries_as_written,
    broken,
    examples_as_written,
    missed_boundaries,
    places,
    read_pairs,
    unit_of_example,
    wrong_names,
)  # fmt: skip
from engine.fired import Fired, fired
from engine.hygiene import LINTS, Finding, Rows, finding
from engine.knowledge import KnowledgeBase, Rule
from engine.load import assemble, read_folders, read_reference
from engine.messages import said
from engine.plan import make_plan
from engine.project import Project, Unit, known_of, plain_facts, read_project
from engine.proof import Units, acts_of
from engine.properties import Property, Proved, prove, read_properties
from engine.semantics import holds
from engine.source import Problem, Span, Unusable
from engine.towns import read_towns

FEW = 6  # rules that a broken property names


@dataclass(frozen=True)
class Played:
    """A case study against the knowledge base: what it misses, and its project where it could be read."""

    name: str
    problems: tuple[Problem, ...]
    project: Project | None = None

    @property
    def passed(self) -> bool:
        return not self.problems


@dataclass
class Checked:
    """All that was found; `base` is None where the folders could not be loaded."""

    base: KnowledgeBase | None = None
    findings: list[Finding] = field(default_factory=list)
    proved: list[Proved] = field(default_factory=list)
    cases: list[Played] = field(default_factory=list)
    fired: Fired | None = None
    unproved: list[Property] = field(default_factory=list)  # while a table has a hole
    examples: dict[str, Example] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether anything is of grade error."""
        return any(f.grade == "error" for f in self.findings)

    def sorted(self) -> list[Finding]:
        """Errors first, then by place."""
        return sorted(dict.fromkeys(self.findings), key=lambda f: (f.grade != "error", f.at, f.code, f.problem.message()))

    def json(self, lang: str = "en") -> dict[str, Any]:
        """As `check --json` prints it (contract §8); with the unit that shows a problem, and coverage by cases."""
        problems = [
            {
                "at": str(f.at), "code": f.code, "grade": f.grade, "message": f.problem.message(lang), "hint": f.advice(lang) if f.advice else None,
                "witness": f.witness and plain_facts(f.witness.facts),
                "acts": (f.witness and acts_of(f.witness)) or None,
            } for f in self.sorted()
        ]  # fmt: skip
        cases = [{"name": c.name, "passed": c.passed, "problems": [p.render(lang) for p in c.problems]} for c in self.cases]
        properties = [p.json() for p in self.proved] + [Proved(p, False, 0.0).json() | {"holds": None} for p in self.unproved]
        return {"problems": problems, "properties": properties, "cases": cases, "coverage": self.fired.json() if self.fired else None}


def check(*folders: Path | str, cases: Path = CASES) -> Checked:
    """Look at the folders, the shipped ones when none is given.  Raises `Unusable` only where a folder is not there."""
    done = Checked()
    raw = read_folders(*folders)
    holes: list[Problem] = []
    try:
        base = done.base = assemble(raw, holes)
    except Unusable as unusable:
        done.findings += map(_error, unusable.problems)
        return done
    done.findings += _references(base)
    done.findings += _examples(base, done)
    rows = Rows(base)
    for lint in LINTS:
        done.findings += lint(rows)
    done.findings += _properties(base, done, whole=not holes)
    if not holes:  # nothing can be concluded by a table with a hole
        _play(base, done, cases)
        _coverage(base, rows, done)
    return done


def _references(base: KnowledgeBase) -> Iterator[Finding]:
    """Reference files: what is wrong in them, citations of clauses that are none, statements that nothing carries out.

    What can be read of one file does not wait for the others.
    """
    readers: list[Callable[[], Any]] = [lambda: read_properties(base), lambda: read_pairs(base), lambda: permits.reference(base), lambda: read_towns(base)]
    readers += [lambda: adapt.routines(base), lambda: adapt.reference(base)]
    readers += [lambda name=name: groundwork.reference(base, name) for name in groundwork.SECTIONS]  # type: ignore[misc]
    readers += [lambda name=name, sections=sections: read_reference(base, name, sections) for name, sections, *_ in SHOWN]  # type: ignore[misc]
    sound = True
    for reader in readers:
        try:
            reader()
        except Unusable as unusable:
            sound = False
            yield from (_error(p) for p in unusable.problems)
    if sound:
        yield from (_error(p) for p in bad_cites(base))
        for covered in coverage(base):
            if covered.missing:
                yield finding(covered.at, "E385", "error", None, None, id=covered.statement.id)


def _error(problem: Problem, witness: Unit | None = None) -> Finding:
    return Finding(problem.at, problem.code, "error", problem.facts, said("did_you_mean", near=problem.near) if problem.near else None, witness)


def _examples(base: KnowledgeBase, done: Checked) -> Iterator[Finding]:
    """Examples and boundaries: what is wrong in their files, and those that no longer hold."""
    kept: dict[str, Example | Boundary] = {}
    problems: list[Problem] = []
    try:
        done.examples, raw = examples_as_written(base)
        kept |= done.examples
        problems += [*wrong_names(base, raw), *broken(base, done.examples, places(raw))]
    except Unusable as unusable:
        problems += unusable.problems
    try:
        boundaries, raw = boundaries_as_written(base)
        kept |= boundaries
        problems += [*wrong_names(base, raw), *missed_boundaries(base, boundaries, places(raw))]
    except Unusable as unusable:
        problems += unusable.problems
    for problem in problems:
        yield _error(problem, _unit_of(base, kept.get(str(dict(problem.facts).get("id")))) if problem.code in ("E332", "E334") else None)


def _unit_of(base: KnowledgeBase, example: Example | Boundary | None) -> Unit | None:
    """The unit of an example, where all that it names is still there."""
    if example is None or not set(example.given) <= set(base.facts):
        return None
    try:
        known_of(base, unit := unit_of_example(base, example))
    except KeyError:
        return None
    return unit


def _properties(base: KnowledgeBase, done: Checked, whole: bool) -> Iterator[Finding]:
    """Proofs.  Where a table has a hole, only what is said of the tables themselves can be proved."""
    try:
        properties = read_properties(base)
    except Unusable:
        return  # said already
    done.unproved = [p for p in properties if p.said and not whole]
    properties = [p for p in properties if p.entry.settles or whole]
    units = Units(base)
    for proved in prove(base, properties, units):
        done.proved.append(proved)
        if proved.unit is not None:
            at, rules = _to_blame(base, proved)
            advice = said("see_hole" if proved.conclusion else "see_property", at=proved.property.at)
            yield finding(at, "E386", "error", advice, proved.unit, id=proved.property.id, rules=", ".join(r.id for r in rules) or "—")
        elif proved.property.said and not any(units.meets(s.when) for s in proved.property.said):
            yield finding(proved.property.at, "E387", "error", None, None, id=proved.property.id)


def _to_blame(base: KnowledgeBase, proved: Proved) -> tuple[Span, list[Rule]]:
    """Where a breach most likely comes from, and the rules concerned.

    Of rules that carry out a clause that the property cites too, those that fired on the way come first, nearest first.
    Where something is missing instead, the rules that should conclude it; where there is none, the decision.
    """
    assert proved.unit is not None
    if proved.conclusion:
        return base.decisions[proved.conclusion].at, []
    state = consult_unit(base, proved.unit).state
    cites = set(proved.property.entry.cite)
    lacking = [s.holds for s in proved.property.said if s.holds and s.item == proved.item]
    missing = [leaf for c in lacking for leaf in leaves(c) if isinstance(leaf, Shares) and leaf.attribute in base.decisions and holds(leaf, state) is not True]
    near = [leaf.attribute for leaf in missing] or [name for name in proved.property.speaks_of if name in base.decisions]
    concerned: list[Rule] = []
    for name in near:
        decision = base.decisions[name]
        near += [read for rule in decision.every_rule for read in reads(rule.when) if read in base.decisions and read not in near]
        concerned += [r for r in decision.every_rule if (not r.item or r.item == proved.item) and holds(r.when, state) is True]
    for leaf in missing:
        wanted = [r for r in base.decisions[leaf.attribute].every_rule if base.attributes[leaf.attribute].bits(*r.then) & leaf.bits]
        if not wanted:
            return base.decisions[leaf.attribute].at, concerned[:FEW]
        if not any(r.item for r in wanted):
            first = min(wanted, key=lambda r: not cites & set(r.cite))
            return base.place(first), [first, *concerned][:FEW]
    fired = [r for r in concerned if cites & set(r.cite)]
    if fired and True in _counts(base, proved)[fired[0].decision]:
        return base.place(fired[0]), list(dict.fromkeys([fired[0], *concerned]))[:FEW]
    for name in near:  # a rule that should have fired
        if own := [r for r in base.decisions[name].every_rule if cites & set(r.cite) and not r.item]:
            idle = [r for r in own if holds(r.when, state) is not True]
            return base.place((idle or own)[0]), list(dict.fromkeys([*idle, *own, *concerned]))[:FEW]
    return (base.place(concerned[0]) if concerned else proved.property.at), concerned[:FEW]


def _counts(base: KnowledgeBase, proved: Proved) -> dict[str, set[bool]]:
    """How each decision on the way counts: whether it brings the breach about by what it concludes, or keeps it off, or either.

    What is read through an even number of `none_of` and `not` brings about, through an odd number keeps off: where a bar
    fires it cannot be at fault, and where it does not it may.  The one answer of a table is always there, and may do either.
    """
    found: dict[str, set[bool]] = {}
    todo = [(leaf, True) for said in proved.property.said if said.item == proved.item for leaf in leaves(said.breach)]
    while todo:
        leaf, brings = todo.pop()
        if (decision := base.decisions.get(leaf.attribute)) is None:
            continue
        ways = {True, False} if isinstance(leaf, Within) else {brings == isinstance(leaf, Shares)}
        for way in ways - found.setdefault(decision.id, set()):
            found[decision.id].add(way)
            todo += [(read, way) for rule in decision.every_rule for read in leaves(rule.when)]
    return found


def _play(base: KnowledgeBase, done: Checked, folder: Path) -> None:
    folders = case_folders(folder)
    if not folders:
        raise Unusable([Problem(Span(str(folder)), "E522", (("name", "*/case.yaml"),))])
    for name, path in folders.items():
        try:
            case = read_case(path)
            project = read_project(path / "project.yaml", base)
        except Unusable as unusable:
            played = Played(name, unusable.problems)
        else:
            played = Played(name, tuple(shortfalls(case, make_plan(base, project), path)), project)
        done.cases.append(played)
        done.findings += map(_error, played.problems)


def _coverage(base: KnowledgeBase, rows: Rows, done: Checked) -> None:
    """What the cases use; each row that none uses is named."""
    states = [consult_unit(base, unit).state for played in done.cases if played.project for unit in played.project.units.values()]
    done.fired = fired(base, rows, states)
    for row in done.fired.unfired:
        done.findings.append(finding(row.at, "E374", "warning", said("only_example" if any(r.id in done.examples for r in row.rules) else "no_example"), None, id=row.id))
