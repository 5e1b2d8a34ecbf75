"""What came out: the mode of each unit with its reasons, flags, measures, order, dates, map, years and checks."""

from __future__ import annotations

import streamlit as st

from engine import charts
from engine.consult import Consultation, Flag
from engine.plan import Plan
from engine.report import about_names, barred_reasons, check_names, open_lines, task_name, total_text, wait_text
from engine.store_rows import Stored
from ui.at_hand import need_project, pick_unit
from ui.common import md, store, t, unit_name, w
from ui.drawn import gantt, graph, table, units_map
from ui.explained import because, why, why_not
from ui.flags import box, flag_box
from ui.planned import planned

VIEWS = ("unit", "dates", "order", "map", "years")


def page() -> None:
    stored = need_project()
    st.title(md(stored.draft["project"]["name"]), anchor=False)
    view = st.segmented_control(t("view"), VIEWS, default="unit", format_func=lambda v: t(f"result_{v}"), key="result_view", label_visibility="collapsed", required=True)
    plan = planned(stored)
    _stale(stored, plan)
    {"unit": _unit, "dates": _dates, "order": _order, "map": _map, "years": _years}[view](stored, plan)


def _stale(stored: Stored, plan: Plan) -> None:
    """Told once the rules have changed since a result was kept."""
    earlier = [r for r in store().results(stored.id) if r.digest != plan.base.digest]
    if earlier:
        st.caption(t("other_rules", version=md(earlier[0].knowledge), digest=earlier[0].digest[:12], number=earlier[0].version))


def _unit(stored: Stored, plan: Plan) -> None:
    words, unit = w(), pick_unit(stored, "result_unit")
    c = plan.consultations[unit]
    mode = c.conclusions.get("mode")
    with st.container(border=True, key="mode"):
        if mode:
            st.markdown(f"### {md(unit)} {words.name('mode')}{words['colon']}{words.value('mode', mode)}")
            st.markdown(because(c, "mode"))
        else:
            st.markdown(f"### {md(unit)} {words.name('mode')}{words['colon']}{t('mode_open')}")
            st.markdown(words.value("mode", c.possible("mode")))
    for flag in c.flags:
        _flag(c, flag)
    if c.open:
        with st.expander(t("still_open_count", count=len(c.open)), icon=":material/help:"):
            st.markdown("\n".join(open_lines(c, words)).replace("### ", "**", 1).replace("\n\n|", "**\n\n|", 1))
    with st.expander(t("why_tree"), icon=":material/account_tree:"):
        why(c, "mode")
    if mode:
        with st.expander(t("why_not"), icon=":material/block:"):
            why_not(c, "mode")
    st.markdown(f"#### {words['h_conclusions']}")
    rows = [{"name": words.name(n), "value": words.value(n, v)} for n, v in c.conclusions.items() if v != []]
    table(rows, {"name": words["h_conclusion"], "value": words["h_value"]}, words["h_conclusions"])
    _measures(c)


def _flag(c: Consultation, flag: Flag) -> None:
    flag_box(flag, about_names(flag.about, w()))
    with st.popover(t("why_this"), icon=":material/account_tree:"):
        why(c, "flags", flag.answer.id)


def _measures(c: Consultation) -> None:
    words = w()
    stages = {s.id: s.name[words.lang] for s in c.base.stages.stages}
    st.markdown(f"#### {words['h_measures']}（{len(c.measures)}）" if words.lang == "zh" else f"#### {words['h_measures']} ({len(c.measures)})")
    rows = []
    for m in c.measures:
        named = {"name": m.name[words.lang], "role": words[f"role_{m.role}"], "stage": stages.get(m.stage or "", "—")}
        rows.append({**named, "answers": words.value("problems", m.problems), "why": m.because[words.lang], "clause": words.cite(m.cite)})
    titles = {"name": "h_measure", "role": "h_role", "stage": "h_stage", "answers": "h_answers", "why": "h_reason", "clause": "h_clause"}
    table(rows, {key: words[word] for key, word in titles.items()}, words["h_measures"])
    if c.measures:
        names = {m.id: m.name[words.lang] for m in c.measures}
        picked = st.selectbox(t("why_measure"), list(names), format_func=names.__getitem__, index=None, placeholder=t("choose"), key="why_measure")
        if picked:
            measure = c.base.measures[picked]
            st.markdown(f"**{md(measure.does[words.lang])}** {md(measure.fits[words.lang])} {md(measure.limits[words.lang])}")
            same = [names[m.id] for m in c.measures if m.id != picked and set(m.problems) & set(measure.problems)]
            st.markdown(t("alternatives", names=md(words["list"].join(same) or t("nothing"))))
            why(c, "recommended" if picked in c.settled("recommended") else "chosen", picked)
    barred = barred_reasons(c, words)
    if barred:
        st.markdown(f"#### {words['h_barred']}")
        table([{"m": a, "r": b, "c": d} for a, b, d in barred], {"m": words["h_measure"], "r": words["h_reason"], "c": words["h_clause"]}, words["h_barred"])


