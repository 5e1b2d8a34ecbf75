"""The guided questionnaire of a unit: the next question, the task list, the review, and the units themselves."""

from __future__ import annotations

import streamlit as st

from engine.desk import Sheet, TopicState
from engine.source import Unusable
from engine.store import Stored
from ui.asking import question, soft_warnings
from ui.common import desk, md, need_project, pick_unit, problems, t, value_name, w
from ui.rail import rail
from ui.units import units

VIEWS = {"ask": "quiz", "tasks": "checklist", "review": "fact_check", "units": "crop_free"}
ICONS = {"done": "check_circle", "todo": "pending", "unknown": "help", "idle": "remove_circle_outline"}


def page() -> None:
    stored = need_project()
    st.title(md(stored.draft["project"]["name"]), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        unit = pick_unit(stored, "ask_unit")
        view = st.session_state.get("view", "ask")
        chosen = st.segmented_control(t("view"), list(VIEWS), default=view, format_func=_view, key=f"view_{view}", label_visibility="collapsed", required=True)
    if chosen != view:
        st.session_state["view"] = chosen
        st.rerun()
    if view == "units":
        units(stored, unit)
        return
    try:
        sheet = desk().sheet(stored.draft, unit)
    except Unusable as error:
        problems(error)
        return
    main, side = st.columns([2, 1], gap="large")
    with main:
        {"ask": _ask, "tasks": _tasks, "review": _review}[view](stored, sheet, unit)
    with side:
        rail(sheet)


def _view(view: str) -> str:
    return f":material/{VIEWS[view]}: {t(f'view_{view}')}"


def _ask(stored: Stored, sheet: Sheet, unit: str) -> None:
    soft_warnings(stored, sheet)
    name = st.session_state.get("ask")
    if name not in sheet.base.facts:
        name = sheet.ask_next
    if name:
        question(stored, sheet, unit, name)
    else:
        _done(sheet)


def _done(sheet: Sheet) -> None:
    words = w()
    left = [fact for fact in sheet.waiting if fact in sheet.unknown]
    if left:
        st.info(t("only_unknown", facts=words["list"].join(words.name(f) for f in left)), icon=":material/help:")
    else:
        st.success(t("all_settled"), icon=":material/check_circle:")
    with st.container(horizontal=True):
        if st.button(t("to_results"), type="primary", key="to_results", icon=":material/fact_check:"):
            st.switch_page("screens/results.py")
        st.button(t("view_review"), key="to_review", on_click=_show, args=("review",))
        for fact in left[:6]:
            st.button(t("answer_now", fact=words.name(fact)), key=f"now_{fact}", on_click=_change, args=(fact, None))


def _tasks(stored: Stored, sheet: Sheet, unit: str) -> None:
    words = w()
    for state in sheet.topics:
        with st.container(border=True, key=f"topic_{state.topic.id}"):
            left, right = st.columns([3, 2], vertical_alignment="center")
            left.markdown(f"**{state.topic.name[words.lang]}**  \n:material/{ICONS[state.status]}: {t(f'status_{state.status}')} · {t('answered_of', answered=state.answered, all=len(state.facts))}")
            first = _first(sheet, state)
            right.button(t("status_go" if state.status == "todo" else "status_see"), key=f"go_{state.topic.id}", on_click=_change, args=(first, None), disabled=first is None)


def _first(sheet: Sheet, state: TopicState) -> str | None:
    return next((f for f in state.facts if f not in sheet.written), next(iter(state.facts), None))


def _review(stored: Stored, sheet: Sheet, unit: str) -> None:
    words = w()
    st.caption(t("review_help"))
    sources = next(u for u in stored.draft["units"] if u["id"] == unit).get("sources", {})
    for state in sheet.topics:
        if not state.facts:
            continue
        st.markdown(f"#### {state.topic.name[words.lang]}")
        for fact in state.facts:
            name, value, button = st.columns([3, 4, 1.2], vertical_alignment="center")
            name.markdown(words.name(fact))
            if fact not in sheet.written:
                shown = f":material/pending: {t('not_answered')}"
            elif fact in sheet.unknown:
                shown = f":material/help: {words['answer_unknown']}" + (t("matters") if fact in sheet.waiting else "")
            else:
                shown = f"**{md(value_name(('units', unit, 'facts', fact), sheet.written[fact]))}**"
            source = sources.get(fact, {})
            note = " · ".join(str(source[k]) for k in ("source", "date", "by", "note") if source.get(k))
            value.markdown(shown + (f"  \n:small[{md(note)}]" if note else ""))
            button.button(t("change"), key=f"change_{fact}", on_click=_change, args=(fact, "review"), help=words.name(fact))


def _show(view: str) -> None:
    st.session_state["view"] = view


def _change(fact: str | None, back_to: str | None) -> None:
    st.session_state.update(ask=fact, view="ask", back_to=back_to)


page()
