"""My projects: open, begin, import, duplicate, delete and undo."""

from __future__ import annotations

from datetime import date

import streamlit as st

from engine.cases import case_folders, read_case
from engine.desk import districts, usual_period
from engine.draft import Edit, apply, blank
from engine.incoming import read_incoming
from engine.source import Unusable
from engine.store_rows import Entry, Missing, clean
from ui.at_hand import open_project
from ui.common import desk, lang, md, problems, refused, store, t, time_of, who

SHOWN = 20
QUESTIONS = "screens/questionnaire.py"


def page() -> None:
    st.title(t("page_projects"))
    _undo()
    entries = store().entries()
    begin, bring, example = st.tabs([t("new_project"), t("import"), t("from_case")]) if not entries else (None, None, None)
    if entries:
        _list(entries)
        st.divider()
        begin, bring, example = st.tabs([t("new_project"), t("import"), t("from_case")])
    else:
        st.caption(t("empty_desk"))
    assert begin and bring and example
    with begin:
        _new()
    with bring:
        _import()
    with example:
        _cases()
    _deleted()


def _list(entries: list[Entry]) -> None:
    if len(entries) > SHOWN:
        wanted = st.text_input(t("search"), placeholder=t("search_hint")).strip().casefold()
        entries = [e for e in entries if wanted in f"{e.name} {e.district}".casefold()]
        st.caption(t("count_projects", count=len(entries)))
    for entry in entries[:SHOWN]:
        with st.container(border=True, key=f"project_{entry.id}"):
            text, buttons = st.columns([3, 2], vertical_alignment="center")
            with text:
                st.markdown(f"**{md(entry.name)}**  \n{md(entry.district or t('no_district'))} · {t('progress', units=entry.units, answers=entry.answers)}")
                st.caption(t("last_change", at=time_of(entry.changed_at), who=md(entry.changed_by)))
            with buttons, st.container(horizontal=True):
                if st.button(t("open"), key=f"open_{entry.id}", type="primary", icon=":material/arrow_forward:"):
                    open_project(entry.id)
                    st.switch_page(QUESTIONS)
                st.button(t("duplicate"), key=f"copy_{entry.id}", on_click=_duplicate, args=(entry,))
                st.button(t("delete"), key=f"delete_{entry.id}", on_click=_delete, args=(entry,))
    if len(entries) > SHOWN:
        st.caption(t("more_projects", count=len(entries) - SHOWN))


def _duplicate(entry: Entry) -> None:
    store().duplicate(entry.id, t("copy_of", name=entry.name), who())


def _delete(entry: Entry) -> None:
    store().delete(entry.id)
    st.session_state["deleted"] = (entry.id, entry.name)
    if st.session_state.get("project") == entry.id:
        open_project("")


def _undelete(id: str) -> None:
    store().undelete(id)
    st.session_state.pop("deleted", None)


def _undo() -> None:
    if deleted := st.session_state.get("deleted"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(t("was_deleted", name=md(deleted[1])))
            st.button(t("undo"), key="undo_delete", on_click=_undelete, args=(deleted[0],), icon=":material/undo:")


def _deleted() -> None:
    gone = store().entries(deleted=True)
    if gone:
        with st.expander(t("deleted_projects", count=len(gone))):
            for entry in gone[:SHOWN]:
                with st.container(horizontal=True, vertical_alignment="center"):
                    st.markdown(md(entry.name))
                    st.button(t("bring_back"), key=f"back_{entry.id}", on_click=_undelete, args=(entry.id,))


def _new() -> None:
    first_day, last_day = usual_period(date.today())
    with st.form("new_project", border=False):
        name = st.text_input(t("field_name"), max_chars=120, placeholder=t("name_hint"))
        left, right = st.columns(2)  # row by row, so that a phone shows them in this order too
        district = left.selectbox(t("field_district"), districts(desk().base), index=None, placeholder=t("choose"))
        town = right.text_input(t("field_town"), max_chars=60)
        left, right = st.columns(2)
        unit = left.text_input(t("first_unit"), max_chars=120, placeholder=t("unit_hint"))
        area = right.number_input(t("field_area_ha"), min_value=0.01, value=None, placeholder=t("area_hint"))
        left, right = st.columns(2)
        start = left.date_input(t("field_start"), value=first_day, format="YYYY-MM-DD")
        end = right.date_input(t("field_end"), value=last_day, format="YYYY-MM-DD")
        if st.form_submit_button(t("create"), type="primary"):
            missing = [t(key) for key, value in (("field_name", clean(name)), ("field_area_ha", area), ("field_start", start), ("field_end", end)) if not value]
            if missing:
                st.error(t("please_fill", what=t("list").join(missing)))
                return
            first = {k: v for k, v in (("id", "U1"), ("name", clean(unit)), ("area_ha", area), ("town", clean(town))) if v}
            draft = blank(clean(name), start.isoformat(), end.isoformat(), [first], district=district)
            try:
                desk().project(draft)
            except Unusable as error:
                refused(error)
                return
            open_project(store().create(draft, who()))
            st.switch_page(QUESTIONS)


def _import() -> None:
    with st.form("import_project", border=False, clear_on_submit=False):
        file = st.file_uploader(t("import_file"))  # files of other kinds are refused below, in the planner's language
        st.caption(t("import_help"))
        pressed = st.form_submit_button(t("import"), type="primary")
    if pressed and file is None:
        st.error(t("please_fill", what=t("import_file")))
    elif pressed and file is not None:
        try:
            incoming = read_incoming(file.name, file.getvalue(), desk().base)
        except Unusable as error:
            problems(error)
            return
        draft = apply(incoming.draft, [Edit(("units", id, "geometry"), store().put_shape(shape)) for id, shape in incoming.shapes.items()])
        open_project(store().create(draft, who()))
        st.switch_page(QUESTIONS)


@st.cache_data(show_spinner=False)
def _titles(language: str) -> dict[str, str]:
    return {name: read_case(folder).title[language] for name, folder in case_folders().items()}


def _cases() -> None:
    st.caption(t("cases_help"))
    folders, titles = case_folders(), _titles(lang())
    name = st.selectbox(t("case"), list(titles), format_func=titles.__getitem__, index=None, placeholder=t("choose"))
    if st.button(t("begin_with_case"), disabled=name is None) and name:
        path = folders[name] / "project.yaml"
        open_project(store().create(read_incoming(path.name, path.read_bytes(), desk().base).draft, who()))
        st.switch_page(QUESTIONS)


try:
    page()
except Missing:
    st.rerun()
