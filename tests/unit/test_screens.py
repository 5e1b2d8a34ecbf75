"""The pages without a browser: each draws in both languages, asks, and shows what came out."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest
import yaml
from support.bases import base
from support.screens import APP, frame_with, one, one_desk, opened, pressed, quarry

from engine.cases import case_folders
from engine.charts import SHAPES
from engine.draft import Edit, blank, value_at
from engine.incoming import read_incoming
from engine.outgoing import LAYER, plan_files
from engine.report import check_names, explanation
from engine.store import Store
from ui import common
from ui.flags import MOST

pytestmark = pytest.mark.xdist_group("screens")
SCREENS = sorted(path.stem for path in (APP.parent / "screens").glob("*.py"))
SQUARE = {"type": "Polygon", "coordinates": [[[116.0, 40.0], [116.1, 40.0], [116.1, 40.1], [116.0, 40.0]]]}


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_draws(kept: Store, screen: str, lang: str) -> None:
    at = opened(screen, kept.create(quarry(), "王工"), lang)
    assert at.title[0].value
    assert not [e.value for e in at.error]


@pytest.mark.parametrize("view", ["ask", "tasks", "review", "units"])
def test_every_view_of_the_questionnaire_draws(kept: Store, view: str) -> None:
    opened("questionnaire", kept.create(quarry(), "王工"), view=view)


@pytest.mark.parametrize("view", ["unit", "dates", "order", "map", "years"])
def test_every_view_of_the_results_draws_for_two_units_with_boundaries(kept: Store, view: str) -> None:
    draft = quarry(Edit(("units", "U2"), {"id": "U2", "area_ha": 2.0, "facts": {}}), Edit(("units", "U1", "geometry"), kept.put_shape(SQUARE)))
    opened("results", kept.create(draft, "王工"), result_view=view)


def test_every_question_draws(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    at = opened("questionnaire", id)
    for fact in base().facts.values():
        at.session_state["ask"] = fact.id
        at.run()
        assert not at.exception
        assert at.subheader[0].value == fact.question.zh


def test_an_answer_is_kept_with_name_and_source_and_nothing_chosen_is_said(kept: Store) -> None:
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0}]), "王工")
    at = pressed(opened("questionnaire", id), "save_")
    assert common.t("choose_one") in [e.value for e in at.error]
    assert kept.get(id).version == 1
    at.radio(key=f"answer_{id}_U1_spatial_type").set_value("urban")
    at.text_input(key=f"source_{id}_U1_spatial_type").set_value("分区规划")
    pressed(at, "save_")
    unit = kept.get(id).draft["units"][0]
    assert (unit["facts"], unit["sources"]) == ({"spatial_type": "urban"}, {"spatial_type": {"source": "分区规划"}})
    assert {c.who for c in kept.history(id)} == {"王工"}


def test_unknown_is_an_answer_and_is_not_asked_again(kept: Store) -> None:
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0}]), "王工")
    at = opened("questionnaire", id)
    first = at.subheader[0].value
    pressed(at, "unknown_")
    assert at.subheader[0].value != first
    assert kept.get(id).draft["units"][0]["facts"] == {"spatial_type": "unknown"}


def test_an_answer_that_stops_mattering_is_set_aside_told_and_shown_and_comes_back(kept: Store) -> None:
    inside = {"spatial_type": "ecological", "zone": "I-1-1", "problems": []}
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0, "facts": inside}]), "王工")
    at = opened("questionnaire", id, ask="redline")
    at.radio(key=f"answer_{id}_U1_redline").set_value("reserve_core")
    pressed(at, "save_")
    name = common.w().name("spatial_type")
    assert any(name in i.value for i in at.info)
    assert any(m.value.startswith("**:material/inventory_2") for m in at.markdown) and common.t("parked_help") in [c.value for c in at.caption]
    assert kept.get(id).draft["units"][0]["parked"] == {"spatial_type": "ecological"}
    at.session_state["ask"] = "spatial_type"
    at.run()
    assert any(common.t("parked_here") in c.value for c in at.caption)
    at.session_state["ask"] = "redline"
    at.run()
    at.radio(key=f"answer_{id}_U1_redline").set_value("outside")
    pressed(at, "save_")
    assert kept.get(id).draft["units"][0]["facts"] == inside | {"redline": "outside"}


def test_a_question_names_the_rules_that_read_its_answer(kept: Store) -> None:
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0}]), "王工")
    at = opened("questionnaire", id, ask="recovery")
    behind = common.desk().interview(kept.get(id).draft, "U1").why("recovery").rules
    assert behind and any(f"`{behind[0].id}`" in m.value and common.t("rules_behind") in m.value for m in at.markdown)


def test_the_zones_offered_are_those_of_the_district_unless_all_are_wanted(kept: Store) -> None:
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0}], district="门头沟区"), "王工")
    at = opened("questionnaire", id, ask="zone")
    offered = [z.id for z in base().zones.values() if "门头沟区" in z.districts]
    assert [o.split()[0] for o in at.radio[0].options] == offered
    at.toggle[0].set_value(True)
    at.run()
    assert len(at.radio[0].options) == 18


def test_the_helper_turns_attributes_into_gaps_and_the_damage_degree(kept: Store) -> None:
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0}]), "王工")
    at = opened("questionnaire", id, ask="damage")
    for box in [s for s in at.selectbox if s.key and s.key.startswith("attribute_")]:
        box.set_value("severe")
    next(b for b in at.button if b.label == common.t("use_attributes")).click()
    at.run()
    assert not at.exception
    consultation = common.desk().consultation(kept.get(id).draft, "U1")
    assert consultation.conclusions["damage"] == "severe"
    assert at.subheader[0].value == base().facts["damage"].question.zh  # and it says what came of it
    assert any("按四项差异：重度" in m.value for m in at.markdown) and any("重度" in s.value for s in at.success)
    before = at.subheader[0].value
    assert pressed(at, "go_on").subheader[0].value != before


def test_what_came_of_the_attributes_is_in_the_review_and_leads_back_to_them(kept: Store) -> None:
    from engine.groundwork import reference

    graded = dict.fromkeys(reference(base(), "attributes.yaml")["attributes"], "severe")
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0, "attributes": graded}]), "王工")
    at = opened("questionnaire", id, view="review")
    assert any("重度" in m.value and common.t("from_derived") in m.value for m in at.markdown)
    assert any("重度" in m.value and common.t("from_concluded") in m.value for m in at.markdown)
    pressed(at, "change_structure_gap")
    assert at.subheader[0].value == base().facts["damage"].question.zh
    assert one(at.selectbox, f"attribute_{id}_U1_strata").value == "severe"
    pressed(at, "go_on")
    assert at.session_state["view"] == "review"
    at.session_state["view"] = "tasks"
    at.run()
    assert not at.exception
    assert any(common.t("worked_out_of", count=5) in m.value for m in at.markdown)


def test_a_soft_warning_takes_a_reason_that_stays_with_the_answer(kept: Store) -> None:
    id = kept.create(quarry(Edit(("units", "U1", "facts", "zone"), None), Edit(("units", "U1", "sources", "zone"), None)), "王工")
    at = opened("questionnaire", id, ask="zone")
    far = next(z.id for z in base().zones.values() if not any("reconstruct" in base().zone_terms[term].modes for term in (*z.main, *z.auxiliary)))
    at.toggle[0].set_value(True)
    at.run()
    at.radio[0].set_value(far)
    pressed(at, "save_")
    assert at.warning
    at.text_input(key="reason").set_value("跨区项目，已会商")
    pressed(at, "keep_reason")
    assert value_at(kept.get(id).draft, ("units", "U1", "sources", "zone", "note")) == "跨区项目，已会商"


def test_a_number_that_is_not_filled_in_is_asked_for_as_a_number(kept: Store) -> None:
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0}]), "王工")
    at = pressed(opened("questionnaire", id, ask="slope_deg"), "save_")
    assert common.t("choose_number") in [e.value for e in at.error]


def test_a_number_out_of_range_is_refused_with_the_name_and_the_unit_of_its_fact(kept: Store) -> None:
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0}]), "王工")
    at = opened("questionnaire", id, ask="slope_deg")
    at.number_input(key=f"answer_{id}_U1_slope_deg").set_value(95.0)
    pressed(at, "save_")
    assert [e.value for e in at.error] == ["`坡度` 在 0 到 90 度 之间，写的是 `95 度`"]
    assert kept.get(id).version == 1


@pytest.mark.parametrize(("case", "first", "all_of_it"), [("maiziyu", "≥ 1107", "≥ 1107"), ("green_heart", "待填", "待填")])
def test_a_sum_with_costs_that_are_still_to_be_filled_in_says_so(kept: Store, case: str, first: str, all_of_it: str) -> None:
    draft = read_incoming("project.yaml", (case_folders()[case] / "project.yaml").read_bytes(), base()).draft
    id, cost = kept.create(draft, "王工"), common.w()["h_cost"]
    years = frame_with(opened("results", id, result_view="years"), common.w()["h_year"])
    assert years[cost][0] == first and "0" not in {value for value, area in zip(years[cost], years[common.w()["h_area"]], strict=True) if area}
    assert list(frame_with(opened("compare", id), common.t("knowledge_base"))[cost]) == [all_of_it]
    assert f"| {first} |" in "\n".join(explanation(one_desk().plan(draft), "zh"))
    assert {type(year["cost"]) for year in one_desk().plan(draft).json()["years"]} <= {int, float}


@pytest.mark.parametrize(("places", "said"), [(True, f"{LAYER}#U1"), (False, "有边界，坐标未附")])
def test_the_plan_to_take_away_names_the_layer_or_only_that_there_is_a_boundary(kept: Store, places: bool, said: str) -> None:
    draft = quarry(Edit(("units", "U1", "geometry"), kept.put_shape(SQUARE)))
    with ZipFile(BytesIO(plan_files(one_desk().plan(draft), draft, kept.shapes(draft), places))) as files:
        texts = {name: files.read(name).decode("utf-8", "replace") for name in files.namelist()}
    assert (LAYER in texts) == places
    assert all(said in texts[name] for name in ("plan.json", "trail.md"))
    assert not any("store:" in text or "116.1" in text for name, text in texts.items() if name != LAYER)
    assert [u.get("geometry") for u in yaml.safe_load(texts["project.yaml"])["units"]] == [said if places else None]


def test_the_shapes_of_the_graph_are_explained_each_with_its_role(kept: Store) -> None:
    at, plan = opened("results", kept.create(quarry(), "王工"), result_view="order"), one_desk().plan(quarry())
    legend = next(c.value for c in at.caption if "★" in c.value)
    roles = {p.task.role for p in plan.tasks}
    assert {"monitoring", "upkeep", "baseline"} <= roles and all(f"{common.t(f'shape_{SHAPES[role]}')}：{common.w()[f'role_{role}']}" in legend for role in roles)


def test_all_that_a_check_is_about_can_be_read(kept: Store) -> None:
    units = [Edit(("units", f"U{i}"), {**quarry()["units"][0], "id": f"U{i}"}) for i in (2, 3)]
    draft = quarry(*units)
    plan = one_desk().plan(draft)
    check = next(c for c in plan.checks if c.entry.id == "cost_unknown")
    assert len(check.about) > MOST
    at = opened("results", kept.create(draft, "王工"), result_view="years")
    shown = "".join(x.value for x in (*at.error, *at.warning, *at.info, *at.caption))
    assert [name for name in check_names(plan, check.about, common.w()) if common.md(name) not in shown] == []
    assert common.t("more_names", count=len(check.about) - MOST) in [e.label for e in at.expander]
