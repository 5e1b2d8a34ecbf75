"""What the charts of a plan show, as plain rows, and the graph of tasks as DOT text; drawing is for those who show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from engine.catalogue import EdgeReason
from engine.plan import Plan
from engine.report import task_name, waited_text
from engine.schedule import TIMED, Placed, Range
from engine.wording import Wording

SHAPES = {"stress": "box", "function": "ellipse", "baseline": "note", "site": "component", "upkeep": "parallelogram", "monitoring": "hexagon"}


@dataclass(frozen=True)
class Edge:
    """A task before or after another, with the reason why it is."""

    task: str
    reason: EdgeReason


def chosen(plan: Plan, unit: str | None, care: bool = True) -> list[Placed]:
    """The dated tasks, of one unit or of all; without `care` those that the end of the project is measured by."""
    return [p for p in plan.tasks if unit in (None, p.task.unit) and (care or p.task.role in TIMED)]


def task_rows(plan: Plan, w: Wording, unit: str | None = None) -> list[dict[str, Any]]:
    """One row a task: what the schedule's table shows."""
    rows = []
    for p in chosen(plan, unit):
        cost = plan.costs[p.task.id]
        rows.append({
            "id": p.task.id, "name": task_name(plan, p.task.id, w.lang), "role": w[f"role_{p.task.role}"], "start": p.start, "end": p.end, "days": p.task.days,
            "slack": "—" if p.slack_days is None else w["critical"] if p.slack_days == 0 else str(p.slack_days),
            "cost": f"{cost:g}" if cost is not None else w["office"] if p.task.measure else "—",
            "waited": waited_text(plan, p, w),
        })  # fmt: skip
    return rows


def bars(plan: Plan, w: Wording, unit: str | None = None, care: bool = True) -> list[dict[str, Any]]:
    """One row a period worked; `last` is the day after the last day, where the bar ends."""
    rows = []
    for p in chosen(plan, unit, care):
        slack = w["critical"] if p.slack_days == 0 else "—" if p.slack_days is None else str(p.slack_days)
        head = {
            "task": task_name(plan, p.task.id, w.lang), "role": w[f"role_{p.task.role}"], "critical": p.slack_days == 0, "slack": slack,
            "start": p.start.isoformat(), "end": p.end.isoformat(), "float": (p.end + timedelta(days=1 + (p.slack_days or 0))).isoformat(),
        }  # fmt: skip
        rows += [{**head, "first": first.isoformat(), "last": (last + timedelta(days=1)).isoformat(), "mark": "★" if p.slack_days == 0 and not i else ""} for i, (first, last) in enumerate(p.periods)]
    return rows


def shades(plan: Plan, w: Wording, unit: str | None = None, care: bool = True) -> list[dict[str, Any]]:
    """The ranges of every season that binds one of the tasks shown."""
    shown = chosen(plan, unit, care)
    if not shown:
        return []
    first, last = min(p.start for p in shown), max(p.end for p in shown)
    binding = {s for p in shown for s in (*p.task.never, *p.task.only)}
    rows = []
    for id, season in plan.base.seasons.items():
        for a, b in plan.dates.calendar.ranges(id) if id in binding else ():
            if a <= last and b >= first:
                cut: Range = (max(a, first), min(b, last))
                kind = w["season_closed" if season.closes else "season_open"]
                rows.append({"season": season.name[w.lang], "kind": kind, "first": cut[0].isoformat(), "last": (cut[1] + timedelta(days=1)).isoformat()})
    return rows


def dot(plan: Plan, w: Wording, unit: str | None = None, dark: bool = False) -> str:
    """The tasks and what waits for what as DOT: shapes tell roles, a double line and a star the critical path."""
    ids = [p.task.id for p in chosen(plan, unit)]
    line, text = ("#d0d0d0", "#f0f0f0") if dark else ("#555555", "#111111")
    lines = [
        "digraph tasks {", 'rankdir="TB"; bgcolor="transparent"; nodesep=0.15; ranksep=0.4;',
        f'node [fontname="Noto Sans CJK SC,PingFang SC,Microsoft YaHei,sans-serif", fontsize=11, margin="0.12,0.05", color="{line}", fontcolor="{text}"];',
        f'edge [color="{line}", arrowsize=0.6];',
    ]  # fmt: skip
    for p in chosen(plan, unit):
        critical = p.slack_days == 0
        label = f"{'★ ' if critical else ''}{task_name(plan, p.task.id, w.lang)}\n{p.start} – {p.end}"
        more = ", peripheries=2, penwidth=1.6" if critical else ""
        lines.append(f"{_quoted(p.task.id)} [label={_quoted(label)}, shape={SHAPES[p.task.role]}{more}];")
    lines += [f"{_quoted(a)} -> {_quoted(b)};" for a, b in _needed(plan, ids)]
    return "\n".join([*lines, "}"])


def _needed(plan: Plan, ids: Collection[str]) -> Iterable[tuple[str, str]]:
    """The edges that no chain of others says already."""
    import networkx as nx

    return sorted(nx.transitive_reduction(plan.graph.subgraph(ids)).edges)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def before(plan: Plan, id: str) -> list[Edge]:
    """What a task waits for, and why."""
    return [Edge(p, plan.graph.edges[p, id]["reason"]) for p in sorted(plan.graph.predecessors(id))]


def after(plan: Plan, id: str) -> list[Edge]:
    """What waits for a task, and why."""
    return [Edge(s, plan.graph.edges[id, s]["reason"]) for s in sorted(plan.graph.successors(id))]
