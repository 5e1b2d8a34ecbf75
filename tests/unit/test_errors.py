"""Whatever is wrong with a file, people are told what and where, in both languages, and never by a traceback.

`tests/faulty/projects` and `tests/faulty/knowledge` hold one fault (or several) each, with the exact words that
must be said beside it in NAME.expected; files that are too large, too deep or no text at all are made here.
At the end every single place of a whole project file and of a small rule base is spoiled in turn.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from support.bases import base
from support.spoil import spoiled, written

from engine.load import DEFAULT, load
from engine.project import Project, project_of, read_project
from engine.source import Problem, Source, Unusable, parse

FAULTY = Path(__file__).parent.parent / "faulty"
PROJECTS, KNOWLEDGE, SMALL = FAULTY / "projects", FAULTY / "knowledge", FAULTY / "small"
PROJECT_NAMES = sorted(path.stem for path in PROJECTS.glob("*.yaml"))
KNOWLEDGE_NAMES = sorted(path.name for path in KNOWLEDGE.iterdir() if path.is_dir())

HEAD = "format: 1\nproject: {name: 示例项目, start: 2026-03-01, end: 2028-12-31}\n"
GOOD = f"{HEAD}units:\n  - {{id: U1, area_ha: 9, facts: {{redline: outside}}}}\n"

# Names that people write in the files stay as they are in a Chinese sentence; other English words have no place there.
WRITTEN_ALIKE = {
    "YAML", "UTF-8", "GBK", "MB", "zh", "en", "cite", "otherwise", "min", "max", "stress", "function", "deficit", "relieves", "restores", "stage", "null", "plants",
    "landform", "soil", "vegetation", "landscape", "biodiversity",
}  # fmt: skip
JARGON = re.compile(
    r"(expected|应为) ?yesno|\b(str|int|float|bool|dict|tuple|NoneType|value error|assertion error|too (long|short)|parsing|inexact|pydantic|union|literal|instance|input|validation"
    r"|token|scalar|stream|mapping values|Error|None|True|False)\b|``|\[key\]"
)


def problems_of(read: Callable[[], Any]) -> list[Problem]:
    """What `read` finds wrong; none when it reads the files."""
    try:
        read()
    except Unusable as unusable:
        return list(unusable.problems)
    return []


def said(problems: Iterable[Problem], folder: Path | None = None) -> str:
    """What is printed, without the folder of the file: that differs from machine to machine."""
    text = "\n".join(problem.render("en") for problem in problems)
    return text.replace(f"{folder}/", "") if folder else text


def assert_said(problems: list[Problem], expected: str, folder: Path | None = None) -> None:
    assert said(problems, folder) == expected
    assert problems == sorted(problems, key=lambda p: p.at)
    assert [odd for problem in problems for odd in odd_in_chinese(problem)] == []


def odd_in_chinese(problem: Problem) -> Iterable[str]:
    """What keeps the Chinese rendering from being one: same place and code, but Chinese words, and no English left in between."""
    zh, en = problem.render("zh"), problem.render("en")
    if zh.split(": ")[:2] != en.split(": ")[:2]:
        yield f"another place: {zh}"
    if problem.message("zh") == problem.message("en") or not re.search(r"[一-鿿]", problem.message("zh")):
        yield f"not Chinese: {zh}"
    text = re.sub(r"`[^`]*`", " ", problem.message("zh"))  # what the user wrote
    text = re.sub(r"[\w/.-]+\.yaml:\d+:\d+|[IVX]+(-\d)+", " ", text)  # a place, a zone
    text = re.sub(r"：[\w{}@-]+(, [\w{}@-]+)*$", " ", text)  # the ids to choose from
    for word in re.findall(r"[A-Za-z][A-Za-z0-9-]+", text):
        if word not in WRITTEN_ALIKE:
            yield f"English `{word}` in: {problem.message('zh')}"


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def wrong_with(path: Path) -> list[Problem]:
    return problems_of(lambda: read_project(path, base()))


# --- kept files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROJECT_NAMES)
def test_a_faulty_project_file_says_what_is_wrong_and_where(name: str) -> None:
    path = PROJECTS / f"{name}.yaml"
    assert_said(wrong_with(path), path.with_suffix(".expected").read_text("utf-8").rstrip("\n"), PROJECTS)


@pytest.mark.parametrize("name", KNOWLEDGE_NAMES)
def test_a_faulty_knowledge_folder_says_what_is_wrong_and_where(name: str) -> None:
    expected = (KNOWLEDGE / f"{name}.expected").read_text("utf-8").rstrip("\n")
    assert_said(problems_of(lambda: load(DEFAULT, KNOWLEDGE / name)), expected)


def test_every_kept_fault_has_its_expected_words_and_no_words_are_left_over() -> None:
    assert {path.stem for path in PROJECTS.glob("*.expected")} == set(PROJECT_NAMES)
    assert {path.stem for path in KNOWLEDGE.glob("*.expected")} == set(KNOWLEDGE_NAMES)
    assert len(PROJECT_NAMES) + len(KNOWLEDGE_NAMES) >= 36


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("unknown_key_of_a_unit", "town"), ("unknown_fact", "recovery"), ("unknown_answer", "severe"), ("unknown_answer_in_a_list", "soil_erosion"), ("unknown_zone", "I-2-3"),
        ("unknown_upstream_unit", "head"), ("unknown_measure_added", "drip_irrigation"), ("decided_mode_unknown", "reconstruct"), ("source_of_an_unknown_fact", "damage"),
        ("quantity_of_an_unknown_measure", "slope_stabilisation"), ("unknown_quantity", "area_m2"), ("unknown_element_of_a_crew", "mine"), ("key_of_another_place", "sources"),
    ],
)  # fmt: skip
def test_a_mistyped_name_in_a_project_file_brings_the_name_that_was_meant(name: str, near: str) -> None:
    problems = wrong_with(PROJECTS / f"{name}.yaml")
    assert near in [problem.near for problem in problems]
    hinted = next(problem for problem in problems if problem.near == near)
    assert hinted.render("en").endswith(f"hint: did you mean `{near}`")
    assert f"hint: did you mean `{near}`" in hinted.render("zh")


@pytest.mark.parametrize("name", ["unknown_key_without_near_name", "neither_yes_nor_no", "decided_what_cannot_be_decided"])
def test_where_nothing_is_near_nothing_is_suggested(name: str) -> None:
    assert [problem.near for problem in wrong_with(PROJECTS / f"{name}.yaml")] == [""]


def test_a_hint_never_repeats_what_was_written() -> None:
    problems = [(name, problem) for name in PROJECT_NAMES for problem in wrong_with(PROJECTS / f"{name}.yaml") if problem.near]
    assert [(name, problem.near) for name, problem in problems if f"`{problem.near}`" in problem.message("en")] == []


def test_the_edges_of_a_cycle_of_decisions_are_all_named_by_file_and_line() -> None:
    (problem,) = problems_of(lambda: load(DEFAULT, KNOWLEDGE / "cycle_of_decisions"))
    for name, read in (("a", "b"), ("b", "c"), ("c", "a")):
        assert f"`trial_{name}` reads `trial_{read}` in `{name}.severe` (cycle_of_decisions/decisions/trial_{name}.yaml:7:5)" in problem.message("en")


def test_a_long_cycle_of_units_names_every_line() -> None:
    (problem,) = wrong_with(PROJECTS / "downstream_cycle_of_many.yaml")
    assert [f"(line {line})" in problem.message("en") for line in range(4, 12)] == [True] * 8


def test_a_fact_that_is_removed_is_missed_at_every_place_that_reads_it(tmp_path: Path) -> None:
    write(tmp_path / "facts.yaml", "facts:\n  - {id: heritage, disabled: true}\n")
    problems = problems_of(lambda: load(DEFAULT, tmp_path))
    assert {(problem.code, problem.message("en")) for problem in problems} == {("E301", "unknown fact or decision `heritage`")}
    assert {problem.at.file.split("/")[1] for problem in problems} == {"decisions", "measures"}
    assert all("heritage" in problem.line for problem in problems)


# --- files made here ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "shown"), [(20_000_000, "20"), (8_300_000, "8.3")])
def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, size: int, shown: str) -> None:
    path = write(tmp_path / "large.yaml", GOOD.encode().ljust(size, b"#"))
    assert_said(wrong_with(path), f"large.yaml:1:1: E104: file has {shown} MB, the limit is 8 MB", tmp_path)


def test_a_large_file_in_a_knowledge_folder_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "local" / "costs.yaml", b"costs: []\n".ljust(20_000_000, b"#"))
    assert_said(problems_of(lambda: load(DEFAULT, tmp_path / "local")), "local/costs.yaml:1:1: E104: file has 20 MB, the limit is 8 MB")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GOOD.encode("gbk"), "2:1: E102: file is not UTF-8, it looks like GBK; save it as UTF-8"),  # the first Chinese character stands in line 2
        (GOOD.encode("utf-16"), "1:1: E103: file is not UTF-8"),
        (GOOD.encode() + b"# caf\xe9\n", "5:1: E103: file is not UTF-8"),
        (bytes(range(256)), "2:1: E103: file is not UTF-8"),
    ],
    ids=["GBK", "UTF-16", "Latin-1", "no text at all"],
)
def test_a_file_that_is_not_utf_8_is_named_as_such(tmp_path: Path, content: bytes, expected: str) -> None:
    assert_said(wrong_with(write(tmp_path / "x.yaml", content)), f"x.yaml:{expected}", tmp_path)


def test_a_gbk_file_in_a_knowledge_folder_is_named_as_such(tmp_path: Path) -> None:
    write(tmp_path / "local" / "departments.yaml", "# 部门\ndepartments: []\n".encode("gbk"))
    expected = "local/departments.yaml:1:1: E102: file is not UTF-8, it looks like GBK; save it as UTF-8"
    assert_said(problems_of(lambda: load(DEFAULT, tmp_path / "local")), expected)


@pytest.mark.parametrize(
    ("name", "content", "place"),
    [
        ("brackets.yaml", "[" * 100_000, "1:41"),
        ("closed.yaml", "[" * 100_000 + "]" * 100_000, "1:41"),
        ("brackets.json", "[" * 100_000, "1:41"),
        ("braces.yaml", "{a: " * 100_000, "1:161"),
        ("dashes.yaml", "- " * 100_000 + "x", "1:81"),
        ("questions.yaml", "? " * 100_000, "1:81"),
    ],
)
def test_deep_nesting_is_refused_before_it_can_hurt(tmp_path: Path, name: str, content: str, place: str) -> None:
    assert_said(wrong_with(write(tmp_path / name, content)), f"{name}:{place}: E107: nested more than 40 levels deep", tmp_path)


def test_deep_block_nesting_is_refused_and_its_line_shown(tmp_path: Path) -> None:
    path = write(tmp_path / "blocks.yaml", "".join(f"{' ' * level}a:\n" for level in range(3000)))
    expected = f"blocks.yaml:41:41: E107: nested more than 40 levels deep\n  {' ' * 40}a:\n  {' ' * 40}^"
    assert_said(wrong_with(path), expected, tmp_path)


def test_an_alias_bomb_is_refused_at_its_first_alias(tmp_path: Path) -> None:
    levels = "".join(f"l{n}: &l{n} [*l{n - 1}, *l{n - 1}, *l{n - 1}, *l{n - 1}]\n" for n in range(1, 10))
    path = write(tmp_path / "bomb.yaml", f"l0: &l0 [lol, lol, lol, lol]\n{levels}")
    expected = "bomb.yaml:2:10: E108: YAML alias `*l0` is not accepted; write it out\n  l1: &l1 [*l0, *l0, *l0, *l0]\n           ^"
    assert_said(wrong_with(path), expected, tmp_path)


def test_an_alias_of_itself_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "self.yaml", "a: &a [*a]\n")
    assert_said(wrong_with(path), "self.yaml:1:8: E108: YAML alias `*a` is not accepted; write it out\n  a: &a [*a]\n         ^", tmp_path)


def test_a_control_character_is_reported_where_it_stands(tmp_path: Path) -> None:
    path = write(tmp_path / "bell.yaml", f"{GOOD}# 响铃\x07\n")
    assert said(wrong_with(path), tmp_path).split("\n")[0] == "bell.yaml:5:5: E106: not valid YAML: control characters are not allowed"


@pytest.mark.parametrize("character", ["\x07", "\x1b"], ids=["bell", "escape"])
def test_no_control_character_of_a_file_reaches_the_terminal(tmp_path: Path, character: str) -> None:
    written_out = json.dumps({"format": 1, "project": {"name": "x", "start": "2026-03-01", "end": "2028-12-31"}, f"unit{character}s": [character]})
    for name, content in (("raw.yaml", f"{GOOD}# {character}\n"), ("escaped.json", written_out)):
        problems = wrong_with(write(tmp_path / name, content))
        assert problems
        assert character not in said(problems)


def test_a_number_of_five_thousand_digits_is_just_not_a_number_that_fits(tmp_path: Path) -> None:
    path = write(tmp_path / "digits.yaml", GOOD.replace("format: 1", f"format: {'1' * 5000}"))
    assert_said(wrong_with(path), f"digits.yaml:1:9: E205: expected a whole number, found `{'1' * 117}…`", tmp_path)


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert_said(wrong_with(tmp_path / "missing.yaml"), "missing.yaml:1:1: E101: cannot read the file: no such file or directory", tmp_path)


def test_a_folder_in_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    assert_said(wrong_with(tmp_path / "folder.yaml"), "folder.yaml:1:1: E101: cannot read the file: is a directory", tmp_path)


def test_a_knowledge_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    problems = problems_of(lambda: load(DEFAULT, tmp_path / "nowhere"))
    assert_said(problems, "nowhere:1:1: E112: knowledge folder does not exist", tmp_path)


def test_a_file_in_place_of_a_knowledge_folder_is_named(tmp_path: Path) -> None:
    problems = problems_of(lambda: load(write(tmp_path / "facts.yaml", "facts: []\n")))
    assert_said(problems, "facts.yaml:1:1: E112: knowledge folder does not exist", tmp_path)


def test_a_folder_without_knowledge_names_every_file_that_it_lacks(tmp_path: Path) -> None:
    problems = problems_of(lambda: load(tmp_path))
    assert {problem.code for problem in problems} == {"E114"}
    assert {"about.yaml", "facts.yaml", "stages.yaml"} <= {problem.at.file.rpartition("/")[2] for problem in problems}


@pytest.mark.parametrize("name", ["about.yaml", "facts.yaml", "stages.yaml"])
def test_a_whole_folder_less_one_file_that_all_need_names_that_file(tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(SMALL, tmp_path / "small")
    (folder / name).unlink()
    problems = problems_of(lambda: load(folder))
    assert f"knowledge file `{name}` is missing" in [problem.message("en") for problem in problems]


def test_a_knowledge_folder_named_by_a_dot_shows_paths_that_lead_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "costs.yaml", "cost: []\n")
    monkeypatch.chdir(tmp_path)
    (problem,) = problems_of(lambda: load(DEFAULT, "."))
    assert not problem.at.file.startswith("/")
    assert problem.at.file.endswith("costs.yaml")


# --- JSON -----------------------------------------------------------------------------------------------------------

DOCUMENT: dict[str, Any] = {
    "format": 1,
    "project": {"name": "示例项目 \U0001f33f", "start": "2026-03-01", "end": "2028-12-31"},
    "units": [{"id": "U1", "area_ha": 9, "facts": {"ecosystems": ["mine", "forest"], "damage": "severe", "heritage": True, "recovery": None, "slope_deg": 35.5}}],
}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(DOCUMENT),  # one line, characters escaped as \uXXXX, some by two of them
        json.dumps(DOCUMENT, ensure_ascii=False, indent=2),
        json.dumps(DOCUMENT, ensure_ascii=False, indent="\t"),
        json.dumps(DOCUMENT, indent="\t").replace("\n", "\r\n"),
        "\ufeff" + json.dumps(DOCUMENT, indent="\t"),
        "\t" + json.dumps(DOCUMENT, separators=(",", ":\t")),
    ],
    ids=["compact", "spaces", "tabs", "tabs and CRLF", "tabs and a byte order mark", "tabs anywhere"],
)
def test_json_is_accepted_however_it_is_laid_out(tmp_path: Path, text: str) -> None:
    project = read_project(write(tmp_path / "p.json", text), base())
    assert project.header.name == "示例项目 🌿"
    assert project.units["U1"].facts == {"ecosystems": ("forest", "mine"), "damage": "severe", "heritage": True, "slope_deg": 35.5}


JSON_LINES = '{\n\t"format": 1,\n\t"project": {"name": "PROJECT", "start": "2026-03-01", "end": "2028-12-31"},\n\t"units": [\n\t\t{"id": "U1", "area_ha": 9, "facts": {FACTS}}\n\t]\n}\n'


@pytest.mark.parametrize("name", ["plain", "\\ud83c\\udf3f"], ids=["plain", "with a character escaped by two"])
def test_what_is_wrong_in_json_with_tabs_is_reported_at_its_own_line_and_column(tmp_path: Path, name: str) -> None:
    line = '\t\t{"id": "U1", "area_ha": 9, "facts": {"ecosystems": ["mine", "forest"], "damage": "sever"}}'
    facts = '"ecosystems": ["mine", "forest"], "damage": "sever"'
    path = write(tmp_path / "p.json", JSON_LINES.replace("PROJECT", name).replace("FACTS", facts))
    column = line.index('"sever"') + 1
    expected = f"p.json:5:{column}: E302: `damage` has no answer `sever`\n  {line}\n  \t\t{' ' * (column - 3)}^\n  hint: did you mean `severe`"
    assert_said(wrong_with(path), expected, tmp_path)


@pytest.mark.parametrize("name", ["plain", "\\ud83c\\udf3f"], ids=["plain", "with a character escaped by two"])
def test_a_key_written_twice_in_json_is_an_error_too(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "p.json", JSON_LINES.replace("PROJECT", name).replace("FACTS", '"damage": "severe", "damage": "none"'))
    assert [(problem.code, problem.at.line, problem.message("en")) for problem in wrong_with(path)] == [("E111", 5, "key `damage` is written twice")]


def test_json_that_is_broken_says_so_where_it_breaks(tmp_path: Path) -> None:
    path = write(tmp_path / "p.json", '{\n\t"format": 1\n\t"units": []\n}\n')
    (problem,) = wrong_with(path)
    assert (problem.code, problem.at.line) == ("E106", 3)


# --- what is accepted -----------------------------------------------------------------------------------------------


def accepted(tmp_path: Path, facts: str) -> Any:
    return read_project(write(tmp_path / "p.yaml", GOOD.replace("{redline: outside}", facts)), base()).units["U1"].facts


@pytest.mark.parametrize(("text", "zone"), [("Ⅰ-2-2", "I-2-2"), ("Ⅱ-1-4", "II-1-4"), ("Ⅲ-1-1", "III-1-1"), ("I-3-1", "I-3-1")])
def test_a_zone_may_be_written_with_roman_numerals(tmp_path: Path, text: str, zone: str) -> None:
    assert accepted(tmp_path, f"{{zone: {text}}}") == {"zone": zone}


@pytest.mark.parametrize(("text", "answer"), [("是", True), ("否", False), ("yes", True), ("no", False), ("true", True), ("False", False), ("YES", True), ('"是"', True)])
def test_yes_and_no_may_be_written_in_either_language(tmp_path: Path, text: str, answer: bool) -> None:
    assert accepted(tmp_path, f"{{permanent_farmland: {text}}}") == {"permanent_farmland": answer}


@pytest.mark.parametrize("text", ["unknown", "Unknown", "null", "~", "", "未调查", "尚未调查"])
def test_a_fact_may_be_marked_as_not_surveyed(tmp_path: Path, text: str) -> None:
    assert accepted(tmp_path, f"{{damage: {text}, problems: {text}, slope_deg: {text}, redline: outside}}") == {"redline": "outside"}


def test_an_empty_list_is_an_answer_and_a_list_keeps_the_order_of_the_catalogue(tmp_path: Path) -> None:
    assert accepted(tmp_path, "{problems: [], ecosystems: [mine, forest, mine]}") == {"problems": (), "ecosystems": ("forest", "mine")}


@pytest.mark.parametrize(
    "content",
    [GOOD.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("redline: outside", '"redline": "outside"').encode(), b"%YAML 1.1\n---\n" + GOOD.encode() + b"...\n"],
    ids=["CRLF", "byte order mark", "quotes", "directive and end mark"],
)
def test_a_file_is_accepted_however_the_editor_saved_it(tmp_path: Path, content: bytes) -> None:
    assert read_project(write(tmp_path / "p.yaml", content), base()).units["U1"].facts == {"redline": "outside"}


@pytest.mark.parametrize(
    "when",
    [
        "{slope_deg: {not: {at_least: 20}}}", "{slope_deg: {not: {not: {at_least: 20}}}}", "{not: {slope_deg: {not: {at_least: 20}}}}", "{not: {not: {slope_deg: {below: 20}}}}",
        "{not: {any: [{slope_deg: {below: 20}}, {all: [{not: {slope_deg: {not: {below: 30}}}}]}]}}", "{slope_deg: {at_least: 20, below: 30.5, not: {below: 25}}}",
    ],
)  # fmt: skip
def test_a_threshold_is_understood_however_deep_it_stands_in_a_condition(tmp_path: Path, when: str) -> None:
    folder = shutil.copytree(SMALL, tmp_path / "small")
    mode = (folder / "decisions" / "mode.yaml").read_text("utf-8")
    write(folder / "decisions" / "mode.yaml", mode.replace("{damage: none}", when))
    assert 20 in load(folder).attributes["slope_deg"].thresholds


def test_nothing_in_a_file_is_evaluated(tmp_path: Path) -> None:
    target = tmp_path / "touched"
    path = write(tmp_path / "p.yaml", GOOD.replace("{redline: outside}", f"!!python/object/apply:os.mkdir [{target}]"))
    (problem,) = wrong_with(path)
    assert problem.code == "E205"
    assert not target.exists()


@pytest.mark.parametrize("yes", ["true", "True", "yes", "是"])
def test_an_overlay_removes_an_entry_or_a_rule_that_it_names_as_disabled(tmp_path: Path, yes: str) -> None:
    write(tmp_path / "checks.yaml", f"checks:\n  - {{id: over_budget, disabled: {yes}}}\n")
    whole = (DEFAULT / "decisions" / "against_whole.yaml").read_text("utf-8")
    head = whole[: whole.index("rules:")]
    write(tmp_path / "decisions" / "against_whole.yaml", f"{head}rules:\n  - {{id: whole.trees-in-floodway, disabled: {yes}}}\n")
    changed = load(DEFAULT, tmp_path)
    assert set(base().checks) - set(changed.checks) == {"over_budget"}
    assert {rule.id for rule in base().decisions["against_whole"].rules} - {rule.id for rule in changed.decisions["against_whole"].rules} == {"whole.trees-in-floodway"}


# --- every place spoiled --------------------------------------------------------------------------------------------


def traceback_or_jargon(read: Callable[[], Any]) -> str:
    """What a user must never see, or nothing."""
    try:
        problems = problems_of(read)
    except Exception as error:  # any exception but `Unusable` would reach the user as a traceback
        return f"{type(error).__name__}: {error}"
    for problem in problems:
        for message in (problem.message("en"), problem.message("zh")):
            written_so = {"`list`", "`map`"} & set(re.findall(r"`[^`]+`", message))  # nobody wrote that: it is how the reader calls a node
            found = {*written_so, *(jargon[0] for jargon in JARGON.finditer(re.sub(r"`[^`]+`", " ", message)))}
            if found:
                return f"{problem.code} says {sorted(found)}: {message}"
    return ""


@pytest.mark.parametrize("name", sorted(path.relative_to(SMALL).as_posix() for path in SMALL.rglob("*.yaml")))
def test_a_rule_base_spoiled_in_any_place_is_read_or_refused_in_plain_words(tmp_path: Path, name: str) -> None:
    folder = shutil.copytree(SMALL, tmp_path / "small")
    found = []
    for what, text in spoiled(written(SMALL / name)):
        write(folder / name, text)
        if bad := traceback_or_jargon(lambda: load(folder)):
            found.append(f"{what}: {bad}")
    assert "\n".join(found) == ""


def test_a_project_file_spoiled_in_any_place_is_read_or_refused_in_plain_words() -> None:
    def read(text: str) -> Project:
        source = Source("p.yaml", text)
        return project_of(source, parse(source), base())

    found = []
    for what, text in spoiled(written(FAULTY / "whole_project.yaml")):
        if bad := traceback_or_jargon(lambda text=text: read(text)):  # type: ignore[misc]
            found.append(f"{what}: {bad}")
    assert "\n".join(found) == ""


def test_the_small_rule_base_and_the_whole_project_are_sound_before_they_are_spoiled() -> None:
    assert problems_of(lambda: load(SMALL)) == []
    assert problems_of(lambda: read_project(FAULTY / "whole_project.yaml", base())) == []
