"""Order, dates and money on examples small enough to work out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import networkx as nx
import pytest
from support.bases import base
from support.projects import project

from engine.catalogue import Season
from engine.consult import consult
from engine.money import by_year, cost_of, quantity
from engine.order import Task, order, paths
from engine.plan import Plan, make_plan
from engine.schedule import Calendar, OpenDays, Schedule, schedule

D = date.fromisoformat
SHIPPED = ("flood", "fish_spawning", "bird_spring", "bird_autumn", "frost", "planting_spring", "planting_rain", "planting_autumn")


def season(id: str) -> Season:
    return base().seasons[id]


def task(id: str, days: int, only: tuple[str, ...] = (), never: tuple[str, ...] = (), pausable: bool = True, role: str = "function") -> Task:
    return Task(id, "U1", None, None, role, None, None, days, pausable, (), only, never)


def dated(*tasks: Task, waits: Mapping[str, str] | None = None, start: str = "2026-03-01", end: str = "2028-12-31") -> Schedule:
    """The dates of tasks; `waits` says which later task waits for which earlier ones, in words."""
    graph: nx.DiGraph = nx.DiGraph()
    for t in tasks:
        graph.add_node(t.id, task=t)
    for later, earlier in (waits or {}).items():
        graph.add_edges_from((e, later) for e in earlier.split())
    return schedule(graph, base().seasons, D(start), D(end))


def dates(plan: Schedule, id: str) -> tuple[str, str]:
    return plan.placed[id].start.isoformat(), plan.placed[id].end.isoformat()


def periods(plan: Schedule, id: str) -> list[tuple[str, str]]:
    return [(a.isoformat(), b.isoformat()) for a, b in plan.placed[id].periods]


# ---- seasons


def test_the_shipped_seasons_are_those_of_the_contract() -> None:
    assert tuple(base().seasons) == SHIPPED


def test_a_task_pauses_over_the_flood_season_and_goes_on_after_it() -> None:
    plan = dated(task("dredging", 30, never=("flood",)), start="2026-05-20")
    assert periods(plan, "dredging") == [("2026-05-20", "2026-05-31"), ("2026-09-16", "2026-10-03")]  # 12 and 18 days


def test_a_task_that_may_not_pause_waits_for_an_opening_that_takes_all_of_it() -> None:
    plan = dated(task("A", 12, never=("flood",), pausable=False), task("B", 13, never=("flood",), pausable=False), start="2026-05-20")
    assert periods(plan, "A") == [("2026-05-20", "2026-05-31")]
    assert periods(plan, "B") == [("2026-09-16", "2026-09-28")]


def test_a_planting_fits_an_opening_to_the_day_or_waits_for_the_next_year() -> None:
    spring = {"only": ("planting_spring",), "pausable": False}
    assert dates(dated(task("P", 72, **spring), start="2026-03-10"), "P") == ("2026-03-10", "2026-05-20")
    assert dates(dated(task("P", 72, **spring), start="2026-03-11"), "P") == ("2027-03-10", "2027-05-20")
    late = dated(task("P", 71, **spring), start="2026-03-11")
    assert dates(late, "P") == ("2026-03-11", "2026-05-20")


def test_seasons_that_open_are_taken_together_and_those_that_close_come_before_them() -> None:
    either = dated(task("P", 40, only=("planting_spring", "planting_autumn"), pausable=False), start="2026-05-01")
    assert dates(either, "P") == ("2026-10-10", "2026-11-18")
    closed = dated(task("P", 40, only=("planting_spring", "planting_autumn"), never=("bird_autumn", "bird_spring"), pausable=False), start="2026-05-01")
    assert dates(closed, "P") == ("2027-04-01", "2027-05-10")


def test_frost_lasts_through_the_29th_of_february_in_a_leap_year_and_the_28th_in_others() -> None:
    for start, first in (("2028-02-20", "2028-03-01"), ("2027-02-20", "2027-03-01"), ("2028-02-29", "2028-03-01")):
        assert dates(dated(task("E", 3, never=("frost",)), start=start), "E")[0] == first
    assert season("frost").ranges(2027) == [(date(2027, 12, 1), date(2028, 2, 29))]
    assert season("frost").ranges(2026) == [(date(2026, 12, 1), date(2027, 2, 28))]


def test_a_range_over_the_new_year_closes_a_project_that_starts_within_it() -> None:
    plan = dated(task("E", 3, never=("frost",)), start="2026-01-10")
    assert dates(plan, "E") == ("2026-03-01", "2026-03-03")
    assert plan.calendar.ranges("frost")[0] == (date(2025, 12, 1), date(2026, 2, 28))


def test_the_flood_season_of_2021_lasts_to_the_end_of_september_and_no_other_years_does() -> None:
    assert dates(dated(task("W", 5, never=("flood",)), start="2021-09-10", end="2021-12-31"), "W")[0] == "2021-10-01"
    for year in (2020, 2022):
        assert dates(dated(task("W", 5, never=("flood",)), start=f"{year}-09-10", end=f"{year}-12-31"), "W")[0] == f"{year}-09-16"


def test_a_yearly_override_of_a_range_over_the_new_year_belongs_to_the_year_in_which_it_begins() -> None:
    moved = season("frost").model_copy(update={"years": {2026: (((11, 15), (3, 10)),)}})
    calendar = Calendar({"frost": moved}, D("2026-01-01"), D("2027-12-31"))
    closed = [(a.isoformat(), b.isoformat()) for a, b in calendar.ranges("frost")[:3]]
    assert closed == [("2025-12-01", "2026-02-28"), ("2026-11-15", "2027-03-10"), ("2027-12-01", "2028-02-29")]


def test_days_of_two_ranges_that_meet_or_overlap_count_once() -> None:
    open_days = Calendar(base().seasons, D("2026-05-01"), D("2026-12-31")).open_days((), ("flood", "fish_spawning"))
    # 1 to 15 May, then from 16 September: the fish spawn into the flood season
    assert open_days.runs[0] == (0, 14) and open_days.runs[1][0] == (D("2026-09-16") - D("2026-05-01")).days


# ---- days that are open


def test_the_earliest_placement_counts_open_days_and_the_latest_counts_back() -> None:
    days = OpenDays([0, 1, 2, 6, 7, 8, 9, 20])
    assert days.runs == [(0, 2), (6, 9), (20, 20)]
    assert days.earliest(1, 4, True) == (1, 7)
    assert days.earliest(1, 4, False) == (6, 9)
    assert days.earliest(7, 4, False) is None and days.earliest(7, 4, True) == (7, 20)
    assert days.earliest(3, 1, True) == (6, 6)  # a closed day: it begins on the next that is open
    assert days.earliest(8, 4, True) is None  # three open days are left
    assert days.latest_start(9, 4, True) == 6 and days.latest_start(8, 4, True) == 2
    assert days.latest_start(9, 4, False) == 6 and days.latest_start(8, 4, False) is None
    assert days.latest_start(8, 3, False) == 6 and days.latest_start(5, 3, False) == 0
    assert days.latest_start(30, 1, False) == 20 and days.latest_start(1, 3, True) is None


def test_no_open_days_place_nothing() -> None:
    never = OpenDays([])
    assert never.runs == [] and never.earliest(0, 1, True) is None and never.earliest(0, 1, False) is None and never.latest_start(9, 1, True) is None


# ---- what waits, what does not fit


def test_a_task_is_ready_on_the_day_after_the_last_that_it_waits_for_and_names_those_that_bind() -> None:
    plan = dated(task("A", 10), task("B", 20), task("C", 20), task("D", 5, never=("flood",)), waits={"D": "A B C"}, start="2026-05-20")
    assert plan.placed["D"].ready == date(2026, 6, 9) and dates(plan, "D") == ("2026-09-16", "2026-09-20")
    assert plan.placed["D"].binding == ("B", "C")


def test_what_fits_no_opening_is_left_with_all_that_waits_for_it_and_the_rest_is_placed() -> None:
    plan = dated(task("P", 73, only=("planting_spring",), pausable=False), task("tend", 5), task("walk", 5), task("other", 5), waits={"tend": "P", "walk": "tend other"})
    assert {id: left.waits_for for id, left in plan.left.items()} == {"P": None, "tend": "P", "walk": "tend"}
    assert set(plan.placed) == {"other"} and dates(plan, "other") == ("2026-03-01", "2026-03-05")


@pytest.mark.parametrize(("end", "last"), [("2026-06-30", "2036-06-30"), ("2028-02-29", "2038-02-28")])
def test_dates_run_on_for_ten_years_past_the_end_and_not_a_day_longer(end: str, last: str) -> None:
    days = (D(last) - D("2026-01-01")).days + 1
    assert dates(dated(task("A", days), start="2026-01-01", end=end), "A") == ("2026-01-01", last)
    assert set(dated(task("A", days + 1), start="2026-01-01", end=end).left) == {"A"}


def test_slack_runs_over_a_closed_season() -> None:
    """Planting waits for March anyway: the earthworks before it may end on its eve, but not in the frost."""
    plan = dated(task("E", 20, never=("frost",)), task("P", 10, only=("planting_spring",), pausable=False), waits={"P": "E"}, start="2026-06-01")
    assert dates(plan, "E") == ("2026-06-01", "2026-06-20") and dates(plan, "P") == ("2027-03-10", "2027-03-19")
    assert plan.placed["P"].slack_days == 0
    assert plan.placed["E"].slack_days == (D("2026-11-20") - D("2026-06-01")).days  # 11 days in November, 9 in March
    whole = dated(task("E", 20, never=("frost",), pausable=False), task("P", 10, only=("planting_spring",), pausable=False), waits={"P": "E"}, start="2026-06-01")
    assert whole.placed["E"].slack_days == (D("2026-11-11") - D("2026-06-01")).days  # all 20 days before December


def test_slack_is_what_the_tightest_follower_leaves() -> None:
    plan = dated(task("A", 10), task("long", 50), task("short", 20), task("end", 1), waits={"long": "A", "short": "A", "end": "long short"})
    assert {id: p.slack_days for id, p in plan.placed.items()} == {"A": 0, "long": 0, "short": 30, "end": 0}


def test_upkeep_and_monitoring_do_not_put_off_the_end_of_the_works() -> None:
    plan = dated(task("A", 10), task("B", 30), task("care", 1825, role="upkeep"), waits={"care": "A"})
    assert {id: p.slack_days for id, p in plan.placed.items()} == {"A": 20, "B": 0, "care": None}


def meadow(**facts: Any) -> Plan:
    """Grass is to be sown when the fence stands, on 9 September; sowing is open in spring and in the rains."""
    return plan_of(unit("U1", ["grassland"], ["degraded_grassland"], damage="moderate", recovery="medium", **facts), start=date(2026, 8, 1))


def test_a_wait_names_the_opening_that_was_waited_for() -> None:
    plan = meadow()
    sowing = plan.dates.placed["U1/grass_reseeding"]
    assert (sowing.ready, sowing.start) == (date(2026, 9, 9), date(2027, 3, 10))
    assert [(w.season, w.closed, w.first, w.last) for w in plan.waits("U1/grass_reseeding")] == [("planting_spring", False, date(2027, 3, 10), date(2027, 5, 20))]
    assert plan.waits("U1/fenced_closure") == []


def test_a_wait_names_the_closed_seasons_that_were_waited_out() -> None:
    plan = plan_of(unit("U1", ["river"], ["internal_pollution"]), start=date(2026, 5, 1))
    dredging = plan.dates.placed["U1/dredging"]  # 70 days, and in the frost no digging
    assert dredging.periods == ((date(2026, 5, 21), date(2026, 5, 31)), (date(2026, 9, 16), date(2026, 11, 13)))
    assert [(w.season, w.closed) for w in plan.waits("U1/dredging")] == [("flood", True)]


def test_every_day_of_a_wait_is_accounted_for() -> None:
    """Where birds rest, sowing waits for them and for the spring: from 11 December to 19 February no bird keeps it waiting."""
    plan = meadow(bird_site=True)
    sowing = plan.dates.placed["U1/grass_reseeding"]
    assert (sowing.ready, sowing.start) == (date(2026, 9, 9), date(2027, 4, 1))
    assert {w.season for w in plan.waits("U1/grass_reseeding")} == {"bird_autumn", "bird_spring", "planting_spring"}


# ---- order


QUIET: dict[str, Any] = {
    "redline": "outside", "spatial_type": "ecological", "damage": "severe", "recovery": "weak", "hazard": "low", "hazard_types": [], "contamination": "none",
    "water_source": "none", "permanent_farmland": False, "rare_habitat": False, "bird_site": False, "fish_spawning": False, "reclaimable": False,
    "reserve_land": False, "heritage": False, "existing_project": False, "slope_deg": 10, "soil_depth_cm": 60, "water_position": "midstream",
}  # fmt: skip


def unit(id: str, ecosystems: list[str], problems: list[str], *above: str, **facts: Any) -> dict[str, Any]:
    return {"id": id, "area_ha": 10.0, "downstream_of": list(above), "facts": QUIET | {"ecosystems": ecosystems, "problems": problems} | facts}


def mine(start: date = date(2026, 3, 1), **more: Any) -> Any:
    return project(base(), [unit("U1", ["mine"], ["geohazard", "landform_damage", "soil_degradation", "sparse_vegetation"]) | more], start, date(2030, 12, 31))


def edges(*units: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Edges with their reasons, of projects whose tasks are named by unit and measure."""
    made = project(base(), list(units), date(2026, 3, 1), date(2030, 12, 31))
    graph = order(base(), made, consult(base(), made))
    return {(a, b): reason.id for a, b, reason in graph.edges(data="reason")}


