"""Every case study comes out as its file says, on both readings, and is whole as teaching material."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.bases import base

from engine.consult import Consultation
from engine.model import MODES
from engine.order import order, paths
from engine.plan import Plan, make_plan
from engine.project import known_of, read_project
from engine.schedule import schedule
from engine.semantics import infer

FOLDER = Path(__file__).parents[2] / "cases"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/case.yaml"))
STAGES = ["facts", "diagnosis", "mode", "measures", "order"]
CLAUSE = re.compile(r"(\d(\.\d+)*|A(\.\d+)*|[BC]\.1)( [a-h]| §\d+| I+-\d-\d \(\d+\))?$")
ASSUMED = "设定"  # what a case's file says of an answer that no source gives
CHINESE = re.compile("[一-鿿]")
NUMBER = re.compile(r"[一-鿿]+〔\d{4}〕\d+号")  # of a notice: it has no other

each_case = pytest.mark.parametrize("name", NAMES)


@cache
def case_of(name: str) -> Any:
    return yaml.safe_load((FOLDER / name / "case.yaml").read_text("utf-8"))


@cache
def project_of(name: str) -> Any:
    return yaml.safe_load((FOLDER / name / "project.yaml").read_text("utf-8"))


@cache
def plan_of(name: str, reading: str) -> Plan:
    """The case's plan: experta consults, or the meaning of the rules itself."""
    project = read_project(FOLDER / name / "project.yaml", base())
    if reading == "experta":
        return make_plan(base(), project)
    given = {id: known_of(base(), unit) for id, unit in project.units.items()}
    consulted = {id: Consultation(base(), unit, given[id], infer(base(), given[id])) for id, unit in project.units.items()}
    graph = order(base(), project, consulted)
    return Plan(base(), project, consulted, graph, schedule(graph, base().seasons, project.header.start, project.header.end))


def before(plan: Plan, unit: str, earlier: str, later: str) -> bool:
    """Whether one measure ends before the other starts, in one unit or between the units that are named with them."""
    first, second = (plan.dates.placed[m if "/" in m else f"{unit}/{m}"] for m in (earlier, later))
    return first.end < second.start


def test_the_cases_are_there() -> None:
    assert {"maiziyu", "redline_mine", "green_heart", "yongding_gorge"} <= set(NAMES)
    assert all((FOLDER / name / "project.yaml").is_file() for name in NAMES)


# ---- what is expected


@pytest.mark.parametrize("reading", ["semantics", "experta"])
@each_case
def test_a_case_comes_out_as_expected(name: str, reading: str) -> None:
    plan = plan_of(name, reading)
    for expected in case_of(name)["expect"]:
        consultation = plan.consultations[expected["unit"]]
        assert {k: consultation.conclusions.get(k) for k in expected["conclusions"]} == expected["conclusions"]
        measures, flags = (set(consultation.settled(d)) for d in ("chosen", "flags"))
        assert set(expected["measures"]) <= measures
        assert set(expected["flags"]) <= flags
        # a measure that must not come out may not be open either, or one more answer could bring it
        assert not set(expected["not_measures"]) & (measures | set(consultation.possible("chosen")))
        assert not set(expected["not_flags"]) & flags


@pytest.mark.parametrize("reading", ["semantics", "experta"])
@each_case
def test_the_order_of_a_case_is_the_expected_and_has_reasons(name: str, reading: str) -> None:
    plan = plan_of(name, reading)
    for expected in case_of(name)["expect"]:
        for earlier, later in expected["order"]:
            ids = [m if "/" in m else f"{expected['unit']}/{m}" for m in (earlier, later)]
            assert before(plan, expected["unit"], earlier, later), (earlier, later)
            assert paths(plan.graph, *ids), f"{earlier} ends before {later} by chance"


@each_case
def test_the_readings_plan_a_case_alike(name: str) -> None:
    ours, theirs = (plan_of(name, reading) for reading in ("semantics", "experta"))
    assert {id: c.state for id, c in ours.consultations.items()} == {id: c.state for id, c in theirs.consultations.items()}
    assert [(p.task.id, p.periods) for p in ours.tasks] == [(p.task.id, p.periods) for p in theirs.tasks]


@each_case
def test_a_case_speaks_of_every_unit_of_its_project_and_says_why_what_comes_out_is_right(name: str) -> None:
    expected = case_of(name)["expect"]
    assert [e["unit"] for e in expected] == [u["id"] for u in project_of(name)["units"]]
    for e in expected:
        assert e["because"]["zh"] and e["because"]["en"] and e["measures"] and e["not_measures"] and e["order"]
        assert not set(e["measures"]) & set(e["not_measures"]) and not set(e["flags"]) & set(e["not_flags"])
        assert set(e["measures"]) | set(e["not_measures"]) <= set(base().measures)
        assert set(e["flags"]) | set(e["not_flags"]) <= {a.id for a in base().decisions["flags"].answers}


@each_case
def test_a_case_is_planned_whole_and_stops_only_where_its_file_says_so(name: str) -> None:
    plan = plan_of(name, "experta")
    grades = {a.id: a.grade for a in base().decisions["flags"].answers}
    assert not plan.dates.left
    assert plan.stops() == any(grades[flag] == "stop" for e in case_of(name)["expect"] for flag in e["flags"])


# ---- teaching material


