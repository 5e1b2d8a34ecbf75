"""Coordination as data of a plan: permits, reviewing departments and public participation (4.1.2 b, 5.5.4 §2, 5.7.1, 5.7.2).

Which permits a unit needs the rules conclude; permits.yaml, read only when a plan is shown, says from whom and by
which edition.  A project is judged by the editions in force on its first day and told what changes before its last.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from engine.conditions import ALWAYS, Condition, Shares, leaves
from engine.consult import Consultation
from engine.grammar import Grammar, thresholds
from engine.load import read_reference
from engine.model import Cites, Effect, Entry, Ids, KnowledgeBase, Layer, Measure, Named, Rule, Text
from engine.semantics import holds
from engine.source import Node, Problem, Span, Unusable, near, read

if TYPE_CHECKING:
    from engine.plan import Plan

FILE = "permits.yaml"
UNKNOWN = "unknown"
FAULTS = ("repeated_restoration", "excessive_restoration", "pseudo_restoration")  # 5.7.1 §1
PRECEDENCE = "field_forest_water"


class Edition(Entry):
    """An edition of a rule with its days in force; with `date_note` only the year of `from` is known."""

    title: Text
    number: str | None = None
    source: Ids = ()
    start: datetime.date | None = Field(default=None, alias="from")
    until: datetime.date | None = None
    date_note: Text | None = None
    date_source: str | None = None
    changes: Text | None = None

    def in_force(self, day: datetime.date) -> bool | None:
        """Whether it is in force on the day; None where that is not known."""
        if self.until and day > self.until:
            return False
        if self.start is None:
            return None
        if self.date_note:
            return None if day.year == self.start.year else day.year > self.start.year
        return day >= self.start

    def first_day(self) -> str | None:
        return None if self.start is None else str(self.start.year) if self.date_note else self.start.isoformat()


class Permit(Entry):
    id: str
    authority: Cites
    due: Literal["drafting", "works", "acceptance"]
    obtain: Text
    editions: tuple[Edition, ...] = ()
    layer: Layer
    cite: Cites


class Note(Named):
    pass


class Review(Entry):
    id: str
    always: bool = False
    elements: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    because: Text
    layer: Layer
    cite: Cites


class Kept(Named):
    """A form of participation, or what became of an opinion, with what is kept of it."""

    keep: Text | None = None
    layer: Layer
    cite: Cites


class Party(Named):
    when: Node | None = None
    forms: Cites
    steps: Cites
    because: Text
    layer: Layer
    cite: Cites


SECTIONS: dict[str, type[Entry]] = {"permits": Permit, "notes": Note, "reviews": Review, "forms": Kept, "steps": Kept, "parties": Party, "opinions": Kept}


@lru_cache(maxsize=4)
def reference(base: KnowledgeBase) -> dict[str, dict[str, Any]]:
    """permits.yaml: section → id → entry.  Raises `Unusable` with every problem, unknown names included."""
    parts = read_reference(base, FILE, SECTIONS)
    departments, elements = base.departments, base.elements
    asked: list[tuple[Iterable[str], Collection[str], str]] = [(parts["reviews"], departments, "department")]
    asked += [(p.authority, departments, "department") for p in parts["permits"].values()]
    asked += [(r.elements, elements, "element") for r in parts["reviews"].values()]
    asked += [(getattr(p, key), parts[key], key) for p in parts["parties"].values() for key in ("forms", "steps")]
    refuse_unknown(base, FILE, asked)
    return parts


def refuse_unknown(base: KnowledgeBase, file: str, asked: Iterable[tuple[Iterable[str], Collection[str], str]]) -> None:
    """Raise `Unusable` with every name used that is not among the known, at the first place where a folder has it."""
    wrong = [(name, known, what) for names, known, what in asked for name in names if name not in known]
    if wrong:
        folder = next((f for f in reversed(base.folders) if (f / file).is_file()), None)
        if folder is None:
            raise Unusable([Problem(Span(file), "E114", (("name", file),))])
        source, root = read(folder / file, f"{folder.name}/{file}")
        raise Unusable(source.problem(next((n.at for n in _scalars(root) if n.value == name), root.at), "E315", near(name, known), name=name, what=what) for name, known, what in wrong)


def _scalars(node: Node) -> Iterator[Node]:
    if node.kind == "scalar":
        yield node
    for part in node.value if node.kind == "list" else [value for _, _, value in node.items()]:
        yield from _scalars(part)


@lru_cache(maxsize=4)
def _concerned(base: KnowledgeBase) -> dict[str, Condition]:
    """The condition of every party, read as those of rules are; raises `Unusable`."""
    problems: list[Problem] = []

    def report(at: Node, code: str, close: str = "", **facts: object) -> None:
        problems.append(Problem(at.at, code, tuple((k, str(v)) for k, v in facts.items()), close))

    found = {}
    for party in reference(base)["parties"].values():
        odd = [name for name, number in thresholds(party.when) if name in base.attributes and number not in base.attributes[name].thresholds]
        for name in odd:  # rules alone set the thresholds of a number
            report(party.when, "E303", name=name, operators=", ".join(f"{t:g}" for t in base.attributes[name].thresholds))
        found[party.id] = ALWAYS if odd else Grammar(base.attributes, report).condition(party.when)
    if problems:
        raise Unusable(problems)
    return found


def permits(plan: Plan) -> dict[str, Any]:
    """Each permit that a unit needs or may need, with its measures, who grants it and the edition that the project is judged by."""
    base = plan.base
    if "permits" not in base.decisions:
        return {"permits": []}
    entries, header, rows = reference(base), plan.project.header, []
    unchecked = entries["notes"].get("unchecked")
    for answer in base.decisions["permits"].answers:
        needed = [c for c in plan.consultations.values() if answer.id in c.settled("permits")]
        possible = [c for c in plan.consultations.values() if answer.id in c.possible("permits")]
        if not needed and not possible:
            continue
        rules = {c.unit.id: _rules(c, answer.id) for c in (*needed, *possible)}
        found = {c.unit.id: [m.id for m in c.measures if any(_touches(c, r, m) for r in rules[c.unit.id])] for c in (*needed, *possible)}
        first = next(iter(rules.values()))[0]
        entry: Permit | None = entries["permits"].get(answer.id)
        edition = judged_by(entry.editions, header.start) if entry else None
        note = edition.date_note if edition else unchecked.name if unchecked else None
        force = edition.in_force(header.start) if edition else None
        rows.append({
            "id": answer.id, "name": answer.name.model_dump(), "needed": bool(needed), "units": [c.unit.id for c in needed],
            "possible_units": [c.unit.id for c in possible], "waits_on": {c.unit.id: _waits(c, rules[c.unit.id]) for c in possible},
            "measures": [m for m in base.measures if any(m in ids for ids in found.values())],
            "tasks": [f"{unit}/{m}" for unit, ids in found.items() for m in ids],
            "authority": list(entry.authority) if entry else [], "due": entry.due if entry else None, "obtain": entry.obtain.model_dump() if entry else None,
            "source": list(edition.source) if edition else [], "edition": _edition(edition) if edition else None,
            "in_force": UNKNOWN if force is None else force, "changes": changes(entry.editions, header.start, header.end) if entry else [],
            "note": note.model_dump() if note else None, "because": first.because.model_dump(), "layer": first.layer, "cite": list(first.cite),
            "rules": list(dict.fromkeys(r.id for rs in rules.values() for r in rs)),
        })  # fmt: skip
    return {"permits": rows}


def judged_by(editions: Collection[Edition], day: datetime.date) -> Edition | None:
    """The last edition in force on the day, else one of which that is not known, else the next to come, else the last."""
    for wanted in (True, None):
        if found := [e for e in editions if e.in_force(day) is wanted]:
            return found[-1]
    later = [e for e in editions if e.start and e.start > day]
    return min(later, key=lambda e: e.start or day) if later else next(reversed(list(editions)), None)


def changes(editions: Iterable[Edition], start: datetime.date, end: datetime.date) -> list[dict[str, Any]]:
    """What comes into force or ends after the project's first day and no later than its last; `exact` is false where only the year is known."""
    found = []
    for e in editions:
        if e.start and e.in_force(start) is not True and start.year <= e.start.year and (e.start <= end if not e.date_note else e.start.year <= end.year):
            found.append(_change(e, "from", e.first_day() or "", not e.date_note))
        if e.until and start <= e.until < end:
            found.append(_change(e, "until", e.until.isoformat(), True))
    return sorted(found, key=lambda c: c["date"])


