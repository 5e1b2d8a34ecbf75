"""Goals: what serves each aspect, which indicators show it, and what of the performance goals is still to fill in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.bases import base

from engine.goals import scope_of, serves
from engine.groundwork import reference
from engine.plan import Plan, make_plan
from engine.project import project_of
from engine.source import Source, Unusable, parse

FOREST = {
    "spatial_type": "ecological", "redline": "outside", "zone": "I-1-4", "ecosystems": ["forest"], "problems": ["human_disturbance", "degraded_forest"],
    "damage": "moderate", "recovery": "medium", "rare_habitat": False, "bird_site": False, "fish_spawning": False, "permanent_farmland": False,
    "water_source": "none", "heritage": False, "reserve_land": False,
}  # fmt: skip
YEARS = (2026, 2027, 2028)


def planned(*units: dict[str, Any], **sections: Any) -> Plan:
    written = [{"id": f"U{i}", "area_ha": 10, "facts": facts} for i, facts in enumerate(units, 1)]
    text = json.dumps({"project": {"name": "小例", "start": "2026-03-01", "end": "2028-12-31"}, "units": written} | sections, ensure_ascii=False)
    source = Source("project.yaml", text)
    return make_plan(base(), project_of(source, parse(source), base()))


def aspects(plan: Plan) -> dict[str, Any]:
    return {a["id"]: a for a in plan.process["goals"]["aspects"]}


def indicators(plan: Plan) -> dict[str, Any]:
    return {i["id"]: i for i in plan.process["goals"]["indicators"]}


def typed(indicator: str, unit: str | None = None, years: tuple[int, ...] = YEARS, baseline: float | None = 1) -> dict[str, Any]:
    return {"indicator": indicator, "unit": unit, "baseline": baseline, "baseline_year": 2025, "source": "年度林草调查", "targets": {str(y): y - 2000 for y in years}}


def missing(plan: Plan, indicator: str) -> list[tuple[str | None, bool, list[int]]]:
    return [(m["unit"], m["baseline"], m["years"]) for m in indicators(plan)[indicator]["missing"]]


def test_the_seven_aspects_of_the_standard_are_there_and_typed_or_to_write() -> None:
    plan = planned(FOREST, goals={"wellbeing": "村民满意", "overall": "山清水秀"})
    found = aspects(plan)
    assert list(found) == ["dominant_services", "remove_stress", "solve_problems", "optimise_pattern", "raise_quality", "realise_value", "wellbeing"]
    assert all("5.4.3.2 §1" in a["cite"] for a in found.values())
    assert {id for id, a in found.items() if a["written"]} == {"wellbeing"}
    overall = plan.process["goals"]["overall"]
    assert overall["typed"] == "山清水秀" and all(p["written"] for p in overall["parts"])


def test_parts_of_the_overall_goal_are_marked_one_by_one_without_a_whole_text() -> None:
    parts = planned(FOREST, goals={"plans": "衔接区级规划"}).process["goals"]["overall"]["parts"]
    assert {p["id"] for p in parts if p["written"]} == {"plans"}


def test_chosen_measures_serve_by_role_stage_or_problem() -> None:
    plan = planned(FOREST)
    chosen = {m.id: m for m in plan.consultations["U1"].measures}
    found = aspects(plan)
    assert set(found["remove_stress"]["measures"]) == {id for id, m in chosen.items() if m.role == "stress"} != set()
    assert set(found["solve_problems"]["measures"]) == set(chosen)
    assert found["solve_problems"]["problems"] == {"human_disturbance": ["U1"], "degraded_forest": ["U1"]}
    assert "degraded_forest" in found["raise_quality"]["problems"] and "human_disturbance" not in found["raise_quality"]["problems"]
    assert found["optimise_pattern"]["measures"] == {}
    for aspect in found.values():
        shown = {i for m in aspect["measures"] for i in chosen[m].indicators}
        assert set(aspect["indicators"]) <= shown


def test_every_measure_and_every_problem_serves_some_goal_beyond_solving_problems() -> None:
    entries = [a for a in reference(base(), "goals.yaml")["aspects"].values() if a.id != "solve_problems"]
    assert [m.id for m in base().measures.values() if not any(serves(m, a) for a in entries)] == []


def test_every_indicator_has_a_scope_and_shows_some_aspect() -> None:
    found = reference(base(), "goals.yaml")
    assert list(found["scopes"]) == ["quantity", "quality", "ecological", "social", "economic", "satisfaction"]
    scopes = {i.id: scope_of(found["scopes"].values(), i) for i in base().indicators.values()}
    assert None not in scopes.values()
    assert (scopes["treated_area"], scopes["survival_rate"], scopes["npp"], scopes["landscape_satisfaction"]) == ("quantity", "quality", "ecological", "satisfaction")
    assert {i for a in found["aspects"].values() for i in a.indicators} == set(base().indicators)


def test_the_indicators_are_those_of_the_chosen_measures_with_all_to_fill_in() -> None:
    plan = planned(FOREST, FOREST)
    expected = {i: [m.id for m in plan.consultations["U1"].measures if i in m.indicators] for m in plan.consultations["U1"].measures for i in m.indicators}
    found = indicators(plan)
    assert {id: row["measures"] for id, row in found.items()} == {id: {"U1": m, "U2": m} for id, m in expected.items()}
    assert all(row["targets"] == [] and row["measured_in"]["zh"] and row["measured"]["en"] for row in found.values())
    assert missing(plan, "canopy_closure") == [("U1", True, list(YEARS)), ("U2", True, list(YEARS))]
    check = next(c for c in plan.checks if c.entry.id == "targets_missing")
    assert (check.entry.grade, set(check.about)) == ("remind", set(found))


def test_a_target_of_the_project_covers_all_units_and_one_of_a_unit_only_that_unit() -> None:
    whole = planned(FOREST, FOREST, targets=[typed("canopy_closure")])
    assert missing(whole, "canopy_closure") == []
    single = planned(FOREST, FOREST, targets=[typed("canopy_closure", "U2")])
    assert missing(single, "canopy_closure") == [("U1", True, list(YEARS))]
    check = next(c for c in whole.checks if c.entry.id == "targets_missing")
    assert "canopy_closure" not in check.about


def test_a_year_without_target_and_a_baseline_left_out_are_missing() -> None:
    plan = planned(FOREST, targets=[typed("canopy_closure", years=(2026, 2028)), typed("npp", baseline=None)])
    assert missing(plan, "canopy_closure") == [(None, False, [2027])]
    assert missing(plan, "npp") == [(None, True, [])]


def test_all_targets_filled_in_raise_nothing() -> None:
    open_ = planned(FOREST)
    filled = planned(FOREST, targets=[typed(id) for id in indicators(open_)])
    assert "targets_missing" not in {c.entry.id for c in filled.checks}
    shown = indicators(filled)["canopy_closure"]["targets"]
    assert shown == [{"unit": None, "baseline": 1, "baseline_year": 2025, "source": "年度林草调查", "targets": {"2026": 26, "2027": 27, "2028": 28}, "backwards": []}]


def test_an_indicator_typed_without_a_measure_is_kept() -> None:
    plan = planned(FOREST, targets=[typed("waterlogging_spots", "U1", years=())])
    row = indicators(plan)["waterlogging_spots"]
    assert row["measures"] == {} and missing(plan, "waterlogging_spots") == [("U1", False, list(YEARS))]
    assert "waterlogging_spots" not in next(c for c in plan.checks if c.entry.id == "targets_missing").about


@pytest.mark.parametrize(("indicator", "baseline", "backwards"), [("canopy_closure", 27, [2026]), ("visitor_pressure", 27, [2028])])
def test_a_target_on_the_wrong_side_of_the_baseline_is_pointed_out(indicator: str, baseline: float, backwards: list[int]) -> None:
    plan = planned(FOREST, targets=[typed(indicator, baseline=baseline)])
    assert indicators(plan)[indicator]["targets"][0]["backwards"] == backwards


@pytest.mark.parametrize("entry", [{"baseline": ".nan"}, {"targets": {"2026": ".inf"}}])
def test_a_figure_that_is_no_number_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(Unusable) as caught:
        planned(FOREST, targets=[{"indicator": "npp"} | entry])
    assert [p.code for p in caught.value.problems] == ["E205"]