def test_the_order_of_a_mine_is_hazard_landform_soil_vegetation_with_a_reason_for_each_step() -> None:
    found = edges(unit("U1", ["mine"], ["geohazard", "landform_damage", "soil_degradation", "sparse_vegetation"]))
    assert found["U1/hazard_warning_isolation", "U1/hazard_rock_removal"] == "measure"
    assert found["U1/hazard_rock_removal", "U1/slope_stabilisation"] == "measure"
    assert found["U1/slope_stabilisation", "U1/pit_backfill"] == "stress_first"
    assert found["U1/slope_stabilisation", "U1/pit_planting"] == "stress_first"  # every stress work, of every stage, before every function work
    assert found["U1/pit_backfill", "U1/soil_cover_mine"] == "stage"
    assert found["U1/soil_cover_mine", "U1/pit_planting"] == "stage"
    assert ("U1/pit_backfill", "U1/pit_planting") not in found  # by way of the soil
    assert found["U1/pit_planting", "U1/drip_irrigation"] == "measure"
    assert found["U1/baseline", "U1/pit_backfill"] == "baseline" and found["U1/pit_planting", "U1/monitoring"] == "monitoring"
    assert found["U1/pit_backfill", "U1/site"] == "site"
    assert ("U1/drip_irrigation", "U1/site") not in found  # it breaks no ground