def _change(e: Edition, what: str, day: str, exact: bool) -> dict[str, Any]:
    return {"change": what, "date": day, "exact": exact, "title": e.title.model_dump(), "number": e.number, "source": list(e.source), "says": e.changes.model_dump() if e.changes else None}


def _edition(e: Edition) -> dict[str, Any]:
    until = e.until.isoformat() if e.until else None
    return {"title": e.title.model_dump(), "number": e.number, "from": e.first_day(), "until": until, "date_source": e.date_source}


def _rules(c: Consultation, permit: str) -> list[Rule]:
    """The rules by which the unit needs the permit, or may: those that hold, else those still open."""
    rules = c.base.decisions["permits"].rules_for[permit]
    verdicts = [(r, holds(r.when, c.state)) for r in rules]
    return [r for r, v in verdicts if v] or [r for r, v in verdicts if v is None]


def _touches(c: Consultation, rule: Rule, m: Measure) -> bool:
    """Whether the measure is what carries the rule: by name or by what it does."""
    names = {"chosen": (m.id,), "effects": m.effects}
    wanted = [p.wanted for p in c.explainer.premises(rule.when)]
    return any(isinstance(leaf, Shares) and leaf.bits & c.base.attributes[leaf.attribute].bits(*names[leaf.attribute]) for leaf in wanted if leaf.attribute in names)


