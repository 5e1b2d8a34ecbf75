"""The project at hand: opened, read, and saved so that nothing is lost; what others did meanwhile is told."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from engine.draft import Edit
from engine.store import Conflict
from engine.store_rows import Change, Missing, Stored
from ui.common import md, store, t, time_of, unit_name, who
from ui.named import path_name, value_name


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
