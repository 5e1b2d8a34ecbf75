"""What is called possible, and what still matters, is what every completion of a unit says.

`support.completions` completes a unit in every way, with numpy, and shares nothing with the engine's readings.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from support.bases import base
from support.completions import Completions, how_many, waits_on
from support.small_bases import random_base
from support.units import random_known, random_unit

import engine.exact
from engine.conditions import Known, members
from engine.consult import LISTED, consult_unit, wanted
from engine.exact import Exact
from engine.interview import Interview, idle_answers
from engine.knowledge import KnowledgeBase
from engine.logic import logic_of
from engine.project import known_of, unit_of
from engine.remembered import Remembered
from engine.semantics import infer


def check(base: KnowledgeBase, known: Mapping[str, Known], names: list[str]) -> None:
    state = infer(base, known)
    exact = Exact(base, known, state, dict.fromkeys(names, -1))
    every, waits = waits_on(base, known, names)
    for name in names:
        assert exact.known.get(name, state[name]) == every.possible(name), (name, known)
        assert set(exact.waits_on.get(name, ())) == waits[name], (name, known)


@pytest.mark.parametrize("most", [engine.exact.MOST, 0], ids=["all completions", "sample and proof"])
def test_small_rule_bases_are_read_exactly(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `MOST` at 0 nothing is laid out in full, so that what the sample leaves is proved by Z3."""
    monkeypatch.setattr(engine.exact, "MOST", most)
    rng, compared = random.Random("small bases, exactly"), 0
    for _ in range(25):
        small = random_base(rng).base
        for _ in range(5):
            known = random_known(rng, small, 0.4)
            if how_many(small, known) <= 5000:
                compared += 1
                check(small, known, [d.id for d in small.decisions.values()])
    assert compared > 80


@pytest.mark.parametrize("most", [engine.exact.MOST, 0], ids=["all completions", "sample and proof"])
def test_units_of_the_shipped_base_are_read_exactly(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few units here; tests/long/exactness.py compares five hundred with up to a hundred thousand completions each."""
    monkeypatch.setattr(engine.exact, "MOST", most)
    rng, compared = random.Random("units, exactly"), 0
    while compared < 12:
        unit = random_unit(rng, base(), unknown=rng.choice((0.1, 0.2, 0.3)))
        known = known_of(base(), unit)
        if 1 < how_many(base(), known) <= 5000:
            compared += 1
            check(base(), known, list(wanted(base())))


def test_a_consultation_and_an_interview_ask_just_what_can_still_change_a_conclusion() -> None:
    """By brute force: nothing is asked that changes nothing, and nothing that changes something stays unasked; what is parked is none of it."""
    rng, compared, names = random.Random("questions"), 0, list(wanted(base()))
    while compared < 8:
        unit = random_unit(rng, base(), unknown=rng.choice((0.1, 0.2, 0.3)))
        if not 1 < how_many(base(), known_of(base(), unit)) <= 500:
            continue
        interview = Interview(base(), {name: value for name, value in unit.facts.items() if name not in unit.derived}, of=unit)
        assert not set(interview.relevant) & set(interview.parked)
        for asked, consultation in ((unit, consult_unit(base(), unit)), (interview.consultation.unit, interview.consultation)):
            known = known_of(base(), asked)
            if how_many(base(), known) <= 5000:
                compared += 1
                _, waits = waits_on(base(), known, names)
                matters = {fact for facts in waits.values() for fact in facts}
                assert list(consultation.relevant) == [fact for fact in base().facts if fact in matters], asked.facts
                assert consultation.ask_next == next((fact for fact in base().facts if fact in matters), None)
                assert {o.conclusion: set(o.waits_on) for o in consultation.open} == {LISTED.get(name, name): waits[name] for name in names if consultation.possible(name)}


def test_what_one_answer_waits_for_is_what_can_still_change_that_answer() -> None:
    rng, compared = random.Random("one answer"), 0
    while compared < 12:
        unit = random_unit(rng, base(), unknown=rng.choice((0.1, 0.2, 0.3)))
        known = known_of(base(), unit)
        if 1 < how_many(base(), known) <= 5000:
            consultation, every = consult_unit(base(), unit), Completions(base(), known)
            for answer in consultation.possible("permits"):
                compared += 1
                column = {0: every.columns["permits"][base().attributes["permits"].index[answer]]}
                found = {fact for fact in every.open if fact in base().facts and every.changes(column, fact)}
                assert set(consultation.waits_on("permits", answer)) - {"damage"} == found, (answer, unit.facts)


def test_z3_alone_says_of_every_answer_what_every_completion_says() -> None:
    rng, compared = random.Random("z3 alone"), 0
    for _ in range(12):
        small = random_base(rng).base
        case_of = logic_of(small).case
        for _ in range(3):
            known = random_known(rng, small, 0.4)
            if how_many(small, known) <= 2000:
                every, _ = waits_on(small, known, [])
                for name in small.decisions:
                    compared += 1
                    assert case_of(known).possible(name) == every.possible(name), (name, known)
    assert compared > 60


def test_a_problem_that_some_measure_will_answer_whatever_the_mode_raises_no_flag() -> None:
    """Which measure it will be is open, so the semantics of single decisions leaves the flag open too; no completion raises it."""
    facts = {"spatial_type": "ecological", "redline": "outside", "ecosystems": ("mine",), "problems": ("landform_damage",), "damage": "moderate", "water_source": "none"}
    facts |= dict.fromkeys(("permanent_farmland", "reserve_land", "heritage", "rare_habitat", "bird_site", "fish_spawning", "reclaimable"), False)
    unit = unit_of(base(), facts | {"slope_deg": 10.0, "soil_depth_cm": 60.0, "hazard": "low"})
    known = known_of(base(), unit)
    flags = base().attributes["flags"]
    assert infer(base(), known)["flags"][1] & flags.bits("unanswered_problem")  # type: ignore[index]
    assert "unanswered_problem" not in consult_unit(base(), unit).possible("flags")


def test_an_answer_on_which_nothing_depends_is_idle_and_of_two_that_stand_for_each_other_one_is_kept() -> None:
    facts = {"spatial_type": "urban", "redline": "reserve_core", "zone": "I-1-1", "problems": (), "contamination": "heavy"}
    idle = idle_answers(base(), known_of(base(), unit_of(base(), facts)), reversed(facts))
    assert idle == {"spatial_type", "contamination"}


def test_exactness_never_leaves_open_what_a_single_decision_settles() -> None:
    rng, semantics = random.Random("within the semantics"), Remembered(base())
    for _ in range(20):
        unit = random_unit(rng, base(), unknown=rng.choice((0.2, 0.5)))
        consultation = consult_unit(base(), unit)
        meant = semantics.infer(consultation.given)
        for name, known in consultation.state.items():
            outer = meant[name]
            if isinstance(known, tuple):
                assert outer[0] & ~known[0] == 0 == known[1] & ~outer[1], name  # type: ignore[index]
            else:
                assert not set(members(known)) - set(members(outer)), name  # type: ignore[arg-type]
