"""The process before the modes, as data of a plan: survey, diagnosis, causes, priority and extent (5.2.2, 5.4.1, 5.4.2).

Each function takes a plan and returns one key of `Plan.process`.  What the office typed is given back as typed; what
is not there is said to be missing; nothing is made up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.consult import Consultation
from engine.groundwork import GAPS, reference
from engine.model import Answer
from engine.project import Project, Unit
from engine.project_file import SurveyStatus

if TYPE_CHECKING:
    from engine.plan import Plan

STATUSES = ("at_hand", "partial", "missing")
WHOLE = ("district",)  # what the project as a whole has to name; all else is named by its units
PLACES = ("town", "village", "geometry")
URGENT = "urgent"
CLASSES = ("urgent", "stress", "deficit")


def survey(plan: Plan) -> dict[str, Any]:
    """Every item of 5.2.2 with its status, the facts resting on it that no unit has yet, and the open conclusions that wait for them."""
    found = reference(plan.base, "survey.yaml")
    typed = plan.project.written.survey
    counts = dict.fromkeys(STATUSES, 0)
    items = []
    for item in found["items"].values():
        said = typed.get(item.id) or typed.get(item.part)
        status = said or SurveyStatus(status="missing")
        counts[status.status] += 1
        items.append({
            **named(item), "part": {"id": item.part, "name": found["parts"][item.part].name.model_dump()}, "collect": item.collect.model_dump(),
            "status": status.status, "stated": item.id if item.id in typed else item.part if said else None,
            "source": status.source, "date": status.date.isoformat() if status.date else None, "note": status.note, "facts": list(item.asks),
            "unanswered": {id: names for id, unit in plan.project.units.items() if (names := [f for f in item.asks if f not in unit.facts])},
            "waiting": {id: list(open_) for id, c in plan.consultations.items() if (open_ := _waiting(c, item.asks))},
        })  # fmt: skip
    return {"survey": {"counts": counts, "items": items}}


def named(entry: Any) -> dict[str, Any]:
    return {"id": entry.id, "name": entry.name.model_dump(), "cite": list(entry.cite), "layer": entry.layer}


def _waiting(c: Consultation, facts: Iterable[str]) -> dict[str, list[str]]:
    """The open conclusions that wait for one of the facts."""
    asked = set(facts)
    return {o.conclusion: waits for o in c.open if (waits := [f for f in o.waits_on if f in asked])}


def diagnosis(plan: Plan) -> dict[str, Any]:
    """The four assessments at large scale, typed or still to write, and the four gaps of every unit with what they rest on."""
    found = reference(plan.base, "survey.yaml")["assessments"]
    typed = plan.project.written.diagnosis
    large = [
        {**named(a), "assess": a.assess.model_dump(), "metrics": [m.model_dump() for m in a.metrics], "indicators": list(a.indicators), "text": typed.get(a.id), "written": bool(typed.get(a.id))}
        for a in found.values()
    ]
    return {"diagnosis": {"large": large, "units": [_gaps(plan, unit) for unit in plan.project.units.values()]}}


def _gaps(plan: Plan, unit: Unit) -> dict[str, Any]:
    """A unit's gaps: the grade, whether answered or derived, the sub-attributes graded and still open; and what the pointers point to."""
    parts = reference(plan.base, "attributes.yaml")
    grades = unit.written.attributes
    rule = next(iter(parts["aggregation"].values()))
    gaps = []
    for gap in GAPS:
        own = [a for a in parts["attributes"].values() if a.gap == gap]
        graded = {a.id: grades[a.id] for a in own if a.id in grades}
        order = [a.id for a in plan.base.facts[gap].answers]
        worst = max(map(order.index, graded.values())) if own and len(graded) == len(own) else None
        value = unit.facts.get(gap)
        gaps.append({
            "fact": gap, "value": value, "source": "derived" if gap in unit.derived else "answer" if value is not None else None,
            "attributes": graded, "open": [{"id": a.id, "name": a.name.model_dump(), "question": a.question.model_dump()} for a in own if a.id not in grades],
            "worst": None if worst is None else order[worst], "differs": worst is not None and order[worst] != value, "rule": rule.id if gap in unit.derived else None,
        })  # fmt: skip
    return {"unit": unit.id, "gaps": gaps, "rule": {**named(rule), "because": rule.because.model_dump()}, "pointers": [_pointer(p, unit) for p in parts["pointers"].values()]}


def _pointer(pointer: Any, unit: Unit) -> dict[str, Any]:
    """A threat or physical condition: its grade if given, the unit's problems of that kind, and whether a bad grade meets none."""
    grade, problems = unit.written.attributes.get(pointer.id), problems_of(unit)
    here = [p for p in pointer.problems if p in problems]
    return {
        **named(pointer), "group": pointer.group, "grade": grade, "problems": here, "possible": list(pointer.problems),
        "unanswered": [f for f in pointer.asks if f not in unit.facts], "unmatched": grade not in (None, "none") and not here,
    }  # fmt: skip


def problems_of(unit: Unit) -> tuple[str, ...]:
    problems = unit.facts.get("problems")
    return problems if isinstance(problems, tuple) else ()


