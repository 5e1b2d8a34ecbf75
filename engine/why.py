"""Why, and why not: of a mode or any other conclusion, a measure, a flag, an order, a date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.consult import Consultation
from engine.knowledge import Decision, KnowledgeBase, Rule
from engine.order import paths
from engine.plan import Plan, make_plan
from engine.project import Project
from engine.source import Problem, Span, Unusable, near
from engine.trail import Premise
from engine.wording import Wording

MEASURE_STEPS = ("proposed", "admitted", "barred", "recommended", "chosen")
LANGS = ("zh", "en")


def unusable(code: str, close: str = "", **facts: object) -> Unusable:
    """A request that cannot be carried out, as a problem of the command line."""
    return Unusable([Problem(Span("shanshui"), code, tuple((k, str(v)) for k, v in facts.items()), close)])


def why(base: KnowledgeBase, project: Project, unit: str, about: str, negated: bool = False) -> dict[str, Any]:
    """The answer as data.

    About a conclusion, a measure or a flag: `verdict` (true, false, or null while open), the `rules` that
    conclude it with each premise met, failed or unknown, and the `support` under their premises.  About an
    order: the chain of edges.  About a date: what it waited for.
    Raises `Unusable` for a unit, target or task that does not exist.
    """
    kind, _, target = about.partition(":")
    plan = make_plan(base, project)
    if unit not in plan.consultations:
        raise unusable("E501", near(unit, plan.consultations), name=unit, options=", ".join(plan.consultations))
    head = {"unit": unit, "about": about, "not": negated}
    if kind == "order":
        earlier, _, later = target.partition(",")
        return head | _order(plan, _task(plan, unit, earlier), _task(plan, unit, later))
    if kind == "date":
        return head | _date(plan, _task(plan, unit, target))
    consultation = plan.consultations[unit]
    if kind == "measure":
        if target not in base.measures:
            raise unusable("E407", near(target, base.measures), name=target)
        decisions = [(base.decisions[name], target) for name in MEASURE_STEPS]
        return head | _conclusion(consultation, "chosen", target, decisions)
    name = "flags" if kind == "flag" else kind
    decision = base.decisions.get(name)
    if decision is None:
        raise unusable("E502", near(kind, [*base.decisions, "measure", "flag", "order", "date"]), text=about)
    answers = [a.id for a in decision.answers]
    if target and target not in answers:
        raise unusable("E302", near(target, answers), name=name, answer=target)
    settled = consultation.settled(name, exactly=True)
    if not target and negated:
        wanted = [a for a in answers if a not in settled]
    else:
        wanted = [target] if target else settled or consultation.possible(name, exactly=True)
    return head | _conclusion(consultation, name, target or (settled[0] if settled and decision.hit == "first" else ""), [(decision, a) for a in wanted])


def _task(plan: Plan, unit: str, name: str) -> str:
    """The id of a task; the unit may be left out."""
    known = [*plan.dates.placed, *plan.dates.left]
    for id in (name.strip(), f"{unit}/{name.strip()}"):
        if id in known:
            return id
    raise unusable("E503", near(name if "/" in name else f"{unit}/{name}", known), name=name)


def _conclusion(c: Consultation, name: str, answer: str, decisions: list[tuple[Decision, str]]) -> dict[str, Any]:
    rules = []
    support: set[str] = set()
    for decision, wanted in decisions:
        for rule, verdict, premises in c.explainer.why(decision, wanted):
            rules.append(_rule(c, decision, wanted, rule, verdict, premises))
            support |= {p.fact for p in premises if p.source in ("conclusion", "possible", "unknown")}
        if decision.id in c.given:
            support.add(decision.id)
    steps = c.explainer.support(support - set(MEASURE_STEPS))
    settled, possible = c.settled(name, exactly=True), c.possible(name, exactly=True)
    verdict = True if answer in settled else None if answer in possible else False
    return {
        "verdict": verdict if answer else None if possible else True, "settled": settled, "possible": possible, "rules": rules,
        "support": [s.json() for s in steps], "waits_on": list(c.waits_on(name)) if possible and (verdict is None or not answer) else [],
    }  # fmt: skip


def _rule(c: Consultation, decision: Decision, answer: str, rule: Rule, verdict: bool | None, premises: list[Premise]) -> dict[str, Any]:
    wordings = {lang: Wording(c.base, lang) for lang in LANGS}
    return {
        "rule": rule.id, "decision": decision.id, "concludes": answer, "verdict": verdict,
        "premises": [
            {**p.json(), "met": p.met, "wanted": {lang: w.condition(p.wanted) for lang, w in wordings.items()}}
            for p in premises
        ],
        "cite": list(rule.cite), "layer": rule.layer, "because": rule.because.model_dump(),
    }  # fmt: skip


def _order(plan: Plan, earlier: str, later: str) -> dict[str, Any]:
    chain = paths(plan.graph, earlier, later)
    backwards = False if chain else bool(paths(plan.graph, later, earlier))
    return {
        "verdict": bool(chain), "backwards": backwards,
        "path": [
            {"from": a, "to": b, "because": r.id, "reason": r.because.model_dump(), "layer": r.layer, "cite": list(r.cite)}
            for a, b, r in chain or (paths(plan.graph, later, earlier) if backwards else [])
        ],
    }  # fmt: skip


def _date(plan: Plan, id: str) -> dict[str, Any]:
    if (left := plan.dates.left.get(id)) is not None:
        return {"verdict": False, "task": id, "start": None, "end": None, "ready": None, "waited_for": [], "seasons": [], "unplaced": left.cause}
    placed = plan.dates.placed[id]
    seasons: list[Mapping[str, Any]] = []
    for wait in plan.waits(id):
        season = plan.base.seasons[wait.season]
        assumed = season.id in plan.consultations[placed.task.unit].possible("seasons")
        seasons.append({
            "season": season.id, "name": season.name.model_dump(), "closed": wait.closed, "assumed": assumed, "from": wait.first.isoformat(), "to": wait.last.isoformat(),
            "because": season.because.model_dump(), "layer": season.layer, "cite": list(season.cite),
        })  # fmt: skip
    waited = [(p, plan.graph.edges[p, id]["reason"]) for p in placed.binding]
    return {
        "verdict": True, "task": id, "start": placed.start.isoformat(), "end": placed.end.isoformat(), "ready": placed.ready.isoformat(),
        "periods": [[a.isoformat(), b.isoformat()] for a, b in placed.periods], "slack_days": placed.slack_days,
        "waited_for": [{"task": p, "because": r.id, "reason": r.because.model_dump(), "layer": r.layer, "cite": list(r.cite)} for p, r in waited],
        "seasons": seasons, "unplaced": None,
    }  # fmt: skip
