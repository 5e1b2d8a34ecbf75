"""Other answers, and the smallest changes that reach a goal: all of them, none too large, each confirmed by a consultation."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.bases import base
from support.units import random_unit
from typer.testing import CliRunner

from engine.cli import app
from engine.consult import consult_unit
from engine.project import Unit, known_of, unit_of
from engine.semantics import infer
from engine.source import Unusable
from engine.whatif import Goal, compare, each_answer, reach, read_answers, with_answers

CASE = Path(__file__).resolve().parents[2] / "cases" / "dali_mines" / "project.yaml"


def single_changes(unit: Unit) -> Iterator[dict[str, Any]]:
    """Every other answer to one changeable question that has one answer, unanswered ones included."""
    for fact in base().facts.values():
        if fact.changeable and fact.kind in ("one", "yesno"):
            for answer in [a.id for a in fact.answers] or [True, False]:
                if answer != unit.facts.get(fact.id):
                    yield {fact.id: answer}


def test_the_changes_of_one_fact_are_exactly_those_that_get_there_when_tried_one_by_one() -> None:
    rng, found = random.Random("goals"), 0
    for _ in range(8):
        unit = random_unit(rng, base(), unknown=0, acts=False)
        goal = Goal.read(base(), f"mode={rng.choice(['conserve', 'natural', 'assisted', 'reconstruct'])}")
        result = reach(base(), unit, goal)
        if result["already"]:
            continue
        assert all(c["reached"] for c in result["changes"])
        wanted = base().attributes["mode"].bits(goal.answer)
        tried = [c for c in single_changes(unit) if infer(base(), known_of(base(), with_answers(unit, c)), ["mode"])["mode"] == wanted]
        listed = [{f["fact"]: f["after"] for f in c["facts"]} for c in result["changes"]]
        one_valued = [c for c in listed if len(c) == 1 and "problems" not in c]
        assert sorted(map(str, one_valued)) == sorted(map(str, tried))
        for larger in listed:
            assert not any(set(t.items()) < set(larger.items()) for t in one_valued if len(larger) > 1 and "problems" not in larger)
        found += len(listed)
    assert found > 10


def test_lines_on_a_map_are_never_part_of_a_change() -> None:
    unit = unit_of(base(), {"spatial_type": "urban", "redline": "reserve_core", "damage": "severe", "recovery": "weak", "problems": ()})
    result = reach(base(), unit, Goal.read(base(), "mode=assisted"))
    assert result["changes"] == [] and not result["already"] and result["complete"]


def test_what_is_not_known_may_be_part_of_a_change_and_what_stays_unknown_never_undoes_it() -> None:
    unit = unit_of(base(), {"spatial_type": "urban", "redline": "outside", "damage": "severe", "problems": ()})
    result = reach(base(), unit, Goal.read(base(), "mode=assisted"))
    changes = [{f["fact"]: f["after"] for f in c["facts"]} for c in result["changes"]]
    assert {"recovery": "strong"} in changes and {"recovery": "weak", "damage": "slight"} in changes
    for change in changes:
        assert "assisted" in consult_unit(base(), with_answers(unit, {**change})).settled("mode")


def test_other_answers_say_what_moves() -> None:
    unit = unit_of(base(), {"spatial_type": "urban", "redline": "outside", "damage": "severe", "recovery": "weak", "problems": ()})
    moved = {m["conclusion"]: (m["before"]["settled"], m["after"]["settled"]) for m in compare(base(), unit, {"damage": "none"})["changed"]}
    assert moved["mode"] == (["reconstruct"], ["conserve"])
    rows = {row["value"]: row["changed"] for row in each_answer(base(), unit, "recovery")["answers"]}
    assert rows["weak"] == [] and rows["strong"]


def test_answers_are_read_as_typed_and_every_mistake_is_reported() -> None:
    assert read_answers(base(), ["problems=flooding, overuse", "damage=unknown", "slope_deg=12"]) == {"problems": ("flooding", "overuse"), "damage": None, "slope_deg": 12.0}
    with pytest.raises(Unusable) as error:
        read_answers(base(), ["damag=none", "damage", "damage=nonne", "slope_deg=120"])
    assert sorted(p.code for p in error.value.problems) == ["E302", "E401", "E409", "E508"]


@pytest.mark.parametrize("options", [["--set", "damage=slight", "--json"], ["--goal", "mode=natural"], ["--fact", "recovery"]])
def test_the_command_prints_one_document_or_readable_text(options: list[str]) -> None:
    done = CliRunner().invoke(app, ["whatif", str(CASE), "--unit", "D1", "--lang", "en", *options])
    assert done.exit_code == 0, done.exception
    assert json.loads(done.stdout)["unit"] == "D1" if "--json" in options else "D1" in done.stdout