def causes(plan: Plan) -> dict[str, Any]:
    """The problems by the five classes of their usual cause, over the project and by unit, and what water carries from unit to unit."""
    classes = reference(plan.base, "survey.yaml")["causes"]
    units = plan.project.units
    result = []
    for cause in classes.values():
        own = [a.id for a in plan.base.problems.values() if a.cause == cause.id]
        problems = {p: where for p in own if (where := [u.id for u in units.values() if p in problems_of(u)])}
        result.append({**named(cause), "ask": cause.ask.model_dump(), "problems": problems})
    by_unit = {u.id: {c.id: here for c in classes.values() if (here := [p for p in problems_of(u) if plan.base.problems[p].cause == c.id])} for u in units.values()}
    return {"causes": {"layer": "expert", "classes": result, "units": by_unit, "carried": list(_carried(plan)), "unsurveyed": [u.id for u in units.values() if "problems" not in u.facts]}}


def _carried(plan: Plan) -> Iterator[dict[str, Any]]:
    """Stresses that water takes from a unit to those below it, transitively."""
    for unit in plan.project.units.values():
        above = _above(plan.project.units, unit.id)
        for upper in plan.project.units.values():
            if upper.id in above:
                yield from ({"problem": p, "from": upper.id, "to": unit.id} for p in problems_of(upper) if plan.base.problems[p].carries)


def _above(units: Mapping[str, Unit], id: str) -> set[str]:
    found: set[str] = set()
    todo = [id]
    while todo:
        for upper in units[todo.pop()].written.downstream_of:
            if upper not in found:
                found.add(upper)
                todo.append(upper)
    return found


def priority(plan: Plan) -> dict[str, Any]:
    """The problems ranked: urgent ones, then stresses, then deficits, each in the order of the questionnaire, with the reasons."""
    units = [_ranked(plan, c) for c in plan.consultations.values()]
    where: dict[tuple[str, str], list[str]] = {}
    for unit in units:
        for row in unit["problems"]:
            where.setdefault((row["class"], row["problem"]), []).append(unit["unit"])
    order = list(plan.base.problems)
    ranked = sorted(where, key=lambda k: (CLASSES.index(k[0]), order.index(k[1])))
    return {"priority": {"units": units, "project": [{"problem": p, "class": c, "units": where[c, p]} for c, p in ranked]}}


def _ranked(plan: Plan, c: Consultation) -> dict[str, Any]:
    has = URGENT in plan.base.decisions
    urgent, possible = (c.settled(URGENT), c.possible(URGENT)) if has else ([], [])
    answers = [plan.base.problems[p] for p in plan.base.problems if p in problems_of(c.unit)]
    answers.sort(key=lambda a: CLASSES.index(URGENT if a.id in urgent else a.role or "deficit"))
    return {
        "unit": c.unit.id, "surveyed": "problems" in c.unit.facts, "problems": [_row(plan, c, i, a, a.id in urgent, a.id in possible) for i, a in enumerate(answers, 1)],
        "possible": possible, "waits_on": list(c.waits_on(URGENT)) if possible else [],
    }  # fmt: skip


def _row(plan: Plan, c: Consultation, rank: int, problem: Answer, urgent: bool, may_be: bool) -> dict[str, Any]:
    """A problem's place; one that is not urgent has the reason for removing stress before function."""
    reasons: list[Any]
    if urgent:
        reasons = [plan.base.rules[rule] for rule in c.rules(problem.id, URGENT)]
    else:
        reasons = [e for e in plan.base.stages.edges if e.id == "stress_first"]
    return {
        "rank": rank, "problem": problem.id, "class": URGENT if urgent else problem.role or "deficit", "may_be_urgent": may_be,
        "reasons": [{"id": r.id, "cite": list(r.cite), "layer": r.layer, "because": r.because.model_dump()} for r in reasons],
    }  # fmt: skip


def extent(plan: Plan) -> dict[str, Any]:
    """Key areas, parcels, boundary: what each step needs and what the project file does not say yet; areas by unit."""
    project = plan.project
    steps = []
    for step in reference(plan.base, "survey.yaml")["extent"].values():
        missing = [name for need in step.needs for name in _missing(project, need)]
        steps.append({**named(step), "text": step.text.model_dump(), "needs": list(step.needs), "missing": missing, "complete": not missing})
    units = [
        {"unit": u.id, "area_ha": u.written.area_ha, "town": u.written.town, "village": u.written.village, "geometry": u.written.geometry, "zone": u.facts.get("zone")} for u in project.units.values()
    ]
    return {"extent": {"district": project.header.district, "area_ha": round(sum(u.written.area_ha for u in project.units.values()), 4), "units": units, "steps": steps}}


def _missing(project: Project, need: str) -> Iterator[str]:
    """`district`, or `UNIT/need` for every unit that does not say it."""
    if need in WHOLE:
        if not getattr(project.header, need):
            yield need
        return
    for unit in project.units.values():
        said = getattr(unit.written, need) if hasattr(unit.written, need) else unit.facts.get(need)
        if said is None or said == "":
            yield f"{unit.id}/{need}"


def extent_missing(project: Project) -> list[str]:
    """What 5.4.2.2 asks of the boundary and the project file does not say: `district`, or `UNIT/town`, `UNIT/village`, `UNIT/geometry`."""
    return [name for need in (*WHOLE, *PLACES) for name in _missing(project, need)]
