"""The project's header and its units: name, area, place, what lies upstream; add and remove."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from engine.desk import budget_years, districts
from engine.draft import Edit, apply, value_at
from engine.incoming import read_incoming
from engine.source import Unusable
from engine.store_rows import Stored, clean, removed
from ui.asked import choice, number
from ui.at_hand import current, save
from ui.common import desk, field, md, problems, refused, store, t, unit_name

NEW, ADDED = "+", "units_added"
REMOVED_MOST = 5  # units that can be brought back by a button; all are in the history


def units(stored: Stored, unit: str) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"#### {t('this_unit')}")
        _unit(stored, value_at(stored.draft, ("units", unit)) or {})
        if len(stored.draft["units"]) > 1:
            st.button(t("remove_unit", unit=md(unit)), key="remove_unit", on_click=_remove, args=(unit,))
        for gone in removed(stored.draft, store().history(stored.id))[:REMOVED_MOST]:
            id = gone.unit["id"]
            st.button(t("bring_back_unit", unit=md(unit_name(gone.unit))), key=f"bring_back_{id}", on_click=_bring_back, args=(id, gone.edits), icon=":material/undo:")
        st.markdown(f"#### {t('new_unit')}")
        _unit(stored, {})
    with right:
        st.markdown(f"#### {t('project_header')}")
        _header(stored)
        st.markdown(f"#### {t('boundaries')}")
        _boundaries(stored)


def _unit(stored: Stored, known: dict[str, Any]) -> None:
    id = known.get("id", NEW)
    others = [u["id"] for u in stored.draft["units"] if u["id"] != id]
    key = f"{stored.id}_{id}" if known else f"{stored.id}_{id}{st.session_state.get(ADDED, 0)}"  # a new empty form once a unit is added; after an error all stays as typed
    with st.form(f"unit_{key}", border=False):
        typed_id = id if known else clean(st.text_input(t("field_id"), max_chars=40, placeholder=t("id_hint"), key=f"new_id_{key}"))
        name = st.text_input(t("field_name"), value=known.get("name") or "", max_chars=120, key=field(f"name_{key}", known.get("name")))
        area = number(t("field_area_ha"), known.get("area_ha"), field(f"area_{key}", known.get("area_ha")), t("area_hint"), min_value=0.01)
        town = st.text_input(t("field_town"), value=known.get("town") or "", max_chars=60, key=field(f"town_{key}", known.get("town")))
        village = st.text_input(t("field_village"), value=known.get("village") or "", max_chars=60, key=field(f"village_{key}", known.get("village")))
        upstream = [u for u in known.get("downstream_of", ()) if u in others]
        above = st.multiselect(t("field_downstream_of"), others, default=upstream, placeholder=t("choose"), key=field(f"above_{key}", upstream))
        if not st.form_submit_button(t("save") if known else t("add_unit")):
            return
    if missing := [t(key) for key, value in (("field_id", typed_id), ("field_area_ha", area)) if not value]:
        st.error(t("please_fill", what=t("list").join(missing)))
        return
    values: dict[str, Any] = {"name": clean(name) or None, "area_ha": area, "town": clean(town) or None, "village": clean(village) or None, "downstream_of": above or None}
    if known:
        edits = [Edit(("units", id, key), value) for key, value in values.items()]
    else:
        edits = [Edit(("units", typed_id), {"id": typed_id, **{k: v for k, v in values.items() if v is not None}, "facts": {}})]
        if typed_id in others:
            st.error(t("id_taken", id=md(typed_id)))
            return
    if _usable(stored, edits) and save(edits):
        st.session_state["unit"] = typed_id
        if not known:
            st.session_state[ADDED] = st.session_state.get(ADDED, 0) + 1
        st.rerun()


def _usable(stored: Stored, edits: list[Edit]) -> bool:
    try:
        desk().project(apply(stored.draft, edits))
    except Unusable as error:
        refused(error)
        return False
    return True


def _remove(unit: str) -> None:
    stored = current()
    if stored is None:
        return
    draft = stored.draft
    edits = [Edit(("units", unit), None)]
    for other in draft["units"]:
        if unit in other.get("downstream_of", ()):
            edits.append(Edit(("units", other["id"], "downstream_of"), [u for u in other["downstream_of"] if u != unit] or None))
    if save(edits):
        st.session_state.pop("unit", None)


def _bring_back(unit: str, edits: tuple[Edit, ...]) -> None:
    if save(edits):
        st.session_state["unit"] = unit


def _boundaries(stored: Stored) -> None:
    """Give the units of a layer's ids their boundaries; nothing else of the layer is taken."""
    if told := st.session_state.pop("boundaries_told", None):
        st.success(t("boundaries_taken", units=md(t("list").join(told))), icon=":material/check_circle:")
    with st.form(f"boundaries_{stored.id}", border=False):
        file = st.file_uploader(t("boundaries_file"), key=f"boundaries_file_{stored.id}")
        st.caption(t("boundaries_help"))
        pressed = st.form_submit_button(t("import"))
    if not pressed:
        return
    if file is None:
        st.error(t("please_fill", what=t("boundaries_file")))
        return
    try:
        shapes = read_incoming(file.name, file.getvalue(), desk().base).shapes
    except Unusable as error:
        problems(error)
        return
    ids = [u["id"] for u in stored.draft["units"] if u["id"] in shapes]
    if not ids:
        st.error(t("boundaries_none", found=md(t("list").join(list(shapes)[:12]) or t("nothing"))))
    elif save([Edit(("units", id, "geometry"), store().put_shape(shapes[id])) for id in ids]):
        st.session_state["boundaries_told"] = ids
        st.rerun()


def _header(stored: Stored) -> None:
    header = stored.draft["project"]
    known = districts(desk().base)
    district = header.get("district")
    options = known if district in known or not district else [*known, district]
    with st.form(f"header_{stored.id}", border=False):
        name = st.text_input(t("field_name"), value=header["name"], max_chars=120, key=field(f"header_name_{stored.id}", header["name"]))
        chosen = choice(t("field_district"), options, district, t("no_district"), field(f"header_district_{stored.id}", district))
        start = st.date_input(t("field_start"), value=date.fromisoformat(header["start"]), format="YYYY-MM-DD", key=field(f"header_start_{stored.id}", header["start"]))
        end = st.date_input(t("field_end"), value=date.fromisoformat(header["end"]), format="YYYY-MM-DD", key=field(f"header_end_{stored.id}", header["end"]))
        budget = header.get("budget", {})
        money = {}
        if years := budget_years(start, end):
            st.caption(t("field_budget"))
            for year in years:
                money[str(year)] = number(str(year), budget.get(str(year)), field(f"budget_{stored.id}_{year}", budget.get(str(year))), "—", min_value=0.0)
        if not st.form_submit_button(t("save")):
            return
    kept = {y: m for y, m in money.items() if m is not None}
    edits = [
        Edit(("project", "name"), clean(name)), Edit(("project", "district"), chosen), Edit(("project", "start"), start.isoformat() if start else None),
        Edit(("project", "end"), end.isoformat() if end else None), Edit(("project", "budget"), kept or None),
    ]  # fmt: skip
    if _usable(stored, edits) and save(edits):
        st.rerun()
