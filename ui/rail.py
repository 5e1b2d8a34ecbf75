"""The rail at the side: what is settled, what is still possible, and which answer would settle it."""

from __future__ import annotations

import streamlit as st

from engine.desk import Sheet
from engine.report import advice
from ui.common import md, t, w
from ui.flags import ICONS

MOST = 6


def rail(sheet: Sheet) -> None:
    c, words = sheet.consultation, w()
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
        lines = []
        for o in c.open:
            name = "chosen" if o.conclusion == "measures" else o.conclusion
            shown = o.possible[:MOST] if len(o.possible) <= MOST else ()
            possible = words.value(name, list(shown)) if shown else t("possible_count", count=len(o.possible))
            waits = words["list"].join(words.name(f) for f in o.waits_on[:MOST]) + ("…" if len(o.waits_on) > MOST else "")
            lines.append(f"- {words.name(name)}{words['colon']}{possible}  \n  {t('settled_by', facts=waits)}")
        st.markdown("\n".join(lines))
        for line in advice(c, words)[1 if c.ask_next else 0 :]:
            st.caption(md(line))
