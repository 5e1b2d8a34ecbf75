"""One question: why it is asked, hint, guidance with its clause, the answers, where the answer comes from."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from engine.desk import HELPED, answers_of, neighbours, orientation, raised
from engine.draft import Edit, apply, given, is_unknown, value_at
from engine.interview import Asked, Interview
from engine.model import Fact
from engine.source import Unusable
from engine.store_rows import Stored
from ui.at_hand import current, save
from ui.common import desk, md, said, t, w
from ui.damage import helper
from ui.flags import flag_box, listed
from ui.pictured import picture

NONE, UNKNOWN = "none", "unknown"
MISSING = {"many": "choose_many", "number": "choose_number"}
RULES = 4  # so many of the rules behind a question are shown


def question(stored: Stored, interview: Interview, unit: str, name: str) -> None:
    """Draw the question with its answer so far; `answered` writes what is chosen."""
    fact, words = interview.base.facts[name], w()
    asked = interview.question(name)
    topic = next(x for x in interview.base.topics if x.id == fact.topic)
    why = interview.why(name)
    st.caption(f"{topic.name[words.lang]} · {fact.name[words.lang]}")
    st.subheader(fact.question[words.lang], anchor=False)
    st.markdown(fact.hint[words.lang])
    if why.conclusions:
        st.caption(t("why_asked", what=listed([words.name("chosen" if c == "measures" else c) for c in why.conclusions]), cite=words.cite(fact.cite)))
    elif asked.status == "parked":
        st.caption(f":material/inventory_2: {t('parked_here')}")
    elif asked.status == "idle":
        st.caption(t("cannot_matter", cite=words.cite(fact.cite)))
    with st.expander(t("guidance")):
        st.markdown(fact.guidance[words.lang])
        picture(fact)
        st.caption(t("clause", cite=words.cite(fact.cite), layer=words[f"layer_{fact.layer}"]))
        _rules(why)
    if name == HELPED:
        helper(stored, interview, unit)
    if asked.worked_out:
        st.success(t("worked_out_here", value=words.value(name, asked.value), origin=t(f"from_{asked.status}")), icon=":material/calculate:")
        st.button(t("go_on"), key="go_on", on_click=_next)
    key = _key(stored.id, unit, name)
    known = given(stored.draft, unit, name)
    zones = _zones(stored, unit, fact, known)
    with st.form(f"form_{key}", border=False, enter_to_submit=True):
        _widget(fact, known, key, zones)
        _source(stored, unit, name, key)
        if problem := st.session_state.pop(f"problem_{key}", None):
            st.error(problem, icon=":material/error:")
        with st.container(horizontal=True):
            st.form_submit_button(t("save_next"), type="primary", on_click=answered, args=(unit, name, "given"), key=f"save_{key}")
            if fact.kind == "many":
                st.form_submit_button(t("surveyed_none"), on_click=answered, args=(unit, name, NONE), key=f"none_{key}")
            st.form_submit_button(t("not_surveyed"), on_click=answered, args=(unit, name, UNKNOWN), key=f"unknown_{key}", help=t("not_surveyed_help"))
    if name in interview.unsure:
        st.caption(t("noted_unknown"))
    _moves(interview, name)


def _rules(why: Asked) -> None:
    """The rules that read the answer and may still hold."""
    words = w()
    if why.rules:
        more = len(why.rules) - RULES
        lines = [f"- {md(r.because[words.lang])} :small[{t('rule')} `{r.id}` · {md(words[f'layer_{r.layer}'])} · {md(words.cite(r.cite))}]" for r in why.rules[:RULES]]
        st.markdown(f"**{t('rules_behind')}**\n\n" + "\n".join(lines) + (f"\n- {t('more_rules', count=more)}" if more > 0 else ""))


def _key(project: str, unit: str, fact: str) -> str:
    return f"{project}_{unit}_{fact}"


def _zones(stored: Stored, unit: str, fact: Fact, known: Any) -> list[str] | None:
    """The zones to choose from: those of the town or the district, unless all are wanted or another was chosen."""
    if fact.id != "zone":
        return None
    base, found = desk().base, desk().zones_offered(stored.draft, unit)
    ids = [z.id for z in found.zones]
    if len(ids) == len(base.zones):
        return ids
    if found.town:
        place = found.town.name[w().lang]
        st.caption(t("zones_of_town", town=md(place), cite=md(w().cite(found.town.cite))))
    else:
        place = stored.draft["project"]["district"]
        st.caption(t("zones_of_district"))
    every = st.toggle(t("all_zones", place=md(place)), value=not is_unknown(known) and known not in ids, key=f"zones_{stored.id}_{unit}")
    return list(base.zones) if every else ids


def _widget(fact: Fact, known: Any, key: str, zones: list[str] | None) -> None:
    words = w()
    label = fact.name[words.lang]
    if fact.kind == "number":
        value = None if is_unknown(known) else float(known)
        unit = fact.unit[words.lang] if fact.unit else ""
        st.number_input(f"{label}（{unit}）" if words.lang == "zh" else f"{label} ({unit})", value=value, key=f"answer_{key}", placeholder=f"{fact.min:g}–{fact.max:g}", format="%g")
    elif fact.kind == "many":
        groups: dict[str | None, list[str]] = {}
        for a in fact.answers:
            groups.setdefault(a.role, []).append(a.id)
        chosen = [] if is_unknown(known) else known
        for role, ids in groups.items():
            title, now = t(f"role_{role}") if role else label, [a for a in chosen if a in ids]
            st.pills(title, ids, selection_mode="multi", default=now, format_func=lambda a: words.answer(fact.id, a), key=f"answer_{key}_{role}")
    else:
        options = zones or list(answers_of(fact))
        shown = str(known).lower() if isinstance(known, bool) else known
        st.radio(
            label, options, index=options.index(shown) if shown in options else None, format_func=lambda a: _option(fact, a), key=f"answer_{key}",
            label_visibility="collapsed", horizontal=fact.kind == "yesno", captions=[_orientation(z) for z in zones] if zones else None,
        )  # fmt: skip


def _option(fact: Fact, answer_id: str) -> str:
    name = w().answer(fact.id, answer_id)
    return f"{answer_id} {name}" if fact.id == "zone" else name


def _orientation(zone: str) -> str:
    words, base = w(), desk().base
    main, auxiliary = orientation(base, base.zones[zone])
    text = t("orientation_main", terms=words["list"].join(x[words.lang] for x in main))
    return text + (t("orientation_auxiliary", terms=words["list"].join(x[words.lang] for x in auxiliary)) if auxiliary else "")


def _source(stored: Stored, unit: str, name: str, key: str) -> None:
    known = value_at(stored.draft, ("units", unit, "sources", name)) or {}
    with st.expander(t("source") if not known else t("source_of", what=md(known.get("source") or known.get("note") or ""))):
        left, right = st.columns(2)
        left.text_input(t("field_source"), value=known.get("source") or "", key=f"source_{key}", max_chars=200)
        right.text_input(t("field_by"), value=known.get("by") or "", key=f"by_{key}", max_chars=80)
        left.date_input(t("field_date"), value=date.fromisoformat(known["date"]) if known.get("date") else None, key=f"date_{key}", format="YYYY-MM-DD")
        right.text_input(t("field_note"), value=known.get("note") or "", key=f"note_{key}", max_chars=500)


def answered(unit: str, name: str, how: str) -> None:
    """Keep what was chosen; what cannot be kept is said at the question and stays as it was typed."""
    project = st.session_state["project"]
    key, fact = _key(project, unit, name), desk().base.facts[name]
    value = UNKNOWN if how == UNKNOWN else [] if how == NONE else _value(fact, key)
    if how == "given" and (value is None or value == []):
        st.session_state[f"problem_{key}"] = t(MISSING.get(fact.kind, "choose_one"))
        return
    stored = current()
    if stored is None:
        return
    before = stored.draft
    source = {k: st.session_state.get(f"{k}_{key}") for k in ("source", "by", "note")} | {"date": _iso(st.session_state.get(f"date_{key}"))}
    try:
        edits = desk().answer(before, unit, {name: value}, source)
        was, now = desk().interview(before, unit), desk().interview(apply(before, edits), unit)
    except Unusable as error:
        st.session_state[f"problem_{key}"] = "; ".join(said(p) for p in error.problems)
        return
    flags = raised(was.consultation, now.consultation)
    if save(edits):
        st.session_state["raised"] = (unit, name, flags) if flags else None
        st.session_state["set_aside"] = (unit, [f for f in now.parked if f not in was.parked])
        _next()


def _next() -> None:
    """On to the next question, or back to where the planner came from."""
    st.session_state["ask"] = None
    if st.session_state.get("back_to"):
        st.session_state["view"] = st.session_state.pop("back_to")


def _iso(day: Any) -> str | None:
    return day.isoformat() if isinstance(day, date) else None


def _value(fact: Fact, key: str) -> Any:
    state = st.session_state
    if fact.kind == "many":
        roles = dict.fromkeys(a.role for a in fact.answers)
        chosen = {a for role in roles for a in state.get(f"answer_{key}_{role}") or ()}
        return [a.id for a in fact.answers if a.id in chosen]
    value = state.get(f"answer_{key}")
    return value == "true" if fact.kind == "yesno" and value is not None else value


def _moves(interview: Interview, name: str) -> None:
    before, after = neighbours(interview, name)
    with st.container(horizontal=True):
        st.button(t("back"), key="back", on_click=_go, args=(before,), disabled=before is None, icon=":material/arrow_back:")
        st.button(t("forward"), key="forward", on_click=_go, args=(after,), disabled=after is None, icon=":material/arrow_forward:", icon_position="right")


def _go(fact: str | None) -> None:
    st.session_state["ask"] = fact


def _again(fact: str) -> None:
    st.session_state.update(ask=fact, view="ask")


def set_aside(unit: str) -> None:
    """The answers that the last change has parked."""
    of, names = st.session_state.get("set_aside") or ("", ())
    if of == unit and names:
        st.info(t("set_aside", facts=listed([w().name(f) for f in names])), icon=":material/inventory_2:")


def soft_warnings(stored: Stored, interview: Interview, unit: str) -> None:
    """What the last answer set aside, and flags that it raised, with room for a reason, which is kept as the note of the answer."""
    words = w()
    set_aside(unit)
    of, name, ids = st.session_state.get("raised") or ("", "", ())
    flags = [f for f in interview.consultation.flags if f.answer.id in ids]
    if of != unit or not flags:
        return
    with st.container(border=True):
        for flag in flags:
            flag_box(flag)
        known = (value_at(stored.draft, ("units", unit, "sources", name)) or {}).get("note") or ""
        st.text_input(t("reason_for", fact=words.name(name)), value=known, key="reason", max_chars=500)
        if st.session_state.pop("reason_missing", False):
            st.error(t("please_fill", what=t("field_because")))
        with st.container(horizontal=True):
            st.button(t("keep_reason"), key="keep_reason", on_click=_reason, args=(unit, name))
            st.button(t("change_answer"), key="change_answer", on_click=_again, args=(name,))


def _reason(unit: str, name: str) -> None:
    text = str(st.session_state.get("reason") or "").strip()
    if not text:
        st.session_state["reason_missing"] = True
    elif save([Edit(("units", unit, "sources", name, "note"), text)]):
        st.session_state["raised"] = None
