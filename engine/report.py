"""What a plan leaves in its folder: plan.json, trail.md (for people, in both languages) and schedule.csv (for Excel)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.consult import Consultation
from engine.groundwork_report import groundwork, missing_name
from engine.markdown import heading as _heading
from engine.markdown import plain as _plain
from engine.markdown import table as _table
from engine.money import Total
from engine.plan import Plan
from engine.process_report import process
from engine.schedule import Placed, Wait
from engine.trail import Premise, Step
from engine.wording import Wording


def write_plan(plan: Plan, folder: Path) -> list[Path]:
    """Write the plan's files into the folder, made if need be; returns their paths.  Raises OSError where that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    written = plan.json()
    texts = {
        "plan.json": json.dumps(written, ensure_ascii=False, indent=1),
        "trail.md": "\n".join([*explanation(plan, "zh"), "", "---", "", *explanation(plan, "en")]) + "\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    schedule_frame(plan, written["tasks"]).to_csv(folder / "schedule.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    return [folder / name for name in (*texts, "schedule.csv")]


def schedule_frame(plan: Plan, tasks: Iterable[Mapping[str, Any]]) -> Any:
    """The schedule as a pandas frame, one row a task of the plan's JSON, headed in both languages."""
    import pandas as pd

    zh, en = Wording(plan.base, "zh"), Wording(plan.base, "en")
    keys = ("csv_id", "csv_unit", "h_name", "h_role", "h_stage", "h_phase", "h_start", "h_end", "h_days", "h_periods", "h_waited", "h_slack", "h_cost")
    rows = []
    for placed, row in zip(plan.tasks, tasks, strict=True):
        phases = {p.id: p.name for p in plan.base.stages.phases}
        name = row["name"]
        rows.append([
            row["id"], row["unit"], f"{name['zh']} {name['en']}", zh[f"role_{row['role']}"], stage_name(plan, row["stage"], "zh"),
            phases[row["phase"]].zh if row["phase"] else "", placed.start, placed.end, row["days"],
            "; ".join(f"{a}/{b}" for a, b in row["periods"]), "; ".join(w["task"] for w in row["waits_for"]), row["slack_days"], row["cost"],
        ])  # fmt: skip
    frame = pd.DataFrame(rows, columns=[f"{zh[k]} {en[k]}" for k in keys])
    return frame.astype({frame.columns[11]: "Int64"})


def stage_name(plan: Plan, stage: str | None, lang: str) -> str:
    return next((s.name[lang] for s in plan.base.stages.stages if s.id == stage), "")


def explanation(plan: Plan, lang: str) -> Iterator[str]:
    """The whole explanation of a plan as Markdown lines."""
    w = Wording(plan.base, lang)
    yield f"# {w['plan_title'].format(name=_plain(plan.project.header.name))}"
    yield ""
    yield w["knowledge_line"].format(version=plan.base.about.version, digest=plan.base.digest[:12])
    yield from groundwork(plan, w)
    for consultation in plan.consultations.values():
        yield from _unit(consultation, w)
    yield from process(plan, w)
    yield from _dates(plan, w)
    if plan.checks:
        yield from _heading(2, w["h_checks"])
        yield from _table([w["h_grade"], w["h_value"], w["h_about"]], ([w[f"grade_{c.entry.grade}"], c.entry.message[lang], w["list"].join(check_names(plan, c.about, w))] for c in plan.checks))


def _unit(c: Consultation, w: Wording) -> Iterator[str]:
    yield from _heading(2, f"{w['h_unit']} {c.unit.id} {_plain(c.unit.written.name or '')}".strip())
    yield from _heading(3, w["h_conclusions"])
    steps = {name: step for step in c.trail for name in step.concludes}
    rows = []
    for name, value in c.conclusions.items():
        step = steps.get(name)
        if not isinstance(value, list) and step:
            rows.append([w.name(name), w.value(name, value), step.because[w.lang], w.cite(step.cite), w[f"layer_{step.layer}"]])
    yield from _table([w["h_conclusion"], w["h_value"], w["h_reason"], w["h_clause"], w["h_layer"]], rows)
    if c.flags:
        yield from _heading(3, w["h_flags"])
        rows = [[w[f"grade_{f.answer.grade}"], f.answer.name[w.lang], (f.answer.message or f.answer.name)[w.lang], w["list"].join(about_names(f.about, w))] for f in c.flags]
        yield from _table([w["h_grade"], w["h_flag"], w["h_reason"], w["h_about"]], rows)
    yield from _heading(3, w["h_measures"])
    stages = {s.id: s.name[w.lang] for s in c.base.stages.stages}
    rows = [[m.name[w.lang], w[f"role_{m.role}"], stages.get(m.stage or "", "—"), w.value("problems", m.problems), m.because[w.lang], w.cite(m.cite), w[f"layer_{m.layer}"]] for m in c.measures]
    yield from _table([w["h_measure"], w["h_role"], w["h_stage"], w["h_answers"], w["h_reason"], w["h_clause"], w["h_layer"]], rows)
    barred = barred_reasons(c, w)
    if barred:
        yield from _heading(3, w["h_barred"])
        yield from _table([w["h_measure"], w["h_reason"], w["h_clause"]], barred)
    yield from open_lines(c, w)
    yield from _heading(3, w["h_trail"])
    for i, step in enumerate(c.trail, 1):
        yield f"{i}. {_plain(step_line(step, w))}"


def open_lines(c: Consultation, w: Wording) -> Iterator[str]:
    """What is still open, what it waits on, and the advice that goes with it."""
    if not c.open:
        yield ""
        yield w["settled_all"]
        return
    yield from _heading(3, w["h_open"])
    rows = [[w.name(_decision(o.conclusion)), w.value(_decision(o.conclusion), o.possible), w["list"].join(w.name(f) for f in o.waits_on)] for o in c.open]
    yield from _table([w["h_conclusion"], w["h_possible"], w["h_waits_on"]], rows)
    for line in advice(c, w):
        yield ""
        yield line


def advice(c: Consultation, w: Wording) -> list[str]:
    """What to tell people beside the open conclusions: the next question, a possible stop, a trial plot."""
    lines = []
    if c.ask_next:
        lines.append(w["ask_next"].format(question=c.base.facts[c.ask_next].question[w.lang]))
    if any(o.conclusion == "needed_mode" and "recovery" in o.waits_on for o in c.open):
        lines.append(w["advice_recovery"])
    graded = {a.id: a for a in c.base.decisions["flags"].answers}
    if stops := [graded[id].name[w.lang] for id in c.possible("flags") if graded[id].grade == "stop"]:
        lines.append(w["stop_possible"].format(flags=w["list"].join(stops)))
    return lines


def _decision(name: str) -> str:
    return "chosen" if name == "measures" else name


def about_names(about: Iterable[str], w: Wording) -> list[str]:
    """Problems, measures or facts that a flag speaks of, by name."""
    problems = w.base.problems
    return [problems[a].name[w.lang] if a in problems else w.base.measures[a].name[w.lang] if a in w.base.measures else w.name(a) for a in about]


def check_names(plan: Plan, about: Iterable[str], w: Wording) -> list[str]:
    """What a check speaks of, in words: tasks, indicators and fields of units, elements; years and titles of standards stay as they are."""
    return [_check_name(plan, one, w) for one in about]


def _check_name(plan: Plan, about: str, w: Wording) -> str:
    base, (unit, _, last) = plan.base, about.rpartition("/")
    if about in plan.graph:
        return task_name(plan, about, w.lang)
    if about in base.elements:
        return base.elements[about][w.lang]
    if last in base.indicators:
        return f"{unit} {base.indicators[last].name[w.lang]}".strip()
    return missing_name(about, w) if f"extent_{last}" in w.words else about


def barred_reasons(c: Consultation, w: Wording) -> list[list[str]]:
    """Measures that the problems propose and a bar forbids, with the reasons."""
    proposed = set(c.settled("proposed"))
    rules = c.base.rules
    return [[c.base.measures[id].name[w.lang], rules[rule].because[w.lang], w.cite(rules[rule].cite)] for id in c.settled("barred") if id in proposed for rule in c.rules(id, "barred")]


def premise_text(premise: Premise, w: Wording) -> str:
    value = w["answer_unknown"] if premise.source == "unknown" else w.value(premise.fact, premise.value)
    if premise.source == "possible":
        value = value.replace(w["list"], w["or"])
    return f"{w.name(premise.fact)}{w['colon']}{value}" if not premise.lacks else w.condition(premise.wanted)


def step_line(step: Step, w: Wording) -> str:
    """One step of the trail: conclusion, reason, clause, layer and premises."""
    concluded = w["list"].join(f"{w.name(name)} = {w.value(name, value)}" for name, value in step.concludes.items())
    premises = w["and"].join(premise_text(p, w) for p in step.premises) or w["always"]
    others = w["or_rules"].format(rules=w["list"].join(step.others)) if step.others else ""
    return f"**{concluded}** ⇐ {premises} — {step.because[w.lang]} [{w.cite(step.cite)}; {w[f'layer_{step.layer}']}] `{step.rule}`{others}"


def wait_text(wait: Wait, w: Wording) -> str:
    season = w.base.seasons[wait.season].name[w.lang]
    return w["wait_closed" if wait.closed else "wait_opens"].format(season=season, first=wait.first, last=wait.last)


def waited_text(plan: Plan, placed: Placed, w: Wording) -> str:
    """What a date waited for: the tasks that ended last before it, and seasons."""
    tasks = [task_name(plan, id, w.lang) for id in placed.binding]
    return w["list"].join([*tasks, *(wait_text(wait, w) for wait in plan.waits(placed.task.id))]) or "—"


def task_name(plan: Plan, id: str, lang: str) -> str:
    task = plan.graph.nodes[id]["task"]
    return f"{task.unit} {(task.measure or task.side).name[lang]}"


def total_text(total: Total, w: Wording) -> str:
    """A sum of costs: what is known of it is the least that it can be."""
    if total.whole:
        return f"{total.known:g}"
    return w["at_least"].format(cost=f"{total.known:g}") if total.known else w["office"]


def _dates(plan: Plan, w: Wording) -> Iterator[str]:
    yield from _heading(2, w["h_schedule"])
    rows = []
    for placed in plan.tasks:
        cost = plan.costs[placed.task.id]
        slack = "—" if placed.slack_days is None else w["critical"] if placed.slack_days == 0 else str(placed.slack_days)
        price = f"{cost:g}" if cost is not None else w["office"] if placed.task.measure else "—"
        rows.append([task_name(plan, placed.task.id, w.lang), w[f"role_{placed.task.role}"], str(placed.start), str(placed.end), str(placed.task.days), slack, price, waited_text(plan, placed, w)])
    yield from _table([w[k] for k in ("h_task", "h_role", "h_start", "h_end", "h_days", "h_slack", "h_cost", "h_waited")], rows)
    yield from _heading(3, w["h_years"])
    years = ([str(y.year), total_text(y.total, w), "—" if y.budget is None else f"{y.budget:g}", f"{y.area_ha:g}"] for y in plan.years)
    yield from _table([w[k] for k in ("h_year", "h_cost", "h_budget", "h_area")], years)