def texts(node: Any) -> Iterator[tuple[str, str]]:
    """Every pair of texts in the two languages, at any depth."""
    if isinstance(node, dict):
        if "zh" in node or "en" in node:
            yield node.get("zh", ""), node.get("en", "")
        for value in node.values():
            yield from texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts(value)


@each_case
def test_everything_in_a_case_is_said_in_both_languages(name: str) -> None:
    found = list(texts(case_of(name)))
    assert len(found) > 20
    for zh, en in found:
        assert CHINESE.search(zh), en
        assert en and not CHINESE.search(NUMBER.sub("", en)), zh


@each_case
def test_a_case_tells_a_story_draws_lessons_and_is_named_as_its_folder(name: str) -> None:
    case = case_of(name)
    assert case["name"] == name and case["story"]["zh"] and case["notes"]["zh"] and case["lessons"]
    assert isinstance(case["constructed"], bool)


@each_case
def test_a_case_asks_one_question_at_each_stage_with_hints_and_clauses(name: str) -> None:
    questions = case_of(name)["questions"]
    assert [q["stage"] for q in questions] == STAGES
    for question in questions:
        assert question["hints"] and question["cite"]
        grades = [a["grade"] for a in question["answers"]]
        assert grades.count("ideal") == 1 and grades.count("wrong") >= 1 and set(grades) <= {"ideal", "acceptable", "wrong"}
        offered = [a["answer"] for a in question["answers"]]
        assert len(set(offered)) == len(offered)
        assert all(a["why"]["zh"] and a["why"]["en"] for a in question["answers"])


def question(name: str, stage: str) -> dict[str, list[str]]:
    """The answers of a stage's question by grade."""
    answers = next(q["answers"] for q in case_of(name)["questions"] if q["stage"] == stage)
    return {grade: [a["answer"] for a in answers if a["grade"] == grade] for grade in ("ideal", "acceptable", "wrong")}


@each_case
def test_the_answers_on_offer_exist(name: str) -> None:
    flags = {a.id for a in base().decisions["flags"].answers}
    known = {"facts": set(base().facts), "diagnosis": set(base().problems) | flags, "mode": set(MODES), "measures": set(base().measures)}
    for stage, names in known.items():
        assert {a for graded in question(name, stage).values() for a in graded} <= names, stage
    for chain in (a for graded in question(name, "order").values() for a in graded):
        steps = [step.split("/")[-1] for step in chain.split(" > ")]
        assert len(steps) >= 2 and set(steps) <= set(base().measures), chain


@each_case
def test_the_ideal_answers_are_what_the_system_itself_would_say(name: str) -> None:
    consultations = plan_of(name, "experta").consultations.values()
    assert question(name, "mode")["ideal"][0] in {c.conclusions["mode"] for c in consultations}
    assert question(name, "measures")["ideal"][0] in {m.id for c in consultations for m in c.measures}
    known = {p for c in consultations for p in (*c.unit.facts["problems"], *c.settled("flags"))}  # type: ignore[misc]
    assert question(name, "diagnosis")["ideal"][0] in known


@each_case
def test_the_mode_graded_wrong_is_never_the_one_concluded_where_the_ideal_is(name: str) -> None:
    modes = {c.conclusions["mode"] for c in plan_of(name, "experta").consultations.values()}
    graded = question(name, "mode")
    assert len(modes) > 1 or not modes & {*graded["wrong"], *graded["acceptable"]}


def fits(name: str, chain: str) -> bool:
    """Whether the steps of a chain are works of the plan and nothing there makes one wait for a later one.

    They are looked for in one unit, and where no unit has them all, along the river.
    """
    plan = plan_of(name, "experta")
    works = [[t for t in plan.dates.placed if t == step or t.endswith(f"/{step}")] for step in chain.split(" > ")]
    choices = list(product(*works))
    at_home = [tasks for tasks in choices if len({t.split("/")[0] for t in tasks}) == 1]
    return any(not any(paths(plan.graph, later, earlier) for earlier, later in combinations(tasks, 2)) for tasks in at_home or choices)


@each_case
def test_the_ideal_order_is_one_that_the_plan_allows_and_the_wrong_ones_are_not(name: str) -> None:
    graded = question(name, "order")
    assert [chain for chain in (*graded["ideal"], *graded["acceptable"]) if not fits(name, chain)] == []
    assert [chain for chain in graded["wrong"] if fits(name, chain)] == []


# ---- sources


@each_case
def test_a_case_names_its_sources_and_cites_none_that_it_does_not_name(name: str) -> None:
    case = case_of(name)
    sources = {s["id"] for s in case["sources"]}
    assert sources and len(sources) == len(case["sources"])
    assert all(s.get("url") for s in case["sources"])
    cited = {c for q in case["questions"] for c in q["cite"]}
    assert {c for c in cited if not CLAUSE.match(c)} <= sources


@each_case
def test_every_answer_of_a_case_says_where_it_comes_from_or_that_it_is_assumed(name: str) -> None:
    sources = {s["id"] for s in case_of(name)["sources"]} | {ASSUMED}
    for unit in project_of(name)["units"]:
        assert set(unit["sources"]) == set(unit["facts"]), unit["id"]
        for fact, source in unit["sources"].items():
            assert source["source"] in sources and source["note"], (unit["id"], fact)
