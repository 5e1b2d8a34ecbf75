"""What the desk tells of earlier versions, of the history and of what others wrote."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from support.bases import base
from support.screens import frame_with, one_desk, opened, pressed, quarry

from engine.draft import Edit, blank
from engine.store import Store
from ui import common

pytestmark = pytest.mark.xdist_group("screens")


def test_two_versions_are_compared_and_an_older_one_is_brought_back(kept: Store) -> None:
    id = kept.create(quarry(), "王工")
    kept.save(id, [Edit(("units", "U1", "facts", "damage"), "slight")], "李工", 1)
    at = opened("compare", id)
    assert any("李工" in str(s.options) for s in at.selectbox)
    pressed(at, "back_to")
    assert kept.get(id).version == 3
    assert kept.get(id).draft == kept.at_version(id, 1)


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
