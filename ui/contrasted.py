"""Two results side by side; only what differs is marked, and marked in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine.contrast import Figure, Moved
from engine.money import Total
from engine.report import total_text
from ui.common import desk, md, t, w
from ui.drawn import table

Titles = tuple[str, str]  # how the two are called, the first and the second


def contrasted(found: Sequence[Moved], titles: Titles) -> None:
    """What two consultations of a unit settle differently."""
    words, decisions = w(), desk().base.decisions
    settled = [m for m in found if m.joined or m.left]
    if not settled:
        st.success(t("no_difference"))
        return
    ones = [m for m in settled if decisions[m.name].hit == "first"]
    if ones:
        rows = [{"name": words.name(m.name), "before": _value(m.name, m.before.settled), "after": _value(m.name, m.after.settled)} for m in ones]
        table(rows, {"name": words["h_conclusion"], "before": titles[0], "after": titles[1]}, t("difference"))
    for m in settled:
        if m not in ones:
            st.markdown(f"**{words.name(m.name)}**")
            lines = [f"- :material/add_circle: {t('joined')} {md(words.answer(m.name, a))}" for a in m.joined]
            lines += [f"- :material/remove_circle_outline: {t('left')} {md(words.answer(m.name, a))}" for a in m.left]
            st.markdown("\n".join(lines))


def _value(name: str, settled: Sequence[str]) -> str:
    """A conclusion is open where nothing is settled: nobody surveys it."""
    return w().value(name, settled[0]) if settled else t("mode_open")


def figured(found: list[Figure], titles: Titles) -> None:
    """The figures of two plans that differ."""
    words = w()
    rows = [{"name": words[f.name], "before": _figure(f.before), "after": _figure(f.after)} for f in found]
    if rows:
        table(rows, {"name": t("figure"), "before": titles[0], "after": titles[1]}, t("difference"))


def _figure(value: Any) -> str:
    return "—" if value is None else total_text(value, w()) if isinstance(value, Total) else str(value)
