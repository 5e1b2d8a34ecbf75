"""The questionnaire asks only what can still matter, says when it is done, and loses nothing on the way."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from support.bases import base
from support.units import random_answer
from typer.testing import CliRunner

from engine.cli import app
from engine.interview import Interview
from engine.project import read_project

KNOWN: dict[str, Any] = {"spatial_type": "ecological", "redline": "outside", "zone": "I-2-2"}


def statuses(interview: Interview) -> dict[str, str]:
    return {q.fact.id: q.status for page in interview.topics for q in page.questions}


def test_the_next_question_is_the_first_that_matters_and_in_the_end_nothing_matters() -> None:
    rng, interview, asked = random.Random("an interview"), Interview(base(), {}), []
    while (fact := interview.next) is not None:
        assert fact not in asked and fact == interview.relevant[0] and not interview.settled
        asked.append(fact)
        interview = interview.answered(fact, random_answer(rng, base(), base().facts[fact]))
    assert interview.settled and not interview.consultation.open and interview.consultation.ask_next is None
    assert asked == sorted(asked, key=list(base().facts).index)
    assert set(statuses(interview).values()) <= {"answered", "parked", "idle"}


def test_a_question_says_what_it_bears_on_and_which_rules_read_it() -> None:
    why = Interview(base(), KNOWN).why("recovery")
    assert {"mode", "needed_mode", "measures"} <= set(why.conclusions)
    assert "need.slight-strong" in {r.id for r in why.rules}


def test_inside_a_reserve_core_the_spatial_type_is_parked_and_comes_back_when_the_line_moves() -> None:
    inside = Interview(base(), KNOWN | {"redline": "reserve_core", "zone": "I-1-1", "problems": ()})
    assert inside.parked == {"spatial_type": "ecological"}
    assert "spatial_type" not in inside.consultation.unit.facts
    outside = inside.answered("redline", "outside")
    assert not outside.parked and outside.consultation.conclusions["space_class"] == "general_ecological"


def test_a_question_said_to_be_unknown_is_not_asked_again_but_still_counts() -> None:
    interview = Interview(base(), {}).unknown("spatial_type")
    assert interview.next == "redline" and "spatial_type" in interview.relevant and statuses(interview)["spatial_type"] == "unsure"
    assert interview.without("spatial_type").next == "spatial_type"


def asked(file: Path, lines: str, *more: str) -> str:
    done = CliRunner().invoke(app, ["ask", str(file), "--lang", "en", *more], input=lines)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "project.yaml"
    path.write_text("# kept\nformat: 1\nproject: {name: p, start: 2027-01-01, end: 2028-12-31}\nunits:\n  - {id: U1, area_ha: 2, facts: {}}\n", "utf-8")
    return path


def test_every_answer_is_saved_at_once_and_the_next_run_goes_on_from_there(file: Path) -> None:
    asked(file, "1\n3\n")  # the input ends in the middle: nothing is lost
    assert read_project(file, base()).units["U1"].facts == {"spatial_type": "ecological", "redline": "outside"}
    assert file.read_text("utf-8").startswith("# kept")
    output = asked(file, "u\nq\n")
    assert base().facts["zone"].question.en in output and base().facts["spatial_type"].question.en not in output
    assert "zone: unknown" in file.read_text("utf-8")
    assert base().facts["zone"].question.en not in asked(file, "q\n")


def test_back_takes_the_last_answer_back_and_what_cannot_be_read_is_asked_again(file: Path) -> None:
    output = asked(file, "ecologicle\n1\nb\n2\nq\n")
    assert "did you mean `ecological`" in output
    assert read_project(file, base()).units["U1"].facts == {"spatial_type": "agricultural"}


def test_an_answer_that_stopped_mattering_is_set_aside_in_the_file_and_shown(file: Path) -> None:
    file.write_text(file.read_text("utf-8").replace("facts: {}", "facts: {spatial_type: urban, zone: I-1-1, problems: []}"), "utf-8")
    output = asked(file, "1\nr\nq\n")
    assert "set aside" in output
    unit = read_project(file, base()).units["U1"]
    assert unit.facts == {"redline": "reserve_core", "zone": "I-1-1", "problems": ()} and unit.parked == {"spatial_type": "urban"}


def test_a_new_project_file_is_made_from_the_first_answers(tmp_path: Path) -> None:
    asked(tmp_path / "new.yaml", "湿地\nsoon\n2027-03-01\n2028-10-31\n-1\n12\n1\nq\n")
    project = read_project(tmp_path / "new.yaml", base())
    assert project.header.name == "湿地" and project.units["U1"].facts == {"spatial_type": "ecological"}
