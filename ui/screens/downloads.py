"""Everything to take away: project, form, plan, layer; and the command line that gives the same result."""

from __future__ import annotations

import streamlit as st

from engine import outgoing
from ui.at_hand import need_project
from ui.common import desk, lang, md, store, t
from ui.planned import planned

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def page() -> None:
    stored = need_project()
    st.title(t("page_downloads"), anchor=False)
    st.markdown(f"**{md(stored.draft['project']['name'])}**")
    draft, name, base = stored.draft, outgoing.file_name(stored.draft), desk().base
    places = not st.toggle(t("no_places"), key="no_places", help=t("no_places_help"))
    language = lang()
    st.markdown(f"#### {t('the_project')}")
    with st.container(horizontal=True):
        st.download_button("YAML", lambda: outgoing.project_file(draft, "yaml", places), f"{name}.yaml", "application/yaml", key="get_yaml", on_click="ignore")
        st.download_button("JSON", lambda: outgoing.project_file(draft, "json", places), f"{name}.json", "application/json", key="get_json", on_click="ignore")
        st.download_button(t("excel_form"), lambda: outgoing.form_file(base, draft, language), f"{name}.xlsx", EXCEL, key="get_xlsx", on_click="ignore", help=t("excel_form_help"))
        st.download_button(t("blank_form"), lambda: outgoing.form_file(base, None, language), "shanshui_form.xlsx", EXCEL, key="get_blank", on_click="ignore")
    st.markdown(f"#### {t('the_plan')}")
    st.caption(t("plan_files"))
    plan, shapes = planned(stored), store().shapes(draft)
    with st.container(horizontal=True):
        files = lambda: outgoing.plan_files(plan, draft, shapes, places)  # noqa: E731
        st.download_button(t("whole_plan"), files, f"{name}_plan.zip", "application/zip", key="get_plan", type="primary", on_click="ignore")
        if shapes and places:
            st.download_button("GeoPackage", lambda: outgoing.layer_file(plan, draft, shapes), f"{name}.gpkg", "application/geopackage+sqlite3", key="get_gpkg", on_click="ignore")
    st.markdown(f"#### {t('same_by_command')}")
    st.code(f"shanshui plan {name}.yaml --out {name}", language="sh")
    st.caption(t("by_knowledge", version=base.about.version, digest=base.digest))


page()
