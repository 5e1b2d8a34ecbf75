"""The pages speak both languages, use every word of their catalogue, and hold no wording, no rule and no arithmetic of their own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml
from support.bases import base

from engine.groundwork import OVERALL
from engine.project_checks import QUANTITIES
from engine.project_file import AnswerSource, Change, Decide, Header, ProjectFile, Reading, Register, SurveyStatus, Target, UnitEntry

UI = Path(__file__).resolve().parents[2] / "ui"
CATALOGUE = yaml.load((UI / "words.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
FILES = sorted(UI.rglob("*.py"))
CHINESE = re.compile(r"[一-鿿]")
FIELD = re.compile(r"\{(\w+)\}")
BEGINNINGS = ("page_", "field_", "view_", "status_", "role_", "result_", "from_", "tip_", "picture_", "add_", "drop_", "shape_")  # keys that pages put together
OWN_NAMES = ("中文",)  # a language is named in itself


@pytest.mark.parametrize("key", CATALOGUE)
def test_a_wording_is_there_in_both_languages_with_the_same_places(key: str) -> None:
    said = CATALOGUE[key]
    assert set(said) == {"zh", "en"}
    assert sorted(FIELD.findall(said["zh"])) == sorted(FIELD.findall(said["en"]))
    assert said["zh"] and said["en"]
    assert not CHINESE.search(said["en"])


def strings(path: Path) -> list[str]:
    """The texts of a page, its docstrings and comments left out."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and node.body and isinstance(node.body[0], ast.Expr)}
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs]


def test_the_pages_hold_no_wording_of_their_own() -> None:
    found = [f"{path.name}: {text}" for path in FILES for text in strings(path) if CHINESE.search(text) and text not in OWN_NAMES]
    assert [text for text in found if not text.endswith(("（", "）", "；"))] == []


def test_every_word_is_used_and_every_word_used_is_there() -> None:
    used = {text for path in FILES for text in strings(path)}
    assert [key for key in CATALOGUE if key not in used and not key.startswith(BEGINNINGS)] == []
    asked = {match for path in FILES for match in re.findall(r'\bt\("(\w+)"', path.read_text("utf-8"))}
    assert sorted(asked - set(CATALOGUE)) == []


def test_every_drawing_belongs_to_a_question_is_told_in_words_and_names_its_answers() -> None:
    drawings = {path.stem: path.read_text("utf-8") for path in (UI / "pictures").glob("*.svg")}
    assert drawings.keys() == {key.removeprefix("picture_") for key in CATALOGUE if key.startswith("picture_")} <= base().facts.keys()
    for name, drawing in drawings.items():
        assert set(FIELD.findall(drawing)) in (set(), {a.id for a in base().facts[name].answers})
        assert "href" not in drawing and not CHINESE.search(drawing)


def test_every_field_of_a_draft_has_a_name() -> None:
    models = (ProjectFile, Header, UnitEntry, AnswerSource, Decide, Change, Register, SurveyStatus, Target, Reading)
    fields = {field.alias or name for model in models for name, field in model.model_fields.items()} | {*QUANTITIES, OVERALL}
    assert [name for name in sorted(fields) if f"field_{name}" not in CATALOGUE] == []


def test_the_pages_do_not_reckon_with_days_or_money() -> None:
    """Dates and money are the engine's: a page may show them, and may hand over a date that was typed."""
    found = [f"{path.name}: {name}" for path in FILES for name in ("timedelta", "round(", "sum(", "make_plan", "semantics", "experta") if name in path.read_text("utf-8")]
    assert found == []
