"""The frame around all pages: language, name, navigation."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, unquote

import streamlit as st

from engine.source import Unusable
from engine.store_rows import clean
from ui.common import LANGS, WHO, desk, lang, problems, store, t

HERE = Path(__file__).parent  # the folder of pages is not called `pages`, which Streamlit would serve by itself before this file has run
PAGES = {
    "projects": "folder", "questionnaire": "quiz", "results": "fact_check", "decisions": "gavel", "whatif": "alt_route", "compare": "difference", "downloads": "download",
}  # fmt: skip
HEADERS = ("X-Forwarded-User", "X-Remote-User", "Remote-User")  # where a proxy that knows its people says who it is


def main() -> None:
    _remember()
    st.set_page_config(page_title=t("title"), page_icon=str(HERE / "icon.png"), layout="wide")
    _document()
    try:
        desk()
        store()
    except Unusable as error:
        problems(error)
        st.stop()
    pages = [st.Page(f"screens/{name}.py", title=t(f"page_{name}"), icon=f":material/{icon}:", url_path=name, default=name == "projects") for name, icon in PAGES.items()]
    page = st.navigation(pages, expanded=True)
    with st.sidebar:
        _sidebar()
    page.run()
    for key in ("project", "unit"):
        if st.session_state.get(key):
            st.query_params[key] = st.session_state[key]
        else:
            st.query_params.pop(key, None)
    st.query_params["lang"] = lang()


def _remember() -> None:
    """What a reload must not lose comes from the address, which never holds an answer; the name comes from a cookie or the proxy."""
    for key in ("project", "unit", "lang"):
        if key not in st.session_state and (value := st.query_params.get(key)):
            st.session_state[key] = value
    if st.session_state.get("lang") not in LANGS:
        st.session_state["lang"] = "zh"
    if "who" not in st.session_state:
        headers = st.context.headers
        named = next((headers[h] for h in HEADERS if headers.get(h)), None) or unquote(st.context.cookies.get(WHO, ""))
        st.session_state["who"] = clean(named)[:60]


def _document() -> None:
    """The page's language for screen readers, and the name for the next visit."""
    language = {"zh": "zh-CN", "en": "en"}[lang()]
    cookie = f"{WHO}={quote(st.session_state['who'])}; path=/; max-age=31536000; SameSite=Strict"
    st.html(f"<script>document.documentElement.lang={json.dumps(language)};document.cookie={json.dumps(cookie)}</script>", unsafe_allow_javascript=True)
    st.html(HERE / "style.css")


def _sidebar() -> None:
    """Both are taken over before the script runs: a rerun in its middle would lose the press of a button that came with them."""
    for key, value in (("lang_choice", lang()), ("name_typed", st.session_state["who"])):
        st.session_state.setdefault(key, value)
    st.segmented_control(t("language"), list(LANGS), format_func=LANGS.__getitem__, key="lang_choice", label_visibility="collapsed", required=True, on_change=_take_language)
    st.text_input(t("your_name"), max_chars=60, placeholder=t("nobody"), help=t("your_name_help"), key="name_typed", on_change=_take_name)
    base = desk().base
    st.caption(t("knowledge", version=base.about.version, digest=base.digest[:12]))


def _take_language() -> None:
    st.session_state["lang"] = st.session_state["lang_choice"]


def _take_name() -> None:
    st.session_state["who"] = clean(st.session_state["name_typed"])


main()
