"""The rail at the side: what is settled, what is still possible, and which answer would settle it."""

from __future__ import annotations

import streamlit as st

from engine.consult import Open
from engine.interview import Interview
from engine.report import advice
from ui.common import md, t, w
from ui.flags import ICONS, listed

MOST = 6


def rail(interview: Interview) -> None:
    c, words = interview.consultation, w()
    with st.container(border=True, key="rail"):
        st.markdown(f"**{t('settled')}**")
        single = {name: value for name, value in c.conclusions.items() if isinstance(value, str)}
        if single:
            st.markdown("\n".join(f"- {words.name(name)}{words['colon']}**{words.value(name, value)}**" for name, value in single.items()))
        else:
            st.caption(t("nothing_settled"))
        st.markdown(f"{words['h_measures']}{words['colon']}{len(c.measures)}")
        for flag in c.flags:
            st.markdown(f"- {ICONS[flag.answer.grade or 'remind']} {words[f'grade_{flag.answer.grade}']}{words['colon']}{flag.answer.name[words.lang]}")
        st.markdown(f"**{t('still_open')}**")
        if not c.open:
            st.markdown(t("settled_all"))
        st.markdown("\n".join(_open(o) for o in c.open))
        if interview.parked:
            st.markdown(f"**:material/inventory_2: {t('parked')}**")
            st.markdown("\n".join(f"- {words.name(name)}{words['colon']}{words.value(name, value)}" for name, value in interview.parked.items()))
            st.caption(t("parked_help"))
        for line in advice(c, words)[1 if c.ask_next else 0 :]:
            st.caption(md(line))


def _open(o: Open) -> str:
    """A conclusion that is open: what it may still be, and which answers decide it; one that hangs on one answer alone says so."""
    words = w()
    name = "chosen" if o.conclusion == "measures" else o.conclusion
    possible = words.value(name, list(o.possible)) if len(o.possible) <= MOST else t("possible_count", count=len(o.possible))
    waits = listed([words.name(f) for f in o.waits_on], MOST)
    return f"- {words.name(name)}{words['colon']}{possible}  \n  {t('settled_by_one' if len(o.waits_on) == 1 else 'settled_by', facts=waits)}"
