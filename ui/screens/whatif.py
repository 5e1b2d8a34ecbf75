"""What if: change a few answers and see both results side by side; nothing is kept unless the planner says so."""

from __future__ import annotations

import streamlit as st

from engine.contrast import figures, moved
from engine.draft import Edit, apply, given, is_unknown
from engine.source import Unusable
from ui.asked import choose
from ui.at_hand import need_project, pick_unit, save
from ui.common import desk, refused, t, w
from ui.contrasted import contrasted, figured
from ui.planned import LONG, plan_of

MOST = 3


def page() -> None:
    stored = need_project()
    st.title(t("page_whatif"), anchor=False)
    st.caption(t("whatif_help"))
    unit, words, base = pick_unit(stored, "whatif_unit"), w(), desk().base
    picked = st.multiselect(t("whatif_facts"), list(base.facts), max_selections=MOST, format_func=words.name, placeholder=t("choose"), key=f"whatif_{stored.id}_{unit}")
    answers = {}
    for column, name in zip(st.columns(MOST), picked, strict=False):
        with column:
            now = given(stored.draft, unit, name)
            value = choose(base.facts[name], now, f"whatif_{stored.id}_{unit}_{name}")
        if value != now and not (is_unknown(value) and is_unknown(now)):
            answers[name] = value
    if not answers:
        st.info(t("whatif_choose"))
        return
    try:
        edits = desk().answer(stored.draft, unit, answers)
        changed = apply(stored.draft, edits)
        before, after = desk().consultation(stored.draft, unit), desk().consultation(changed, unit)
    except Unusable as error:
        refused(error)
        return
    left, right = st.columns(2)
    for column, title, c in ((left, t("before"), before), (right, t("after"), after)):
        with column, st.container(border=True):
            st.markdown(f"**{title}**")
            mode = c.conclusions.get("mode")
            st.markdown(f"{words.name('mode')}{words['colon']}**{words.value('mode', mode) if mode else t('mode_open')}**  \n{words['h_measures']}{words['colon']}{len(c.measures)}")
    contrasted(moved(before, after), (t("before"), t("after")))
    if len(stored.draft["units"]) <= LONG or st.toggle(t("whatif_plan"), key="whatif_plan"):
        figured(figures(plan_of(stored.draft, "now"), plan_of(changed, "whatif")), (t("before"), t("after")))
    st.button(t("whatif_keep"), key="whatif_keep", on_click=_keep, args=(edits,))
    settings = " ".join(f"--set {name}={_written(value)}" for name, value in answers.items())
    st.code(f"shanshui whatif {t('file_name')} --unit {unit} {settings}", language="sh")


def _keep(edits: list[Edit]) -> None:
    save(edits)


def _written(value: object) -> str:
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else str(value)


page()
