"""For every pair of ecosystem and problem that makes sense (knowledge/pairs.yaml), in every mode that a unit can get, nothing is left unanswered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from support.bases import base

from engine.examples import read_pairs
from engine.project import Value, known_of, unit_of
from engine.semantics import infer


def pairs() -> list[tuple[str, str]]:
    return [(pair.id, problem) for pair in read_pairs(base()).values() for problem in pair.problems]


PLACES: tuple[dict[str, Value], ...] = (
    {"redline": "reserve_core", "spatial_type": "ecological"},
    {"redline": "redline_other", "spatial_type": "ecological"},
    {"redline": "outside", "spatial_type": "ecological"},
    {"redline": "outside", "spatial_type": "agricultural"},
    {"redline": "outside", "spatial_type": "urban"},
)
DEGREES = (("none", "strong"), ("slight", "strong"), ("moderate", "medium"), ("severe", "weak"))
PLAIN: dict[str, Value] = {
    "zone": "I-2-2", "water_source": "none", "permanent_farmland": False, "reserve_land": False, "heritage": False, "contamination": "none", "hazard": "low", "hazard_types": (),
    "slope_deg": 10.0, "soil_depth_cm": 60.0, "water_position": "midstream", "rare_habitat": False, "bird_site": False, "fish_spawning": False, "reclaimable": False, "existing_project": False,
}  # fmt: skip
# One thing that bottom lines care about, each tried on every pair outside the red line, in one mode after the other.
TURNS: tuple[dict[str, Value], ...] = (
    {"permanent_farmland": True}, {"water_source": "primary"}, {"heritage": True}, {"reserve_land": True}, {"bird_site": True, "fish_spawning": True}, {"rare_habitat": True, "fish_spawning": True},
    {"reclaimable": True}, {"contamination": "light"}, {"contamination": "heavy"}, {"hazard": "high", "hazard_types": ("rainstorm_flood", "debris_flow", "collapse_landslide")},
)  # fmt: skip


def units(ecosystem: str, problem: str) -> Iterator[dict[str, Value]]:
    own: dict[str, Value] = {"ecosystems": (ecosystem,), "problems": (problem,)}
    for place, (damage, recovery) in product(PLACES, DEGREES):
        yield PLAIN | place | own | {"damage": damage, "recovery": recovery}
    for i, turn in enumerate(TURNS):
        damage, recovery = DEGREES[(i + len(ecosystem) + len(problem)) % len(DEGREES)]
        yield PLAIN | PLACES[2] | own | turn | {"damage": damage, "recovery": recovery}


def unanswered(facts: dict[str, Value]) -> bool:
    return infer(base(), known_of(base(), unit_of(base(), facts)), ["unanswered"])["unanswered"][1] != 0


@pytest.mark.parametrize("chunk", range(8))
def test_nothing_sensible_is_unanswered(chunk: int) -> None:
    bare = [
        (ecosystem, problem, {k: v for k, v in facts.items() if PLAIN.get(k) != v and k not in ("ecosystems", "problems")})
        for ecosystem, problem in pairs()[chunk::8]
        for facts in units(ecosystem, problem)
        if unanswered(facts)
    ]
    assert bare == []


def test_every_ecosystem_has_pairs_and_every_problem_an_ecosystem() -> None:
    found = pairs()
    assert {e for e, _ in found} == {a.id for a in base().facts["ecosystems"].answers}
    assert {p for _, p in found} == set(base().problems)
