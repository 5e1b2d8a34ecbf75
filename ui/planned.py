"""The plan of a draft, with progress shown and a way to stop while many units are consulted."""

from __future__ import annotations

import streamlit as st

from engine.contrast import summary
from engine.draft import Draft
from engine.plan import Plan
from engine.source import Unusable
from engine.store_rows import Stored
from ui.common import desk, problems, store, t

LONG = 12  # units; fewer are done before anybody would want to stop


def planned(stored: Stored) -> Plan:
    """The plan of the project at hand; kept in the store in a few figures.  What cannot be planned, or was stopped, ends the page."""
    plan = plan_of(stored.draft, f"{stored.id}_{stored.version}")
    digest = plan.base.digest
    kept = st.session_state.setdefault("kept_results", set())
    if (key := (stored.id, stored.version, digest)) not in kept:
        store().keep_result(stored.id, stored.version, {"version": plan.base.about.version, "digest": digest}, summary(plan))
        kept.add(key)
    return plan


def plan_of(draft: Draft, key: str) -> Plan:
    try:
        desk().project(draft)
        if len(draft["units"]) > LONG:
            _with_progress(draft, key)
        return desk().plan(draft)
    except Unusable as error:
        problems(error)
        st.stop()


def _with_progress(draft: Draft, key: str) -> None:
    """Unit after unit; what was done stays done when the planner stops and goes on later."""
    stopped = f"stopped_{key}"
    if st.session_state.get(stopped):
        st.info(t("was_stopped"))
        st.button(t("go_on"), key=f"go_on_{key}", on_click=_set, args=(stopped, False))
        st.stop()
    place = st.empty()
    with place.container():
        st.button(t("stop"), key=f"stop_{key}", on_click=_set, args=(stopped, True), icon=":material/stop_circle:")
        bar = st.progress(0.0, text=t("consulting", done=0, all=len(draft["units"])))
        for done, total in desk().consulted(draft):
            bar.progress(done / total, text=t("consulting", done=done, all=total))
    place.empty()


def _set(key: str, value: bool) -> None:
    st.session_state[key] = value
