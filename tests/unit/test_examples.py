"""The examples beside the rules: each rule has one, and it holds on every reading."""

from __future__ import annotations

import pytest
from support.bases import base

from engine.examples import broken, read_examples, state_of, unit_of_example
from engine.forward import Forward
from engine.project import known_of

EXAMPLES = read_examples(base())


def test_every_rule_measure_and_season_has_an_example_that_holds() -> None:
    assert [p.render() for p in broken(base(), EXAMPLES)] == []


@pytest.fixture(scope="module")
def forward() -> Forward:
    return Forward(base())


@pytest.mark.parametrize("chunk", range(4))
def test_experta_reaches_what_the_examples_say(forward: Forward, chunk: int) -> None:
    for id in sorted(EXAMPLES)[chunk::4]:
        example = EXAMPLES[id]
        state = forward.infer(known_of(base(), unit_of_example(base(), example)))
        for name, known in state_of(base(), example).items():
            assert state[name] == known, (id, name)


def test_a_rule_without_its_example_and_an_example_without_its_rule_are_both_noticed() -> None:
    fewer = {id: e for id, e in EXAMPLES.items() if id != "ceiling.reserve-core"}
    more = EXAMPLES | {"ceiling.moon": EXAMPLES["ceiling.reserve-core"].model_copy(update={"id": "ceiling.moon"})}
    assert [(p.code, p.facts) for p in broken(base(), fewer)] == [("E333", (("id", "ceiling.reserve-core"),))]
    assert [(p.code, p.facts) for p in broken(base(), more)] == [("E331", (("id", "ceiling.moon"),))]


def test_an_example_that_no_longer_holds_is_noticed() -> None:
    wrong = EXAMPLES["ceiling.reserve-core"].model_copy(update={"concludes": {"mode_ceiling": "assisted"}})
    assert [p.code for p in broken(base(), EXAMPLES | {wrong.id: wrong})] == ["E332"]
