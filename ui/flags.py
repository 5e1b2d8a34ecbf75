"""Flags and checks as boxes: icon, grade in words, message; never by colour alone."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.consult import Flag
from ui.common import md, t, w

ICONS = {"stop": ":material/block:", "argue": ":material/warning:", "remind": ":material/info:"}

MOST = 12  # names shown at once


def flag_box(flag: Flag, about: Sequence[str] = ()) -> None:
    words, answer = w(), flag.answer
    box(answer.grade or "remind", f"{answer.name[words.lang]}{words['colon']}{(answer.message or answer.name)[words.lang]}", about)


def box(grade: str, text: str, about: Sequence[str] = ()) -> None:
    """A message with its grade; the names that it is about stand small below it, the rest of many to be unfolded."""
    small = f"  \n:small[{md(listed(about, MOST))}]" if about else ""
    {"stop": st.error, "argue": st.warning, "remind": st.info}[grade](f"{ICONS[grade]} **{w()[f'grade_{grade}']}** · {text}{small}")
    if rest := about[MOST:]:
        with st.expander(t("more_names", count=len(rest))):
            st.caption(md(w()["list"].join(rest)))


def listed(names: Sequence[str], most: int = 6) -> str:
    """Names one after the other, cut short where there are many."""
    return w()["list"].join(names[:most]) + ("…" if len(names) > most else "")