def test_a_stage_that_is_missing_is_skipped() -> None:
    found = edges(unit("U1", ["mine"], ["landform_damage", "sparse_vegetation"]))
    assert found["U1/pit_backfill", "U1/pit_planting"] == "stage"


def test_stress_works_without_a_stage_wait_for_none_of_their_own_role() -> None:
    found = edges(unit("U1", ["forest"], ["overuse", "soil_erosion", "degraded_forest"]))
    stress = {"closure", "erosion_closure", "slope_runoff_control", "gully_check_dams"}
    assert not {(a, b) for a, b in found if a.split("/")[1] in stress and b.split("/")[1] in stress}
    assert found["U1/closure", "U1/forest_reconstruction"] == "stress_first"


WETLAND = ("wetland_microtopography", "wetland_planting")


def upstream(*units: dict[str, Any]) -> set[tuple[str, str]]:
    return {pair for pair, reason in edges(*units).items() if reason == "upstream"}


def test_waterborne_stress_works_upstream_come_before_works_on_water_downstream() -> None:
    found = upstream(unit("A", ["farmland"], ["nonpoint_pollution", "degraded_farmland"]), unit("B", ["wetland"], ["degraded_wetland", "overuse"], "A"))
    assert found == {(f"A/{a}", f"B/{b}") for a in ("nonpoint_management", "fertiliser_pesticide_reduction", "ecological_ditch", "clean_small_watershed") for b in WETLAND}


