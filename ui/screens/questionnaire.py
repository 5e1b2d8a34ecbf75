"""The guided questionnaire of a unit: the next question, the task list, the review, and the units themselves."""

from __future__ import annotations

import streamlit as st

from engine.desk import Progress, place, progress
from engine.draft import given, value_at
from engine.interview import Interview, Question
from engine.source import Unusable
from engine.store_rows import Stored
from ui.asking import question, soft_warnings
from ui.at_hand import need_project, pick_unit
from ui.common import desk, md, problems, t, w
from ui.named import value_name
from ui.rail import rail
from ui.units import units

VIEWS = {"ask": "quiz", "tasks": "checklist", "review": "fact_check", "units": "crop_free"}
ICONS = {"done": "check_circle", "todo": "pending", "unknown": "help", "idle": "remove_circle_outline"}


def page() -> None:
    stored = need_project()
    st.title(md(stored.draft["project"]["name"]), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        unit = pick_unit(stored, "ask_unit")
        view = st.session_state["view_choice"] = st.session_state.get("view", "ask")
        st.segmented_control(t("view"), list(VIEWS), format_func=_view, key="view_choice", label_visibility="collapsed", required=True, on_change=_choose_view)
    if view == "units":
        units(stored, unit)
        return
    try:
        interview = desk().interview(stored.draft, unit)
    except Unusable as error:
        problems(error)
        return
    main, side = st.columns([5, 3], gap="medium")
    with main:
        soft_warnings(stored, interview, unit)
        {"ask": _ask, "tasks": _tasks, "review": _review}[view](stored, interview, unit)
    with side:
        rail(interview)


def _view(view: str) -> str:
    return f":material/{VIEWS[view]}: {t(f'view_{view}')}"


def _choose_view() -> None:
    _show(st.session_state["view_choice"])


def _ask(stored: Stored, interview: Interview, unit: str) -> None:
    name = st.session_state.get("ask")
    if name not in interview.base.facts:
        name = interview.next
    if name:
        with st.container(key="question"):
            question(stored, interview, unit, name)
    else:
        _done(interview)


def _done(interview: Interview) -> None:
    words, left = w(), interview.relevant
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


def _tasks(stored: Stored, interview: Interview, unit: str) -> None:
    words = w()
    for page in progress(interview):
        with st.container(border=True, key=f"topic_{page.topic.id}"):
            left, right = st.columns([3, 2], vertical_alignment="center")
            told = t("answered_of", answered=page.answered, all=page.asked) + (t("worked_out_of", count=page.worked_out) if page.worked_out else "")
            left.markdown(f"**{page.topic.name[words.lang]}**  \n:material/{ICONS[page.status]}: {t(f'status_{page.status}')} · {told}")
            first = _first(page)
            right.button(t("status_go" if page.status == "todo" else "status_see"), key=f"go_{page.topic.id}", on_click=_change, args=(first, None), disabled=first is None)


def _first(page: Progress) -> str | None:
    questions = sorted(page.questions, key=lambda q: q.status != "open")
    return place(questions[0]) if questions else None


def _review(stored: Stored, interview: Interview, unit: str) -> None:
    words = w()
    st.caption(t("review_help"))
    sources = value_at(stored.draft, ("units", unit, "sources")) or {}
    for page in progress(interview):
        if page.questions:
            st.markdown(f"#### {page.topic.name[words.lang]}")
        for asked in page.questions:
            fact = asked.fact.id
            name, value, button = st.columns([3, 4, 1.7], vertical_alignment="center")
            name.markdown(words.name(fact))
            source = sources.get(fact, {})
            note = " · ".join(str(source[k]) for k in ("source", "date", "by", "note") if source.get(k))
            value.markdown(_answered(stored, unit, asked) + (f"  \n:small[{md(note)}]" if note else ""))
            button.button(t("change"), key=f"change_{fact}", on_click=_change, args=(place(asked), "review"), help=words.name(fact))
    if interview.parked:
        st.caption(t("parked_help"))


def _answered(stored: Stored, unit: str, question: Question) -> str:
    if question.status == "open":
        return f":material/pending: {t('not_answered')}"
    if question.status == "unsure":
        return f":material/help: {w()['answer_unknown']}{t('matters')}"
    fact = question.fact.id
    if question.worked_out:
        return f":material/calculate: **{md(value_name(('units', unit, 'facts', fact), question.value))}** :small[{t(f'from_{question.status}')}]"
    shown = f"**{md(value_name(('units', unit, 'facts', fact), given(stored.draft, unit, fact)))}**"
    return shown if question.status == "answered" else f":material/inventory_2: {t('parked')}{w()['colon']}{shown}"


def _show(view: str) -> None:
    st.session_state["view"] = view


def _change(fact: str | None, back_to: str | None) -> None:
    st.session_state.update(ask=fact, view="ask", back_to=back_to)


page()
