"""Answers and figures chosen outside the questionnaire, each of which can be taken back again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from engine.desk import answers_of
from engine.draft import is_unknown
from engine.model import Fact
from ui.common import t, w

OPEN, UNKNOWN, NONE, THESE = "", "unknown", "none", "these"


def choose(fact: Fact, given: Any, key: str) -> Any:
    """The answer chosen, in the form that a draft holds; `unknown` where it is left open."""
    words = w()
    label = fact.name[words.lang]
    if fact.kind == "number":
        found = number(label, None if is_unknown(given) else given, key, words["answer_unknown"], min_value=fact.min, max_value=fact.max)
        return UNKNOWN if found is None else found
    options = list(answers_of(fact))
    if fact.kind == "many":
        return _several(fact, options, given, key)
    shown = str(given).lower() if isinstance(given, bool) else given
    answers = [*options, UNKNOWN]
    picked = st.selectbox(label, answers, index=answers.index(shown) if shown in answers else len(options), format_func=lambda a: words.answer(fact.id, a), key=key)
    return picked == "true" if fact.kind == "yesno" and picked != UNKNOWN else picked


def _several(fact: Fact, options: list[str], given: Any, key: str) -> Any:
    """Not surveyed, surveyed and found to be none, or some of the answers: never one taken for another; what was given where none is marked yet."""
    words = w()
    ways = {UNKNOWN: t("not_surveyed"), NONE: t("surveyed_none"), THESE: t("surveyed_these")}
    now = UNKNOWN if is_unknown(given) else THESE if given else NONE
    way = st.radio(fact.name[words.lang], list(ways), index=list(ways).index(now), format_func=ways.__getitem__, key=f"{key}_way")
    if way != THESE:
        return UNKNOWN if way == UNKNOWN else []
    known = list(given) if now == THESE else []
    chosen = st.multiselect(ways[THESE], options, default=known, format_func=lambda a: words.answer(fact.id, a), key=key, placeholder=t("choose"), label_visibility="collapsed")
    return given if not chosen or set(chosen) == set(known) else [a for a in options if a in chosen]


def choice(label: str, options: Sequence[str], known: str | None, none: str, key: str, shown: Callable[[str], str] = str) -> str | None:
    """One of the options, or None, which is an option of its own worded `none`: a choice drawn with a value cannot be cleared."""
    offered = [OPEN, *options]
    return st.selectbox(label, offered, index=offered.index(known) if known in offered else 0, format_func=lambda a: shown(a) if a else none, key=key) or None


def number(label: str, known: float | None, key: str, none: str, min_value: float | None = None, max_value: float | None = None) -> float | None:
    """A number, or None when the field is emptied: drawn with a value of its own the field would fall back to that, so the value is put into the session."""
    st.session_state.setdefault(key, None if known is None else float(known))
    return st.number_input(label, value=None, min_value=min_value, max_value=max_value, key=key, placeholder=none, format="%g")
