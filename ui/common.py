"""What every page needs: language, who is at the desk, the rule base and the store, and what is wrong in words."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import streamlit as st

from engine.desk import Desk
from engine.grammar import finite
from engine.load import load
from engine.messages import Phrase
from engine.source import Problem, Source, Unusable, parse
from engine.store import Store
from engine.store_rows import clean
from engine.wording import Wording

LANGS = {"zh": "中文", "en": "English"}  # each in its own language
HELD: dict[str, Any] = {}  # the desk and the store that `shanshui ui` has opened already
WHO = "shanshui_who"  # the cookie that remembers a name
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&])")


@cache
def _catalogue(lang: str) -> dict[str, str]:
    path = Path(__file__).with_name("words.yaml")
    return {key: pair.get(lang).value for key, _, pair in parse(Source(path.name, path.read_text("utf-8"))).items()}  # type: ignore[union-attr]


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """The rule base, read once a process."""
    return HELD.get("desk") or Desk(load(*(part for part in os.environ.get("SHANSHUI_KNOWLEDGE", "").split(",") if part)))


@st.cache_resource(show_spinner=False)
def store() -> Store:
    return HELD.get("store") or Store()


@st.cache_resource(show_spinner=False)
def wording(lang: str) -> Wording:
    return Wording(desk().base, lang)


def lang() -> str:
    return str(st.session_state.get("lang", "zh"))


def t(key: str, **names: object) -> str:
    """The page's own wording."""
    text = _catalogue(lang())[key]
    return text.format(**names) if names else text


def w() -> Wording:
    """The wording of the knowledge base."""
    return wording(lang())


def dark() -> bool:
    return st.context.theme.type == "dark"


def md(text: object) -> str:
    """Text that stays text in Markdown: somebody's name is no heading, no link and no picture."""
    return _MARKS.sub(r"\\\1", clean(str(text)).replace("\n", " "))


def who() -> str:
    return str(st.session_state.get("who") or t("nobody"))


def refused(error: Unusable) -> None:
    """All that is wrong with what was typed into a form, each in a sentence."""
    sentences = dict.fromkeys(said(p) for p in error.problems)
    st.error("  \n".join(md(sentence) for sentence in sentences), icon=":material/error:")


def problems(error: Unusable) -> None:
    """All that is wrong with a file, each with its place."""
    st.error(t("unusable"), icon=":material/error:")
    st.code("\n".join(p.render(lang()) for p in error.problems[:50]), language=None, wrap_lines=True)


def label(key: str) -> str:
    """What a field of a project is called; what is no field stands for itself."""
    return _catalogue(lang()).get(f"field_{key}", key)


def said(problem: Problem) -> str:
    """What is wrong, in a sentence for somebody at a form: facts, measures and fields by name, and nothing of a place in a file."""
    named = replace(problem, facts=tuple((key, _plainly(key, phrase, dict(problem.facts))) for key, phrase in problem.facts))
    hint = problem.hint(lang())
    return f"{named.message(lang())}{f' — {hint}' if hint else ''}"


def _plainly(key: str, phrase: Phrase, facts: Mapping[str, Phrase]) -> Phrase:
    words, of = w(), facts.get("name")
    if not isinstance(phrase, str):
        return phrase
    if key == "key":
        return label(phrase)
    if key == "name":
        return words.name(phrase) if phrase in desk().base.facts else words.answer("measures", phrase)
    if key in ("max", "text") and isinstance(of, str) and of in desk().base.facts and (number := finite(phrase)) is not None:
        return words.value(of, number)
    return phrase


def field(name: str, kept: Any) -> str:
    """The key of a field in a form of several: another one once somebody else has changed what is kept.

    A form left open then shows their value, and never writes the old one back along with what was meant.
    """
    return f"{name}_{crc32(repr(kept).encode()):08x}"


def unit_name(unit: dict[str, Any]) -> str:
    return f"{unit['id']} {unit.get('name') or ''}".strip()


def time_of(at: str) -> str:
    """A time of the store as people write it, in the server's time zone."""
    from datetime import datetime

    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