def test_an_upstream_works_that_could_relieve_a_waterborne_stress_binds_only_where_the_unit_has_it() -> None:
    """Drainage of a mine relieves hazard and erosion; where there is only the hazard, nothing flows down."""
    below = unit("B", ["wetland"], ["degraded_wetland"], "A")
    assert upstream(unit("A", ["mine"], ["geohazard"]), below) == set()
    with_erosion = upstream(unit("A", ["mine"], ["geohazard", "soil_erosion"]), below)
    assert {(f"A/{a}", f"B/{b}") for a in ("mine_drainage", "erosion_closure", "slope_runoff_control") for b in WETLAND} == with_erosion


def test_upstream_holds_transitively_and_through_units_without_works() -> None:
    found = upstream(
        unit("A", ["river"], ["point_pollution"]), unit("B", ["forest"], [], "A", damage="none"), unit("C", ["wetland"], ["degraded_wetland"], "B"),
        unit("D", ["wetland"], ["degraded_wetland"]),
    )  # fmt: skip
    assert found == {(f"A/{a}", f"C/{b}") for a in ("outfall_regulation", "source_interception") for b in WETLAND}  # and nothing of D, which lies elsewhere


def test_works_on_dry_land_downstream_and_stress_works_there_wait_for_nothing_above() -> None:
    assert upstream(unit("A", ["river"], ["point_pollution"]), unit("B", ["forest"], ["degraded_forest", "soil_erosion"], "A")) == set()


