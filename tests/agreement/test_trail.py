"""The trail explains every settled conclusion, in an order in which each premise is concluded before it is used."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
from support.bases import base
from support.small_bases import decision, fact, random_base, row, written_base
from support.units import random_unit

from engine.conditions import Known, members
from engine.consult import consult_unit
from engine.knowledge import Decision, KnowledgeBase
from engine.project import known_of, unit_of
from engine.semantics import concluded, first_answers, holds, infer
from engine.trail import Explainer, Step

LAYERS = ("law", "standard", "expert")


@pytest.mark.parametrize("part", range(3))
def test_the_trail_of_random_units_holds_every_reason_in_order(part: int) -> None:
    rng = random.Random(f"trail {part}")
    for _ in range(100):
        unit = random_unit(rng, base(), unknown=rng.choice((0.1, 0.3, 0.6)))
        consultation = consult_unit(base(), unit)
        per_decision = infer(base(), consultation.given)
        check_trail(base(), consultation.given, consultation.state, consultation.trail, per_decision)
        acts = {f"{d}.{act}" for d in ("mode", "damage") for act in ("surveyed", "decided")}
        acts |= {f"added:{c.measure}" for c in unit.written.add} | {f"dropped:{c.measure}" for c in unit.written.drop}
        assert {s.rule for s in consultation.trail} <= set(base().rules) | acts, "a step names neither a rule nor an act of the planner"
        for open_ in consultation.open:
            assert open_.waits_on, f"{open_.conclusion} is open and waits for nothing"
            assert not set(open_.waits_on) & set(unit.facts), f"{open_.conclusion} waits for what is answered"


def test_the_trail_holds_every_reason_in_small_rule_bases_too() -> None:
    """They settle members by several open rules at once far more often than the shipped base does."""
    rng = random.Random("trails of small bases")
    by_alternatives = 0
    for _ in range(60):
        small = random_base(rng).base
        for _ in range(15):
            unit = random_unit(rng, small, unknown=0.4)
            given = known_of(small, unit)
            state = infer(small, given)
            trail = Explainer(small, unit, given, state).trail()
            check_trail(small, given, state, trail)
            by_alternatives += sum(bool(step.others) for step in trail)
    assert by_alternatives > 20


def test_a_rule_that_may_be_the_one_for_two_members_names_the_alternatives_of_both() -> None:
    rules = {"d.both": ({"one0": "a0"}, ["x0", "x1"]), "d.first": ({"one0": "a1"}, ["x0"]), "d.second": ({"one0": "a1"}, ["x1"])}
    small = written_base(
        [fact("problems", "many", ("p0", "p1")), fact("one0", "one", ("a0", "a1"))],
        [decision("d", "collect", ("x0", "x1"), [row(id, when, then) for id, (when, then) in rules.items()])],
    )
    unit = unit_of(small, {})
    given = known_of(small, unit)
    state = infer(small, given)
    assert state["d"] == (0b11, 0b11)
    check_trail(small, given, state, Explainer(small, unit, given, state).trail())


def check_trail(base: KnowledgeBase, given: Mapping[str, Known], state: Mapping[str, Known], trail: list[Step], per_decision: Mapping[str, Known] | None = None) -> None:
    """`per_decision` is the state by the semantics, where `state` follows combinations across decisions too."""
    so_far: set[tuple[str, str]] = set()
    for step in trail:
        check_words(step)
        for premise in step.premises:
            if premise.source == "conclusion":
                used = {(premise.fact, value) for value in (premise.value if isinstance(premise.value, list) else [premise.value])}
                assert used <= so_far, f"{step.rule} uses what no earlier step concludes"
            if premise.source in ("unknown", "possible"):
                assert premise.json()["value"] == "unknown"
            elif premise.lacks:
                assert not set(premise.lacks) & set(premise.value), f"{step.rule} holds though what it must lack is there"
        so_far |= {(name, answer) for name, answers in step.concludes.items() for answer in ([answers] if isinstance(answers, str) else answers)}
    assert {(d.id, answer) for d in base.decisions.values() for answer in settled(d, state[d.id])} == {c for c in so_far if c[0] in base.decisions}

    steps = {step.rule: step for step in trail}
    for d in base.decisions.values():
        if d.id not in given and d.hit == "collect":
            true = {r.id for r in d.rules if holds(r.when, state)}
            assert true <= set(steps), "a rule that holds is missing"
    for step in trail:
        if step.others and all(per_decision is None or per_decision[name] == state[name] for name in step.concludes):
            check_alternatives(base, state, step)


def check_words(step: Step) -> None:
    assert step.cite and all(step.cite), step.rule
    assert step.layer in LAYERS, step.rule
    assert step.because["zh"].strip() and step.because["en"].strip(), step.rule
    assert step.json()["because"] == {"zh": step.because["zh"], "en": step.because["en"]}


def settled(d: Decision, known: Known) -> list[str]:
    bits = known[0] if isinstance(known, tuple) else known if known.bit_count() == 1 else 0
    return [d.answers[i].id for i in members(bits)]


def check_alternatives(base: KnowledgeBase, state: Mapping[str, Known], step: Step) -> None:
    """None of the rules is known to be the one, yet between them they conclude what the step says, whatever the open answers are."""
    (name, answers), *none = step.concludes.items()
    assert not none
    rules = [base.rules[id] for id in (step.rule, *step.others)]
    assert "unknown" in {p.value for p in step.premises if isinstance(p.value, str)}, step.rule
    if base.decisions[name].hit == "first":
        assert first_answers(base.decisions[name].every_rule, state) == set(rules)
        return
    for answer in answers:
        assert concluded([r for r in rules if answer in r.then], state) == {True}, f"{step.rule} or {step.others} does not always conclude {answer}"
