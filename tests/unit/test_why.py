"""Every conclusion, measure, order and date says why, or why not, by rule and clause; a question about what is not there gets a hint."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.bases import base
from support.projects import project

from engine.project import Project, read_project
from engine.source import Unusable
from engine.why import why

CASES = Path(__file__).parents[2] / "cases"


@cache
def case(name: str) -> Project:
    return read_project(CASES / name / "project.yaml", base())


def told(name: str, about: str, negated: bool = False, unit: str = "U1") -> dict[str, Any]:
    return why(base(), case(name), unit, about, negated)


def rules(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {rule["rule"]: rule for rule in answer["rules"]}


def support(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["rule"]: step for step in answer["support"]}


def test_why_not_reconstruct_in_the_red_line_names_the_ceiling_and_its_clause() -> None:
    answer = told("redline_mine", "mode:reconstruct", negated=True)
    assert answer["verdict"] is False and answer["settled"] == ["assisted"] and answer["possible"] == []
    failed = rules(answer)["mode.reconstruct-as-needed"]
    assert failed["verdict"] is False
    assert [(p["fact"], p["value"], p["met"]) for p in failed["premises"]] == [("needed_mode", "reconstruct", True), ("mode_ceiling", "assisted", False)]
    ceiling = support(answer)["ceiling.redline-other"]
    assert ceiling["cite"] == ["5.5.2 b"] and ceiling["concludes"] == {"mode_ceiling": "assisted"}
    # down to the answer that the surveyor gave
    assert [(p["fact"], p["value"], p["source"]) for p in support(answer)["space.redline-other"]["from"]] == [("redline", "redline_other", "answer")]


def test_why_a_mode_names_the_one_true_rule_first() -> None:
    answer = told("redline_mine", "mode")
    assert answer["verdict"] is True and answer["rules"][0]["rule"] == "mode.assisted-by-ceiling" and answer["rules"][0]["verdict"] is True
    assert {"ceiling.redline-other", "need.severe-weak"} <= set(support(answer))


def test_the_support_comes_in_an_order_in_which_every_premise_is_concluded_before_it_is_used() -> None:
    concluded: set[str] = set()
    for step in told("redline_mine", "mode:reconstruct", negated=True)["support"]:
        assert all(p["fact"] in concluded for p in step["from"] if p["source"] == "conclusion"), step["rule"]
        concluded |= set(step["concludes"])
    assert {"mode_ceiling", "needed_mode", "space_class"} <= concluded


def test_every_rule_named_has_a_clause_a_layer_and_words_in_both_languages() -> None:
    for about in ("mode:reconstruct", "measure:pit_backfill", "flag:mode_above_ceiling", "seasons"):
        for rule in told("redline_mine", about)["rules"]:
            assert rule["cite"] and rule["layer"] in ("law", "standard", "expert")
            assert rule["because"]["zh"] and rule["because"]["en"]
            assert all(p["wanted"]["zh"] and p["wanted"]["en"] for p in rule["premises"])


def test_why_not_a_measure_names_the_bar_that_forbids_it() -> None:
    answer = told("redline_mine", "measure:pit_backfill", negated=True)
    assert answer["verdict"] is False
    bar = rules(answer)["bar.redline-earthworks"]
    assert (bar["decision"], bar["verdict"], bar["cite"]) == ("barred", True, ["5.5.2 b"])
    assert rules(answer)["propose:pit_backfill"]["verdict"] is True  # the problem is there
    assert rules(answer)["admit:pit_backfill"]["verdict"] is False  # and the mode admits it no more than the bar
    assert rules(answer)["recommend:pit_backfill"]["verdict"] is False


def test_why_a_measure_names_what_proposes_and_admits_it_and_no_bar_that_holds() -> None:
    answer = told("redline_mine", "measure:hand_clearing_loose_rock")
    assert answer["verdict"] is True
    found = rules(answer)
    assert found["propose:hand_clearing_loose_rock"]["verdict"] and found["admit:hand_clearing_loose_rock"]["verdict"]
    assert not [id for id, rule in found.items() if rule["decision"] == "barred" and rule["verdict"] is not False]


def test_a_measure_that_the_mode_does_not_admit_is_not_said_to_be_barred() -> None:
    answer = told("maiziyu", "measure:spoil_revegetation", negated=True)
    assert answer["verdict"] is False and rules(answer)["admit:spoil_revegetation"]["verdict"] is False
    assert not [rule for rule in answer["rules"] if rule["decision"] == "barred" and rule["verdict"] is True]


def test_why_a_flag_names_its_rule_and_why_not_what_it_lacks() -> None:
    raised = told("redline_mine", "flag:mode_above_ceiling")
    assert raised["verdict"] is True and rules(raised)["flag.mode-above-ceiling"]["verdict"] is True
    absent = told("redline_mine", "flag:decided_above_ceiling", negated=True)
    assert absent["verdict"] is False
    assert ("decided_mode", False) in [(p["fact"], p["met"]) for p in rules(absent)["flag.decided-above-ceiling"]["premises"]]


def test_what_is_open_says_what_it_waits_on() -> None:
    """The wetland lies in Hebei and has no zone: the fit with table C.1 stays open."""
    answer = told("guanting_wetland", "zone_fit:main")
    assert answer["verdict"] is None and set(answer["possible"]) >= {"main", "outside"} and answer["waits_on"] == ["zone"]


# ---- order


def test_the_order_of_two_tasks_is_told_by_the_chain_that_leads_from_one_to_the_other() -> None:
    answer = told("maiziyu", "order:hazard_warning_isolation,hydroseeding")
    assert answer["verdict"] is True and answer["backwards"] is False
    chain = answer["path"]
    assert chain[0]["from"] == "U1/hazard_warning_isolation" and chain[-1]["to"] == "U1/hydroseeding"
    assert all(a["to"] == b["from"] for a, b in zip(chain, chain[1:], strict=False))
    assert all(step["cite"] and step["reason"]["zh"] and step["reason"]["en"] for step in chain)
    direct = told("maiziyu", "order:U1/slope_stabilisation,U1/soil_cover_mine")
    assert [(s["because"], s["cite"]) for s in direct["path"]] == [("stress_first", ["5.5.4 §1"])]


def test_an_order_asked_the_wrong_way_round_says_so_and_tells_the_right_one() -> None:
    answer = told("maiziyu", "order:hydroseeding,geocell_slope")
    assert answer["verdict"] is False and answer["backwards"] is True
    assert [(s["from"], s["to"], s["because"]) for s in answer["path"]] == [("U1/geocell_slope", "U1/hydroseeding", "stage")]


def test_two_tasks_that_do_not_wait_for_each_other_have_no_chain() -> None:
    answer = told("maiziyu", "order:slope_stabilisation,mine_drainage")
    assert (answer["verdict"], answer["backwards"], answer["path"]) == (False, False, [])


def test_an_order_between_units_is_told_by_the_river() -> None:
    answer = told("yongding_gorge", "order:Y1/ecological_flow,Y3/wetland_planting", unit="Y3")
    assert answer["verdict"] is True and {step["because"] for step in answer["path"]} == {"upstream"}


# ---- dates


def test_the_date_of_a_planting_names_the_season_that_it_waited_out() -> None:
    """The soil of Maiziyu lies ready in August 2027; nobody has looked for birds there, so sowing waits until they may have passed."""
    answer = told("maiziyu", "date:hydroseeding")
    assert (answer["ready"], answer["start"]) == ("2027-08-16", "2028-04-01")
    birds = next(s for s in answer["seasons"] if s["season"] == "bird_spring")
    assert (birds["closed"], birds["from"], birds["to"]) == (True, "2028-02-20", "2028-03-31")
    assert birds["cite"] and birds["because"]["zh"] and birds["because"]["en"] and birds["name"]["zh"]
    assert [w["task"] for w in answer["waited_for"]] == ["U1/geocell_slope"]


def test_the_date_of_a_planting_names_the_opening_that_it_waited_for() -> None:
    """Between the lower wetland of the gorge and its planting lies the winter, and nothing else."""
    answer = told("yongding_gorge", "date:wetland_planting", unit="Y3")
    assert (answer["ready"], answer["start"]) == ("2022-09-27", "2023-03-10")
    assert [(s["season"], s["closed"], s["from"], s["to"]) for s in answer["seasons"]] == [("planting_spring", False, "2023-03-10", "2023-05-20")]


def test_the_date_of_earthworks_that_pause_names_the_frost() -> None:
    answer = told("maiziyu", "date:pit_backfill")
    assert len(answer["periods"]) == 2
    assert {(s["season"], s["closed"], s["from"], s["to"]) for s in answer["seasons"]} >= {("frost", True, "2026-12-01", "2027-02-28")}


def test_a_date_that_waited_for_no_season_names_none() -> None:
    answer = told("maiziyu", "date:U1/baseline")
    assert answer["verdict"] is True and answer["seasons"] == [] and answer["waited_for"] == [] and answer["ready"] == answer["start"] == "2026-03-01"


def test_a_date_that_cannot_be_says_what_is_in_the_way() -> None:
    """Where planting is open just while the birds pass, nothing is planted, and what follows is not placed either."""
    grass = {"id": "U1", "area_ha": 800.0, "facts": {
        "redline": "outside", "spatial_type": "ecological", "ecosystems": ["grassland"], "problems": ["degraded_grassland"], "damage": "moderate", "recovery": "medium",
        "bird_site": True, "fish_spawning": False, "permanent_farmland": False, "water_source": "none", "rare_habitat": False,
    }}  # fmt: skip
    seasons = {id: s.model_copy(update={"dates": (((2, 20), (3, 31)),)}) if s.opens else s for id, s in base().seasons.items()}
    knowledge = replace(base(), seasons=seasons)
    made = project(knowledge, [grass], date(2026, 3, 1), date(2027, 12, 31))
    answer = why(knowledge, made, "U1", "date:grass_reseeding")
    assert (answer["verdict"], answer["start"], answer["end"], answer["unplaced"]) == (False, None, None, "season_too_short")
    follows = why(knowledge, made, "U1", "date:monitoring")
    assert (follows["verdict"], follows["unplaced"]) == (False, "U1/grass_reseeding")


# ---- what is not there


def problem(name: str, about: str, unit: str = "U1") -> Any:
    with pytest.raises(Unusable) as caught:
        told(name, about, unit=unit)
    (found,) = caught.value.problems
    return found


@pytest.mark.parametrize(("about", "near"), [
    ("measure:pit_backfil", "pit_backfill"), ("mode:reconstuct", "reconstruct"), ("flag:mode_above_ceilling", "mode_above_ceiling"), ("mod", "mode"),
    ("zonefit", "zone_fit"), ("dat:hydroseeding", "date"), ("date:hydroseding", "U1/hydroseeding"), ("date:U1/hydroseding", "U1/hydroseeding"),
    ("order:slope_stabilization,hydroseeding", "U1/slope_stabilisation"), ("order:slope_stabilisation,hydroseding", "U1/hydroseeding"),
])  # fmt: skip
def test_a_mistyped_target_is_answered_with_the_nearest_that_is_there(about: str, near: str) -> None:
    found = problem("maiziyu", about)
    assert near in found.hint("zh") and near in found.hint("en")
    assert found.message("zh") and found.message("en") and found.message("zh") != found.message("en")


def test_an_unknown_unit_is_answered_with_the_nearest_and_a_list_of_those_there_are() -> None:
    found = problem("yongding_gorge", "mode", unit="Y33")
    assert "Y3" in found.hint("en") and all(unit in found.message("en") for unit in ("Y1", "Y2", "Y3"))


def test_a_measure_without_a_task_has_no_date_and_no_order() -> None:
    for about in ("date:pocket_park", "order:pocket_park,hydroseeding", "order:hydroseeding,pocket_park", "order:hydroseeding", "order:"):
        assert problem("maiziyu", about).message("en")
