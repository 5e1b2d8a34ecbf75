"""The planner's own decisions, each with a reason: another mode or damage degree, measures added and dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.consult import MEASURES, Consultation
from engine.draft import Edit, value_at
from engine.source import Unusable
from engine.store_rows import Stored, clean
from ui.asked import choice
from ui.asking import set_aside
from ui.at_hand import current, need_project, pick_unit, save
from ui.common import desk, field, md, problems, refused, t, w
from ui.explained import why
from ui.flags import flag_box


def page() -> None:
    stored = need_project()
    st.title(t("page_decisions"), anchor=False)
    st.caption(t("decisions_help"))
    unit = pick_unit(stored, "decide_unit")
    try:
        consultation = desk().consultation(stored.draft, unit)
    except Unusable as error:
        problems(error)
        return
    set_aside(unit)
    left, right = st.columns(2, gap="large")
    with left:
        _decide(stored, unit, consultation)
    with right:
        _measures(stored, unit, consultation)
    for flag in consultation.flags:
        if flag.answer.grade in ("stop", "argue"):
            flag_box(flag)


def _decide(stored: Stored, unit: str, c: Consultation) -> None:
    words = w()
    known: Mapping[str, Any] = value_at(stored.draft, ("units", unit, "decide")) or {}
    st.markdown(f"#### {t('decide')}")
    by_rules = {name: words.value(name, c.settled(name) or c.possible(name)) for name in ("needed_mode", "mode_ceiling")}
    st.markdown(t("by_rules", needed=by_rules["needed_mode"], ceiling=by_rules["mode_ceiling"]))
    with st.form(f"decide_{stored.id}_{unit}", border=False):
        mode = _choice("mode", list(c.base.modes), known.get("mode"), f"{stored.id}_{unit}")
        damage = _choice("damage", [a.id for a in c.base.facts["damage"].answers], known.get("damage"), f"{stored.id}_{unit}")
        because = st.text_area(t("field_because"), value=known.get("because") or "", max_chars=500, key=field(f"because_{stored.id}_{unit}", known.get("because")))
        if not st.form_submit_button(t("save"), type="primary"):
            return
    chosen = {k: v for k, v in (("mode", mode), ("damage", damage)) if v}
    if chosen and not clean(because):
        st.error(t("please_fill", what=t("field_because")))
        return
    _keep(stored, unit, Edit(("units", unit, "decide"), {**chosen, "because": clean(because)} if chosen else None))


def _choice(attribute: str, answers: list[str], known: str | None, key: str) -> str | None:
    words = w()
    return choice(words.name(attribute), answers, known, t("as_rules_say"), field(f"decide_{attribute}_{key}", known), lambda a: words.answer(attribute, a))


def _measures(stored: Stored, unit: str, c: Consultation) -> None:
    words, base = w(), c.base
    names = {m.id: m.name[words.lang] for m in base.measures.values()}
    for kind, pool in (("add", [m for m in names if m not in c.settled(MEASURES)]), ("drop", c.settled(MEASURES))):
        made: list[Mapping[str, str]] = value_at(stored.draft, ("units", unit, kind)) or []
        st.markdown(f"#### {t(f'{kind}_measure')}")
        for change in made:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{md(names.get(change['measure'], change['measure']))}** — {md(change['because'])}")
                st.button(t("undo"), key=f"undo_{kind}_{change['measure']}", on_click=_undo, args=(unit, kind, change["measure"]), help=names.get(change["measure"]))
        key = f"{stored.id}_{unit}_{len(made)}"  # a new empty form for the next, and what was typed stays where something is missing
        with st.form(f"{kind}_{key}", border=False):
            measure = st.selectbox(words["h_measure"], pool, index=None, format_func=names.__getitem__, placeholder=t("choose"), key=f"{kind}_measure_{key}")
            because = st.text_input(t("field_because"), max_chars=500, key=f"{kind}_because_{key}")
            pressed = st.form_submit_button(t(f"{kind}_it"))
        if pressed and not (measure and clean(because)):
            st.error(t("please_fill", what=t("list").join([words["h_measure"], t("field_because")])))
        elif pressed:
            _keep(stored, unit, Edit(("units", unit, kind), [*made, {"measure": measure, "because": clean(because)}]))
    barred = c.settled("barred_chosen") if "barred_chosen" in base.decisions else []
    for measure in barred:
        with st.expander(t("why_barred", name=names[measure])):
            why(c, "barred", measure)


def _undo(unit: str, kind: str, measure: str) -> None:
    if (stored := current()) is not None:
        made = value_at(stored.draft, ("units", unit, kind)) or []
        save(desk().parking(stored.draft, unit, [Edit(("units", unit, kind), [c for c in made if c["measure"] != measure] or None)]))


def _keep(stored: Stored, unit: str, edit: Edit) -> None:
    try:
        edits = desk().parking(stored.draft, unit, [edit])
    except Unusable as error:
        refused(error)
        return
    if save(edits):
        st.session_state["set_aside"] = (unit, [e.path[3] for e in edits if e.path[2:3] == ("parked",) and e.value is not None])
    st.rerun()


page()
