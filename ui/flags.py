"""Flags and checks as boxes: icon, grade in words, message; never by colour alone."""

from __future__ import annotations

import streamlit as st

from engine.consult import Flag
from ui.common import md, w

ICONS = {"stop": ":material/block:", "argue": ":material/warning:", "remind": ":material/info:"}


def flag_box(flag: Flag, about: str = "") -> None:
    words, answer = w(), flag.answer
    box(answer.grade or "remind", f"{answer.name[words.lang]}{words['colon']}{(answer.message or answer.name)[words.lang]}", about)


def box(grade: str, text: str, about: str = "") -> None:
    """A message with its grade; `about` stands small below it."""
    small = f"  \n:small[{md(about)}]" if about else ""
    {"stop": st.error, "argue": st.warning, "remind": st.info}[grade](f"{ICONS[grade]} **{w()[f'grade_{grade}']}** · {text}{small}")


def listed(names: list[str], most: int = 6) -> str:
    """Names one after the other, cut short where there are many."""
    return w()["list"].join(names[:most]) + ("…" if len(names) > most else "")
