"""The readings agree: experta with the semantics, the semantics with brute force, and every run with every other.

Beside the shipped knowledge base, small random rule bases go through the real loader; they use every operator,
while the shipped base has the size and the shapes that matter in practice.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.bases import base
from support.brute import as_written, every_combination, how_many, mentioned
from support.readings import differences
from support.small_bases import Small, concludes, random_base
from support.units import random_answer, random_known, random_state, random_unit

from engine.conditions import Known
from engine.consult import consult_unit
from engine.forward import Forward
from engine.project import Unit, known_of
from engine.semantics import conclude, concluded, first_answers, holds, infer

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("part", range(4))
def test_experta_agrees_with_the_semantics_on_every_attribute_of_random_units(part: int) -> None:
    rng, experta = random.Random(f"units {part}"), Forward(base())
    for _ in range(500):
        unit = random_unit(rng, base(), unknown=rng.choice((0.1, 0.3, 0.6)))
        assert not differences(experta, known_of(base(), unit)), (unit.facts, unit.written)


def test_experta_agrees_with_the_semantics_where_answers_are_partly_ruled_out() -> None:
    rng, experta = random.Random("partly known"), Forward(base())
    for _ in range(300):
        known = random_known(rng, base())
        assert not differences(experta, known), known


@pytest.mark.parametrize("part", range(3))
def test_experta_agrees_with_the_semantics_on_random_small_rule_bases(part: int) -> None:
    rng = random.Random(f"small bases {part}")
    for _ in range(20):
        small = random_base(rng)
        experta = Forward(small.base)
        for _ in range(25):
            known = random_known(rng, small.base)
            assert not differences(experta, known), (small.decisions, known)


@pytest.mark.parametrize("part", range(2))
def test_what_a_written_decision_means_is_what_every_combination_says(part: int) -> None:
    """The rows as written, read by hand combination by combination, against what the loader and the semantics make of them."""
    rng = random.Random(f"brute force {part}")
    compared = 0
    for _ in range(60):
        small = random_base(rng)
        for decision in small.base.decisions.values():
            named = mentioned(r.when for r in decision.every_rule)
            for _ in range(3):
                state = {name: random_state(rng, small.base.attributes[name], 0.5) for name in named}
                if how_many(named, state) <= 1000:
                    compared += 1
                    assert conclude(decision, state) == by_hand(small, decision.id, named, state), (small.decisions[decision.id], state)
    assert compared > 500


def by_hand(small: Small, name: str, named: Mapping[str, int], state: Mapping[str, Known]) -> Known:
    attribute = small.base.attributes[name]
    met = [attribute.bits(*concludes(small.decisions[name], as_written(one, small.base.attributes))) for one in every_combination(named, state)]
    always = may = met[0]
    for bits in met:
        always, may = always & bits, may | bits
    return (always, may) if attribute.kind == "many" else may


def test_every_shipped_decision_concludes_what_every_combination_of_what_it_reads_concludes() -> None:
    """Decision by decision; of a long list of members a few are drawn, as each member has its own rules."""
    rng = random.Random("shipped, by brute force")
    compared = dict.fromkeys(base().decisions, 0)
    for decision in base().decisions.values():
        answers = decision.answers if decision.hit == "first" else rng.sample(decision.answers, min(12, len(decision.answers)))
        for answer in answers:
            rules = decision.every_rule if decision.hit == "first" else decision.rules_for[answer.id]
            named = mentioned(r.when for r in rules)
            for unknown in (0.1, 0.3, 0.5, 0.8):
                state = {name: random_state(rng, base().attributes[name], unknown) for name in named}
                if how_many(named, state) > 1500:
                    continue
                compared[decision.id] += 1
                combinations = list(every_combination(named, state))
                if decision.hit == "first":
                    assert first_answers(rules, state) == {next((r for r in rules if holds(r.when, one)), None) for one in combinations}, state
                else:
                    assert concluded(rules, state) == {any(holds(r.when, one) for r in rules) for one in combinations}, (answer.id, state)
    assert min(compared.values()) > 0, compared


@settings(max_examples=150)
@given(st.data())
def test_one_more_fact_never_overturns_what_was_settled(data: st.DataObject) -> None:
    """An answered `damage` takes the place of the decision and is outside this promise (design, section 3)."""
    rng = data.draw(st.randoms(use_true_random=False))
    unit = random_unit(rng, base(), unknown=rng.choice((0.3, 0.6, 0.9)))
    missing = [f for f in base().facts.values() if f.id not in unit.facts and f.id != "damage"]
    assume(missing)
    fact = data.draw(st.sampled_from(missing))
    more = Unit(unit.written, {**unit.facts, fact.id: random_answer(rng, base(), fact)})
    assert_narrower(infer(base(), known_of(base(), more)), infer(base(), known_of(base(), unit)))


@settings(max_examples=150)
@given(st.randoms(use_true_random=False))
def test_knowing_more_never_overturns_what_was_settled_in_any_rule_base(rng: random.Random) -> None:
    small = random_base(rng)
    known = random_known(rng, small.base, unknown=0.6)
    more = dict(known)
    name = rng.choice([n for n, a in small.base.attributes.items() if a.origin == "fact"])
    state = known[name]
    if isinstance(state, tuple):
        yes, may = state
        settled_in = may & ~yes & rng.getrandbits(8)
        more[name] = (yes | settled_in, may & ~(~yes & ~settled_in & rng.getrandbits(8)))
    else:
        more[name] = state & rng.getrandbits(8) or state
    assert_narrower(infer(small.base, more), infer(small.base, known))


def assert_narrower(after: Mapping[str, Known], before: Mapping[str, Known]) -> None:
    for name, was in before.items():
        now = after[name]
        if isinstance(was, tuple) and isinstance(now, tuple):
            assert not was[0] & ~now[0], f"{name}: a member that was in is no longer"
            assert not now[1] & ~was[1], f"{name}: a member that was out may now be in"
        else:
            assert isinstance(was, int) and isinstance(now, int)
            assert now and not now & ~was, f"{name}: an answer that was ruled out is possible again"


CONSULT = """
import json, random
from support.bases import base
from support.units import random_unit
from engine.consult import consult_unit
rng = random.Random("trails")
for _ in range(12):
    print(json.dumps(consult_unit(base(), random_unit(rng, base())).json(), ensure_ascii=False))
"""


def test_the_trail_is_the_same_under_every_hash_seed() -> None:
    """Sets and dicts of text change their order from run to run; nothing that is shown may."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    runs = [subprocess.Popen([sys.executable, "-c", CONSULT], env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": str(seed)}, stdout=subprocess.PIPE) for seed in (0, 1, 2, 3, 2026)]
    printed = [run.communicate()[0] for run in runs]
    assert all(run.returncode == 0 for run in runs)
    assert printed[0].count(b"\n") == 12
    assert len(set(printed)) == 1


def test_one_engine_answers_the_same_whatever_it_was_asked_before() -> None:
    """A consultation leaves nothing behind in the engine that serves the next one."""
    rng = random.Random("one after another")
    units = [random_unit(rng, base()) for _ in range(15)]
    there = [consult_unit(base(), unit).json() for unit in units]
    back = [consult_unit(base(), unit).json() for unit in reversed(units)]
    assert there == back[::-1]
