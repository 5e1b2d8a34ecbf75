"""The shipped knowledge base says what contract section 4 fixes, on known units and on units with gaps.

What is expected comes from `support.contract`, a reading of the contract's text that shares nothing with the engine.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from support import contract
from support.bases import base
from support.contract import CEILING, DEGREES, FACTS, GAPS, GRADES, ZONES, Catalogue, Given, Members
from support.units import random_unit

from engine.consult import Consultation, consult_unit
from engine.project import Unit, known_of, unit_of
from engine.semantics import infer

ONE_ANSWER = ("space_class", "damage", "needed_mode", "mode_ceiling", "mode", "zone_fit")
REDLINE = {"reserve_core": "reserve_core", "redline_other": "redline_other"}
SPATIAL = {"general_ecological": "ecological", "agricultural": "agricultural", "urban": "urban"}
CONTAMINATION = (None, *FACTS["contamination"])  # None: the problem is absent


def test_the_facts_and_answers_are_those_of_contract_section_3() -> None:
    asked = {f.id: f for f in base().facts.values()}
    assert set(asked) == set(FACTS)
    for name, answers in FACTS.items():
        fact = asked[name]
        if isinstance(answers, range):
            assert (fact.kind, fact.min, fact.max) == ("number", answers[0], answers[-1]), name
        elif answers == (True, False):
            assert fact.kind == "yesno", name
        else:
            assert fact.kind == ("many" if isinstance(answers, set) else "one"), name
            assert {a.id for a in fact.answers} == set(answers), name


def test_every_fixed_flag_has_the_grade_that_the_contract_gives_it() -> None:
    assert {a.id: a.grade for a in base().decisions["flags"].answers if a.id in GRADES} == GRADES


def cells(space: str) -> Iterator[dict[str, Any]]:
    """One set of facts for each damage, recovery, contamination and zone within a space class; damage is surveyed or left to the gaps."""
    rng = random.Random(space)
    for damage, recovery, contamination, zone in product(DEGREES, FACTS["recovery"], CONTAMINATION, ZONES):
        facts: dict[str, Any] = dict(random_unit(rng, base(), unknown=0).facts)  # the rest is answered somehow: it must not matter
        facts |= {"recovery": recovery, "zone": zone, "redline": REDLINE.get(space, "outside")}
        if space in SPATIAL:  # inside the red line the spatial type must not matter
            facts["spatial_type"] = SPATIAL[space]
        others = tuple(p for p in facts["problems"] if p != "soil_contamination")
        facts["problems"] = others if contamination is None else (*others, "soil_contamination")
        if contamination:  # without the problem it must not matter
            facts["contamination"] = contamination
        facts.pop("damage", None)
        if rng.random() < 0.5:
            facts["damage"] = damage
        else:
            facts |= dict(zip(GAPS, rng.choice(GAPS_FOR[damage]), strict=True))
        yield facts


GAPS_FOR = {
    "none": [("none",) * 4],
    "slight": [("slight", "none", "none", "none"), ("slight",) * 4, ("none", "moderate", "slight", "none")],
    "moderate": [("none", "none", "severe", "none"), ("moderate", "none", "slight", "moderate"), ("moderate", "severe", "moderate", "moderate")],
    "severe": [("severe", "none", "none", "severe"), ("severe",) * 4, ("slight", "severe", "severe", "moderate")],
}


@pytest.mark.parametrize("space", CEILING)
def test_the_whole_grid_of_space_damage_recovery_contamination_and_zone_is_read_as_the_contract_says(space: str) -> None:
    grid = list(cells(space))
    assert len(grid) == 4 * 3 * 4 * 18
    for facts in grid:
        unit = unit_of(base(), facts)
        known = known_of(base(), unit)
        consultation = Consultation(base(), unit, known, infer(base(), known))
        assert set(ONE_ANSWER) <= set(consultation.conclusions), facts  # with all that they read answered, all are settled
        check(unit, consultation, consultation.conclusions, {o.conclusion: o.possible for o in consultation.open}, set(consultation.settled("flags")))


@pytest.mark.parametrize("part", range(4))
def test_experta_reads_a_sample_of_the_grid_as_the_contract_says(part: int) -> None:
    grid = [facts for space in CEILING for facts in cells(space)]
    sample = random.Random(2026).sample(grid, 600)
    for facts in sample[part::4]:
        consult_and_check(unit_of(base(), facts))


@pytest.mark.parametrize("part", range(8))
def test_with_facts_missing_exactly_what_the_contract_leaves_open_is_open(part: int) -> None:
    rng = random.Random(f"missing {part}")
    for _ in range(250):
        consult_and_check(random_unit(rng, base(), unknown=rng.choice((0.05, 0.2, 0.4, 0.7))))


def consult_and_check(unit: Unit) -> None:
    consultation = consult_unit(base(), unit)
    document = consultation.json()
    open_ = {o["conclusion"]: o["possible"] for o in document["open"]}
    about = check(unit, consultation, document["conclusions"], open_, {f["id"] for f in document["flags"]})
    assert {m["id"] for m in document["measures"]} == set(consultation.settled("chosen"))
    for flag in document["flags"]:
        assert flag["about"], (unit.facts, flag)
        if flag["id"] in about:
            assert set(flag["about"]) == about[flag["id"]].yes, (unit.facts, flag)


def check(unit: Unit, consultation: Consultation, conclusions: Mapping[str, Any], open_: Mapping[str, Any], flags: set[str]) -> dict[str, Members]:
    """Everything with a fixed meaning is settled on the one answer left, or open with exactly the answers that are possible; returns what flags are about."""
    planned = given(unit)
    expected = contract.conclusions(planned)
    for name in ONE_ANSWER:
        possible = getattr(expected, name)
        found = {conclusions[name]} if name in conclusions else set(open_[name])
        assert found == possible, (name, unit.facts, unit.written.decide)
        assert (name in open_) == (len(possible) > 1), (name, unit.facts)
    assert members(conclusions["modes"], open_.get("modes", ())) == expected.modes, unit.facts

    catalogue = Catalogue(*(stated(consultation, name) for name in ("proposed", "barred", "against_whole")))
    measures = contract.measures(planned, expected, catalogue, base().measures)
    assert_within(stated(consultation, "admitted"), measures.admitted, unit)
    assert_within(stated(consultation, "recommended"), measures.recommended, unit)
    assert_within(members(consultation.settled("chosen"), open_.get("measures", ())), measures.listed, unit)
    raised, about = contract.flags(planned, expected, catalogue, measures, base().measures)
    assert_within(members(flags & set(GRADES), set(open_.get("flags", ())) & set(GRADES)), raised, unit)
    return about


def assert_within(found: Members, expected: Members, unit: Unit) -> None:
    """The contract is read decision by decision; a consultation also follows combinations across decisions, so it may settle more, and never less."""
    assert expected.yes <= found.yes <= found.may <= expected.may, (unit.facts, unit.written)


def given(unit: Unit) -> Given:
    written = unit.written
    decided = {"mode": written.decide.mode, "damage": written.decide.damage} if written.decide else {}
    return Given(unit.facts, **decided, added=[c.measure for c in written.add], dropped=[c.measure for c in written.drop])


def stated(consultation: Consultation, name: str) -> Members:
    return members(consultation.settled(name), consultation.possible(name))


def members(settled: Any, open_: Any) -> Members:
    return Members(frozenset(settled), frozenset(settled) | frozenset(open_))
