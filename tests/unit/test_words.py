"""Whatever the program or the knowledge folder says, it says in Chinese and in English, and every error code has its words.

A message without one of the languages, or with a placeholder in one of them only, would be found by a user.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from support.bases import base

from engine.load import DEFAULT
from engine.messages import words
from engine.model import Text
from engine.wording import Wording

ENGINE = Path(words.__wrapped__.__code__.co_filename).parent
CATALOGUE: dict[str, Any] = yaml.load((ENGINE / "words.yaml").read_text("utf-8"), Loader=yaml.BaseLoader)
CODE = re.compile(r'"(E\d{3})"')  # in quotes: a linter's codes in comments look alike
CHINESE = re.compile(r"[一-鿿]")
SIGNS = re.compile(r"^\W*$")  # a tick, a colon, a comma: alike in both languages
ALIKE = ("%",)  # units that both languages write alike


def placeholders(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name is not None})


@pytest.mark.parametrize("key", CATALOGUE)
def test_a_wording_is_there_in_both_languages_with_the_same_placeholders(key: str) -> None:
    said = CATALOGUE[key]
    assert set(said) == {"zh", "en"}
    assert said["zh"].strip() or said["en"].strip()
    assert "" not in said.values()
    assert placeholders(said["zh"]) == placeholders(said["en"])
    if not SIGNS.match(re.sub(r"\{\w+\}", "", said["en"])):
        assert CHINESE.search(said["zh"])
        assert not CHINESE.search(said["en"])


def test_the_catalogue_is_read_as_it_is_written() -> None:
    for lang in ("zh", "en"):
        assert words(lang) == {key: said[lang] for key, said in CATALOGUE.items()}


def test_every_error_code_that_the_program_uses_has_words_and_every_one_that_has_words_is_used() -> None:
    used = {code for path in ENGINE.rglob("*.py") for code in CODE.findall(path.read_text("utf-8"))}
    written = {key for key in CATALOGUE if re.fullmatch(r"E\d{3}", key)}
    assert sorted(used - written) == []
    assert sorted(written - used) == []


def test_messages_begin_in_lower_case_and_end_without_a_stop() -> None:
    """As the head of the catalogue promises, so that they can follow a place and a code."""
    messages = {key: said["en"] for key, said in CATALOGUE.items() if re.fullmatch(r"E\d{3}", key)}
    assert [key for key, text in messages.items() if re.match(r"[A-Z][a-z]", text) or text.endswith((".", "!"))] == []


def test_every_attribute_and_answer_that_a_rule_may_speak_of_has_a_name() -> None:
    zh, en = Wording(base(), "zh"), Wording(base(), "en")
    named = {a.name: (zh.name(a.name), en.name(a.name)) for a in base().attributes.values()}
    for attribute in base().attributes.values():
        if attribute.kind != "number":  # intervals between thresholds stand for themselves
            named |= {f"{attribute.name}: {a}": (zh.answer(attribute.name, a), en.answer(attribute.name, a)) for a in attribute.answers}
    assert [f"{id}: {name}" for id, (name, _) in named.items() if not CHINESE.search(name)] == []
    assert [f"{id}: {name}" for id, (_, name) in named.items() if not name or "_" in name or CHINESE.search(name)] == []


def texts(thing: Any, way: str = "") -> Iterator[tuple[str, str, str]]:
    """(where, zh, en) of everything in the knowledge base that is said in two languages."""
    if isinstance(thing, Text) or (hasattr(thing, "zh") and hasattr(thing, "en")):
        yield way, thing.zh, thing.en
    if isinstance(thing, BaseModel):
        parts: Mapping[Any, Any] = {name: getattr(thing, name) for name in type(thing).model_fields}
    elif is_dataclass(thing):
        parts = {field.name: getattr(thing, field.name) for field in fields(thing)}
    elif isinstance(thing, Mapping):
        parts = thing
    elif isinstance(thing, list | tuple):
        parts = {getattr(part, "id", i): part for i, part in enumerate(thing)}
    else:
        return
    for key, part in parts.items():
        if key not in ("zh", "en", "when", "then", "at", "places", "attributes"):  # what is left out holds nodes and places, no texts
            yield from texts(part, f"{way}.{key}")


def test_everything_in_the_knowledge_base_is_said_in_both_languages() -> None:
    said = list(texts(base()))
    assert len({way.split(".")[1] for way, _, _ in said}) > 12  # the walk came through topics, facts, decisions, measures, zones …
    assert [way for way, zh, en in said if not zh.strip() or not en.strip()] == []
    assert [f"{way}: {zh}" for way, zh, _ in said if not CHINESE.search(zh) and zh not in ALIKE] == []
    assert [f"{way}: {zh}" for way, zh, en in said if zh == en and zh not in ALIKE] == []


def written_texts(tree: Any, way: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping of a file that has a `zh` or an `en`."""
    if isinstance(tree, dict):
        if "zh" in tree or "en" in tree:
            yield way, tree
        for key, part in tree.items():
            yield from written_texts(part, f"{way}.{key}")
    elif isinstance(tree, list):
        for i, part in enumerate(tree):
            yield from written_texts(part, f"{way}.{part.get('id', i) if isinstance(part, dict) else i}")


@pytest.mark.parametrize("path", sorted(DEFAULT.rglob("*.yaml")), ids=lambda path: path.relative_to(DEFAULT).as_posix())
def test_every_text_in_a_knowledge_file_has_both_languages(path: Path) -> None:
    """The files that rules do not read (survey, goals, outline …) too, which no loaded base holds."""
    found = list(written_texts(yaml.load(path.read_text("utf-8"), Loader=yaml.CBaseLoader), path.name))
    assert [way for way, text in found if not str(text.get("zh", "")).strip() or not str(text.get("en", "")).strip()] == []
    assert [f"{way}: {text['zh']}" for way, text in found if not CHINESE.search(text["zh"]) and text["zh"] not in ALIKE] == []
    assert [f"{way}: {text['en']}" for way, text in found if text["zh"] == text["en"] and text["zh"] not in ALIKE] == []
