"""Goals (5.4.3) as data of a plan: what serves and shows each, and the performance indicators with what is still to fill in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from engine.catalogue import Indicator, Measure
from engine.groundwork import OVERALL, reference
from engine.project_file import Target
from engine.survey import named, problems_of

if TYPE_CHECKING:
    from engine.plan import Plan


def goals(plan: Plan) -> dict[str, Any]:
    """The overall goal's parts, the seven aspects with what serves and shows them, and the performance indicators."""
    found = reference(plan.base, "goals.yaml")
    typed = plan.project.written.goals
    overall = [{**named(p), "text": p.text.model_dump(), "typed": typed.get(p.id), "written": bool(typed.get(p.id) or typed.get(OVERALL))} for p in found["overall"].values()]
    return {"goals": {
        "overall": {"typed": typed.get(OVERALL), "parts": overall},
        "aspects": [_aspect(plan, a, typed.get(a.id)) for a in found["aspects"].values()],
        "indicators": performance(plan),
    }}  # fmt: skip


def _aspect(plan: Plan, aspect: Any, typed: str | None) -> dict[str, Any]:
    """One aspect: the office's text, the problems and chosen measures that belong to it, by unit, and the indicators of these that show it."""
    measures: dict[str, list[str]] = {}
    problems: dict[str, list[str]] = {}
    shown: set[str] = set()
    for unit, c in plan.consultations.items():
        serving = [m for m in c.measures if serves(m, aspect)]
        for m in serving:
            measures.setdefault(m.id, []).append(unit)
            shown.update(m.indicators)
        belong = set(aspect.problems) or {p for m in serving for p in m.problems}
        for p in problems_of(c.unit):
            if p in belong:
                problems.setdefault(p, []).append(unit)
    return {
        **named(aspect), "text": aspect.text.model_dump(), "typed": typed, "written": bool(typed), "problems": problems,
        "measures": measures, "indicators": [i for i in aspect.indicators if i in shown],
    }  # fmt: skip


def serves(measure: Measure, aspect: Any) -> bool:
    """Whether the measure serves the aspect: by role, stage, problem or name."""
    return measure.role in aspect.roles or measure.stage in aspect.stages or measure.id in aspect.measures or bool(set(measure.problems) & set(aspect.problems))


def performance(plan: Plan) -> list[dict[str, Any]]:
    """Every indicator of a chosen measure, and every one typed, with scope, baseline, yearly targets and what is missing; in the order of scopes."""
    base = plan.base
    scopes = reference(base, "goals.yaml")["scopes"]
    used = used_indicators(plan)
    ids = [*used, *(t.indicator for t in plan.project.written.targets if t.indicator not in used)]
    rows = [_row(plan, base.indicators[id], scope_of(scopes.values(), base.indicators[id]), used.get(id, {})) for id in dict.fromkeys(ids)]
    order, catalogue = list(scopes), list(base.indicators)
    return sorted(rows, key=lambda r: (order.index(r["scope"]) if r["scope"] in order else len(order), catalogue.index(r["id"])))


def used_indicators(plan: Plan) -> dict[str, dict[str, list[str]]]:
    """Indicator → unit → the chosen measures that it shows."""
    used: dict[str, dict[str, list[str]]] = {}
    for unit, c in plan.consultations.items():
        for m in c.measures:
            for id in m.indicators:
                used.setdefault(id, {}).setdefault(unit, []).append(m.id)
    return used


def scope_of(scopes: Iterable[Any], indicator: Indicator) -> str | None:
    """The scope that names the indicator, else the one that has its aspect."""
    found = list(scopes)
    return next((s.id for s in found if indicator.id in s.indicators), next((s.id for s in found if indicator.aspect in s.aspects), None))


def _row(plan: Plan, indicator: Indicator, scope: str | None, used: dict[str, list[str]]) -> dict[str, Any]:
    typed = [t for t in plan.project.written.targets if t.indicator == indicator.id]
    return {
        **named(indicator), "scope": scope, "measured_in": indicator.unit.model_dump(), "measured": indicator.measured.model_dump(), "direction": indicator.direction,
        "measures": used, "targets": [_target(t, indicator) for t in typed], "missing": _missing(plan, typed, used),
    }  # fmt: skip


def _target(t: Target, indicator: Indicator) -> dict[str, Any]:
    """A typed target; `backwards` are the years whose target lies on the wrong side of the baseline."""
    worse = {y for y, v in t.targets.items() if t.baseline is not None and (v < t.baseline if indicator.direction == "up" else v > t.baseline)}
    return {"unit": t.unit, "baseline": t.baseline, "baseline_year": t.baseline_year, "source": t.source, "targets": {str(y): v for y, v in sorted(t.targets.items())}, "backwards": sorted(worse)}


def _missing(plan: Plan, typed: Sequence[Target], used: dict[str, list[str]]) -> list[dict[str, Any]]:
    """What is not typed, for the project or else for each unit with a measure that the indicator shows: the baseline, and years of the term without a target."""
    whole = [t for t in typed if t.unit is None]
    single = used if used else {t.unit: None for t in typed if t.unit}
    wanted: list[tuple[str | None, Sequence[Target]]] = [(None, whole)] if whole else [(unit, [t for t in typed if t.unit == unit]) for unit in single]
    years = range(plan.project.header.start.year, plan.project.header.end.year + 1)
    missing = []
    for unit, given in wanted:
        said = {y for t in given for y in t.targets}
        baseline, open_years = all(t.baseline is None for t in given), [y for y in years if y not in said]
        if baseline or open_years:
            missing.append({"unit": unit, "baseline": baseline, "years": open_years})
    return missing


def targets_missing(plan: Plan) -> list[str]:
    """The indicators of chosen measures that lack a baseline or a target of some year of the term."""
    typed: dict[str, list[Target]] = {}
    for t in plan.project.written.targets:
        typed.setdefault(t.indicator, []).append(t)
    used = used_indicators(plan)
    return [id for id in plan.base.indicators if id in used and _missing(plan, typed.get(id, ()), used[id])]
