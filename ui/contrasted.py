"""Two results side by side; only what differs is marked, and marked in words."""

from __future__ import annotations

import streamlit as st

from engine.contrast import Contrast, Figure
from ui.common import md, t, w
from ui.drawn import table


def contrasted(found: Contrast) -> None:
    """What differs between two consultations of a unit."""
    words = w()
    if not found:
        st.success(t("no_difference"))
        return
    rows = [{"name": words.name(c.name), "before": words.value(c.name, c.before), "after": words.value(c.name, c.after)} for c in found.conclusions]
    if rows:
        table(rows, {"name": words["h_conclusion"], "before": t("before"), "after": t("after")}, t("difference"))
    for members in found.lists:
        st.markdown(f"**{words.name(members.name)}**")
        lines = [f"- :material/add_circle: {t('joined')} {md(words.answer(members.name, a))}" for a in members.joined]
        lines += [f"- :material/remove_circle_outline: {t('left')} {md(words.answer(members.name, a))}" for a in members.left]
        st.markdown("\n".join(lines))


def figured(found: list[Figure]) -> None:
    """The figures of two plans that differ."""
    words = w()
    rows = [{"name": words[f.name], "before": str(f.before if f.before is not None else "—"), "after": str(f.after if f.after is not None else "—")} for f in found]
    if rows:
        table(rows, {"name": t("figure"), "before": t("before"), "after": t("after")}, t("difference"))