def _scope(stored: Stored, key: str) -> str | None:
    """One unit or all of them."""
    names = {u["id"]: unit_name(u) for u in stored.draft["units"]}
    if len(names) == 1:
        return next(iter(names))
    every = "*"
    options = [every, *names] if len(names) <= 12 else list(names)
    picked = st.selectbox(t("unit"), options, format_func=lambda id: t("all_units") if id == every else names[id], key=key)
    return None if picked == every else str(picked)


def _dates(stored: Stored, plan: Plan) -> None:
    words, unit = w(), _scope(stored, "dates_unit")
    gantt(plan, unit)
    titles = {"name": "h_task", "role": "h_role", "start": "h_start", "end": "h_end", "days": "h_days", "slack": "h_slack", "cost": "h_cost", "waited": "h_waited"}
    table(charts.task_rows(plan, words, unit), {key: words[word] for key, word in titles.items()}, words["h_schedule"])
    for left in plan.dates.left.values():
        if unit in (None, left.task.unit):
            cause = task_name(plan, left.waits_for, words.lang) if left.waits_for else plan.base.checks["season_too_short"].name[words.lang]
            st.error(t("unplaced", task=md(task_name(plan, left.task.id, words.lang)), cause=md(cause)))


def _order(stored: Stored, plan: Plan) -> None:
    words, unit = w(), _scope(stored, "order_unit")
    graph(plan, unit)
    names = {p.task.id: task_name(plan, p.task.id, words.lang) for p in charts.chosen(plan, unit)}
    picked = st.selectbox(t("task"), list(names), format_func=names.__getitem__, index=None, placeholder=t("choose_task"), key="order_task")
    if not picked:
        return
    placed = plan.dates.placed[picked]
    slack = words["critical"] if placed.slack_days == 0 else "—" if placed.slack_days is None else str(placed.slack_days)
    st.markdown(t("task_dates", start=placed.start, end=placed.end, ready=placed.ready, slack=slack))
    for wait in plan.waits(picked):
        st.markdown(f"- {md(wait_text(wait, words))}")
    for heading, edges in (("waits_for", charts.before(plan, picked)), ("waited_by", charts.after(plan, picked))):
        if edges:
            st.markdown(f"**{t(heading)}**")
            st.markdown("\n".join(_edge(plan, edge) for edge in edges))


def _edge(plan: Plan, edge: charts.Edge) -> str:
    words, reason = w(), edge.reason
    clause = f":small[{md(words.cite(reason.cite))} · {md(words[f'layer_{reason.layer}'])}]"
    return f"- {md(task_name(plan, edge.task, words.lang))} — {md(reason.because[words.lang])} {clause}"


def _map(stored: Stored, plan: Plan) -> None:
    names = {u["id"]: unit_name(u) for u in stored.draft["units"]}
    units_map(store().shapes(stored.draft), {id: c.conclusions.get("mode") for id, c in plan.consultations.items()}, names)
    words = w()
    rows = []
    for id, c in plan.consultations.items():
        mode = words.value("mode", c.conclusions["mode"]) if "mode" in c.conclusions else t("mode_open")
        rows.append({"unit": names[id], "mode": mode, "area": plan.project.units[id].written.area_ha, "flags": len(c.flags)})
    table(rows, {"unit": words["h_unit"], "mode": words.name("mode"), "area": t("field_area_ha"), "flags": words["h_flags"]}, t("result_map"))


def _years(stored: Stored, plan: Plan) -> None:
    words = w()
    st.markdown(f"#### {words['h_years']}")
    rows = [{"year": str(y.year), "cost": total_text(y.total, words), "budget": y.budget, "area": y.area_ha} for y in plan.years]
    table(rows, {"year": words["h_year"], "cost": words["h_cost"], "budget": words["h_budget"], "area": words["h_area"]}, words["h_years"])
    st.markdown(f"#### {words['h_checks']}")
    if not plan.checks:
        st.success(t("no_checks"))
    for check in plan.checks:
        box(check.entry.grade, check.entry.message[words.lang], check_names(plan, check.about, words))


page()
