"""Charts of a plan: the Gantt chart, the graph of tasks, the map; none tells anything by colour alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from engine import charts
from engine.outline import outlines
from engine.plan import Plan
from ui.common import dark, t, w

ROW = 20
GRAPH_MOST, LABELS_MOST = 80, 40
# Told apart by people who see colours differently too (Okabe and Ito); the label on the map says the mode as well.
COLOURS = {"conserve": (0, 114, 178), "natural": (0, 158, 115), "assisted": (230, 159, 0), "reconstruct": (213, 94, 0), None: (140, 140, 140)}
ROLE_COLOURS = {"baseline": "#8da0cb", "stress": "#fc8d62", "function": "#66c2a5", "site": "#e78ac3", "upkeep": "#a6d854", "monitoring": "#b3b3b3"}  # ColorBrewer's Set2


def gantt(plan: Plan, unit: str | None) -> None:
    """Periods worked, seasons as rows and shades, slack as a line, the critical path outlined and starred."""
    care = st.toggle(t("show_care"), key="show_care")
    rows = charts.bars(plan, w(), unit, care)
    if not rows:
        st.info(t("no_tasks"))
        return
    frame, seasons = pd.DataFrame(rows), pd.DataFrame(charts.shades(plan, w(), unit, care))
    tasks = list(dict.fromkeys(frame["task"]))
    names = list(dict.fromkeys(seasons["season"])) if len(seasons) else []
    x, end = alt.X("first:T", title=None, axis=alt.Axis(format="%Y-%m", labelAngle=-45, orient="top", grid=True)), "last:T"
    order = alt.Scale(domain=[*names, *tasks])
    y = alt.Y("task:N", sort=None, scale=order, title=None, axis=alt.Axis(labelLimit=260))
    tips = [alt.Tooltip(f"{key}:{kind}", title=t(f"tip_{key}")) for key, kind in (("task", "N"), ("role", "N"), ("start", "T"), ("end", "T"), ("slack", "N"))]
    ink = "#ffffff" if dark() else "#000000"
    layers: list[Any] = []
    if names:
        about = [alt.Tooltip("season:N", title=t("tip_season")), alt.Tooltip("kind:N", title=t("tip_kind"))]
        colour = alt.Color("season:N", legend=None, scale=alt.Scale(scheme="tableau10"))
        shades = alt.Chart(seasons).encode(x=x, x2=end, color=colour, tooltip=about)
        layers += [shades.mark_rect(opacity=0.12), shades.mark_bar(height=ROW * 0.35).encode(y=alt.Y("season:N", sort=None, scale=order, title=None))]
    once = frame.drop_duplicates("task")
    critical = alt.condition("datum.critical", alt.value(1.8), alt.value(0))
    used = set(frame["role"])
    colours = {name: colour for role, colour in ROLE_COLOURS.items() if (name := w()[f"role_{role}"]) in used}
    role = alt.Fill("role:N", title=t("tip_role"), scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=alt.Legend(symbolStrokeWidth=0))
    layers += [
        alt.Chart(once).mark_rule(strokeDash=[2, 2], color=ink, opacity=0.6).encode(x=alt.X("end:T", title=None), x2="float:T", y=y),
        alt.Chart(frame).mark_bar(height=ROW * 0.6, stroke=ink, cornerRadius=2).encode(x=x, x2=end, y=y, tooltip=tips, strokeWidth=critical, fill=role),
        alt.Chart(frame[frame["mark"] != ""]).mark_text(align="right", dx=-3, fontSize=11, color=ink).encode(x=x, y=y, text="mark:N"),
    ]
    chart = alt.layer(*layers).resolve_scale(color="independent").properties(height=alt.Step(ROW)).configure_legend(orient="bottom", columns=6)
    with st.container(key="gantt"):  # wider than a phone: scrolled there, not squeezed
        st.altair_chart(chart, width="stretch", alt=t("gantt_alt", count=len(tasks), first=min(frame["start"]), last=max(frame["end"])))
    st.caption(t("gantt_legend"))


def graph(plan: Plan, unit: str | None) -> None:
    """What waits for what; too large a graph would be unreadable, so that a unit is to be chosen first."""
    shown = charts.chosen(plan, unit)
    count = len(shown)
    if count > GRAPH_MOST:
        st.info(t("graph_too_large", count=count))
        return
    with st.container(key="graph"):
        st.graphviz_chart(charts.dot(plan, w(), unit, dark()), width="content", alt=t("graph_alt", count=count))
    roles = {p.task.role for p in shown}
    shapes = [f"{t(f'shape_{shape}')}{w()['colon']}{w()[f'role_{role}']}" for role, shape in charts.SHAPES.items() if role in roles]
    st.caption(t("graph_legend", shapes=t("list").join(shapes)))


def units_map(shapes: Mapping[str, Mapping[str, Any]], modes: Mapping[str, str | None], names: Mapping[str, str]) -> None:
    """The units on an empty ground, coloured by mode and labelled with it; of many units the label is read by pointing at one."""
    words = w()
    if not shapes:
        st.info(t("no_shapes"))
        return
    said = {mode: words.answer("mode", mode) if mode else t("mode_open") for mode in COLOURS}
    ink = "#ffffff" if dark() else "#000000"
    features, labels = [], []
    for id, outline in outlines(shapes).items():
        mode = said[modes.get(id)]
        features.append({"type": "Feature", "geometry": outline.shape, "unit": names[id], "mode": mode})
        labels.append({"x": outline.label[0], "y": outline.label[1], "label": [id, mode]})
    scale = alt.Scale(domain=list(said.values()), range=[f"rgb{colour}" for colour in COLOURS.values()])
    tips = [alt.Tooltip("unit:N", title=words["h_unit"]), alt.Tooltip("mode:N", title=words.name("mode"))]
    fill = alt.Fill("mode:N", title=words.name("mode"), scale=scale, legend=alt.Legend(orient="bottom", symbolStrokeWidth=0))
    layers: list[Any] = [alt.Chart(alt.Data(values=features)).mark_geoshape(stroke=ink, strokeWidth=1, fillOpacity=0.6).encode(fill=fill, tooltip=tips)]
    if len(labels) <= LABELS_MOST:
        layers.append(alt.Chart(alt.Data(values=labels)).mark_text(color=ink, fontSize=13, lineBreak="\n").encode(longitude="x:Q", latitude="y:Q", text="label:N"))
    chart = alt.layer(*layers).project(type="identity", reflectY=True).properties(height=460)
    st.altair_chart(chart, width="stretch", alt=t("map_alt", count=len(shapes)))


def table(rows: Sequence[Mapping[str, Any]], titles: Mapping[str, str], alt_text: str) -> None:
    """A table of rows by column title."""
    if not rows:
        st.caption(t("nothing"))
        return
    frame = pd.DataFrame([{title: row[key] for key, title in titles.items()} for row in rows], columns=list(titles.values()))
    st.dataframe(frame, hide_index=True, width="stretch", alt=alt_text, key=None, placeholder="—")
