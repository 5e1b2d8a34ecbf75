"""The pages without a browser: each draws in both languages, and what a planner does on it reaches the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml
from streamlit.testing.v1 import AppTest
from support.bases import base

from engine.cases import case_folders
from engine.charts import SHAPES
from engine.desk import Desk
from engine.draft import Edit, apply, blank, value_at
from engine.incoming import read_incoming
from engine.outgoing import LAYER, plan_files
from engine.report import check_names, explanation
from engine.store import Store
from ui import common
from ui.flags import MOST

pytestmark = pytest.mark.xdist_group("screens")
APP = Path(common.__file__).with_name("app.py")
SCREENS = sorted(path.stem for path in (APP.parent / "screens").glob("*.py"))
Open = Callable[..., AppTest]


@cache
def one_desk() -> Desk:
    return Desk(base())


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setitem(common.HELD, "desk", one_desk())
    monkeypatch.setitem(common.HELD, "store", Store(f"sqlite:///{tmp_path / 'p.sqlite'}"))
    common.store.clear()
    common.desk.clear()
    found: Store = common.HELD["store"]
    return found


def quarry(*edits: Edit) -> dict[str, Any]:
    return apply(read_incoming("project.yaml", (case_folders()["maiziyu"] / "project.yaml").read_bytes(), base()).draft, edits)


def opened(screen: str, project: str = "", lang: str = "zh", **state: Any) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=90)
    at.session_state["lang"] = lang
    at.session_state["who"] = "王工"
    if project:
        at.session_state["project"] = project
    for key, value in state.items():
        at.session_state[key] = value
    at.run()
    if screen != "projects":
        at.switch_page(f"screens/{screen}.py").run()
    assert not at.exception
    return at


def pressed(at: AppTest, key: str) -> AppTest:
    next(b for b in at.button if b.key and b.key.startswith(key)).click()
    at.run()
    assert not at.exception
    return at


def pressed_label(at: AppTest, word: str) -> AppTest:
    next(b for b in at.button if b.label == common.t(word)).click()
    at.run()
    assert not at.exception
    return at


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_draws(kept: Store, screen: str, lang: str) -> None:
    at = opened(screen, kept.create(quarry(), "王工"), lang)
    assert at.title[0].value
    assert not [e.value for e in at.error]


def one(elements: Iterable[Any], name: str) -> Any:
    """The field whose key begins so: the rest of it tells which value it was drawn with."""
    (found,) = [e for e in elements if e.key and e.key.startswith(name)]
    return found


@pytest.mark.parametrize("view", ["ask", "tasks", "review", "units"])
def test_every_view_of_the_questionnaire_draws(kept: Store, view: str) -> None:
    opened("questionnaire", kept.create(quarry(), "王工"), view=view)


@pytest.mark.parametrize("view", ["unit", "dates", "order", "map", "years"])
def test_every_view_of_the_results_draws_for_two_units_with_boundaries(kept: Store, view: str) -> None:
    square = {"type": "Polygon", "coordinates": [[[116.0, 40.0], [116.1, 40.0], [116.1, 40.1], [116.0, 40.0]]]}
    draft = quarry(Edit(("units", "U2"), {"id": "U2", "area_ha": 2.0, "facts": {}}), Edit(("units", "U1", "geometry"), kept.put_shape(square)))
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


def test_a_decision_needs_a_reason_and_shows_its_flag(kept: Store) -> None:
    id = kept.create(quarry(Edit(("units", "U1", "facts", "redline"), "redline_other")), "王工")
    at = opened("decisions", id)
    one(at.selectbox, f"decide_mode_{id}_U1").set_value("reconstruct")
    next(b for b in at.button if b.label == common.t("save")).click()
    at.run()
    assert any(common.t("field_because") in e.value for e in at.error)
    assert value_at(kept.get(id).draft, ("units", "U1", "decide")) is None
    one(at.selectbox, f"decide_mode_{id}_U1").set_value("reconstruct")
    one(at.text_area, f"because_{id}_U1").set_value("专家论证意见")
    next(b for b in at.button if b.label == common.t("save")).click()
    at.run()
    assert value_at(kept.get(id).draft, ("units", "U1", "decide")) == {"mode": "reconstruct", "because": "专家论证意见"}
    assert "decided_above_ceiling" in common.desk().consultation(kept.get(id).draft, "U1").settled("flags")
    assert at.error


def test_a_decision_says_which_answers_it_sets_aside(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    at = opened("decisions", id)
    one(at.selectbox, f"decide_mode_{id}_U1").set_value("conserve")
    one(at.text_area, f"because_{id}_U1").set_value("专家论证意见")
    at = pressed_label(at, "save")
    parked = value_at(kept.get(id).draft, ("units", "U1", "parked"))
    assert parked and any(all(common.w().name(name) in i.value for name in list(parked)[:6]) for i in at.info)


def test_a_decision_is_taken_back_by_choosing_what_the_rules_say(kept: Store) -> None:
    id = kept.create(quarry(Edit(("units", "U1", "decide"), {"mode": "reconstruct", "damage": "slight", "because": "专家论证意见"})), "王工")
    at = opened("decisions", id)
    assert common.t("as_rules_say") in one(at.selectbox, f"decide_mode_{id}_U1").options
    one(at.selectbox, f"decide_damage_{id}_U1").set_value("")
    at = pressed_label(at, "save")
    assert value_at(kept.get(id).draft, ("units", "U1", "decide")) == {"mode": "reconstruct", "because": "专家论证意见"}
    one(at.selectbox, f"decide_mode_{id}_U1").set_value("")
    pressed_label(at, "save")
    assert value_at(kept.get(id).draft, ("units", "U1", "decide")) is None


def test_a_graded_attribute_can_be_not_surveyed_again(kept: Store) -> None:
    id = kept.create(quarry(Edit(("units", "U1", "attributes"), {"desirable_plants": "severe", "strata": "none"})), "王工")
    at = opened("questionnaire", id, ask="damage")
    one(at.selectbox, f"attribute_{id}_U1_desirable_plants").set_value("")
    pressed_label(at, "use_attributes")
    assert value_at(kept.get(id).draft, ("units", "U1", "attributes")) == {"strata": "none"}


def test_the_district_and_the_budget_of_a_year_can_be_emptied(kept: Store) -> None:
    id = kept.create(quarry(Edit(("project", "budget"), {"2027": 20.0, "2028": 30.0}), Edit(("project", "district"), "门头沟区")), "王工")
    at = opened("questionnaire", id, view="units")
    assert one(at.number_input, f"budget_{id}_2028").value == 30.0
    one(at.number_input, f"budget_{id}_2028").set_value(None)
    one(at.selectbox, f"header_district_{id}").set_value("")
    next(b for b in at.button if b.label == common.t("save") and b.form_id == f"header_{id}").click()
    at.run()
    header = kept.get(id).draft["project"]
    assert header["budget"] == {"2027": 20.0} and "district" not in header


def test_the_form_for_another_unit_keeps_what_was_typed_after_an_error_and_is_empty_once_the_unit_is_there(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    at = opened("questionnaire", id, view="units")

    def typed(start: str) -> Any:
        return next(x for x in (*at.text_input, *at.number_input) if x.key and x.key.startswith(f"{start}_{id}_+"))

    typed("new_id").set_value("U1")
    typed("name").set_value("排土场")
    typed("area").set_value(2.5)
    pressed_label(at, "add_unit")
    assert common.t("id_taken", id="U1") in [e.value for e in at.error]
    assert (typed("new_id").value, typed("name").value, typed("area").value) == ("U1", "排土场", 2.5)
    typed("new_id").set_value("U9")
    pressed_label(at, "add_unit")
    assert not at.error and value_at(kept.get(id).draft, ("units", "U9", "name")) == "排土场"
    assert (typed("new_id").value, typed("name").value, typed("area").value) == ("", "", None)


def test_a_number_that_is_not_filled_in_is_asked_for_as_a_number(kept: Store) -> None:
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0}]), "王工")
    at = pressed(opened("questionnaire", id, ask="slope_deg"), "save_")
    assert common.t("choose_number") in [e.value for e in at.error]


def test_a_number_tried_in_a_what_if_can_be_made_unknown(kept: Store) -> None:
    id = kept.create(quarry(Edit(("units", "U1", "facts", "slope_deg"), 40.0)), "王工")
    at = opened("whatif", id)
    at.multiselect[0].set_value(["slope_deg"])
    at.run()
    at.number_input(key=f"whatif_{id}_U1_slope_deg").set_value(None)
    at.run()
    assert any("--set slope_deg=unknown" in c.value for c in at.code)


def test_a_what_if_changes_nothing_until_it_is_kept(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    at = opened("whatif", id)
    at.multiselect[0].set_value(["damage"])
    at.run()
    at.selectbox(key=f"whatif_{id}_U1_damage").set_value("slight")
    at.run()
    assert not at.exception
    assert kept.get(id).version == 1
    assert any("--set damage=slight" in c.value for c in at.code)
    frames = [d.value for d in at.dataframe]
    assert any(common.t("after") in frame.columns for frame in frames)
    pressed(at, "whatif_keep")
    assert value_at(kept.get(id).draft, ("units", "U1", "facts", "damage")) == "slight"


def test_a_what_if_keeps_not_surveyed_surveyed_none_and_found_apart(kept: Store) -> None:
    id = kept.create(quarry(Edit(("units", "U1", "facts", "hazard_types"), None), Edit(("units", "U1", "sources", "hazard_types"), None)), "王工")
    at = opened("whatif", id)
    at.multiselect[0].set_value(["hazard_types"])
    at.run()
    way = f"whatif_{id}_U1_hazard_types_way"
    assert at.radio(key=way).value == "unknown" and common.t("whatif_choose") in [i.value for i in at.info]
    at.radio(key=way).set_value("these")
    at.run()
    assert common.t("whatif_choose") in [i.value for i in at.info]  # nothing is marked yet
    at.multiselect(key=f"whatif_{id}_U1_hazard_types").set_value([base().facts["hazard_types"].answers[0].id])
    at.run()
    assert any(f"--set hazard_types=[{base().facts['hazard_types'].answers[0].id}]" in c.value for c in at.code)
    at.radio(key=way).set_value("none")
    at.run()
    assert any("--set hazard_types=[]" in c.value for c in at.code)
    pressed(at, "whatif_keep")
    assert value_at(kept.get(id).draft, ("units", "U1", "facts", "hazard_types")) == []
    at.radio(key=way).set_value("unknown")
    at.run()
    assert any("--set hazard_types=unknown" in c.value for c in at.code)


def test_two_versions_are_compared_and_an_older_one_is_brought_back(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    kept.save(id, [Edit(("units", "U1", "facts", "damage"), "slight")], "李工", 1)
    at = opened("compare", id)
    assert any("李工" in str(s.options) for s in at.selectbox)
    pressed(at, "back_to")
    assert kept.get(id).version == 3
    assert kept.get(id).draft == kept.at_version(id, 1)


def test_a_project_that_somebody_deleted_for_good_is_said_to_be_gone(kept: Store) -> None:
    at = opened("results", "0123456789ab")
    assert any(common.t("no_project") in i.value for i in at.info)


def test_a_name_and_a_language_that_come_with_the_press_of_a_button_lose_nothing(kept: Store) -> None:
    at = opened("projects")
    at.text_input(key="name_typed").set_value("李工")
    next(x for x in at.text_input if x.label == common.t("field_name")).set_value("新项目")
    at.number_input[0].set_value(3.0)
    next(b for b in at.button if b.label == common.t("create")).click()
    at.run()
    (entry,) = kept.entries()
    assert (entry.name, entry.changed_by) == ("新项目", "李工")


def test_a_unit_taken_out_by_mistake_is_offered_after_a_reload_and_only_in_its_project(kept: Store) -> None:
    id = kept.create(quarry(Edit(("units", "U2"), {"id": "U2", "name": "沟口", "area_ha": 2.0, "facts": {}})), "王工")
    at = opened("questionnaire", id, view="units", unit="U2")
    at.button(key="remove_unit").click().run()
    assert [u["id"] for u in kept.get(id).draft["units"]] == ["U1"]
    other = opened("questionnaire", kept.create(quarry(), "王工"), view="units")
    assert not [b for b in other.button if b.key and b.key.startswith("bring_back")]
    again = opened("questionnaire", id, view="units")
    again.button(key="bring_back_U2").click().run()
    assert [u["id"] for u in kept.get(id).draft["units"]] == ["U1", "U2"]


def test_a_project_that_somebody_has_deleted_says_so_and_is_brought_back(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    at = opened("questionnaire", id)
    kept.delete(id)
    at.run()
    assert not at.radio and at.warning
    at.button(key="bring_back").click().run()
    assert not at.exception and kept.get(id).deleted_at is None and at.subheader


def frame_with(at: AppTest, *columns: str) -> Any:
    return next(d.value for d in at.dataframe if set(columns) <= set(d.value.columns))


def test_versions_and_history_tell_no_answer_nothing_found_and_not_surveyed_apart(kept: Store) -> None:
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0, "facts": {"damage": "severe"}}]), "王工")
    facts = {"problems": [], "redline": "unknown", "damage": None}
    kept.save(id, [Edit(("units", "U1", "facts", name), value) for name, value in facts.items()], "李工", 1)
    at, words, t = opened("compare", id), common.w(), common.t
    of = {f"U1 · {words.name(name)}": name for name in facts}
    for older, newer in ((t("older"), t("newer")), (t("was"), t("became"))):
        rows = frame_with(at, older, newer, t("what")).set_index(t("what"))
        told = {of[what]: (row[older], row[newer]) for what, row in rows.iterrows()}
        assert told == {
            "problems": ("未回答", "查过，没有"),
            "redline": ("未回答", "尚未调查"),
            "damage": (words.answer("damage", "severe"), "未回答"),
        }


def test_a_conclusion_that_is_open_in_one_of_two_results_is_called_open_and_not_unsurveyed(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    kept.save(id, one_desk().answer(quarry(), "U1", {"damage": None, "recovery": None}), "李工", 1)
    at = opened("compare", id)
    rows = frame_with(at, common.t("newer"), common.w()["h_conclusion"]).set_index(common.w()["h_conclusion"])
    assert rows.loc[common.w().name("mode"), common.t("newer")] == "未定"
    assert "尚未调查" not in set(rows[common.t("newer")])


def told(at: AppTest, title: str) -> dict[str, tuple[str, str]]:
    """What the history says that changed: place → before and after."""
    rows = frame_with(at, common.t("was"), common.t("became"))
    assert title in rows.columns
    return {row[title]: (row[common.t("was")], row[common.t("became")]) for _, row in rows.iterrows()}


def test_the_history_names_measures_modes_attributes_and_quantities_in_words(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    unit, words = ("units", "U1"), common.w()
    measure = next(iter(base().measures.values()))
    edits = {
        (*unit, "add"): [{"measure": measure.id, "because": "专家意见"}], (*unit, "decide"): {"mode": "assisted", "because": "会商"}, (*unit, "attributes", "desirable_plants"): "severe",
        (*unit, "quantities", measure.id, "length_km"): 2.5, (*unit, "areas", "natural"): 3.0, ("diagnosis",): {"structure": "单一"}, (*unit, "parked", "slope_deg"): 30,
    }  # fmt: skip
    kept.save(id, [Edit(path, value) for path, value in edits.items()], "李工", 1)
    found = told(opened("compare", id), common.t("what"))
    name = measure.name.zh
    assert found["U1 · 增加的措施"] == ("无", f"{name} — 专家意见")
    assert found["U1 · 决定"] == ("按规则", f"修复模式 {words.answer('mode', 'assisted')}; 理由 会商")
    assert found["U1 · 子属性 · 应有植物"] == ("未回答", words.answer("damage", "severe"))
    assert found[f"U1 · 工程量 · {name} · 长度（公里）"] == ("无", "2.5")
    assert found[f"U1 · 分模式面积 · {words.answer('mode', 'natural')}"] == ("无", "3")
    assert found["U1 · 坡度（搁置）"] == ("未回答", "30 度")
    assert found["问题诊断"] == ("无", "生态系统结构 单一")
    assert not any(mark in "".join([what, *values]) for what, values in found.items() for mark in ("assisted", "desirable", measure.id, "severe", "natural"))


def test_a_number_out_of_range_is_refused_with_the_name_and_the_unit_of_its_fact(kept: Store) -> None:
    id = kept.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0}]), "王工")
    at = opened("questionnaire", id, ask="slope_deg")
    at.number_input(key=f"answer_{id}_U1_slope_deg").set_value(95.0)
    pressed(at, "save_")
    assert [e.value for e in at.error] == ["`坡度` 在 0 到 90 度 之间，写的是 `95 度`"]
    assert kept.get(id).version == 1


def submitted(at: AppTest, label: str) -> list[str]:
    """Press the button with the label; what is said to be wrong then, which shows nothing of a file that nobody has."""
    next(b for b in at.button if b.label == common.t(label)).click()
    at.run()
    assert not at.exception and not any("project.json" in c.value or "^" in c.value for c in at.code)
    return [e.value for e in at.error]


def test_a_project_that_ends_before_it_begins_is_refused_in_a_sentence(kept: Store) -> None:
    at = opened("projects")
    at.text_input[1 if at.text_input[0].label == common.t("your_name") else 0].set_value("甲")
    next(n for n in at.number_input if n.label == common.t("field_area_ha")).set_value(2.0)
    next(d for d in at.date_input if d.label == common.t("field_start")).set_value(date(2026, 3, 1))
    next(d for d in at.date_input if d.label == common.t("field_end")).set_value(date(2020, 1, 1))
    assert submitted(at, "create") == [common.md("结束日期 2020-01-01 早于开始日期 2026-03-01")]
    assert not kept.entries()


def test_mistakes_at_units_and_the_header_are_told_by_the_labels_of_the_form(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    at = opened("questionnaire", id, view="units")
    assert submitted(at, "add_unit") == ["请填写：编号、面积（公顷）"]
    one(at.text_input, f"new_id_{id}_+").set_value("U 2")
    one(at.number_input, f"area_{id}_+").set_value(1.0)
    (error,) = submitted(at, "add_unit")
    assert "U 2" in error and "E2" not in error
    at = opened("questionnaire", id, view="units")
    one(at.date_input, f"header_start_{id}").set_value(None)
    next(b for b in reversed(at.button) if b.label == common.t("save")).click()
    at.run()
    assert [e.value for e in at.error] == [common.md("缺少 `开始日期`")] and not [c for c in at.code if "project.json" in c.value]
    assert kept.get(id).version == 1


def test_an_imported_file_is_refused_with_the_place_of_every_problem(kept: Store) -> None:
    at = opened("projects")
    at.file_uploader[0].set_value(("project.yaml", b"project: {name: a, start: 2026-03-01, end: 2020-01-01}\nunits: [{id: U1, area_ha: 1, facts: {}}]\n", "text/yaml"))
    next(b for b in at.button if b.label == common.t("import")).click()
    at.run()
    assert any(c.value.startswith("project.yaml:1:") and "E405" in c.value and "^" in c.value for c in at.code)


@pytest.mark.parametrize(("case", "first", "all_of_it"), [("maiziyu", "≥ 1107", "≥ 1107"), ("green_heart", "待填", "待填")])
def test_a_sum_with_costs_that_are_still_to_be_filled_in_says_so(kept: Store, case: str, first: str, all_of_it: str) -> None:
    draft = read_incoming("project.yaml", (case_folders()[case] / "project.yaml").read_bytes(), base()).draft
    id, cost = kept.create(draft, "王工"), common.w()["h_cost"]
    years = frame_with(opened("results", id, result_view="years"), common.w()["h_year"])
    assert years[cost][0] == first and "0" not in {value for value, area in zip(years[cost], years[common.w()["h_area"]], strict=True) if area}
    assert list(frame_with(opened("compare", id), common.t("knowledge_base"))[cost]) == [all_of_it]
    assert f"| {first} |" in "\n".join(explanation(one_desk().plan(draft), "zh"))
    assert {type(year["cost"]) for year in one_desk().plan(draft).json()["years"]} <= {int, float}


SQUARE = {"type": "Polygon", "coordinates": [[[116.0, 40.0], [116.1, 40.0], [116.1, 40.1], [116.0, 40.0]]]}


@pytest.mark.parametrize(("places", "said"), [(True, f"{LAYER}#U1"), (False, "有边界，坐标未附")])
def test_the_plan_to_take_away_names_the_layer_or_only_that_there_is_a_boundary(kept: Store, places: bool, said: str) -> None:
    draft = quarry(Edit(("units", "U1", "geometry"), kept.put_shape(SQUARE)))
    with ZipFile(BytesIO(plan_files(one_desk().plan(draft), draft, kept.shapes(draft), places))) as files:
        texts = {name: files.read(name).decode("utf-8", "replace") for name in files.namelist()}
    assert (LAYER in texts) == places
    assert all(said in texts[name] for name in ("plan.json", "trail.md"))
    assert not any("store:" in text or "116.1" in text for name, text in texts.items() if name != LAYER)
    assert [u.get("geometry") for u in yaml.safe_load(texts["project.yaml"])["units"]] == [said if places else None]


def test_a_conflict_tells_what_the_other_wrote_once(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    at = opened("questionnaire", id, ask="recovery")
    kept.save(id, [Edit(("units", "U1", "facts", "recovery"), "strong"), Edit(("project", "name"), "乙")], "李工", 1)
    at.radio(key=f"answer_{id}_U1_recovery").set_value("medium")
    pressed(at, "save_")
    assert common.t("conflict") in [x.value for x in at.warning]
    told = [x.value for x in (*at.info, *at.markdown) if "李工" in x.value]
    assert sum(common.md(f"U1 · {common.w().name('recovery')}") in text for text in told) == 1
    assert any(common.t("others_changed") in x.value and "乙" in x.value for x in at.info)


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


def test_a_form_left_open_shows_what_somebody_else_has_changed_and_does_not_write_it_back(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    at = opened("questionnaire", id, view="units")
    kept.save(id, [Edit(("units", "U1", "town"), "王平镇")], "李工", 1)
    at.run()
    assert one(at.text_input, f"town_{id}_U1").value == "王平镇"
    one(at.text_input, f"village_{id}_U1").set_value("岭角村")
    next(b for b in at.button if b.label == common.t("save") and b.form_id == f"unit_{id}_U1").click()
    at.run()
    unit = kept.get(id).draft["units"][0]
    assert (unit["town"], unit["village"]) == ("王平镇", "岭角村")
