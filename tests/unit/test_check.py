"""Faults put into a copy of the knowledge folder are reported at their place, with a unit on which a consultation shows them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.small_bases import GRADES, PROBLEMS, decision, fact, row, written_base
from typer.testing import CliRunner

from engine.check import Checked, check
from engine.cli import app
from engine.consult import Consultation, consult_unit
from engine.fired import percent
from engine.hygiene import Rows, unused
from engine.knowledge import KnowledgeBase
from engine.load import DEFAULT, load
from engine.project import Unit

REASON = "    layer: expert\n    cite: [4.2.2 §1]\n    because: {zh: 试, en: a trial}\n"


def rule(id: str, when: str, then: str, cite: str = "4.2.2 §1") -> str:
    return f"  - id: {id}\n    when: {when}\n    then: {then}\n" + REASON.replace("4.2.2 §1", cite)


# file → what is replaced there by what
FAULTS: Mapping[str, list[tuple[str, str]]] = {
    "decisions/mode_ceiling.yaml": [("    when: {space_class: reserve_core}\n    then: natural", "    when: {space_class: reserve_core}\n    then: assisted")],
    "decisions/needed_mode.yaml": [("\nrules:\n", "\nrules:\n" + rule("need.hasty", "{damage: slight, hazard: high}", "assisted"))],
    "decisions/barred.yaml": [
        ("    when: {permanent_farmland: true}\n    then: [stepping_stones", "    when: {permanent_farmland: true, reserve_land: true}\n    then: [stepping_stones"),
        ("rules:\n", "rules:\n" + rule("bar.heat", "{problems: heat_island}", "[cool_surfaces]", "5.5.3 b")),
    ],
    "decisions/urgent.yaml": [("rules:\n", "rules:\n" + rule("urgent.narrow", "{problems: geohazard, hazard: high, water_position: upstream}", "geohazard", "5.4.1 §1"))],
    "decisions/flags.yaml": [
        ("rules:\n", "rules:\n" + rule("flag.nowhere", "{redline: outside, space_class: reserve_core}", "reserve_zoning") + rule("flag.everywhere", "{hazard: [low, medium, high]}", "reserve_zoning")),
        ("    when: {existing_project: true}\n", "    when: {existing_project: true, heritage: true}\n"),
    ],
}  # fmt: skip


def spoiled(to: Path, faults: Mapping[str, list[tuple[str, str]]]) -> Path:
    """A copy of the knowledge folder with texts replaced; every replacement must find its text."""
    folder = to / "knowledge"
    shutil.copytree(DEFAULT, folder)
    for name, changes in faults.items():
        text = (folder / name).read_text("utf-8")
        for old, new in changes:
            assert old in text, (name, old)
            text = text.replace(old, new, 1)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, KnowledgeBase, Checked]:
    to = tmp_path_factory.mktemp("faulty")
    text = (DEFAULT / "decisions" / "space_class.yaml").read_text("utf-8")
    late = rule("space.late", "{redline: reserve_core, spatial_type: urban}", "urban", "5.5.2 a") + rule("space.again", "{redline: redline_other, spatial_type: urban}", "redline_other", "5.5.2 b")
    steep = ("      slope_deg: {at_least: 35}", "      slope_deg: {at_least: 30}")
    folder = spoiled(to, {**FAULTS, "decisions/space_class.yaml": [(text, text + late)], "measures/mine.yaml": [steep, steep]})
    return folder, load(folder), check(folder, cases=DEFAULT.parent / "cases")


def line_of(folder: Path, name: str, text: str, within: str = "") -> int:
    """The line of a text in a file of the folder, after another one where it stands more than once."""
    lines = (folder / name).read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if within in line) if within else 0
    return next(i for i, line in enumerate(lines[start:], start + 1) if text in line)


def found(checked: Checked, code: str, folder: Path, name: str, line: int) -> Unit:
    """The unit that shows the one finding of a code at a place."""
    places = [f for f in checked.findings if f.code == code]
    here = [f for f in places if f.at.file == f"knowledge/{name}" and f.at.line == line]
    assert here, (code, name, line, [(str(f.at), f.problem.message()) for f in places])
    assert here[0].witness is not None
    return here[0].witness


def true(c: Consultation, rule: str) -> bool:
    from engine.semantics import holds

    return holds(c.base.rules[rule].when, c.state) is True


def test_a_ceiling_raised(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    folder, base, checked = faulty
    unit = found(checked, "E386", folder, "decisions/mode_ceiling.yaml", line_of(folder, "decisions/mode_ceiling.yaml", "id: ceiling.reserve-core"))
    assert unit.facts["redline"] == "reserve_core"
    assert consult_unit(base, unit).conclusions["mode"] == "assisted"
    assert {p.property.id for p in checked.proved if not p.holds} >= {"core-at-most-natural", "core-modes", "farmland-no-forest", "repetition-is-told"}


def test_a_bar_narrowed(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    _, base, checked = faulty
    broken = next(p for p in checked.proved if p.property.id == "farmland-no-forest")
    assert broken.unit and broken.unit.facts["permanent_farmland"] is True
    places = [f.at for f in checked.findings if f.code == "E386" and dict(f.facts)["id"] == "farmland-no-forest"]
    assert [at.file for at in places] == ["knowledge/decisions/barred.yaml"]
    row = base.rules["bar.permanent-farmland-planting"].then
    assert set(row) & {m.id for m in consult_unit(base, broken.unit).measures}


def test_a_flag_narrowed(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    folder, base, checked = faulty
    unit = found(checked, "E386", folder, "decisions/flags.yaml", line_of(folder, "decisions/flags.yaml", "id: flag.repeated"))
    assert unit.facts["existing_project"] is True
    assert "repeated_restoration" not in [f.answer.id for f in consult_unit(base, unit).flags]


def test_two_rows_in_conflict(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    folder, base, checked = faulty
    unit = found(checked, "E362", folder, "decisions/space_class.yaml", line_of(folder, "decisions/space_class.yaml", "id: space.late"))
    c = consult_unit(base, unit)
    assert dict(next(f.facts for f in checked.findings if f.code == "E362"))["others"] == "space.reserve-core (reserve_core)"
    assert true(c, "space.late") and true(c, "space.reserve-core") and c.conclusions["space_class"] == "reserve_core"


def test_a_row_that_never_decides(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    folder, base, checked = faulty
    unit = found(checked, "E363", folder, "decisions/space_class.yaml", line_of(folder, "decisions/space_class.yaml", "id: space.again"))
    c = consult_unit(base, unit)
    assert true(c, "space.again") and c.rules("redline_other", "space_class") == ["space.redline-other"]


def test_a_row_that_contradicts_itself(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    folder, base, checked = faulty
    unit = found(checked, "E361", folder, "decisions/flags.yaml", line_of(folder, "decisions/flags.yaml", "id: flag.nowhere"))
    assert not true(consult_unit(base, unit), "flag.nowhere")
    advice = next(f.advice for f in checked.findings if f.code == "E361")
    assert advice and "redline: outside" in advice("en")


def test_rows_that_overlap(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    folder, base, checked = faulty
    unit = found(checked, "E364", folder, "decisions/needed_mode.yaml", line_of(folder, "decisions/needed_mode.yaml", "id: need.hasty"))
    c = consult_unit(base, unit)
    named = dict(next(f.facts for f in checked.findings if f.code == "E364"))
    assert true(c, "need.hasty") and true(c, str(named["other"])) and named["loses"] != "assisted"
    assert c.conclusions["needed_mode"] == "assisted"


def test_a_row_within_another(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    folder, base, checked = faulty
    unit = found(checked, "E366", folder, "decisions/urgent.yaml", line_of(folder, "decisions/urgent.yaml", "id: urgent.narrow"))
    c = consult_unit(base, unit)
    assert true(c, "urgent.narrow") and true(c, "urgent.geohazard")


def test_a_row_that_always_holds(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    folder, base, checked = faulty
    unit = found(checked, "E368", folder, "decisions/flags.yaml", line_of(folder, "decisions/flags.yaml", "id: flag.everywhere"))
    assert "reserve_zoning" in [f.answer.id for f in consult_unit(base, unit).flags]


def test_a_measure_out_of_reach(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    folder, base, checked = faulty
    unit = found(checked, "E373", folder, "measures/urban.yaml", line_of(folder, "measures/urban.yaml", "id: cool_surfaces"))
    c = consult_unit(base, unit)
    assert "cool_surfaces" in c.settled("proposed") and "cool_surfaces" in c.settled("barred")


def test_a_threshold_moved(faulty: tuple[Path, KnowledgeBase, Checked]) -> None:
    _, base, checked = faulty
    moved = [f for f in checked.findings if f.code == "E334" and f.witness and "slope_deg" in f.witness.facts]
    assert moved and all(f.at.file == "knowledge/boundaries.yaml" and f.at.line > 1 for f in moved)
    assert consult_unit(base, moved[0].witness).conclusions is not None  # type: ignore[arg-type]


def test_a_hole_in_a_table(tmp_path: Path) -> None:
    text = (DEFAULT / "decisions" / "needed_mode.yaml").read_text("utf-8")
    start = text.index("  - id: need.moderate-medium")
    row = text[start : text.index("  - id: need.moderate-weak")]
    folder = spoiled(tmp_path, {"decisions/needed_mode.yaml": [(row, "")]})
    checked = check(folder)
    hole = next(f for f in checked.findings if f.code == "E314")
    assert (hole.at.file, hole.at.line, hole.grade) == ("knowledge/decisions/needed_mode.yaml", 5, "error")
    assert hole.advice and "damage: moderate" in hole.advice("en") and "recovery: medium" in hole.advice("en")
    assert hole.witness and hole.witness.facts["recovery"] == "medium"
    assert {p.property.id: p.conclusion for p in checked.proved if not p.holds} == {"one-answer": "needed_mode"}
    told = {p["id"]: p["holds"] for p in checked.json()["properties"]}
    assert len(told) > 30 and told.pop("one-answer") is False and set(told.values()) == {None}  # what cannot be proved now is not said to hold
    assert [f.at.file for f in checked.findings if f.code == "E386"] == ["knowledge/decisions/needed_mode.yaml"] and not [f for f in checked.findings if f.code == "E387"]
    project = tmp_path / "unit.yaml"
    facts = {k: list(v) if isinstance(v, tuple) else v for k, v in hole.witness.facts.items()}
    header = {"name": "x", "start": "2026-01-01", "end": "2027-12-31"}
    project.write_text(json.dumps({"format": 1, "project": header, "units": [{"id": "U1", "area_ha": 1, "facts": facts}]}), "utf-8")
    refused = CliRunner().invoke(app, ["consult", str(project), "--json", "--knowledge", str(folder)])
    assert refused.exit_code == 2 or "E314" in str(refused.exception)
    said = consult_unit(load(), hole.witness).conclusions["needed_mode"]  # the row that was taken out is the one asked for
    assert said == "assisted"


def test_all_of_a_faulty_file_is_reported_and_nothing_else_is_looked_at(tmp_path: Path) -> None:
    folder = spoiled(tmp_path, {"decisions/mode_ceiling.yaml": [("then: natural", "then: natura"), ("    layer: standard\n    cite: [5.5.2 b]\n", "")]})
    checked = check(folder)
    found = [(f.code, f.at.file, f.grade) for f in checked.sorted()]
    assert sorted(set(found)) == [("E202", "knowledge/decisions/mode_ceiling.yaml", "error"), ("E302", "knowledge/decisions/mode_ceiling.yaml", "error")]
    assert checked.failed and not checked.proved


@cache
def shipped() -> dict[str, Any]:
    done = CliRunner().invoke(app, ["check", "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_the_shipped_base_is_sound() -> None:
    data = shipped()
    assert [p for p in data["problems"] if p["grade"] == "error"] == []
    assert len(data["properties"]) >= 20 and all(p["holds"] and p["counterexample"] is None for p in data["properties"])
    assert all(p["cite"] and p["layer"] in ("law", "standard", "expert") and p["sentence"]["zh"] and p["sentence"]["en"] for p in data["properties"])
    assert len(data["cases"]) >= 15 and all(c["passed"] for c in data["cases"])


def test_the_document_has_what_the_contract_names() -> None:
    data = shipped()
    assert {"problems", "properties", "cases"} <= set(data)
    assert data["problems"] and all({"at", "code", "grade", "message", "hint"} <= set(p) for p in data["problems"])
    assert all(p["at"].count(":") == 2 for p in data["problems"])
    assert all({"id", "holds", "seconds", "counterexample"} <= set(p) for p in data["properties"])
    assert all({"name", "passed"} <= set(c) for c in data["cases"])


def test_coverage_is_never_rounded_up() -> None:
    assert (percent(999, 1000), percent(1000, 1000), percent(0, 7)) == (99, 100, 0)
    rows = shipped()["coverage"]["rows"]
    uncovered = {p["message"].split("`")[1] for p in shipped()["problems"] if p["code"] == "E374"}
    assert rows["total"] - rows["covered"] == len(rows["uncovered"]) and uncovered == set(rows["uncovered"])


def test_a_case_that_no_longer_comes_out_is_named_at_its_line(tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    shutil.copytree(DEFAULT.parent / "cases" / "maiziyu", cases / "maiziyu")
    path = cases / "maiziyu" / "case.yaml"
    text = path.read_text("utf-8")
    at = text.index("    conclusions:")
    mode = text.index("mode: ", at)
    path.write_text(text[:mode] + "mode: conserve" + text[text.index(",", mode) if "{" in text[at:mode] else text.index("\n", mode) :], "utf-8")
    done = CliRunner().invoke(app, ["check", "--json", "--cases", str(cases)])
    data = json.loads(done.output)
    assert done.exit_code == 1 and [c["name"] for c in data["cases"] if not c["passed"]] == ["maiziyu"]
    wrong = [p for p in data["problems"] if p["grade"] == "error"]
    assert [p["code"] for p in wrong] == ["E381"] and wrong[0]["at"].startswith("cases/maiziyu/case.yaml:") and "`conserve`" in wrong[0]["message"]


def test_a_folder_without_cases_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["check", "--json", "--cases", str(tmp_path / "nowhere")])
    assert done.exit_code != 0 and "E522" in str(done.exception)


def test_what_examples_and_citations_name_in_vain_is_reported_at_its_line(tmp_path: Path) -> None:
    folder = spoiled(tmp_path, {
        "decisions/duties.yaml": [("    cite: [", "    cite: [9.9.9 z, ")],
        "boundaries.yaml": [("boundaries:\n", "boundaries:\n  - {id: q, given: {heritge: true}, concludes: {mode: [zzz], moda: x}}\n  - {id: r}\n")],
        "standard.yaml": [("statements:\n", "statements:\n  - {id: 9.9.9 §9, zh: 无人落实, en: carried out by nothing}\n")],
        "examples.yaml": [("examples:\n", "examples:\n  - {id: gone.rule, given: {}, concludes: {mode: natural}}\n")],
    })  # fmt: skip
    found = {(f.code, f.at.file, f.at.line) for f in check(folder).findings if f.grade == "error"}
    lines = {name: line_of(folder, name, text) for name, text in (("boundaries.yaml", "{id: q,"), ("examples.yaml", "gone.rule"), ("standard.yaml", "9.9.9 §9"))}
    assert {("E409", "knowledge/boundaries.yaml", lines["boundaries.yaml"]), ("E302", "knowledge/boundaries.yaml", lines["boundaries.yaml"])} <= found
    assert {("E509", "knowledge/boundaries.yaml", lines["boundaries.yaml"]), ("E376", "knowledge/boundaries.yaml", lines["boundaries.yaml"] + 1)} <= found
    assert ("E331", "knowledge/examples.yaml", lines["examples.yaml"]) in found
    assert [(at, line) for code, at, line in found if code == "E385"] == [("knowledge/standard.yaml", lines["standard.yaml"])]
    assert [at for code, at, _ in found if code == "E330"] == ["knowledge/decisions/duties.yaml"]


def test_answers_are_told_apart_by_rules_that_read_what_was_given_in_the_place_of_others() -> None:
    """A fact that rules read only as surveyed is read; two answers that these rules do not tell apart are said to be alike."""
    facts = [fact("problems", "many", PROBLEMS[:2]), fact("grade", "one", GRADES), fact("size", "number", min=0, max=9), fact("idle", "yesno")]
    grade = decision("grade", "first", "grade", [row("grade.small", {"size": {"below": 5}}, "low")], otherwise=row("grade.other", None, "mid"))
    seen = decision("seen", "collect", ("x",), [row("seen.x", {"surveyed_grade": "low", "problems": "p0"}, ["x"])])
    found = {(f.code, f.facts) for f in unused(Rows(written_base(facts, [grade, seen])))}
    assert found == {("E369", (("name", "idle"),)), ("E370", (("name", "problems"), ("answer", "p1"))), ("E371", (("name", "grade"), ("answer", "high"), ("other", "mid")))}
