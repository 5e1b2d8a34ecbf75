"""What every page needs: language, who is at the desk, the project at hand, and saving so that nothing is lost."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import streamlit as st

from engine.desk import Desk
from engine.draft import Edit
from engine.grammar import finite
from engine.load import load
from engine.messages import Phrase
from engine.source import Problem, Source, Unusable, parse
from engine.store import Conflict, Store
from engine.store_rows import Change, Missing, Stored, clean
from engine.wording import Wording

LANGS = {"zh": "中文", "en": "English"}  # each in its own language
HELD: dict[str, Any] = {}  # the desk and the store that `shanshui ui` has opened already
WHO = "shanshui_who"  # the cookie that remembers a name
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&])")


@cache
def _catalogue(lang: str) -> dict[str, str]:
    path = Path(__file__).with_name("words.yaml")
    return {key: pair.get(lang).value for key, _, pair in parse(Source(path.name, path.read_text("utf-8"))).items()}  # type: ignore[union-attr]


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """The rule base, read once a process."""
    return HELD.get("desk") or Desk(load(*(part for part in os.environ.get("SHANSHUI_KNOWLEDGE", "").split(",") if part)))


@st.cache_resource(show_spinner=False)
def store() -> Store:
    return HELD.get("store") or Store()


@st.cache_resource(show_spinner=False)
def wording(lang: str) -> Wording:
    return Wording(desk().base, lang)


def lang() -> str:
    return str(st.session_state.get("lang", "zh"))


def t(key: str, **names: object) -> str:
    """The page's own wording."""
    text = _catalogue(lang())[key]
    return text.format(**names) if names else text


def w() -> Wording:
    """The wording of the knowledge base."""
    return wording(lang())


def dark() -> bool:
    return st.context.theme.type == "dark"


def md(text: object) -> str:
    """Text that stays text in Markdown: somebody's name is no heading, no link and no picture."""
    return _MARKS.sub(r"\\\1", clean(str(text)).replace("\n", " "))


def who() -> str:
    return str(st.session_state.get("who") or t("nobody"))


def refused(error: Unusable) -> None:
    """All that is wrong with what was typed into a form, each in a sentence."""
    sentences = dict.fromkeys(said(p) for p in error.problems)
    st.error("  \n".join(md(sentence) for sentence in sentences), icon=":material/error:")


def problems(error: Unusable) -> None:
    """All that is wrong with a file, each with its place."""
    st.error(t("unusable"), icon=":material/error:")
    st.code("\n".join(p.render(lang()) for p in error.problems[:50]), language=None, wrap_lines=True)


def label(key: str) -> str:
    """What a field of a project is called; what is no field stands for itself."""
    return _catalogue(lang()).get(f"field_{key}", key)


def said(problem: Problem) -> str:
    """What is wrong, in a sentence for somebody at a form: facts, measures and fields by name, and nothing of a place in a file."""
    named = replace(problem, facts=tuple((key, _plainly(key, phrase, dict(problem.facts))) for key, phrase in problem.facts))
    hint = problem.hint(lang())
    return f"{named.message(lang())}{f' — {hint}' if hint else ''}"


def _plainly(key: str, phrase: Phrase, facts: Mapping[str, Phrase]) -> Phrase:
    words, of = w(), facts.get("name")
    if not isinstance(phrase, str):
        return phrase
    if key == "key":
        return label(phrase)
    if key == "name":
        return words.name(phrase) if phrase in desk().base.facts else words.answer("measures", phrase)
    if key in ("max", "text") and isinstance(of, str) and of in desk().base.facts and (number := finite(phrase)) is not None:
        return words.value(of, number)
    return phrase


def current() -> Stored | None:
    """The project at hand, as it is in the store now; None when there is none (any more)."""
    id = st.session_state.get("project")
    if not id:
        return None
    try:
        return store().get(id)
    except Missing:
        st.session_state.pop("project", None)
        return None


