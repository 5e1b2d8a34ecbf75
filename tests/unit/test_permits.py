"""Permits, reviewing departments and participation: what a project is told to obtain, from whom, and by which edition."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.bases import base
from support.projects import project, random_project
from support.units import random_unit

from engine.consult import consult_unit
from engine.load import DEFAULT, load
from engine.parties import participation
from engine.permits import Edition, changes, judged_by, permits, reference
from engine.plan import Plan, make_plan
from engine.project import Value, known_of, unit_of
from engine.report import explanation
from engine.semantics import infer
from engine.source import Unusable

PLAIN: dict[str, Any] = {
    "spatial_type": "ecological", "redline": "outside", "ecosystems": ["forest"], "problems": ["sparse_vegetation"], "damage": "moderate", "recovery": "weak",
    "hazard": "low", "hazard_types": [], "contamination": "none", "water_source": "none", "permanent_farmland": False, "rare_habitat": False, "bird_site": False,
    "fish_spawning": False, "reclaimable": False, "reserve_land": False, "heritage": False, "existing_project": False, "slope_deg": 5, "soil_depth_cm": 60,
    "water_position": "midstream",
}  # fmt: skip
FIELDS = {"spatial_type": "agricultural", "ecosystems": ["farmland"], "problems": ["degraded_farmland"]}
TOWN = {"spatial_type": "urban", "ecosystems": ["urban_green"], "problems": ["green_space_deficit"]}
RIVER = {"ecosystems": ["river", "wetland"], "problems": ["poor_water_quality", "degraded_river", "degraded_wetland"]}


def plan_of(*units: Mapping[str, Any], start: date = date(2027, 3, 1), end: date = date(2029, 12, 31), **more: Any) -> Plan:
    """A plan of units that are plain but for the facts given."""
    written = [{"id": f"U{i}", "area_ha": 10, "facts": {k: v for k, v in (PLAIN | dict(facts)).items() if v is not None}, **more} for i, facts in enumerate(units, 1)]
    return make_plan(base(), project(base(), written, start, end))


def needed(plan: Plan) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in permits(plan)["permits"]}


def test_the_effects_of_a_unit_are_those_of_its_chosen_measures() -> None:
    rng = random.Random("effects")
    seen: set[str] = set()
    settled = 0
    weeds = {"problems": ["invasive_species"], "ecosystems": ["forest"], "damage": "severe", "recovery": "weak"}  # one measure alone uses chemicals
    units = [unit_of(base(), PLAIN | weeds), *(random_unit(rng, base(), unknown=0) for _ in range(250))]
    for unit in units:
        state = infer(base(), known_of(base(), unit), {"effects"})
        yes, may = state["chosen"]  # type: ignore[misc]
        if yes != may:  # the damage was left out and is open
            continue
        settled += 1
        measures = [m for i, m in enumerate(base().measures.values()) if yes >> i & 1]
        effects = {e for m in measures for e in m.effects}
        concluded = {a.id for i, a in enumerate(base().decisions["effects"].answers) if state["effects"][0] >> i & 1}  # type: ignore[index]
        assert concluded == effects
        seen |= effects
    assert settled > 100
    assert seen == {a.id for a in base().decisions["effects"].answers}


def test_a_measure_that_does_none_of_the_six_gives_no_rule() -> None:
    written = {rule.item for rule in base().decisions["effects"].rules}
    assert written == {m.id for m in base().measures.values() if m.effects}


def test_every_permit_that_can_be_concluded_has_an_entry_and_the_other_way_round() -> None:
    assert {a.id for a in base().decisions["permits"].answers} == set(reference(base())["permits"])


def test_a_date_in_force_says_where_it_was_read_or_that_the_day_is_to_be_checked() -> None:
    for permit in reference(base())["permits"].values():
        for edition in permit.editions:
            assert edition.source, permit.id
            assert edition.date_source or edition.date_note, permit.id
            if edition.date_note and edition.start:
                assert (edition.start.month, edition.start.day) == (1, 1), permit.id


def test_what_is_called_law_rests_on_a_source_of_the_rule_itself() -> None:
    laws = [r for r in base().decisions["permits"].rules if r.layer == "law"]
    assert laws and all(any(c.startswith("P") for c in r.cite) for r in laws)


@pytest.mark.parametrize(
    ("facts", "permit", "authority", "source"),
    [
        ({"redline": "redline_other"}, "redline_activity", "planning_natural_resources", "P1"),
        ({"redline": "reserve_core", "problems": ["overuse"]}, "reserve_activity", "landscape_forestry", "P4"),
        (FIELDS | {"permanent_farmland": True, "damage": "severe"}, "permanent_farmland_check", "planning_natural_resources", "P5"),
        (FIELDS | {"damage": "moderate"}, "farmland_use_change", "agriculture_rural", "P7"),
        (RIVER, "alien_species_approval", "landscape_forestry", "P8"),
        ({"problems": ["soil_contamination"], "contamination": "light"}, "soil_pollution_procedure", "ecology_environment", "P9a"),
        (RIVER | {"fish_spawning": True}, "fishery_opinion", "agriculture_rural", "W-f1"),
    ],
)
def test_a_permit_names_its_authority_and_the_source_of_its_rule(facts: dict[str, Any], permit: str, authority: str, source: str) -> None:
    row = needed(plan_of(facts))[permit]
    assert row["needed"] and row["units"] == ["U1"]
    assert authority in row["authority"] and source in row["source"] and row["obtain"]["zh"]


def test_a_plain_greening_needs_neither_red_line_nor_river_nor_farmland_papers() -> None:
    found = needed(plan_of({}))
    assert set(found) == {"project_library", "greening_review"}
    assert found["greening_review"]["measures"] and all(m.split("/")[0] == "U1" for m in found["greening_review"]["tasks"])


def test_a_permit_goes_with_the_measures_that_bring_it() -> None:
    row = needed(plan_of({}, RIVER, {"problems": ["overuse"], "damage": "none"}))["river_works_consent"]
    assert row["units"] == ["U2"]
    assert {t.split("/")[0] for t in row["tasks"]} == {"U2"}
    assert all({"in_channel", "earthworks", "builds"} & set(base().measures[m].effects) for m in row["measures"])


def test_where_a_fact_is_missing_the_permit_is_possible_and_says_what_it_waits_on() -> None:
    row = needed(plan_of({"heritage": None}))["heritage_opinion"]
    assert (row["needed"], row["units"], row["possible_units"]) == (False, [], ["U1"])
    assert row["waits_on"] == {"U1": ["heritage"]}


@pytest.mark.parametrize(
    ("start", "force", "told"),
    [(date(2020, 3, 1), False, ["2022"]), (date(2022, 3, 1), "unknown", ["2022"]), (date(2023, 1, 1), True, [])],
)
def test_where_only_the_year_is_known_the_answer_within_it_is_unknown(start: date, force: object, told: list[str]) -> None:
    row = needed(plan_of({"redline": "redline_other"}, start=start, end=date(2024, 12, 31)))["redline_activity"]
    assert row["in_force"] == force
    assert [(c["date"], c["change"], c["exact"]) for c in row["changes"]] == [(year, "from", False) for year in told]


@pytest.mark.parametrize(
    ("start", "end", "source", "told"),
    [
        (date(2025, 3, 1), date(2025, 12, 31), ["P14"], []),
        (date(2026, 3, 1), date(2028, 12, 31), ["P14"], [("2026-03-14", "until"), ("2026-03-15", "from")]),
        (date(2026, 3, 15), date(2028, 12, 31), ["P4"], []),
    ],
)
def test_a_project_is_judged_by_the_edition_at_its_start_and_told_what_changes_before_its_end(start: date, end: date, source: list[str], told: list[tuple[str, str]]) -> None:
    row = needed(plan_of({"redline": "reserve_core", "problems": ["overuse"]}, start=start, end=end))["reserve_activity"]
    assert row["in_force"] is True and row["source"] == source
    assert [(c["date"], c["change"]) for c in row["changes"]] == told


def test_a_permit_whose_rule_nobody_has_entered_is_the_offices_to_check() -> None:
    row = needed(plan_of(RIVER))["erosion_plan" if "erosion_plan" in needed(plan_of(RIVER)) else "temporary_land"]
    assert (row["edition"], row["source"], row["in_force"]) == (None, [], "unknown")
    assert "编制单位" in row["note"]["zh"]


def edition(**more: Any) -> Edition:
    return Edition.model_validate({"title": {"zh": "例", "en": "e"}, "source": "P1"} | more)


def test_between_editions_the_next_one_is_named() -> None:
    old, new = edition(**{"from": "2010-01-01", "until": "2020-12-31"}), edition(**{"from": "2022-06-01"})
    assert judged_by([old, new], date(2020, 12, 31)) is old
    assert judged_by([old, new], date(2021, 5, 1)) is new and new.in_force(date(2021, 5, 1)) is False
    assert judged_by([old, new], date(2022, 6, 1)) is new
    assert judged_by([], date(2022, 6, 1)) is None


def test_a_change_counts_from_the_day_after_the_start_to_the_last_day() -> None:
    new = edition(**{"from": "2026-06-01", "until": "2027-06-01"})
    said = [len(changes([new], *span)) for span in [
        (date(2026, 1, 1), date(2026, 5, 31)), (date(2026, 1, 1), date(2026, 6, 1)), (date(2026, 6, 1), date(2027, 6, 1)),
        (date(2026, 6, 1), date(2027, 6, 2)), (date(2026, 1, 1), date(2028, 1, 1)),
    ]]  # fmt: skip
    assert said == [0, 1, 0, 1, 2]


def test_departments_lead_and_support_what_the_fact_sheets_say() -> None:
    plan = plan_of({}, FIELDS, RIVER)
    found = plan.process["departments"]
    chosen = {f"{u}/{m.id}": m for u, c in plan.consultations.items() for m in c.measures}
    assert {row["task"]: (row["lead"], tuple(row["support"])) for row in found["measures"]} == {t: (m.lead, m.support) for t, m in chosen.items()}
    project_rows = {row["id"]: row for row in found["project"]}
    for task, m in chosen.items():
        assert task in project_rows[m.lead]["leads"]
        assert all(task in project_rows[d]["supports"] for d in m.support)


@pytest.mark.parametrize(
    ("facts", "reviewing"),
    [
        ({}, {"planning_natural_resources", "finance", "landscape_forestry"}),
        (FIELDS | {"damage": "slight", "recovery": "medium"}, {"planning_natural_resources", "finance", "agriculture_rural"}),
    ],
)
def test_a_department_reviews_when_its_elements_are_touched(facts: dict[str, Any], reviewing: set[str]) -> None:
    rows = plan_of(facts).process["departments"]["project"]
    assert {r["id"] for r in rows if r["role"] == "review"} == reviewing
    assert all(r["reviews"]["zh"] and r["cite"] for r in rows)


@pytest.mark.parametrize(("facts", "party"), [(FIELDS, "village_collective"), (TOWN, "community"), ({}, "forest_village"), ({"redline": "reserve_core"}, "reserve_managers")])
def test_the_parties_follow_the_kind_of_space(facts: dict[str, Any], party: str) -> None:
    own = {"village_collective", "community", "forest_village"}
    found = {p["id"]: p for p in participation(plan_of(facts))["participation"]["parties"]}
    assert found[party]["concerned"] and found[party]["forms"] and "experts" in found
    assert party not in own or not (own - {party}) & set(found)


def test_an_unknown_space_leaves_its_parties_possible() -> None:
    found = {p["id"]: p for p in participation(plan_of({"spatial_type": None, "redline": None}))["participation"]["parties"]}
    assert (found["community"]["concerned"], found["community"]["possible_units"]) == (False, ["U1"])


def test_the_three_faults_are_defined_and_name_the_units_that_show_them() -> None:
    plan = plan_of({}, {"existing_project": True})
    faults = {f["id"]: f for f in plan.process["coordination"]["faults"]}
    assert set(faults) == {"repeated_restoration", "excessive_restoration", "pseudo_restoration"}
    assert faults["repeated_restoration"]["units"] == ["U2"] and faults["pseudo_restoration"]["units"] == []
    for f in faults.values():
        assert f["cite"] == ["5.7.1 §1"] and f["text"] != f["name"]


@pytest.mark.parametrize(
    ("facts", "given_up", "instead"),
    [
        (FIELDS | {"ecosystems": ["farmland", "forest"], "problems": ["degraded_farmland", "habitat_fragmentation"]}, "forest_corridor", "habitat_fragmentation"),
        (FIELDS | {"ecosystems": ["farmland", "wetland"], "problems": ["degraded_farmland", "degraded_wetland"], "damage": "severe"}, "farmland_to_wetland", "degraded_wetland"),
        (FIELDS | {"water_source": "secondary", "damage": "severe"}, "high_standard_farmland", "degraded_farmland"),
        (FIELDS | {"ecosystems": ["farmland", "river"], "problems": ["flow_deficit", "sparse_vegetation"], "damage": "severe"}, "plain_afforestation", "sparse_vegetation"),
    ],
)
def test_where_field_forest_and_water_aims_clash_one_gives_way_and_the_problem_is_answered_all_the_same(facts: dict[str, Any], given_up: str, instead: str) -> None:
    plan = plan_of(facts)
    row = next(r for r in plan.process["coordination"]["given_up"] if r["measure"] == given_up)
    assert "5.5.4 §2" in row["cite"] and row["because"]["zh"]
    found = plan.consultations["U1"]
    assert "overall_goal_prevails" in found.settled("flags")
    assert instead not in found.settled("unanswered") and given_up not in found.settled("chosen")


@pytest.mark.parametrize("ecosystems", [["farmland", "forest"], ["orchard", "wetland"], ["forest", "river"], ["shrubland", "lake_reservoir"]])
def test_every_pair_of_field_forest_and_water_has_the_duty_to_set_an_order(ecosystems: list[str]) -> None:
    facts: dict[str, Value] = {"ecosystems": tuple(ecosystems)}
    assert "field_forest_water" in consult_unit(base(), unit_of(base(), facts)).settled("duties")


def overlay(folder: Path, text: str) -> Plan:
    folder.mkdir()
    (folder / "permits.yaml").write_text(text, "utf-8")
    local = load(DEFAULT, folder)
    return make_plan(local, project(local, [{"id": "U1", "area_ha": 1, "facts": PLAIN | {"redline": "redline_other"}}], date(2027, 1, 1), date(2028, 1, 1)))


ENTRY = "  - {{id: redline_activity, authority: [{authority}], due: works, layer: law, cite: [P1], obtain: {{zh: 甲, en: a}}}}\n"


def test_another_city_replaces_a_permit_in_its_own_folder(tmp_path: Path) -> None:
    plan = overlay(tmp_path / "local", "permits:\n" + ENTRY.format(authority="water"))
    assert needed(plan)["redline_activity"]["authority"] == ["water"]


def test_an_unknown_department_is_reported_at_its_place(tmp_path: Path) -> None:
    plan = overlay(tmp_path / "local", "permits:\n" + ENTRY.format(authority="watre"))
    with pytest.raises(Unusable) as error:
        permits(plan)
    problem = error.value.problems[0]
    assert (str(problem.at), problem.code, problem.near) == ("local/permits.yaml:2:40", "E315", "water")


@pytest.mark.parametrize(("when", "code"), [("{space_clas: urban}", "E301"), ("{slope_deg: {at_least: 17}}", "E303")])
def test_a_condition_that_cannot_be_read_is_reported_not_guessed(tmp_path: Path, when: str, code: str) -> None:
    text = f"parties:\n  - {{id: x, zh: 甲, en: a, when: {when}, forms: [visits], steps: [study], layer: expert, cite: [5.7.2 §1], because: {{zh: 乙, en: b}}}}\n"
    with pytest.raises(Unusable) as error:
        participation(overlay(tmp_path / "local", text))
    assert [(p.code, p.at.file, p.at.line) for p in error.value.problems] == [(code, "local/permits.yaml", 2)]


def test_the_explanation_shows_the_section_in_both_languages() -> None:
    plan = plan_of(FIELDS | {"redline": "redline_other"}, TOWN)
    zh, en = ("\n".join(explanation(plan, lang)) for lang in ("zh", "en"))
    assert "## 协调、许可与管护" in zh and "自然资发〔2022〕142号" in zh and "农村集体经济组织" in zh
    assert "## coordination, permits and upkeep" in en and "residents of the community" in en


def test_random_plans_say_it_all_in_json() -> None:
    rng = random.Random("process")
    for _ in range(6):
        plan = make_plan(base(), random_project(rng, base(), units=4, unknown=0.3))
        assert json.loads(json.dumps(plan.process, allow_nan=False)) == plan.process
        for row in permits(plan)["permits"]:
            assert bool(row["units"]) == row["needed"] and (row["units"] or row["possible_units"])
            assert set(row["authority"]) <= set(base().departments) and row["rules"]
        assert "None" not in "\n".join(explanation(plan, "en"))


def test_a_consultation_reads_none_of_the_reference_files() -> None:
    program = """
import sys
from engine.cli import app
try: app(["consult", "cases/maiziyu/project.yaml", "--json"], standalone_mode=False)
except SystemExit: pass
modules = [sys.modules[m] for m in ("engine.permits", "engine.adapt") if m in sys.modules]
caches = [f.cache_info().currsize for m in modules for f in (getattr(m, "reference", None), getattr(m, "routines", None)) if f]
print(sum(caches), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=DEFAULT.parent, check=False)
    assert done.stdout.startswith("{") and done.stderr.strip() == "0"
