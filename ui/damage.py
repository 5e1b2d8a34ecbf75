"""The helper for the damage degree: the four gaps, and the attributes behind them that the engine draws them from."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from engine.desk import HELPED
from engine.draft import Edit, value_at
from engine.groundwork import GAPS, reference
from engine.interview import Interview
from engine.store_rows import Stored
from ui.asked import choice
from ui.at_hand import current, save
from ui.common import desk, field, t, w

GRADES = ("none", "slight", "moderate", "severe")


def helper(stored: Stored, interview: Interview, unit: str) -> None:
    """Grade the attributes of the reference ecosystem; the gaps and the damage degree follow by the rules."""
    words, base = w(), interview.base
    parts = reference(base, "attributes.yaml")
    known = value_at(stored.draft, ("units", unit, "attributes")) or {}
    with st.expander(t("damage_helper")):
        st.caption(t("damage_helper_text"))
        gaps = {gap: interview.question(gap).value for gap in GAPS}
        st.markdown(" · ".join(f"{words.name(gap)}{words['colon']}{words.value(gap, value) if value else words['answer_unknown']}" for gap, value in gaps.items()))
        keys = {id: field(f"attribute_{stored.id}_{unit}_{id}", known.get(id)) for id in parts["attributes"]}
        with st.form(f"attributes_{stored.id}_{unit}", border=False):
            for gap in GAPS:
                st.markdown(f"**{words.name(gap)}**")
                for entry in parts["attributes"].values():
                    if entry.gap == gap:
                        asked = f"{entry.name[words.lang]}{words['colon']}{entry.question[words.lang]}"
                        choice(asked, GRADES, known.get(entry.id), words["answer_unknown"], keys[entry.id], lambda g: words.answer("damage", g))
            st.form_submit_button(t("use_attributes"), on_click=_keep, args=(unit, keys))
    if by_gaps := interview.consultation.settled("damage_by_gaps"):
        st.markdown(f"**{t('damage_by_gaps', value=words.value('damage', by_gaps[0]))}**")


def _keep(unit: str, keys: Mapping[str, str]) -> None:
    graded = {id: st.session_state.get(key) or None for id, key in keys.items()}
    if (stored := current()) is not None:
        st.session_state["ask"] = HELPED  # what came of it is said here
        save(desk().parking(stored.draft, unit, [Edit(("units", unit, "attributes", id), grade) for id, grade in graded.items()]))
