"""A fact's answer chosen outside the questionnaire: in what-ifs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine.desk import answers_of
from engine.draft import is_unknown
from engine.model import Fact
from ui.common import w

UNKNOWN = "unknown"


def choose(fact: Fact, given: Any, key: str) -> Any:
    """The answer chosen, in the form that a draft holds; `unknown` where it is left open."""
    words = w()
    label = fact.name[words.lang]
    if fact.kind == "number":
        number = st.number_input(label, value=None if is_unknown(given) else float(given), min_value=fact.min, max_value=fact.max, key=key, placeholder=words["answer_unknown"], format="%g")
        return UNKNOWN if number is None else number
    options = list(answers_of(fact))
    if fact.kind == "many":
        chosen = st.multiselect(label, options, default=[] if is_unknown(given) else list(given), format_func=lambda a: words.answer(fact.id, a), key=key, placeholder=words["none"])
        return [a for a in options if a in chosen]
    shown = str(given).lower() if isinstance(given, bool) else given
    answers = [*options, UNKNOWN]
    picked = st.selectbox(label, answers, index=answers.index(shown) if shown in answers else len(options), format_func=lambda a: words.answer(fact.id, a), key=key)
    return picked == "true" if fact.kind == "yesno" and picked != UNKNOWN else picked
