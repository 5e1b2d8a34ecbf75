"""Who takes part, as data of a plan: departments that lead, support and review, the faults they look for, and the public (4.1.2 b, 5.5.4 §2, 5.7.1, 5.7.2)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine.conditions import ALWAYS, Condition
from engine.grammar import Grammar, thresholds
from engine.knowledge import KnowledgeBase
from engine.permits import Review, permits, reference
from engine.semantics import holds
from engine.source import Node, Problem, Unusable

if TYPE_CHECKING:
    from engine.plan import Plan

FAULTS = ("repeated_restoration", "excessive_restoration", "pseudo_restoration")  # 5.7.1 §1
PRECEDENCE = "field_forest_water"  # the duty of 5.5.4 §2


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
