"""Survey, diagnosis, causes, priority and extent: what is typed, what is missing, what waits for it, and what the attributes stand for."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.bases import base
from support.projects import project

from engine.conditions import State
from engine.consult import consult
from engine.forward import Forward
from engine.groundwork import GAPS, names_of, reference
from engine.load import DEFAULT, load
from engine.plan import Plan, make_plan
from engine.project import Project, known_of, project_of, unit_of
from engine.report import check_names, explanation
from engine.semantics import infer
from engine.source import Source, Unusable, parse
from engine.wording import Wording

START, END = date(2026, 3, 1), date(2028, 12, 31)
GRADES = ("none", "slight", "moderate", "severe")


def written(facts: dict[str, Any], **unit: Any) -> dict[str, Any]:
    return {"id": "U1", "area_ha": 3, "facts": facts} | unit


def made(*units: dict[str, Any], **sections: Any) -> Project:
    """A project of units, with further sections of the file."""
    text = json.dumps({"project": {"name": "小例", "start": str(START), "end": str(END)}, "units": list(units)} | sections, ensure_ascii=False)
    source = Source("project.yaml", text)
    return project_of(source, parse(source), base())


def planned(*units: dict[str, Any], **sections: Any) -> Plan:
    return make_plan(base(), made(*units, **sections))


def attributes_of(gap: str) -> list[str]:
    return [a.id for a in reference(base(), "attributes.yaml")["attributes"].values() if a.gap == gap]


def all_graded(gap: str, *grades: str) -> dict[str, str]:
    return dict(zip(attributes_of(gap), grades, strict=True))


# 5.2.2: the checklist


def test_every_question_rests_on_an_item_of_the_survey() -> None:
    items = reference(base(), "survey.yaml")["items"].values()
    assert set(base().facts) == {fact for item in items for fact in item.asks}


def test_every_item_a_to_h_of_the_standard_is_asked_for() -> None:
    found = reference(base(), "survey.yaml")
    assert [part.cite[0] for part in found["parts"].values()] == [f"5.2.2 {letter}" for letter in "abcdefgh"]
    assert {item.part for item in found["items"].values()} == set(found["parts"])


def test_what_is_not_stated_is_missing_and_a_part_speaks_for_its_items() -> None:
    plan = planned(written({}), survey={"nature": {"status": "partial", "source": "区调查队"}, "soil": {"status": "at_hand", "date": "2026-05-10"}})
    items = {i["id"]: i for i in plan.process["survey"]["items"]}
    assert (items["soil"]["status"], items["soil"]["stated"], items["soil"]["date"]) == ("at_hand", "soil", "2026-05-10")
    assert (items["climate"]["status"], items["climate"]["stated"], items["climate"]["source"]) == ("partial", "nature", "区调查队")
    assert (items["redline"]["status"], items["redline"]["stated"]) == ("missing", None)
    assert plan.process["survey"]["counts"] == {"at_hand": 1, "partial": 6, "missing": len(items) - 7}


def test_an_item_names_the_open_facts_of_each_unit_and_what_waits_for_them() -> None:
    plan = planned(written({"redline": "outside", "spatial_type": "urban", "damage": "moderate", "problems": []}), written({"recovery": "weak"}, id="U2"))
    soil = next(i for i in plan.process["survey"]["items"] if i["id"] == "soil")
    assert "recovery" in soil["unanswered"]["U1"] and "recovery" not in soil["unanswered"]["U2"]
    for unit, c in plan.consultations.items():
        expected = [o.conclusion for o in c.open if set(o.waits_on) & set(soil["facts"])]
        assert soil["waiting"].get(unit, []) == expected
    assert "mode" in soil["waiting"]["U1"]


# 5.4.1.1: large scale


def test_an_assessment_is_typed_or_still_to_write() -> None:
    plan = planned(written({}), diagnosis={"pattern": "廊道在关沟处中断"})
    large = {a["id"]: a for a in plan.process["diagnosis"]["large"]}
    assert list(large) == ["structure", "pattern", "quality", "services"]
    assert [a["cite"][0] for a in large.values()] == [f"5.4.1.1 {letter}" for letter in "abcd"]
    assert {id: (a["written"], a["text"]) for id, a in large.items() if a["written"]} == {"pattern": (True, "廊道在关沟处中断")}


# 5.4.1.2: the gaps and their attributes


def test_each_gap_has_three_attributes_and_the_six_others_point_elsewhere() -> None:
    found = reference(base(), "attributes.yaml")
    assert {gap: len(attributes_of(gap)) for gap in GAPS} == dict.fromkeys(GAPS, 3)
    assert len(found["pointers"]) == 6
    assert all(p.problems for p in found["pointers"].values())


@pytest.mark.parametrize("gap", GAPS)
def test_a_gap_is_the_worst_of_its_attributes(gap: str) -> None:
    for worst in GRADES:
        unit = unit_of(base(), {}, attributes=all_graded(gap, "none", worst, "none"))
        assert unit.facts == {gap: worst}
        assert unit.derived == (gap,)


def test_a_gap_with_an_attribute_left_open_stays_unknown() -> None:
    graded = all_graded("function_gap", "none", "severe", "none")
    graded.popitem()
    unit = unit_of(base(), {}, attributes=graded)
    assert "function_gap" not in unit.facts and unit.derived == ()


def test_a_gap_answered_itself_counts_over_its_attributes_and_the_difference_is_shown() -> None:
    plan = planned(written({"structure_gap": "slight"}, attributes=all_graded("structure_gap", "severe", "none", "none")))
    unit = plan.project.units["U1"]
    assert (unit.facts["structure_gap"], unit.derived) == ("slight", ())
    gap = next(g for g in plan.process["diagnosis"]["units"][0]["gaps"] if g["fact"] == "structure_gap")
    assert (gap["value"], gap["source"], gap["worst"], gap["differs"]) == ("slight", "answer", "severe", True)


def test_every_reading_sees_derived_gaps_and_they_lead_to_the_damage() -> None:
    attributes = {name: grade for gap, grade in zip(GAPS, ("severe", "severe", "none", "slight"), strict=True) for name, grade in all_graded(gap, grade, "none", "none").items()}
    given = made(written({"recovery": "weak"}, attributes=attributes))
    answered = made(written({"recovery": "weak", "composition_gap": "severe", "structure_gap": "severe", "function_gap": "none", "exchange_gap": "slight"}))
    states: list[State] = [known_of(base(), p.units["U1"]) for p in (given, answered)]
    assert states[0] == states[1]
    assert infer(base(), states[0]) == Forward(base()).infer(states[0])
    shown = consult(base(), given)["U1"].json()
    assert shown["conclusions"]["damage"] == "severe"
    assert shown["derived"] == list(GAPS)
    assert shown["facts"]["composition_gap"] == "severe"
    premises = [p for step in shown["trail"] if step["rule"] == "gaps.severe" for p in step["from"]]
    assert {"fact": "composition_gap", "value": "severe", "source": "answer"} in premises


def test_a_source_may_be_given_for_a_derived_gap() -> None:
    graded = all_graded("exchange_gap", "none", "none", "slight")
    project = made(written({}, attributes=graded, sources={"exchange_gap": {"source": "现场调查"}}))
    assert project.units["U1"].facts == {"exchange_gap": "slight"}


def test_a_bad_physical_condition_without_a_problem_is_pointed_out() -> None:
    pointed = planned(written({"problems": ["soil_erosion"]}, attributes={"substrate_physical": "severe", "substrate_chemical": "severe", "water_condition": "none"}))
    pointers = {p["id"]: p for p in pointed.process["diagnosis"]["units"][0]["pointers"]}
    assert {id for id, p in pointers.items() if p["unmatched"]} == {"substrate_chemical"}
    assert pointers["substrate_physical"]["problems"] == ["soil_erosion"]


@pytest.mark.parametrize(
    ("sections", "unit", "wrong", "meant"),
    [
        ({"survey": {"climat": {"status": "at_hand"}}}, {}, "climat", "climate"),
        ({"diagnosis": {"patern": "x"}}, {}, "patern", "pattern"),
        ({"goals": {"wellbeing": "x", "value_": "y"}}, {}, "value_", "value"),
        ({"targets": [{"indicator": "forest_covr"}]}, {}, "forest_covr", "forest_cover"),
        ({"readings": [{"indicator": "nppp", "date": "2027-01-01", "value": 1}]}, {}, "nppp", "npp"),
        ({}, {"attributes": {"strat": "none"}}, "strat", "strata"),
    ],
)
def test_a_mistyped_name_is_reported_with_the_one_meant(sections: dict[str, Any], unit: dict[str, Any], wrong: str, meant: str) -> None:
    with pytest.raises(Unusable) as caught:
        made(written({}, **unit), **sections)
    (problem,) = caught.value.problems
    assert (problem.code, dict(problem.facts)["name"], problem.near) == ("E315" if {"targets", "readings"} & set(sections) else "E415", wrong, meant)
    assert problem.line[problem.at.column - 1 :].startswith(f'"{wrong}"')


def test_targets_and_readings_name_units_of_the_project() -> None:
    with pytest.raises(Unusable) as caught:
        made(written({}), targets=[{"indicator": "npp", "unit": "U2"}], readings=[{"indicator": "npp", "unit": "U3", "date": "2027-01-01", "value": 1}])
    assert [(p.code, dict(p.facts)["name"]) for p in caught.value.problems] == [("E404", "U2"), ("E404", "U3")]


def test_an_unknown_name_in_a_local_file_is_reported_at_its_place(tmp_path: Path) -> None:
    item = "{id: soil, zh: 土壤, en: soil, part: nature, layer: expert, cite: [5.2.2 a], collect: {zh: 剖面, en: profiles}, asks: [recovry]}"
    (tmp_path / "survey.yaml").write_text(f"items:\n  - {item}\n", encoding="utf-8")
    with pytest.raises(Unusable) as caught:
        reference(load(DEFAULT, tmp_path), "survey.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.near, problem.at.line) == ("E315", "recovery", 2)
    assert problem.line[problem.at.column - 1 :].startswith("recovry")


def test_all_names_of_the_sections_are_accepted() -> None:
    project = made(
        written({}, attributes=dict.fromkeys(names_of(base(), "attributes"), "none")), survey={n: {"status": "partial"} for n in names_of(base(), "survey")},
        diagnosis=dict.fromkeys(names_of(base(), "diagnosis"), "x"), goals=dict.fromkeys(names_of(base(), "goals"), "x"),
    )  # fmt: skip
    assert project.units["U1"].derived == GAPS


# 5.4.1 §1: causes


def test_problems_are_grouped_by_cause_and_water_carries_them_down() -> None:
    plan = planned(
        written({"problems": ["soil_erosion", "heat_island", "flooding"]}), written({"problems": ["poor_water_quality"]}, id="U2", downstream_of=["U1"]),
        written({}, id="U3", downstream_of=["U2"]),
    )  # fmt: skip
    causes = plan.process["causes"]
    assert [c["id"] for c in causes["classes"]] == ["climate", "land_use", "pollution", "exploitation", "invasion"]
    assert causes["units"]["U1"] == {"climate": ["flooding"], "land_use": ["soil_erosion", "heat_island"]}
    assert next(c for c in causes["classes"] if c["id"] == "pollution")["problems"] == {"poor_water_quality": ["U2"]}
    assert [(c["problem"], c["from"], c["to"]) for c in causes["carried"]] == [(p, "U1", to) for to in ("U2", "U3") for p in ("soil_erosion", "flooding")]
    assert causes["unsurveyed"] == ["U3"]


def test_every_problem_has_one_of_the_five_causes() -> None:
    assert {p.cause for p in base().problems.values()} == set(reference(base(), "survey.yaml")["causes"])


# 5.4.1 §1: priority

URGENT = [
    ({"problems": ["geohazard"], "hazard": "high"}, "geohazard"),
    ({"problems": ["landform_damage"], "zone": "I-2-3", "redline": "redline_other", "ecosystems": ["mine"]}, "landform_damage"),
    ({"problems": ["soil_contamination"], "contamination": "heavy"}, "soil_contamination"),
    ({"problems": ["point_pollution"], "water_source": "quasi"}, "point_pollution"),
    ({"problems": ["nonpoint_pollution"], "water_source": "primary"}, "nonpoint_pollution"),
    ({"problems": ["internal_pollution"], "water_source": "secondary"}, "internal_pollution"),
    ({"problems": ["flooding"], "hazard": "high", "hazard_types": ["rainstorm_flood"]}, "flooding"),
    ({"problems": ["waterlogging"], "hazard": "high", "hazard_types": ["waterlogging"]}, "waterlogging"),
    ({"problems": ["invasive_species"], "rare_habitat": True}, "invasive_species"),
    ({"problems": ["human_disturbance"], "redline": "reserve_core"}, "human_disturbance"),
    ({"problems": ["overuse"], "redline": "reserve_core"}, "overuse"),
    ({"problems": ["illegal_occupation"], "redline": "redline_other"}, "illegal_occupation"),
    ({"problems": ["illegal_occupation"], "permanent_farmland": True}, "illegal_occupation"),
    ({"problems": ["soil_erosion"], "water_position": "upstream"}, "soil_erosion"),
    ({"problems": ["soil_erosion"], "zone": "I-1-4"}, "soil_erosion"),
]


@pytest.mark.parametrize(("facts", "problem"), URGENT)
def test_a_dangerous_problem_is_urgent_and_says_why(facts: dict[str, Any], problem: str) -> None:
    (row,) = planned(written(facts)).process["priority"]["units"][0]["problems"]
    assert (row["problem"], row["class"], row["rank"]) == (problem, "urgent", 1)
    assert row["reasons"] and all(base().rules[r["id"]].decision == "urgent" for r in row["reasons"])


def test_nothing_is_urgent_without_the_problem_itself() -> None:
    facts = {k: v for given, _ in URGENT for k, v in given.items()} | {"problems": ["degraded_farmland"]}
    ranked = planned(written(facts)).process["priority"]["units"][0]
    assert [(r["problem"], r["class"]) for r in ranked["problems"]] == [("degraded_farmland", "deficit")]
    assert ranked["possible"] == []


def test_urgent_problems_come_first_then_stresses_then_deficits_in_the_order_of_the_questionnaire() -> None:
    facts = {"problems": ["geohazard", "soil_erosion", "point_pollution", "invasive_species", "landform_damage", "degraded_forest"], "hazard": "low", "water_source": "none"}
    facts |= {"rare_habitat": True, "zone": "III-1-2", "water_position": "downstream", "redline": "outside"}
    ranked = planned(written(facts)).process["priority"]["units"][0]["problems"]
    assert [(r["rank"], r["problem"], r["class"]) for r in ranked] == [
        (1, "invasive_species", "urgent"), (2, "geohazard", "stress"), (3, "soil_erosion", "stress"), (4, "point_pollution", "stress"),
        (5, "landform_damage", "deficit"), (6, "degraded_forest", "deficit"),
    ]  # fmt: skip
    assert ranked[1]["reasons"][0]["cite"] == ["5.5.4 §1"]


def test_a_problem_that_may_yet_be_urgent_names_the_facts_it_waits_for() -> None:
    ranked = planned(written({"problems": ["geohazard"], "zone": "I-1-1"})).process["priority"]["units"][0]
    assert ranked["problems"][0]["may_be_urgent"] and ranked["possible"] == ["geohazard"]
    assert ranked["waits_on"] == ["hazard"]


def test_problems_not_surveyed_are_not_ranked() -> None:
    ranked = planned(written({})).process["priority"]["units"][0]
    assert (ranked["surveyed"], ranked["problems"]) == (False, [])


def test_only_the_zone_that_asks_for_it_makes_an_urgency_the_standards() -> None:
    layers = {r.id: r.layer for r in base().decisions["urgent"].rules}
    assert {id for id, layer in layers.items() if layer == "standard"} == {"urgent.red-line-mine-hazard", "urgent.red-line-mine-landform"}
    assert "law" not in layers.values()


# 5.4.2: extent


def test_the_extent_says_what_is_missing() -> None:
    plan = planned(written({"problems": [], "zone": "I-1-1"}, town="龙泉镇", geometry="units.gpkg#U1"), written({}, id="U2", village="某村"))
    steps = {s["id"]: s["missing"] for s in plan.process["extent"]["steps"]}
    assert steps["key_areas"] == ["U2/zone", "U2/problems", "U1/existing_project", "U2/existing_project"]
    assert steps["parcels"] == ["U2/geometry"]
    assert steps["boundary"] == ["district", "U2/town", "U1/village", "U2/geometry"]
    check = next(c for c in plan.checks if c.entry.id == "extent_incomplete")
    assert (check.entry.grade, set(check.about)) == ("remind", set(steps["boundary"]))


def test_a_complete_extent_raises_nothing() -> None:
    whole = project(base(), [written({}, town="龙泉镇", village="麦子峪村", geometry="units.gpkg#U1")], START, END, district="门头沟区")
    plan = make_plan(base(), whole)
    assert "extent_incomplete" not in {c.entry.id for c in plan.checks}
    assert next(s for s in plan.process["extent"]["steps"] if s["id"] == "boundary")["complete"]
    assert plan.process["extent"]["area_ha"] == 3


# On paper


@pytest.mark.parametrize(("lang", "heading"), [("zh", "## 基础与目标"), ("en", "## groundwork and goals")])
def test_the_explanation_has_the_section_before_the_units(lang: str, heading: str) -> None:
    plan = planned(written({"problems": ["geohazard"], "zone": "I-1-1"}, attributes=all_graded("structure_gap", "none", "none", "severe")), diagnosis={"quality": "变差<3%"})
    lines = list(explanation(plan, lang))
    unit = next(i for i, line in enumerate(lines) if line.endswith(" U1"))
    section = lines[lines.index(heading) : unit]
    assert any("变差&lt;3%" in line for line in section)
    rule = reference(base(), "attributes.yaml")["aggregation"]["worst_counts"]
    assert any(rule.because[lang] in line for line in section)
    tables = [line for line in section if line.startswith("|")]
    assert len(tables) > 60


def test_a_consultation_without_attributes_reads_none_of_the_files() -> None:
    reference.cache_clear()
    consult(base(), made(written({"problems": ["geohazard"]}), targets=[{"indicator": "npp"}]))
    assert reference.cache_info().currsize == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_a_check_speaks_of_is_told_in_words(lang: str) -> None:
    plan = planned(written({"problems": ["soil_erosion"], "spatial_type": "ecological"}))
    about = {c.entry.id: check_names(plan, c.about, Wording(base(), lang)) for c in plan.checks}
    assert {"extent_incomplete", "targets_missing", "cost_unknown"} <= set(about)
    said = "\n".join(explanation(plan, lang))
    for names in about.values():
        assert names and not [name for name in names if "_" in name or "U1/" in name]
        assert all(name in said for name in names)
