"""Drawings beside questions for which words are poor; the words in them are the names of the answers."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from html import escape
from pathlib import Path

import streamlit as st

from engine.model import Fact
from ui.common import dark, t, w

FOLDER = Path(__file__).with_name("pictures")


@cache
def _drawing(name: str) -> str | None:
    path = FOLDER / f"{name}.svg"
    return path.read_text("utf-8") if path.exists() else None


def picture(fact: Fact) -> None:
    """The drawing of a question, where there is one, with what it shows in words for those who do not see it."""
    drawing = _drawing(fact.id)
    if drawing is None:
        return
    words, shows = w(), t(f"picture_{fact.id}")
    named = re.sub(r"\{(\w+)\}", lambda found: escape(words.answer(fact.id, found[1])), drawing)
    inked = named.replace("currentColor", "#f0f0f0" if dark() else "#222222")
    data = b64encode(inked.encode()).decode()
    st.html(f'<img alt="{escape(shows)}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">')
    st.caption(t("picture", shows=shows))