def test_a_path_between_two_tasks_names_each_step() -> None:
    made = mine()
    graph = order(base(), made, consult(base(), made))
    steps = paths(graph, "U1/hazard_warning_isolation", "U1/slope_stabilisation")
    assert [(a, b, r.id) for a, b, r in steps] == [
        ("U1/hazard_warning_isolation", "U1/hazard_rock_removal", "measure"), ("U1/hazard_rock_removal", "U1/slope_stabilisation", "measure"),
    ]  # fmt: skip
    assert paths(graph, "U1/slope_stabilisation", "U1/hazard_warning_isolation") == []


def test_a_season_that_may_bind_is_kept_closed_and_one_that_does_not_is_not() -> None:
    def never(**facts: Any) -> tuple[str, ...]:
        written = unit("U1", ["river"], ["internal_pollution"])
        written["facts"] = {k: v for k, v in (written["facts"] | facts).items() if v is not None}
        made = project(base(), [written], date(2026, 3, 1), date(2030, 12, 31))
        return next(t for _, t in order(base(), made, consult(base(), made)).nodes(data="task") if t.id == "U1/dredging").never

    assert never() == ("flood", "frost")
    assert never(fish_spawning=True) == never(fish_spawning=None) == ("flood", "fish_spawning", "frost")
    assert never(bird_site=True) == never(bird_site=None) == ("flood", "bird_spring", "bird_autumn", "frost")


# ---- money


def test_a_cost_is_spread_by_the_days_worked_in_each_year() -> None:
    shares = by_year(100.0, [(D("2026-12-22"), D("2027-01-05")), (D("2027-04-01"), D("2027-04-05"))])
    assert shares == {2026: 50.0, 2027: 50.0}  # ten days of twenty in each
    assert by_year(7.0, [(D("2026-01-01"), D("2026-01-01"))]) == {2026: 7.0}
    assert by_year(3.0, [(D("2026-12-31"), D("2028-01-01"))]) == {2026: pytest.approx(3 / 367), 2027: pytest.approx(3 * 365 / 367), 2028: pytest.approx(3 / 367)}


