"""Two versions of a project: which answers changed, by whom, and what that changed in the result."""

from __future__ import annotations

import streamlit as st

from engine.contrast import figures, moved
from engine.desk import Desk
from engine.draft import Draft, Edit, differences, value_at
from engine.money import Total
from engine.report import total_text
from engine.source import Unusable
from engine.store_rows import Change, Stored
from ui.at_hand import need_project, save
from ui.common import desk, md, problems, store, t, time_of, w
from ui.contrasted import contrasted, figured
from ui.drawn import table
from ui.flags import listed
from ui.named import path_name, value_name
from ui.planned import LONG, plan_of

SHOWN = 200


def page() -> None:
    stored = need_project()
    st.title(t("page_compare"), anchor=False)
    history = store().history(stored.id)
    versions = st.container()
    _results(stored)
    _log(history)
    with versions:  # last, since a version that cannot be planned ends the page
        _versions(stored, history)


def _versions(stored: Stored, history: list[Change]) -> None:
    if stored.version == 1:
        st.info(t("one_version"))
        return
    made = {c.version: c for c in reversed(history) if c.applied}

    def name(version: int) -> str:
        change = made.get(version)
        return t("version_by", number=version, at=time_of(change.at), who=change.who) if change else t("version_first", number=version)

    versions = list(range(stored.version, 0, -1))
    left, right = st.columns(2)
    older = left.selectbox(t("older"), versions[1:], index=len(versions) - 2, format_func=name, key=f"older_{stored.id}")
    newer = right.selectbox(t("newer"), [v for v in versions if v > older], index=0, format_func=name, key=f"newer_{stored.id}_{older}")
    before, after = store().at_version(stored.id, older), store().at_version(stored.id, newer)
    found = differences(before, after)
    if not found:
        st.success(t("no_difference"))
        return
    st.markdown(f"#### {t('answers_changed')}")
    rows = [{"what": path_name(d.path), "before": value_name(d.path, d.before), "after": value_name(d.path, d.after)} for d in found[:SHOWN]]
    table(rows, {"what": t("what"), "before": t("older"), "after": t("newer")}, t("answers_changed"))
    if newer == stored.version:
        st.button(t("back_to_version", number=older), key="back_to", on_click=_back, args=(stored.draft, before))
    st.markdown(f"#### {t('results_changed')}")
    _units(desk(), before, after, sorted({d.path[1] for d in found if d.path[0] == "units"}))
    if max(len(before["units"]), len(after["units"])) <= LONG:
        figured(figures(plan_of(before, "older"), plan_of(after, "newer")), (t("older"), t("newer")))


def _units(at: Desk, before: Draft, after: Draft, units: list[str]) -> None:
    for unit in units[:20]:
        st.markdown(f"**{md(unit)}**")
        if value_at(before, ("units", unit)) is None or value_at(after, ("units", unit)) is None:
            st.markdown(t("unit_in_one"))
            continue
        try:
            contrasted(moved(at.consultation(before, unit), at.consultation(after, unit)), (t("older"), t("newer")))
        except Unusable as error:
            problems(error)


def _back(now: Draft, then: Draft) -> None:
    """The older version's values become a new version; nothing of the history goes."""
    save([Edit(d.path, d.before) for d in differences(then, now)])


def _results(stored: Stored) -> None:
    kept = store().results(stored.id)
    if kept:
        words = w()
        st.markdown(f"#### {t('kept_results')}")
        rows = []
        for r in kept[:SHOWN]:
            modes = listed([f"{u} {words.value('mode', s['mode']) if s['mode'] else t('mode_open')}" for u, s in r.summary["units"].items()])
            cost = total_text(Total(r.summary["cost"], r.summary.get("cost_whole", True)), words)
            rows.append({"version": r.version, "at": time_of(r.at), "knowledge": f"{r.knowledge} ({r.digest[:12]})", "modes": modes, "end": r.summary["end"], "cost": cost})
        titles = {"version": t("version"), "at": t("when"), "knowledge": t("knowledge_base"), "modes": words.name("mode"), "end": words["h_end"], "cost": words["h_cost"]}
        table(rows, titles, t("kept_results"))


def _log(history: list[Change]) -> None:
    with st.expander(t("history", count=len(history))):
        rows = []
        for c in history[:SHOWN]:
            was, now = value_name(c.path, c.before), value_name(c.path, c.after)
            state = t("applied") if c.applied else t("held_back")
            rows.append({"version": c.version, "at": time_of(c.at), "who": c.who, "what": path_name(c.path), "before": was, "after": now, "state": state})
        titles = {"version": t("version"), "at": t("when"), "who": t("by_whom"), "what": t("what"), "before": t("was"), "after": t("became"), "state": t("state")}
        table(rows, titles, t("history", count=len(history)))


page()
