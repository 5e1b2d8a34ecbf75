"""What the desk makes of a draft: interviews that many people ask for at once, and answers that are parked and come back."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support.bases import base
from support.units import random_unit

from engine.desk import Desk, neighbours, place, progress
from engine.draft import Draft, Edit, apply, blank, given, value_at
from engine.groundwork import GAPS, reference
from engine.load import DEFAULT, load
from engine.source import Unusable

INSIDE = {"spatial_type": "ecological", "zone": "I-1-1", "problems": []}


def draft(facts: dict[str, Any], **more: Any) -> Draft:
    return blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0, "facts": facts, **more}])


def written(facts: Any) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in facts.items()}


def test_an_answer_that_stops_mattering_is_parked_with_its_source_and_comes_back_when_it_matters_again() -> None:
    desk, before = Desk(base()), draft(INSIDE, sources={"spatial_type": {"source": "分区规划"}})
    after = apply(before, desk.answer(before, "U1", {"redline": "reserve_core"}))
    assert value_at(after, ("units", "U1", "parked")) == {"spatial_type": "ecological"}
    assert "spatial_type" not in value_at(after, ("units", "U1", "facts")) and given(after, "U1", "spatial_type") == "ecological"
    assert "spatial_type" not in desk.consultation(after, "U1").unit.facts
    again = apply(after, desk.answer(after, "U1", {"redline": "outside"}))
    assert value_at(again, ("units", "U1", "parked")) is None
    assert value_at(again, ("units", "U1", "facts", "spatial_type")) == "ecological"
    assert value_at(again, ("units", "U1", "sources", "spatial_type")) == {"source": "分区规划"}


def test_a_parked_answer_that_is_given_anew_or_said_to_be_unknown_is_not_kept_twice() -> None:
    desk, before = Desk(base()), draft(INSIDE | {"redline": "reserve_core"})
    parked = apply(before, desk.answer(before, "U1", {"heritage": False}))
    anew = apply(parked, desk.answer(parked, "U1", {"spatial_type": "urban"}))
    assert value_at(anew, ("units", "U1", "parked")) == {"spatial_type": "urban"}
    unknown = apply(parked, desk.answer(parked, "U1", {"spatial_type": "unknown"}))
    assert value_at(unknown, ("units", "U1", "parked")) is None
    assert value_at(unknown, ("units", "U1", "facts", "spatial_type")) == "unknown"
    assert "spatial_type" in desk.interview(unknown, "U1").unsure


def test_the_task_list_tells_what_is_to_be_answered_surveyed_done_and_not_needed() -> None:
    status = {p.topic.id: p.status for p in progress(Desk(base()).interview(draft({}), "U1"))}
    assert set(status.values()) == {"todo"} | ({"idle"} & set(status.values()))
    facts = dict.fromkeys(base().facts, "unknown")
    unsure = {p.topic.id: p.status for p in progress(Desk(base()).interview(draft(facts), "U1"))}
    assert "todo" not in unsure.values() and "unknown" in unsure.values()


def test_questions_are_walked_in_their_order_and_those_of_no_matter_are_passed_over() -> None:
    interview = Desk(base()).interview(draft(INSIDE | {"redline": "reserve_core"}), "U1")
    shown = [q.fact.id for page in interview.topics for q in page.questions if q.status != "idle"]
    walked = [first := next(name for name in base().facts if name in shown)]
    while (after := neighbours(interview, walked[-1])[1]) is not None:
        assert neighbours(interview, after)[0] == walked[-1]
        walked.append(after)
    assert sorted(walked) == sorted(shown) and neighbours(interview, first)[0] is None


def test_what_the_attributes_settle_is_shown_not_asked_and_is_changed_at_the_question_with_the_helper() -> None:
    graded = dict.fromkeys(reference(base(), "attributes.yaml")["attributes"], "severe")
    interview = Desk(base()).interview(draft(INSIDE | {"redline": "outside"}, attributes=graded), "U1")
    (page,) = [p for p in progress(interview) if p.topic.id == "damage"]
    assert {q.fact.id: (q.status, q.value, place(q)) for q in page.questions if q.worked_out} == {
        "damage": ("concluded", "severe", "damage"), **dict.fromkeys(GAPS, ("derived", "severe", "damage"))
    }  # fmt: skip
    assert {"damage", *GAPS}.isdisjoint(interview.relevant)
    assert (page.asked, page.answered, page.worked_out, page.status) == (1, 0, 5, "todo")  # recovery
    before, after = neighbours(interview, "damage")
    assert after == "recovery" and before and neighbours(interview, before)[1] == "damage" == neighbours(interview, "recovery")[0]
    assert neighbours(interview, "recovery")[1] not in GAPS


def test_an_answered_degree_counts_instead_of_the_attributes_and_a_decided_one_is_said_to_be_decided() -> None:
    graded = dict.fromkeys(reference(base(), "attributes.yaml")["attributes"], "severe")
    answered = Desk(base()).interview(draft({"damage": "slight"}, attributes=graded), "U1").question("damage")
    decided = Desk(base()).interview(draft({}, decide={"damage": "slight", "because": "补充调查"}), "U1").question("damage")
    unknown = Desk(base()).interview(draft({"damage": "unknown"}, attributes=graded), "U1").question("damage")
    assert [(q.status, q.value) for q in (answered, decided, unknown)] == [("answered", "slight"), ("decided", "slight"), ("concluded", "severe")]


def test_an_answer_out_of_bounds_is_refused_before_anything_is_kept() -> None:
    with pytest.raises(Unusable) as refused:
        Desk(base()).answer(draft({}), "U1", {"slope_deg": 200.0})
    assert [p.code for p in refused.value.problems] == ["E401"]


def test_people_who_ask_at_the_same_time_are_told_what_each_is_told_alone() -> None:
    rng = random.Random("many at once")
    drafts = [draft(written(random_unit(rng, base(), unknown=0.5, acts=False).facts)) for _ in range(8)]

    def told(desk: Desk, one: Draft) -> Any:
        interview = desk.interview(one, "U1")
        why = interview.why(interview.relevant[0]) if interview.relevant else None
        return interview.relevant, interview.parked, interview.consultation.conclusions, why and (why.conclusions, [r.id for r in why.rules])

    alone = [told(Desk(base()), one) for one in drafts]
    desk = Desk(base())
    with ThreadPoolExecutor(4) as people:
        assert list(people.map(lambda one: told(desk, one), drafts)) == alone


def test_a_decision_that_makes_a_parked_answer_matter_brings_it_back() -> None:
    desk, before = Desk(base()), draft({"spatial_type": "ecological", "redline": "outside", "zone": "I-2-2", "ecosystems": ["mine"], "problems": [], "damage": "none"})
    parked = apply(before, desk.answer(before, "U1", {"recovery": "weak"}))
    assert "recovery" in (value_at(parked, ("units", "U1", "parked")) or {})
    decided = apply(parked, desk.parking(parked, "U1", [Edit(("units", "U1", "decide"), {"damage": "severe", "because": "补充调查"})]))
    assert value_at(decided, ("units", "U1", "facts", "recovery")) == "weak" and value_at(decided, ("units", "U1", "parked", "recovery")) is None
    assert desk.consultation(decided, "U1").conclusions["mode"] == "reconstruct"


def test_what_everybody_is_asked_first_is_worked_out_before_anybody_comes() -> None:
    desk = Desk(base())
    desk.warm()
    assert desk.interview(draft({}), "U1") is desk.interview(draft({}, name="别处"), "U1")
    known = desk.worked_out
    first = desk.interview(draft({}), "U1").next
    assert first is not None
    for answer in [a.id for a in base().facts[first].answers]:
        desk.interview(draft({first: answer}), "U1")
    assert desk.worked_out == known


def offered(desk: Desk, district: str | None, town: str) -> tuple[list[str], str | None]:
    draft = blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0, "town": town}], district=district)
    found = desk.zones_offered(draft, "U1")
    return [z.id for z in found.zones], found.town and found.town.id


def test_the_town_narrows_the_zones_where_the_office_has_filled_it_in_and_else_the_district(tmp_path: Path) -> None:
    folder = tmp_path / "local"
    folder.mkdir()
    town = "{{id: {id}, zh: 龙泉镇, en: Longquan, district: {district}, zones: {zones}, layer: expert, cite: [本局分区图]}}"
    towns = [town.format(id="a", district="门头沟区", zones="[I-2-2, III-1-4]"), town.format(id="b", district="密云区", zones="I-1-1")]
    (folder / "towns.yaml").write_text("towns:\n" + "".join(f"  - {t}\n" for t in towns), "utf-8")
    desk = Desk(load(DEFAULT, folder))
    assert offered(desk, "门头沟区", "龙泉镇") == (["I-2-2", "III-1-4"], "a")
    assert offered(desk, "密云区", "longquan") == (["I-1-1"], "b")  # a namesake in another district
    zones, known = offered(desk, "门头沟区", "王平镇")
    assert known is None and zones == [z.id for z in base().zones.values() if "门头沟区" in z.districts]
    assert len(offered(desk, None, "王平镇")[0]) == 18


def test_towns_of_zones_that_are_none_or_lie_elsewhere_are_refused_at_their_place(tmp_path: Path) -> None:
    folder = tmp_path / "local"
    folder.mkdir()
    (folder / "towns.yaml").write_text("towns:\n  - {id: a, zh: 甲, en: a, district: 密云区, zones: [I-1-9, I-2-3], layer: expert, cite: [x]}\n", "utf-8")
    with pytest.raises(Unusable) as error:
        Desk(load(DEFAULT, folder))
    assert [(str(p.at), p.code) for p in error.value.problems] == [("local/towns.yaml:2:50", "E315"), ("local/towns.yaml:2:57", "E345")]