def need_project() -> Stored:
    """The project at hand; a page that needs one and has none says so and ends."""
    stored = current()
    if stored is None or stored.deleted_at:
        if stored is None:
            st.info(t("no_project"), icon=":material/folder_open:")
        else:
            name = md(stored.draft["project"]["name"])
            st.warning(t("is_deleted", name=name, at=time_of(stored.deleted_at or "")), icon=":material/delete:")
            st.button(t("bring_back"), key="bring_back", on_click=store().undelete, args=(stored.id,), icon=":material/undo:")
        st.page_link("screens/projects.py", label=t("page_projects"), icon=":material/folder:")
        st.stop()
    seen_before = st.session_state.get(_seen(stored.id))
    if seen_before is not None and seen_before < stored.version:
        others = [c for c in store().history(stored.id) if c.version > seen_before and c.applied]
        st.session_state["others"] = [*st.session_state.get("others", []), *reversed(others)]
    st.session_state[_seen(stored.id)] = stored.version
    _tell(stored)
    return stored


def _seen(id: str) -> str:
    return f"seen_{id}"


def open_project(id: str) -> None:
    for key in ("unit", "ask", "view", "conflict", "others", "raised", "set_aside"):
        st.session_state.pop(key, None)
    st.session_state["project"] = id


def save(edits: Iterable[Edit]) -> bool:
    """Write to the project at hand; what others did meanwhile is told, and a conflict put before the planner."""
    id = st.session_state["project"]
    seen = int(st.session_state.get(_seen(id), 0))
    try:
        saved = store().save(id, edits, who(), seen)
    except Conflict as conflict:
        st.session_state["conflict"] = (id, conflict)
        return False
    except Missing:
        return False
    st.session_state[_seen(id)] = saved.stored.version
    if saved.others:
        st.session_state["others"] = [*st.session_state.get("others", []), *saved.others]
    return True


def _tell(stored: Stored) -> None:
    """What others have changed since this page was drawn last, and a conflict with the two values to choose from."""
    from ui.named import path_name, value_name

    id, conflict = st.session_state.get("conflict", (None, None))
    theirs = {c.id for c in conflict.theirs} if conflict is not None and id == stored.id else set()  # told below
    others: list[Change] = [c for c in st.session_state.pop("others", []) if c.id not in theirs]
    if others:
        lines = "\n".join(f"- {t('changed_by', who=md(c.who), what=md(path_name(c.path)), value=md(value_name(c.path, c.after)))}" for c in others[:8])
        st.info(f"{t('others_changed')}\n\n{lines}", icon=":material/group:")
    if conflict is None or id != stored.id:
        return
    with st.container(border=True):
        st.warning(t("conflict"), icon=":material/call_split:")
        for change in conflict.theirs:
            st.markdown(f"- {t('changed_by', who=md(change.who), what=md(path_name(change.path)), value=md(value_name(change.path, change.after)))}")
        for edit in conflict.mine:
            st.markdown(f"- {t('you_wanted', what=md(path_name(edit.path)), value=md(value_name(edit.path, edit.value)))}")
        with st.container(horizontal=True):
            st.button(t("keep_theirs"), key="keep_theirs", on_click=_settle, args=(False,))
            st.button(t("use_mine"), key="use_mine", on_click=_settle, args=(True,))


def _settle(mine: bool) -> None:
    _, conflict = st.session_state.pop("conflict")
    if mine:
        save(conflict.mine)


def field(name: str, kept: Any) -> str:
    """The key of a field in a form of several: another one once somebody else has changed what is kept.

    A form left open then shows their value, and never writes the old one back along with what was meant.
    """
    return f"{name}_{crc32(repr(kept).encode()):08x}"


def unit_name(unit: dict[str, Any]) -> str:
    return f"{unit['id']} {unit.get('name') or ''}".strip()


def pick_unit(stored: Stored, key: str) -> str:
    """The unit at hand, chosen by the planner where there are several."""
    units = {u["id"]: unit_name(u) for u in stored.draft["units"]}
    at_hand = st.session_state.get("unit")
    if at_hand not in units:
        at_hand = next(iter(units))
    if len(units) > 1:
        ids = list(units)
        at_hand = st.selectbox(t("unit"), ids, index=ids.index(at_hand), format_func=lambda id: units[id], key=f"{key}_{stored.id}_{at_hand}")
    st.session_state["unit"] = at_hand
    return str(at_hand)


def time_of(at: str) -> str:
    """A time of the store as people write it, in the server's time zone."""
    from datetime import datetime

    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
