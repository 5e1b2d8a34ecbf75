"""The catalogue keeps contract section 4: no problem is left bare, fact sheets are whole, and every bar bars what it should."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import pytest
from support.bases import base
from support.units import random_unit

from engine.conditions import members, reads
from engine.knowledge import KnowledgeBase
from engine.project import known_of, unit_of
from engine.semantics import infer

STRESSES = {
    "geohazard", "soil_erosion", "point_pollution", "nonpoint_pollution", "internal_pollution", "soil_contamination", "groundwater_overdraft", "flow_deficit",
    "waterlogging", "flooding", "illegal_occupation", "overuse", "human_disturbance", "invasive_species", "heat_island",
}  # fmt: skip
DEFICITS = {
    "landform_damage", "soil_degradation", "degraded_forest", "sparse_vegetation", "degraded_grassland", "degraded_wetland", "degraded_river", "poor_water_quality",
    "river_disconnection", "habitat_fragmentation", "biodiversity_decline", "degraded_farmland", "idle_vacated_land", "green_space_deficit",
    "blocked_ventilation", "degraded_landscape",
}  # fmt: skip
EFFECTS = {"converts_farmland", "earthworks", "builds", "in_channel", "plants", "chemicals"}
STAGES = ("landform", "soil", "vegetation", "landscape", "biodiversity")
MODES = ("conserve", "natural", "assisted", "reconstruct")
SPATIAL, RED_LINE = ("ecological", "agricultural", "urban"), ("reserve_core", "redline_other", "outside")
REACHES = {"conserve": ("none", "medium"), "natural": ("slight", "strong"), "assisted": ("moderate", "medium"), "reconstruct": ("severe", "weak")}
# nothing on the ground, each ecosystem by itself, and some that go together
GROUNDS: list[tuple[str, ...]] = [
    (), ("forest",), ("shrubland",), ("grassland",), ("wetland",), ("river",), ("lake_reservoir",), ("farmland",), ("orchard",), ("urban_green",), ("mine",),
    ("vacated_land",), ("unused_land",), ("built_up",), ("forest", "river"), ("farmland", "wetland"), ("urban_green", "vacated_land", "built_up"), ("mine", "forest"),
]  # fmt: skip
# A unit on which nothing but its problem calls for care.
PLAIN: dict[str, Any] = {
    "zone": "I-2-2", "hazard": "low", "hazard_types": (), "contamination": "none", "water_source": "none", "permanent_farmland": False, "rare_habitat": False,
    "bird_site": False, "fish_spawning": False, "reclaimable": False, "reserve_land": False, "heritage": False, "existing_project": False,
    "slope_deg": 10.0, "soil_depth_cm": 60.0, "water_position": "midstream",
}  # fmt: skip


@cache
def deciding(*names: str) -> KnowledgeBase:
    """The knowledge base with the named decisions and those that they rest on: what else it decides takes time and changes nothing here."""
    needed = set(names)
    for decision in reversed(base().decisions.values()):
        if decision.id in needed:
            needed |= {name for rule in decision.every_rule for name in reads(rule.when)}
    return replace(base(), decisions={id: d for id, d in base().decisions.items() if id in needed})


def concluded(facts: dict[str, Any], name: str, *, possible: bool = False) -> set[str]:
    """The settled members of a decision, or those that are settled or may be."""
    knowledge = deciding(name)
    yes, may = infer(knowledge, known_of(knowledge, unit_of(knowledge, facts)))[name]  # type: ignore[misc]
    return {knowledge.decisions[name].answers[i].id for i in members(may if possible else yes)}


def recommended(**facts: Any) -> set[str]:
    return concluded(facts, "recommended")


# ---- fact sheets


def test_the_problems_are_the_contracts_stresses_and_deficits() -> None:
    assert {p.id for p in base().problems.values() if p.role == "stress"} == STRESSES
    assert {p.id for p in base().problems.values() if p.role == "deficit"} == DEFICITS


@pytest.mark.parametrize("mode", MODES)
def test_every_problem_has_a_measure_for_each_mode_from_natural_up_and_every_stress_for_conserve_too(mode: str) -> None:
    answered = {p for m in base().measures.values() if mode in m.modes for p in m.problems}
    assert answered >= (STRESSES if mode == "conserve" else STRESSES | DEFICITS)


def test_every_measure_answers_a_problem_and_a_role_fits_what_it_answers() -> None:
    for m in base().measures.values():
        assert m.relieves or m.restores, m.id
        assert set(m.relieves) <= STRESSES and set(m.restores) <= DEFICITS, m.id
        assert m.relieves if m.role == "stress" else m.restores, m.id


def test_stress_measures_have_the_stage_landform_or_none_and_function_measures_one_of_the_five() -> None:
    for m in base().measures.values():
        assert m.stage in ((None, "landform") if m.role == "stress" else STAGES), m.id


def test_modes_and_effects_come_from_the_closed_lists_each_once() -> None:
    for m in base().measures.values():
        assert m.modes and set(m.modes) <= set(MODES) and len(set(m.modes)) == len(m.modes), m.id
        assert set(m.effects) <= EFFECTS and len(set(m.effects)) == len(m.effects), m.id


def test_a_unit_cost_carries_year_place_and_source_or_is_the_offices_to_fill() -> None:
    for m in base().measures.values():
        if m.cost != "office":
            price = base().costs[m.cost]
            assert price.value > 0 and 2000 <= price.year <= 2026 and price.source, m.id
            assert price.place.zh and price.place.en and price.note.zh and price.note.en, m.id
    assert {m.cost for m in base().measures.values()} - {"office"} == set(base().costs)  # and no price lies idle


def test_planting_waits_for_a_planting_season_and_nothing_else_does() -> None:
    plants = {s.id for s in base().seasons.values() if "plants" in s.opens}
    for m in base().measures.values():
        assert bool(m.seasons) == ("plants" in m.effects) and set(m.seasons) <= plants, m.id


def test_spraying_and_planting_do_not_pause_and_may_fit_an_opening() -> None:
    """At its longest such a work fits the rains or the spring, of which migration and spawning leave 45 days."""
    for m in base().measures.values():
        if {"plants", "chemicals"} & set(m.effects):
            assert not m.pausable and m.duration.at_most <= 45, m.id


def test_what_comes_before_a_measure_is_proposed_where_the_measure_is() -> None:
    """An `after` between two that no unit takes together would be an edge that never is."""
    for m in base().measures.values():
        for earlier in m.after:
            assert set(base().measures[earlier].modes) & set(m.modes), (m.id, earlier)


def test_every_measure_names_who_leads_what_is_measured_and_where_it_comes_from() -> None:
    for m in base().measures.values():
        assert m.lead in base().departments and set(m.support) <= set(base().departments) and m.lead not in m.support, m.id
        assert m.indicators and set(m.indicators) <= set(base().indicators) and m.cite, m.id
        assert all(e.source and e.zh and e.en for e in m.evidence), m.id
        assert m.element in base().elements, m.id


# ---- no problem is left bare


def bare(problem: str, facts: dict[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """The spatial types and grounds on which nothing answers the problem.

    First with both unknown: what is then answered is so wherever the unit lies.  Where that does not settle it, one by one.
    """
    facts = PLAIN | {"problems": (problem,)} | facts
    if problem not in concluded(facts, "unanswered", possible=True):
        return []
    lies = list(product(SPATIAL, GROUNDS))
    return [(space, ground) for space, ground in lies if problem in concluded(facts | {"spatial_type": space, "ecosystems": ground}, "unanswered")]


@pytest.mark.parametrize("mode", MODES)
def test_no_problem_is_unanswered_on_any_kind_of_unit_but_a_deficit_that_is_only_to_be_conserved(mode: str) -> None:
    damage, recovery = REACHES[mode]
    for redline, problem in product(RED_LINE, sorted(STRESSES | DEFICITS)):
        for contamination in ("none", "light", "heavy") if problem == "soil_contamination" else ("none",):
            where = {"redline": redline, "damage": damage, "recovery": recovery, "contamination": contamination}
            conserved = mode == "conserve" and redline == "outside" and problem in DEFICITS  # inside the red line natural recovery is open too
            assert conserved or not bare(problem, where), (problem, where)


def test_a_deficit_that_is_only_to_be_conserved_is_cared_for_or_said_to_be_unanswered() -> None:
    where = {"redline": "outside", "damage": "none", "recovery": "medium"}
    cared_for = {p for m in base().measures.values() if "conserve" in m.modes for p in m.restores}
    assert {problem for problem in sorted(DEFICITS) if bare(problem, where)} == DEFICITS - cared_for


# What else may bind a unit, one at a time.
SITES: dict[str, dict[str, Any]] = {
    "permanent farmland": {"permanent_farmland": True}, "primary source": {"water_source": "primary"}, "secondary source": {"water_source": "secondary"},
    "rare habitat": {"rare_habitat": True}, "bird site": {"bird_site": True}, "spawning ground": {"fish_spawning": True},
    "rare spawning ground": {"fish_spawning": True, "rare_habitat": True}, "reserve land": {"reserve_land": True}, "steep": {"slope_deg": 50.0, "hazard": "high"},
    "thin soil": {"soil_depth_cm": 10.0}, "heritage": {"heritage": True}, "reclaimable": {"reclaimable": True}, "upstream": {"water_position": "upstream"},
}  # fmt: skip


@pytest.mark.parametrize("site", SITES)
def test_no_bar_leaves_a_problem_bare(site: str) -> None:
    """Bars choose among measures: by 5.5.2 natural recovery is open to all red-line land, and elsewhere a gentler form stays."""
    for mode, redline in (*product(["natural"], RED_LINE), ("assisted", "redline_other"), ("assisted", "outside"), ("reconstruct", "outside")):
        damage, recovery = REACHES[mode]
        where = {"redline": redline, "damage": damage, "recovery": recovery} | SITES[site]
        assert {p for p in sorted(STRESSES | DEFICITS) if bare(p, where)} == set(), (mode, redline)


@pytest.mark.parametrize("also", ["groundwater_overdraft", "blocked_ventilation", "flooding", "soil_contamination"])
def test_a_second_problem_that_bars_measures_leaves_none_bare(also: str) -> None:
    for mode, problem, contamination in product(MODES[1:], sorted(STRESSES | DEFICITS), ("heavy",) if also == "soil_contamination" else ("none",)):
        damage, recovery = REACHES[mode]
        where = {"redline": "outside", "damage": damage, "recovery": recovery, "problems": (problem, also), "contamination": contamination}
        assert not bare(problem, where), (mode, problem)


@pytest.mark.parametrize("problem", ["landform_damage", "soil_degradation"])
def test_in_other_red_line_land_landform_and_soil_are_repaired_in_a_form_that_assisted_admits_and_no_bar_forbids(problem: str) -> None:
    for ground, damage in product(GROUNDS, ("moderate", "severe")):
        facts = PLAIN | {"spatial_type": "ecological", "redline": "redline_other", "ecosystems": ground, "damage": damage, "recovery": "weak"}
        taken = recommended(**facts | {"problems": (problem,)})
        assert any("assisted" in base().measures[m].modes and problem in base().measures[m].restores for m in taken), (ground, damage)


def test_closure_answers_overuse_and_disturbance_in_every_mode_and_place() -> None:
    for mode, redline, problem in product(MODES, RED_LINE, ("overuse", "human_disturbance")):
        damage, recovery = REACHES[mode]
        assert "closure" in recommended(**PLAIN | {"redline": redline, "spatial_type": "ecological", "damage": damage, "recovery": recovery, "problems": (problem,)})


def test_every_measure_is_recommended_to_some_unit() -> None:
    """Units aimed at each measure: it has its problems, a mode that admits it, and answers tried at random for the rest."""
    rng = random.Random("reachable")
    missing = dict.fromkeys(base().measures)
    for m in base().measures.values():
        for _ in range(300):
            if m.id not in missing:
                break
            for found in recommended(**aimed(rng, m.problems, m.modes)):
                missing.pop(found, None)
    assert not missing


def aimed(rng: random.Random, problems: Collection[str], modes: Collection[str]) -> dict[str, Any]:
    facts = dict(random_unit(rng, base(), unknown=0.0, acts=False).facts)
    damage, recovery = REACHES[rng.choice(sorted(modes))]
    chosen = {*problems, *rng.sample(sorted(STRESSES | DEFICITS), 2)}
    ground = rng.sample(sorted({g for ground in GROUNDS for g in ground}), rng.randint(1, 5))
    redline = rng.choice(["outside", "outside", "redline_other"])
    return facts | {"redline": redline, "damage": damage, "recovery": recovery, "problems": tuple(sorted(chosen)), "ecosystems": tuple(ground)}


# ---- bars


def effects_of(bound: dict[str, Any], seed: str, units: int = 250) -> Iterator[tuple[set[str], str, dict[str, Any]]]:
    """The effects of everything recommended, settled or possible, on random units of which the given is known."""
    rng = random.Random(seed)
    for _ in range(units):
        facts = dict(random_unit(rng, base(), unknown=0.15, acts=False).facts) | bound
        for m in concluded(facts, "recommended", possible=True):
            yield set(base().measures[m].effects), m, facts


PROTECTS_WATER = {"barrier_modification", "source_interception", "drainage_upgrade"}
PREVENTS_DISASTER = {"debris_flow_barriers", "gully_check_dams", "village_flood_protection", "mine_drainage"}


def test_nothing_is_dug_built_planted_or_sprayed_in_the_core_of_a_reserve() -> None:
    found = list(effects_of({"redline": "reserve_core"}, "core"))
    assert found and not [(m, facts) for effects, m, facts in found if effects]
    assert all(set(base().measures[m].modes) & {"conserve", "natural"} for _, m, _ in found)


def test_in_other_red_line_land_only_works_against_disasters_build_and_nothing_is_sprayed_or_rebuilt() -> None:
    found = list(effects_of({"redline": "redline_other"}, "red line"))
    assert {m for effects, m, _ in found if "builds" in effects} <= PREVENTS_DISASTER | {"barrier_modification"}
    assert not [m for effects, m, _ in found if "chemicals" in effects or base().measures[m].modes == ("reconstruct",)]


def test_permanent_farmland_stays_farmland() -> None:
    found = list(effects_of({"permanent_farmland": True}, "farmland"))
    assert found and not [(m, facts) for effects, m, facts in found if "converts_farmland" in effects]


def test_heavily_contaminated_land_is_not_dug_built_on_or_planted() -> None:
    rng = random.Random("contamination")
    others = [tuple(sorted({"soil_contamination", *rng.sample(sorted(STRESSES | DEFICITS), 3)})) for _ in range(30)]
    for i, problems in enumerate(others):
        for effects, m, facts in effects_of({"contamination": "heavy", "problems": problems}, f"contamination {i}", 10):
            assert not effects & {"earthworks", "builds", "plants"}, (m, facts)


def test_near_a_primary_water_source_nothing_is_sprayed_and_only_what_protects_the_water_is_built() -> None:
    found = list(effects_of({"water_source": "primary"}, "primary"))
    assert {m for effects, m, _ in found if "builds" in effects} <= PROTECTS_WATER
    assert found and not [m for effects, m, _ in found if "chemicals" in effects]


@pytest.mark.parametrize("bound", [{"water_source": "secondary"}, {"water_source": "quasi"}, {"fish_spawning": True}, {"bird_site": True}, {"rare_habitat": True}], ids=str)
def test_nothing_is_sprayed_by_water_sources_spawning_grounds_and_the_habitats_of_birds_and_rare_species(bound: dict[str, Any]) -> None:
    found = list(effects_of(bound, str(bound), 200))
    assert found and not [m for effects, m, _ in found if "chemicals" in effects]


def test_where_none_of_this_binds_spraying_building_planting_and_converting_are_recommended() -> None:
    """Or the tests above would hold of a catalogue without such measures."""
    free = PLAIN | {"redline": "outside", "contamination": "light"}
    assert {effect for effects, _, _ in effects_of(free, "free") for effect in effects} == EFFECTS


def test_strategic_reserve_land_takes_no_buildings_but_those_against_floods_and_sewage() -> None:
    found = list(effects_of({"reserve_land": True}, "reserve land"))
    assert {m for effects, m, _ in found if "builds" in effects} <= {"village_flood_protection", "source_interception", "drainage_upgrade"}


def test_nothing_new_is_built_in_the_habitat_of_rare_species_but_passages_and_barriers() -> None:
    found = list(effects_of({"rare_habitat": True}, "rare"))
    assert {m for effects, m, _ in found if "builds" in effects} <= {"wildlife_crossing", "barrier_modification", "debris_flow_barriers"}


def test_no_stands_of_trees_are_planted_where_groundwater_is_overdrawn() -> None:
    rng = random.Random("overdraft")
    for i in range(30):
        problems = ("groundwater_overdraft", *rng.sample(["sparse_vegetation", "habitat_fragmentation", "green_space_deficit"], 2))
        for _, m, facts in effects_of({"problems": problems}, f"overdraft {i}", 10):
            assert m not in ("plain_afforestation", "urban_forest", "afforestation"), facts


def test_what_a_bar_takes_away_for_the_whole_is_named_as_given_up() -> None:
    facts = PLAIN | {"redline": "outside", "spatial_type": "urban", "damage": "severe", "recovery": "weak", "ecosystems": ("urban_green",)}
    dry = facts | {"problems": ("green_space_deficit", "groundwater_overdraft")}
    assert "urban_forest" in recommended(**facts | {"problems": ("green_space_deficit",)})
    assert "urban_forest" not in recommended(**dry) and concluded(dry, "given_up") == {"urban_forest"}
