"""What a planner fills in beside the questionnaire: projects, units, decisions, what-ifs; kept, refused in words, and taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from support.bases import base
from support.screens import one, opened, pressed, pressed_label, quarry, submitted

from engine.draft import Edit, value_at
from engine.store import Store
from ui import common

pytestmark = pytest.mark.xdist_group("screens")


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
