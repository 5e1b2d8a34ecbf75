"""Monitoring by phase, and what readings say against baseline and targets."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bases import base
from support.projects import random_project

from engine.adapt import Judgement, adaptive, judge, monitoring, off_course, reference, routines
from engine.plan import Plan, make_plan
from engine.project import project_of
from engine.project_file import Reading, Target
from engine.report import explanation
from engine.source import Source, parse

START = date(2026, 3, 1)
UP, DOWN = "vegetation_cover", "ammonia_nitrogen"
GRADES = ("on_course", "drifting", "failing")


def judged(value: float, day: str = "2027-12-31", indicator: str = UP, **target: Any) -> Judgement:
    written = {"indicator": indicator, "baseline": 20.0, "targets": {2026: 30.0, 2027: 40.0, 2028: 60.0}} | target
    reading = Reading(indicator=indicator, date=date.fromisoformat(day), value=value)
    return judge(base().indicators[indicator], Target.model_validate(written), reading, START, reference(base())["bands"].values(), 0.1)


def plan_of(targets: list[dict[str, Any]], readings: list[dict[str, Any]]) -> Plan:
    facts = {
        "spatial_type": "ecological", "redline": "outside", "ecosystems": ["forest"], "problems": ["sparse_vegetation"], "damage": "moderate", "recovery": "weak",
    }  # fmt: skip
    written = {
        "format": 1, "project": {"name": "例", "start": START.isoformat(), "end": "2028-12-31"},
        "units": [{"id": "U1", "area_ha": 10, "facts": facts}], "targets": targets, "readings": readings,
    }  # fmt: skip
    source = Source("project.yaml", json.dumps(written, ensure_ascii=False))
    return make_plan(base(), project_of(source, parse(source), base()))


COVER = {"indicator": UP, "unit": "U1", "baseline": 20, "targets": {2026: 30, 2027: 40, 2028: 60}}


def cover(day: str, value: float) -> dict[str, Any]:
    return {"indicator": UP, "unit": "U1", "date": day, "value": value}


def test_every_indicator_belongs_to_one_routine() -> None:
    listed = Counter(i for r in routines(base())["routines"].values() for i in r.indicators)
    assert set(listed) == set(base().indicators) and set(listed.values()) == {1}


def test_every_routine_measures_before_or_during_and_after_the_works() -> None:
    for routine in routines(base())["routines"].values():
        assert routine.works and routine.upkeep, routine.id
        assert routine.baseline or routine.id == "planting_survival"


def test_every_indicator_of_a_chosen_measure_is_monitored_in_the_years_of_its_tasks() -> None:
    rng = random.Random("monitoring")
    for _ in range(4):
        plan = make_plan(base(), random_project(rng, base(), units=4, unknown=0.05))
        rows = monitoring(plan)["monitoring"]["indicators"]
        wanted = {(unit, i): {m.id for m in c.measures if i in m.indicators} for unit, c in plan.consultations.items() for m in c.measures for i in m.indicators}
        assert {(r["unit"], r["indicator"]): set(r["measures"]) for r in rows} == wanted
        for row in rows:
            assert row["by"] in base().departments and row["methods"]
            for phase in row["phases"]:
                roles = routines(base())["phases"][phase["phase"]].roles
                tasks = [p for p in plan.tasks if p.task.unit == row["unit"] and p.task.role in roles]
                dates = (min(p.start for p in tasks).isoformat(), max(p.end for p in tasks).isoformat()) if tasks else (None, None)
                assert (phase["from"], phase["to"]) == dates
                assert phase["years"] == (list(range(int(dates[0][:4]), int(dates[1][:4]) + 1)) if dates[0] and dates[1] and phase["times"] else [])


@pytest.mark.parametrize(
    ("value", "verdict", "ratio"),
    [(40, "on_course", 1.0), (36, "on_course", 0.8), (35.9, "drifting", 0.795), (30, "drifting", 0.5), (29.9, "failing", 0.495), (15, "failing", -0.25), (50, "on_course", 1.5)],
)
def test_the_share_of_the_change_due_gives_the_verdict(value: float, verdict: str, ratio: float) -> None:
    found = judged(value)
    assert (found.verdict, found.expected) == (verdict, 40)
    assert found.ratio == pytest.approx(ratio)


def test_where_less_is_better_a_fall_is_progress() -> None:
    falling: dict[str, Any] = {"indicator": DOWN, "baseline": 10.0, "targets": {2028: 2.0}}
    assert judged(2, "2028-12-31", **falling).verdict == "on_course"
    assert judged(5, "2028-12-31", **falling).verdict == "drifting"
    assert judged(11, "2028-12-31", **falling).verdict == "failing"


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-12-31", 30), ("2027-07-01", 30 + 10 * 182 / 365), ("2027-12-31", 40), ("2028-12-31", 60), ("2031-05-01", 60)],
)
def test_what_is_expected_lies_on_straight_lines_between_the_ends_of_years(day: str, expected: float) -> None:
    assert judged(33, day).expected == pytest.approx(expected)


def test_the_baseline_stands_for_the_first_day_and_nothing_is_expected_before() -> None:
    for year in (None, 2024, 2026):
        found = judged(20, START.isoformat(), baseline_year=year)
        assert (found.expected, found.verdict, found.reason) == (20, "on_course", "hold")
    assert judged(20, "2026-02-28").reason == "before_baseline"


def test_a_baseline_taken_later_stands_for_the_end_of_its_year_and_earlier_targets_fall_away() -> None:
    later = judged(20, "2027-07-01", baseline_year=2026)
    assert later.expected and later.expected > 30
    taken = judged(20, "2028-07-01", baseline_year=2027)
    assert taken.expected == pytest.approx(20 + 40 * 183 / 366, abs=0.2)
    assert judged(20, "2027-07-01", baseline_year=2027).reason == "before_baseline"
    assert judged(20, "2029-07-01", baseline_year=2028).reason == "no_target"


@pytest.mark.parametrize(("value", "verdict"), [(20, "on_course"), (19, "drifting"), (15, "failing")])
def test_soon_after_the_start_a_reading_need_only_hold_the_baseline(value: float, verdict: str) -> None:
    found = judged(value, "2026-04-01")
    assert (found.verdict, found.reason, found.ratio) == (verdict, "hold", None)


@pytest.mark.parametrize(("value", "verdict"), [(12, "on_course"), (9, "drifting"), (5, "failing")])
def test_a_passing_loss_that_was_planned_is_no_failure(value: float, verdict: str) -> None:
    assert judged(value, "2026-12-31", targets={2026: 12.0, 2028: 60.0}).verdict == verdict


def test_a_value_to_be_kept_is_judged_by_how_far_it_falls() -> None:
    keep: dict[str, Any] = {"targets": {2028: 20.0}}
    assert [judged(v, **keep).verdict for v in (25, 20, 18.5, 10)] == ["on_course", "on_course", "drifting", "failing"]
    nothing: dict[str, Any] = {"indicator": "invasive_area", "baseline": 0.0, "targets": {2028: 0.0}}
    assert [judged(v, **nothing).verdict for v in (0, 0.5)] == ["on_course", "failing"]


@given(st.floats(-50, 150), st.floats(0, 40), st.dates(START, date(2030, 12, 31)), st.floats(-100, 100), st.floats(-100, 100))
def test_a_better_reading_never_gets_a_worse_verdict_and_up_mirrors_down(value: float, gain: float, day: date, baseline: float, target: float) -> None:
    def verdict(v: float, sign: int) -> str:
        written = {"baseline": sign * baseline, "targets": {2027: sign * (baseline + target) / 2, 2028: sign * target}}
        return judged(sign * v, day.isoformat(), UP if sign > 0 else DOWN, **written).verdict

    worse, better = verdict(value, 1), verdict(value + gain, 1)
    assert verdict(value, -1) == worse
    assert (worse == "cannot_tell") == (better == "cannot_tell")
    if worse != "cannot_tell":
        assert GRADES.index(better) <= GRADES.index(worse)


@pytest.mark.parametrize(
    ("target", "reason"),
    [({"baseline": None}, "no_baseline"), ({"targets": {}}, "no_target"), ({"targets": {2028: 5.0}}, "backwards")],
)
def test_what_cannot_be_told_says_why(target: dict[str, Any], reason: str) -> None:
    found = judged(30, **target)
    assert (found.verdict, found.reason, found.expected, found.ratio) == ("cannot_tell", reason, None, None)


def test_targets_and_readings_without_one_another_cannot_be_told() -> None:
    plan = plan_of([COVER, {"indicator": "npp", "baseline": 1, "targets": {2028: 2}}], [{"indicator": UP, "date": "2027-06-01", "value": 30}])
    found = {(r["indicator"], r["unit"]): r for r in adaptive(plan)["adaptive"]}
    assert {key: r["verdict"] for key, r in found.items()} == dict.fromkeys([(UP, "U1"), ("npp", None), (UP, None)], "cannot_tell")
    assert "监测值" in found[UP, "U1"]["reason"]["zh"] and "target" in found[UP, None]["reason"]["en"]


def test_a_failing_indicator_raises_the_check_and_asks_for_approval() -> None:
    plan = plan_of([COVER], [cover("2027-12-31", 22), cover("2026-12-31", 30)])
    rows = adaptive(plan)["adaptive"]
    assert [(r["date"], r["verdict"]) for r in rows] == [("2026-12-31", "on_course"), ("2027-12-31", "failing")]
    assert [c.about for c in plan.checks if c.entry.id == "off_course"] == [("U1/vegetation_cover",)]
    assert "approval" in {p["id"] for p in rows[1]["procedure"]} and "change_measure" in {a["id"] for a in rows[1]["adjust"]}
    assert {p["id"] for p in rows[0]["procedure"]} == {"record"}
    assert "22" in rows[1]["reason"]["zh"] and "40" in rows[1]["reason"]["en"]
    shown = "\n".join(explanation(plan, "zh"))
    assert "明显偏离" in shown and "报批后调整" in shown


def test_an_indicator_that_has_recovered_raises_nothing() -> None:
    plan = plan_of([COVER], [cover("2026-12-31", 10), cover("2027-12-31", 40)])
    assert off_course(plan) == [] and not [c for c in plan.checks if c.entry.id == "off_course"]


def test_each_verdict_has_something_to_adjust_and_changing_measure_or_target_always_needs_approval() -> None:
    parts = reference(base())
    aspects = {i.aspect for i in base().indicators.values()}
    for verdict in (*GRADES, "cannot_tell"):
        for aspect in aspects:
            assert [a for a in parts["adjustments"].values() if verdict in a.verdicts and (not a.aspects or aspect in a.aspects)], (verdict, aspect)
    assert all("approval" in parts["adjustments"][a].procedures for a in ("change_measure", "change_target"))
    assert set(parts["procedures"]) == {p for a in parts["adjustments"].values() for p in a.procedures}


def test_a_project_without_targets_and_readings_says_so() -> None:
    plan = plan_of([], [])
    assert adaptive(plan) == {"adaptive": []}
    assert "neither targets nor readings" in "\n".join(explanation(plan, "en"))
