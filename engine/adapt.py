"""Monitoring and adaptive management as data of a plan (5.8.1, 5.8.2).

monitoring.yaml says how often each indicator is measured in each phase; adaptive.yaml what a reading says against
baseline and targets, what may be adjusted and by which procedure.  Both are read only when a plan is shown.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from engine.catalogue import Indicator
from engine.groundwork import refuse_unknown
from engine.knowledge import KnowledgeBase
from engine.load import read_reference
from engine.model import Cites, Entry, Layer, Named, Text
from engine.project_file import Reading, Target

if TYPE_CHECKING:
    from engine.plan import Plan

CANNOT_TELL, FAILING = "cannot_tell", "failing"
TINY = 1e-9
Key = tuple[str, str | None]  # indicator, unit


class Listed(Named):
    text: Text | None = None
    layer: Layer
    cite: Cites


class Phase(Listed):
    roles: Cites


class Frequency(Entry):
    times: int = Field(ge=1)
    per: Literal["once", "year", "month", "event"]


class Routine(Listed):
    """Indicators that are measured together; a phase without frequency has nothing to measure."""

    indicators: Cites
    methods: Cites
    by: str
    baseline: Frequency | None = None
    works: Frequency | None = None
    upkeep: Frequency | None = None
    because: Text


class Band(Listed):
    ratio_at_least: float | None = None
    shortfall_at_most: float | None = None


class Setting(Listed):
    value: float


class Adjustment(Listed):
    verdicts: Cites
    aspects: tuple[str, ...] = ()
    procedures: Cites


MONITORING: dict[str, type[Entry]] = {"phases": Phase, "methods": Listed, "links": Listed, "routines": Routine}
ADAPTIVE: dict[str, type[Entry]] = {"bands": Band, "settings": Setting, "reasons": Named, "procedures": Listed, "adjustments": Adjustment}


@lru_cache(maxsize=4)
def routines(base: KnowledgeBase) -> dict[str, dict[str, Any]]:
    """monitoring.yaml: section → id → entry.  Raises `Unusable` with every problem, unknown names included."""
    parts = read_reference(base, "monitoring.yaml", MONITORING)
    asked: list[Any] = [((r.by,), base.departments, "department") for r in parts["routines"].values()]
    asked += [(r.indicators, base.indicators, "indicator") for r in parts["routines"].values()]
    asked += [(r.methods, parts["methods"], "method") for r in parts["routines"].values()]
    refuse_unknown(base, "monitoring.yaml", asked)
    return parts


@lru_cache(maxsize=4)
def reference(base: KnowledgeBase) -> dict[str, dict[str, Any]]:
    """adaptive.yaml: section → id → entry.  Raises `Unusable` with every problem, unknown names included."""
    parts = read_reference(base, "adaptive.yaml", ADAPTIVE)
    asked: list[Any] = [(a.verdicts, parts["bands"], "verdict") for a in parts["adjustments"].values()]
    asked += [(a.procedures, parts["procedures"], "procedure") for a in parts["adjustments"].values()]
    asked.append(((FAILING, CANNOT_TELL), parts["bands"], "verdict"))
    refuse_unknown(base, "adaptive.yaml", asked)
    return parts


def monitoring(plan: Plan) -> dict[str, Any]:
    """For every unit and indicator of its chosen measures: how often in each phase, by whom, how, and in which years."""
    parts = routines(plan.base)
    routine_of = {i: r for r in parts["routines"].values() for i in r.indicators}
    dates = _phase_dates(plan, parts["phases"].values())
    rows = []
    for unit, c in plan.consultations.items():
        for id, indicator in plan.base.indicators.items():
            if not (shown := [m.id for m in c.measures if id in m.indicators]):
                continue
            routine: Routine | None = routine_of.get(id)
            rows.append({
                "unit": unit, "indicator": id, "name": indicator.name.model_dump(), "measured_in": indicator.unit.model_dump(), "measured": indicator.measured.model_dump(),
                "measures": shown, "routine": routine.id if routine else None, "methods": list(routine.methods) if routine else [], "by": routine.by if routine else None,
                "phases": [_phase(p.id, getattr(routine, p.id, None), dates.get((unit, p.id))) for p in parts["phases"].values()] if routine else [],
                "because": routine.because.model_dump() if routine else None, "layer": routine.layer if routine else None, "cite": list(routine.cite) if routine else [],
            })  # fmt: skip
    listed = {key: [_listed(e) for e in parts[key].values()] for key in ("phases", "methods", "links")}
    return {"monitoring": {**listed, "indicators": rows}}


def _listed(e: Listed) -> dict[str, Any]:
    return {"id": e.id, "name": e.name.model_dump(), "text": e.text.model_dump() if e.text else None, "layer": e.layer, "cite": list(e.cite)}


def _phase_dates(plan: Plan, phases: Iterable[Phase]) -> dict[tuple[str, str], tuple[datetime.date, datetime.date]]:
    """(unit, phase) → first and last day of its placed tasks."""
    found: dict[tuple[str, str], tuple[datetime.date, datetime.date]] = {}
    phase_of = {role: p.id for p in phases for role in p.roles}
    for placed in plan.tasks:
        if phase := phase_of.get(placed.task.role):
            first, last = found.get((placed.task.unit, phase), (placed.start, placed.end))
            found[placed.task.unit, phase] = (min(first, placed.start), max(last, placed.end))
    return found


def _phase(id: str, often: Frequency | None, dates: tuple[datetime.date, datetime.date] | None) -> dict[str, Any]:
    """One phase: the frequency, null where there is nothing to measure, and the dates, null where nothing is placed."""
    first, last = dates or (None, None)
    return {
        "phase": id, "times": often.times if often else None, "per": often.per if often else None,
        "from": first.isoformat() if first else None, "to": last.isoformat() if last else None,
        "years": list(range(first.year, last.year + 1)) if often and first and last else [],
    }  # fmt: skip


@dataclass(frozen=True)
class Judgement:
    """What a reading says: a verdict with the id of its reason, the value expected, the share of the change due or else the worst that passes."""

    verdict: str
    reason: str
    expected: float | None = None
    ratio: float | None = None
    floor: float | None = None


def judge(indicator: Indicator | None, target: Target | None, reading: Reading | None, start: datetime.date, bands: Iterable[Band], early_share: float) -> Judgement:
    """The verdict on one reading of a project that starts on `start`; bands are tried in order."""
    if indicator is None:
        return Judgement(CANNOT_TELL, "unknown_indicator")
    if target is None or not target.targets:
        return Judgement(CANNOT_TELL, "no_target")
    if target.baseline is None:
        return Judgement(CANNOT_TELL, "no_baseline")
    if reading is None:
        return Judgement(CANNOT_TELL, "no_reading")
    line = points(target, start)
    if len(line) < 2:
        return Judgement(CANNOT_TELL, "no_target")
    if reading.date < line[0][0]:
        return Judgement(CANNOT_TELL, "before_baseline")
    better = 1 if indicator.direction == "up" else -1
    baseline, whole = line[0][1], better * (line[-1][1] - line[0][1])
    if whole < 0:
        return Judgement(CANNOT_TELL, "backwards")
    expected = expected_on(line, reading.date)
    due = better * (expected - baseline)
    if due > 0 and due >= early_share * whole:
        ratio = better * (reading.value - baseline) / due
        fits = [b.id for b in bands if b.id != CANNOT_TELL and (b.ratio_at_least is None or ratio >= b.ratio_at_least - TINY)]
        return Judgement(fits[0] if fits else FAILING, "progress", expected, ratio)
    floor = baseline if due > 0 else expected
    behind, scale = better * (floor - reading.value), whole or abs(baseline)
    shortfall = 0.0 if behind <= TINY * max(scale, 1) else behind / scale if scale else float("inf")
    fits = [b.id for b in bands if b.id != CANNOT_TELL and (b.shortfall_at_most is None or shortfall <= b.shortfall_at_most + TINY)]
    return Judgement(fits[0] if fits else FAILING, "hold", expected, floor=floor)


def points(target: Target, start: datetime.date) -> list[tuple[datetime.date, float]]:
    """The days and values between which straight lines are drawn; the baseline comes first."""
    year = target.baseline_year or start.year
    first = datetime.date(year, 12, 31) if year > start.year else start
    yearly = [(datetime.date(y, 12, 31), v) for y, v in sorted(target.targets.items())]
    return [(first, target.baseline or 0.0), *(p for p in yearly if p[0] > first)]


def expected_on(line: list[tuple[datetime.date, float]], day: datetime.date) -> float:
    """The value of the line on a day; after the last point its value."""
    for (d1, v1), (d2, v2) in zip(line, line[1:], strict=False):
        if d1 <= day <= d2:
            return v1 + (v2 - v1) * ((day - d1).days / (d2 - d1).days)
    return line[-1][1]


def adaptive(plan: Plan) -> dict[str, Any]:
    """For every reading, and every target without one: expected value, ratio, verdict, reason, and what may be adjusted by which procedure."""
    if not (plan.project.written.targets or plan.project.written.readings):
        return {"adaptive": []}
    parts = reference(plan.base)
    return {"adaptive": [_row(plan.base, parts, key, target, reading, judgement) for key, target, reading, judgement in _judgements(plan)]}


def _judgements(plan: Plan) -> list[tuple[Key, Target | None, Reading | None, Judgement]]:
    """Every target and reading of the project judged; the readings of one indicator and unit in the order of their dates."""
    written, parts = plan.project.written, reference(plan.base)
    targets: dict[Key, Target] = {}
    for t in written.targets:
        targets.setdefault((t.indicator, t.unit), t)
    readings: dict[Key, list[Reading | None]] = {}
    for r in sorted(written.readings, key=lambda r: r.date):
        readings.setdefault((r.indicator, r.unit), []).append(r)
    early = parts["settings"]["early_share"].value if "early_share" in parts["settings"] else 0.0
    found: list[tuple[Key, Target | None, Reading | None, Judgement]] = []
    for key in dict.fromkeys((*targets, *readings)):
        for reading in readings.get(key, [None]):
            verdict = judge(plan.base.indicators.get(key[0]), targets.get(key), reading, plan.project.header.start, parts["bands"].values(), early)
            found.append((key, targets.get(key), reading, verdict))
    return found


def _row(base: KnowledgeBase, parts: Mapping[str, Mapping[str, Any]], key: Key, target: Target | None, reading: Reading | None, j: Judgement) -> dict[str, Any]:
    indicator, band, reason = base.indicators.get(key[0]), parts["bands"][j.verdict], parts["reasons"].get(j.reason)
    value, baseline = reading.value if reading else None, target.baseline if target else None
    percent = None if j.ratio is None else 100 * j.ratio
    filled = {"expected": j.expected, "floor": j.floor, "reading": value, "percent": percent, "baseline": baseline}
    adjust = [a for a in parts["adjustments"].values() if j.verdict in a.verdicts and (not a.aspects or (indicator and indicator.aspect in a.aspects))]
    used = {p for a in adjust for p in a.procedures}
    return {
        "indicator": key[0], "name": indicator.name.model_dump() if indicator else None, "unit": key[1], "date": reading.date.isoformat() if reading else None,
        "baseline": _number(baseline), "expected": _number(j.expected), "reading": _number(value), "ratio": _number(j.ratio),
        "direction": indicator.direction if indicator else None, "verdict": j.verdict, "verdict_name": band.name.model_dump(),
        "reason": {lang: _fill(text, filled) for lang, text in reason.name.model_dump().items()} if reason else None,
        "adjust": [{**_listed(a), "procedures": list(a.procedures)} for a in adjust], "procedure": [_listed(p) for id, p in parts["procedures"].items() if id in used],
        "layer": band.layer, "cite": list(band.cite), "source": reading.source if reading else None,
    }  # fmt: skip


def _number(value: float | None) -> float | None:
    """A number fit for JSON, without the last digits of floating arithmetic."""
    return None if value is None else round(value, 6)


def _fill(text: str, numbers: Mapping[str, float | None]) -> str:
    for name, number in numbers.items():
        text = text.replace(f"{{{name}}}", "—" if number is None else f"{number:.4g}" if name != "percent" else f"{number:.0f}")
    return text


def off_course(plan: Plan) -> list[str]:
    """`unit/indicator`, or the indicator alone for the whole project, wherever the latest reading fails."""
    if not plan.project.written.readings:
        return []
    latest = {key: j.verdict for key, _, reading, j in _judgements(plan) if reading}
    return ["/".join(part for part in (unit, indicator) if part) for (indicator, unit), verdict in latest.items() if verdict == FAILING]