def _waits(c: Consultation, rules: Iterable[Rule]) -> list[str]:
    """The facts without answer for which a possible permit waits."""
    found: set[str] = set()
    for leaf in (leaf for r in rules for leaf in leaves(r.when) if holds(leaf, c.state) is None):
        decision = c.base.decisions.get(leaf.attribute)
        found |= set(c.explainer.waits_on(decision)) if decision else {leaf.attribute}
    return [name for name in c.base.facts if name in found]


def departments(plan: Plan) -> dict[str, Any]:
    """Who leads and supports each chosen measure; who reviews the project by duty, and whom else it asks for an opinion."""
    base, reviews = plan.base, reference(plan.base)["reviews"]
    works = [(unit, m) for unit, c in plan.consultations.items() for m in c.measures]
    granted: dict[str, list[str]] = {}
    for row in permits(plan)["permits"]:
        for id in row["authority"]:
            granted.setdefault(id, []).append(row["id"])
    rows = []
    for id, department in base.departments.items():
        review: Review | None = reviews.get(id)
        touched = [m for _, m in works if review and (m.element in review.elements or set(m.effects) & set(review.effects))]
        leads = [f"{unit}/{m.id}" for unit, m in works if id == m.lead]
        supports = [f"{unit}/{m.id}" for unit, m in works if id in m.support]
        reviewing = review is not None and (review.always or bool(touched))
        if reviewing or leads or supports or id in granted:
            rows.append({
                "id": id, "name": department.name.model_dump(), "role": "review" if reviewing else "opinion", "reviews": department.reviews.model_dump(),
                "elements": [e for e in base.elements if e in {m.element for m in touched}], "leads": leads, "supports": supports, "permits": granted.get(id, []),
                "because": review.because.model_dump() if review and reviewing else None,
                "layer": review.layer if review and reviewing else department.layer, "cite": list(review.cite if review and reviewing else department.cite),
            })  # fmt: skip
    shares = [{"task": f"{unit}/{m.id}", "unit": unit, "measure": m.id, "lead": m.lead, "support": list(m.support)} for unit, m in works]
    return {"departments": {"measures": shares, "project": rows}}


def coordination(plan: Plan) -> dict[str, Any]:
    """The faults that 5.7.1 §1 names with the units that show them, and where field, forest and water meet, with what gave way."""
    flags = {a.id: a for a in plan.base.decisions["flags"].answers} if "flags" in plan.base.decisions else {}
    faults = [
        {"id": id, "name": flags[id].name.model_dump(), "text": (flags[id].text or flags[id].name).model_dump(), "cite": list(flags[id].cite),
         "units": [u for u, c in plan.consultations.items() if id in c.settled("flags")]}
        for id in FAULTS if id in flags
    ]  # fmt: skip
    rules = plan.base.rules
    given_up = [
        {"unit": unit, "measure": id, "because": rules[r].because.model_dump(), "layer": rules[r].layer, "cite": list(rules[r].cite)}
        for unit, c in plan.consultations.items() if "given_up" in plan.base.decisions for id in c.settled("given_up") for r in c.rules(id, "against_whole")
    ]  # fmt: skip
    return {"coordination": {"faults": faults, "meet": [u for u, c in plan.consultations.items() if PRECEDENCE in c.conclusions.get("duties", ())], "given_up": given_up}}


def participation(plan: Plan) -> dict[str, Any]:
    """Forms, steps and classes of opinion as 5.7.2 has them, and the parties that this project concerns, with the units."""
    entries, conditions, parties = reference(plan.base), _concerned(plan.base), []
    for p in entries["parties"].values():
        verdicts = {unit: holds(conditions[p.id], c.state) for unit, c in plan.consultations.items()}
        if any(v is not False for v in verdicts.values()):
            parties.append({
                "id": p.id, "name": p.name.model_dump(), "concerned": True in verdicts.values(), "units": [u for u, v in verdicts.items() if v],
                "possible_units": [u for u, v in verdicts.items() if v is None], "forms": list(p.forms), "steps": list(p.steps),
                "because": p.because.model_dump(), "layer": p.layer, "cite": list(p.cite),
            })  # fmt: skip
    listed = {
        key: [{"id": e.id, "name": e.name.model_dump(), "keep": e.keep.model_dump() if e.keep else None, "layer": e.layer, "cite": list(e.cite)} for e in entries[key].values()]
        for key in ("forms", "steps", "opinions")
    }  # fmt: skip
    return {"participation": {**listed, "parties": parties}}