def written_of(**more: Any) -> Any:
    return mine(**({"area_ha": 9.0} | more)).units["U1"].written


def test_a_typed_quantity_goes_before_the_area_and_is_converted_to_the_units_of_the_price() -> None:
    slope = base().measures["slope_stabilisation"]
    assert base().costs[slope.cost].per == "m2"
    assert quantity(written_of(), slope, "m2") == 90_000 and quantity(written_of(), slope, "ha") == 9.0 and quantity(written_of(), slope, "km2") == 0.09
    typed = written_of(quantities={"slope_stabilisation": {"area_m2": 50_000}})
    assert quantity(typed, slope, "m2") == 50_000 and quantity(typed, slope, "ha") == 5.0 and quantity(typed, slope, "km2") == pytest.approx(0.05)
    hectares = written_of(quantities={"slope_stabilisation": {"area_ha": 4}})
    assert quantity(hectares, slope, "m2") == 40_000


def test_the_slope_of_maiziyu_costs_what_was_paid_for_it() -> None:
    assert cost_of(base(), written_of(), base().measures["slope_stabilisation"]) == 1107.0  # 90,000 m² at 123 yuan


def test_a_length_is_never_guessed_from_an_area() -> None:
    bank = base().measures["bank_restoration"]
    assert base().costs[bank.cost].per == "km"
    assert cost_of(base(), written_of(), bank) is None
    assert cost_of(base(), written_of(quantities={"bank_restoration": {"length_km": 2.5}}), bank) == 1010.0
    assert cost_of(base(), written_of(quantities={"bank_restoration": {"area_ha": 2.5}}), bank) is None


def test_what_the_office_has_to_price_has_no_cost_whatever_is_typed() -> None:
    rock = base().measures["hazard_rock_removal"]
    assert rock.cost == "office" and cost_of(base(), written_of(quantities={"hazard_rock_removal": {"area_ha": 3}}), rock) is None


def test_areas_by_mode_give_each_measure_the_area_of_the_modes_that_admit_it() -> None:
    parts = written_of(area_ha=10.0, areas={"natural": 6, "assisted": 1, "reconstruct": 3})
    slope, closure, hillside = (base().measures[m] for m in ("slope_stabilisation", "closure", "hillside_closure"))
    assert quantity(parts, slope, "ha") == 4  # assisted and reconstruct
    assert quantity(parts, closure, "ha") == 10  # every mode
    assert cost_of(base(), parts, hillside) == 1.05  # 7 ha at 0.15
    elsewhere = written_of(area_ha=10.0, areas={"conserve": 10})
    assert quantity(elsewhere, slope, "ha") == 10  # no part admits it, as when a planner adds it: the unit's area


def plan_of(*units: dict[str, Any], start: date = date(2026, 3, 1), end: date = date(2030, 12, 31), **header: Any) -> Plan:
    return make_plan(base(), project(base(), list(units), start, end, **header))


def about(plan: Plan, id: str) -> tuple[str, ...]:
    return next((c.about for c in plan.checks if c.entry.id == id), ())


def test_a_year_over_its_budget_is_named_and_one_within_it_is_not() -> None:
    quarry = unit("U1", ["mine"], ["geohazard"]) | {"area_ha": 9.0}
    slope = next(p for p in plan_of(quarry).tasks if p.task.id == "U1/slope_stabilisation")
    assert slope.start.year == slope.end.year == 2026
    assert about(plan_of(quarry, budget={2026: 1106}), "over_budget") == ("2026",)
    assert about(plan_of(quarry, budget={2026: 1107, 2027: 0}), "over_budget") == ()


def test_more_works_at_once_than_crews_are_named_by_their_element() -> None:
    quarries = [unit(id, ["mine"], ["geohazard"]) for id in ("A", "B", "C")]
    assert about(plan_of(*quarries, crews={"mine": 5}), "over_crews") == ("mine",)  # slope and drainage in each of three
    assert about(plan_of(*quarries, crews={"mine": 6}), "over_crews") == ()


