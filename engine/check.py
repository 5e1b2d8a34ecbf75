"""A knowledge base looked at as a whole: load, lints, proofs, examples, coverage and cases, in one list with places."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import adapt, groundwork, permits
from engine.cases import DEFAULT as CASES
from engine.cases import case_folders, read_case, shortfalls
from engine.conditions import leaves, reads
from engine.consult import consult_unit
from engine.coverage import SHOWN, bad_cites, coverage
from engine.examples import Boundary, Example, broken, missed_boundaries, read_boundaries, read_examples, read_pairs, unit_of_example
from engine.fired import Fired, fired
from engine.hygiene import LINTS, Finding, Grade, Rows, finding
from engine.load import assemble, read_folders, read_reference
from engine.messages import said
from engine.model import KnowledgeBase, Rule
from engine.plan import make_plan
from engine.project import Project, Unit, known_of, read_project
from engine.proof import Units, acts_of
from engine.properties import Proved, prove, read_properties
from engine.semantics import holds
from engine.source import Problem, Span, Unusable


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

    @property
    def failed(self) -> bool:
        """Whether anything is of grade error."""
        return any(f.grade == "error" for f in self.findings)

    def add(self, grade: Grade, problems: Sequence[Problem]) -> None:
        self.findings += [Finding(p.at, p.code, grade, p.facts, said("did_you_mean", near=p.near) if p.near else None) for p in problems]

    def sorted(self) -> list[Finding]:
        """Errors first, then by place."""
        return sorted(dict.fromkeys(self.findings), key=lambda f: (f.grade != "error", f.at, f.code, f.problem.message()))

    def json(self, lang: str = "en") -> dict[str, Any]:
        """As `check --json` prints it (contract §8); with the unit that shows a problem, and coverage by cases."""
        problems = [
            {
                "at": str(f.at), "code": f.code, "grade": f.grade, "message": f.problem.message(lang), "hint": f.advice(lang) if f.advice else "",
                "witness": f.witness and {k: list(v) if isinstance(v, tuple) else v for k, v in f.witness.facts.items()},
                "acts": (f.witness and acts_of(f.witness)) or None,
            } for f in self.sorted()
        ]  # fmt: skip
        cases = [{"name": c.name, "passed": c.passed, "problems": [p.render(lang) for p in c.problems]} for c in self.cases]
        return {"problems": problems, "properties": [p.json() for p in self.proved], "cases": cases, "coverage": self.fired.json() if self.fired else None}


def check(*folders: Path | str, cases: Path = CASES) -> Checked:
    """Look at the folders, the shipped ones when none is given.  Raises `Unusable` only where a folder is not there."""
    done = Checked()
    raw = read_folders(*folders)
    holes: list[Problem] = []
    try:
        base = done.base = assemble(raw, holes)
    except Unusable as unusable:
        done.add("error", unusable.problems)
        return done
    done.findings += _references(base)
    rows = Rows(base)
    for lint in LINTS:
        done.findings += lint(rows)
    done.findings += _properties(base, done)
    if not holes:  # nothing can be concluded by a table with a hole
        _play(base, done, cases)
        _coverage(base, rows, done)
    return done


def _references(base: KnowledgeBase) -> Iterator[Finding]:
    """Reference files: what is wrong in them, examples that no longer hold, citations of clauses that are none."""
    readers: list[Callable[[], Any]] = [lambda: read_properties(base), lambda: read_examples(base), lambda: read_pairs(base), lambda: permits.reference(base)]
    readers += [lambda: adapt.routines(base), lambda: adapt.reference(base)]
    readers += [lambda name=name: groundwork.reference(base, name) for name in groundwork.SECTIONS]  # type: ignore[misc]
    readers += [lambda name=name, sections=sections: read_reference(base, name, sections) for name, sections, *_ in SHOWN]  # type: ignore[misc]
    sound = True
    for reader in readers:
        try:
            reader()
        except Unusable as unusable:
            sound = False
            yield from (Finding(p.at, p.code, "error", p.facts, said("did_you_mean", near=p.near) if p.near else None) for p in unusable.problems)
    if sound:
        examples, boundaries = read_examples(base), read_boundaries(base)
        kept: dict[str, Example | Boundary] = {**examples, **{id: boundary for id, (boundary, _) in boundaries.items()}}
        for problem in (*broken(base, examples), *missed_boundaries(base, boundaries), *bad_cites(base)):
            advice = said("did_you_mean", near=problem.near) if problem.near else None
            yield Finding(problem.at, problem.code, "error", problem.facts, advice, _unit_of(base, kept.get(str(dict(problem.facts).get("id")))))
        for covered in coverage(base):
            if covered.missing:
                yield finding(Span("standard.yaml"), "E385", "error", None, None, id=covered.statement.id)


def _unit_of(base: KnowledgeBase, example: Example | Boundary | None) -> Unit | None:
    """The unit of an example, where all that it names is still there."""
    if example is None or not set(example.given) <= set(base.facts):
        return None
    try:
        known_of(base, unit := unit_of_example(base, example))
    except KeyError:
        return None
    return unit


def _properties(base: KnowledgeBase, done: Checked) -> Iterator[Finding]:
    try:
        properties = read_properties(base)
    except Unusable:
        return  # said already
    units = Units(base)
    for proved in prove(base, properties, units):
        done.proved.append(proved)
        if proved.unit is not None:
            rules = _to_blame(base, proved)
            at = rules[0].at if rules else _decision_at(base, proved) or proved.property.at
            advice = said("see_property", at=proved.property.at)
            yield finding(at, "E386", "error", advice, proved.unit, id=proved.property.id, rules=", ".join(r.id for r in rules) or "—")
        elif proved.property.said and not any(units.meets(said.when) for said in proved.property.said):
            yield finding(proved.property.at, "E387", "error", None, None, id=proved.property.id)


def _to_blame(base: KnowledgeBase, proved: Proved) -> list[Rule]:
    """The rules that a breach most likely comes from: of the decisions behind it, nearest first, those that carry out the same clause."""
    assert proved.unit is not None
    state = consult_unit(base, proved.unit).state if not proved.conclusion else {}
    cites = set(proved.property.entry.cite)
    wanted_here = [s.holds for s in proved.property.said if s.holds and s.item == proved.item] if state else []
    asked = [leaf for c in wanted_here for leaf in leaves(c) if leaf.attribute in base.decisions and holds(leaf, state) is not True]
    for leaf in asked:  # something is not concluded
        wanted = [r for r in base.decisions[leaf.attribute].every_rule if base.attributes[leaf.attribute].bits(*r.then) & leaf.bits]
        if wanted:
            return sorted(wanted, key=lambda r: not cites & set(r.cite))[:1]
    near = [name for name in proved.property.speaks_of if name in base.decisions]
    for name in near:
        near += [read for rule in base.decisions[name].every_rule for read in reads(rule.when) if read in base.decisions and read not in near]
        if own := [r for r in base.decisions[name].every_rule if cites & set(r.cite) and _bears(r, proved.item)]:
            return own
    return []


def _bears(rule: Rule, item: str) -> bool:
    return not rule.item or rule.item == item


def _decision_at(base: KnowledgeBase, proved: Proved) -> Span | None:
    names = [proved.conclusion, *proved.property.speaks_of]
    found = [base.decisions[n].at for n in names if n in base.decisions]
    if "recommended" in proved.property.speaks_of and "barred" in base.decisions:
        return base.decisions["barred"].at
    return found[0] if found else None


def _play(base: KnowledgeBase, done: Checked, folder: Path) -> None:
    for name, path in case_folders(folder).items():
        try:
            case = read_case(path)
            project = read_project(path / "project.yaml", base)
        except Unusable as unusable:
            played = Played(name, unusable.problems)
        else:
            played = Played(name, tuple(shortfalls(case, make_plan(base, project), path)), project)
        done.cases.append(played)
        done.add("error", played.problems)


def _coverage(base: KnowledgeBase, rows: Rows, done: Checked) -> None:
    """What the cases use; each row that none uses is named."""
    states = [consult_unit(base, unit).state for played in done.cases if played.project for unit in played.project.units.values()]
    done.fired = fired(base, rows, states)
    try:
        examples = read_examples(base)
    except Unusable:
        examples = {}  # said already
    for row in done.fired.unfired:
        done.findings.append(finding(row.at, "E374", "warning", said("only_example" if any(r.id in examples for r in row.rules) else "no_example"), None, id=row.id))