def test_areas_that_do_not_add_up_or_go_beyond_the_units_mode_are_reminded_of() -> None:
    """A part of the unit may need less than the whole (5.5.2 §1), never more."""
    quarry = unit("U1", ["mine"], ["geohazard"])
    assert about(plan_of(quarry | {"areas": {"reconstruct": 10}}), "areas_outside_modes") == ()
    assert about(plan_of(quarry | {"areas": {"reconstruct": 9}}), "areas_outside_modes") == ("U1",)
    assert about(plan_of(quarry | {"areas": {"reconstruct": 9, "natural": 1}}), "areas_outside_modes") == ()
    gentle = unit("U1", ["mine"], ["geohazard"], damage="slight", recovery="weak")
    assert about(plan_of(gentle | {"areas": {"reconstruct": 9, "assisted": 1}}), "areas_outside_modes") == ("U1",)
    assert about(plan_of(gentle | {"areas": {"assisted": 9, "conserve": 1}}), "areas_outside_modes") == ()


def test_what_runs_past_the_end_of_the_project_is_named_and_upkeep_only_reminded_of() -> None:
    late = plan_of(unit("U1", ["mine"], ["geohazard", "sparse_vegetation"]), end=date(2026, 5, 31))
    assert "U1/pit_planting" in about(late, "after_end") and "U1/hazard_warning_isolation" not in about(late, "after_end")
    assert {id.split("/")[1] for id in about(late, "upkeep_after_end")} == {"upkeep", "monitoring"}
    assert about(plan_of(unit("U1", ["mine"], ["geohazard"])), "after_end") == ()


def test_care_of_ten_years_that_begins_after_the_end_is_no_reason_to_stop_a_plan() -> None:
    """Upkeep is bound by no season and follows the works for as long as its measures ask; `--strict` must not fail on it."""
    refuge = unit("U1", ["forest"], ["biodiversity_decline"], damage="slight", recovery="strong", rare_habitat=True)
    late = plan_of(refuge, start=date(2026, 12, 1), end=date(2026, 12, 31))
    assert late.dates.placed["U1/rare_species_protection"].end == date(2027, 1, 13)
    assert about(late, "unschedulable") == () and about(late, "season_too_short") == ()
    assert "U1/upkeep" in late.dates.placed and not late.stops()


def test_works_without_an_end_in_ten_years_are_unschedulable_but_their_seasons_are_not_too_short() -> None:
    """By a channel of spawning fish and resting birds 69 days a year are open: few, but not under twenty."""
    facts = {"fish_spawning": True, "bird_site": True}
    problems = ["flooding", "river_disconnection", "degraded_river", "degraded_wetland", "internal_pollution", "biodiversity_decline"]
    river = unit("U1", ["river", "lake_reservoir", "wetland"], problems, **facts)
    slow = plan_of(river | {"area_ha": 500.0}, end=date(2026, 3, 2))
    works = [t for t in slow.dates.left if t.split("/")[1] in base().measures]
    assert works and set(works) <= set(about(slow, "unschedulable"))
    assert about(slow, "season_too_short") == ()


def test_seasons_that_leave_under_twenty_days_a_year_are_named_though_the_task_is_placed() -> None:
    def short(open_days: int) -> tuple[str, ...]:
        flood = base().seasons["flood"].model_copy(update={"dates": (((1, open_days + 1), (12, 31)),), "years": {}})
        knowledge = replace(base(), seasons=base().seasons | {"flood": flood})
        river = unit("U1", ["river"], ["river_disconnection"], damage="moderate", recovery="medium")
        plan = make_plan(knowledge, project(knowledge, [river], date(2026, 1, 1), date(2030, 12, 31)))
        assert "U1/obstruction_clearing" in plan.dates.placed
        return about(plan, "season_too_short")

    assert "U1/obstruction_clearing" in short(19) and short(20) == ()
