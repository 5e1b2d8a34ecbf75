"""Readable output on a terminal: rich tables of what the other modules return."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.cases import Case
from engine.consult import Consultation
from engine.coverage import Covered
from engine.knowledge import KnowledgeBase
from engine.plan import Plan
from engine.report import about_names, advice, barred_reasons, check_names, step_line, task_name, total_text, waited_text
from engine.wording import Wording

STYLE = {"stop": "bold red", "argue": "yellow", "remind": "cyan", "true": "green", "false": "red", "null": "yellow"}


def console() -> Console:
    """A console that keeps a readable width when its output is piped."""
    found = Console(highlight=False)
    return found if found.is_terminal else Console(highlight=False, width=140)


def table(title: str, header: Iterable[str], rows: Iterable[Iterable[str]], plain: bool = True) -> Table:
    """A table; with `plain`, cells are text and not markup."""
    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in header:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(escape(cell) if plain else cell for cell in row))
    return made


def show_consultation(out: Console, c: Consultation, w: Wording) -> None:
    out.rule(escape(f"{w['h_unit']} {c.unit.id} {c.unit.written.name or ''}"), align="left")
    steps = {name: step for step in c.trail for name in step.concludes}
    rows = [
        [w.name(name), w.value(name, value), steps[name].because[w.lang], w.cite(steps[name].cite), w[f"layer_{steps[name].layer}"]]
        for name, value in c.conclusions.items()
        if not isinstance(value, list)
    ]
    out.print(table(w["h_conclusions"], [w[k] for k in ("h_conclusion", "h_value", "h_reason", "h_clause", "h_layer")], rows))
    rows = [[w.name(name), w.value(name, value)] for name, value in c.conclusions.items() if isinstance(value, list) and value]
    out.print(table("", [w["h_conclusion"], w["h_value"]], rows))
    _flags(out, c, w)
    stages = {s.id: s.name[w.lang] for s in c.base.stages.stages}
    rows = [[f"{m.name[w.lang]}  {m.id}", w[f"role_{m.role}"], stages.get(m.stage or "", "—"), w.value("problems", m.problems), m.because[w.lang], w.cite(m.cite)] for m in c.measures]
    out.print(table(w["h_measures"], [w[k] for k in ("h_measure", "h_role", "h_stage", "h_answers", "h_reason", "h_clause")], rows))
    if barred := barred_reasons(c, w):
        out.print(table(w["h_barred"], [w["h_measure"], w["h_reason"], w["h_clause"]], barred))
    if c.open:
        rows = []
        for o in c.open:
            name = "chosen" if o.conclusion == "measures" else o.conclusion
            shown = o.possible if len(o.possible) <= 8 else (*o.possible[:8], "…")
            rows.append([w.name(name), w.value(name, shown), w["list"].join(w.name(f) for f in o.waits_on)])
        out.print(table(w["h_open"], [w["h_conclusion"], w["h_possible"], w["h_waits_on"]], rows))
    for line in advice(c, w) or [w["settled_all"]]:
        out.print(escape(line))
    out.print()
    out.print(f"[bold]{w['h_trail']}[/bold]")
    for i, step in enumerate(_worth_reading(c), 1):
        out.print(escape(f"{i:3}. {step_line(step, w)}".replace("**", "")))


def _worth_reading(c: Consultation) -> Iterable[Any]:
    """The trail without the book-keeping of measures that nothing proposes; the JSON has all of it."""
    proposed = {*c.settled("proposed"), *(change.measure for change in c.unit.written.add)}
    for step in c.trail:
        name, answers = next(iter(step.concludes.items()))
        if name not in ("admitted", "barred") or proposed & set(answers):
            yield step


def _flags(out: Console, c: Consultation, w: Wording) -> None:
    if c.flags:
        rows = [
            [_graded(f.answer.grade or "remind", w), *(escape(text) for text in (f.answer.name[w.lang], (f.answer.message or f.answer.name)[w.lang], w["list"].join(about_names(f.about, w))))]
            for f in c.flags
        ]
        out.print(table(w["h_flags"], [w[k] for k in ("h_grade", "h_flag", "h_reason", "h_about")], rows, plain=False))


def _graded(grade: str, w: Wording) -> str:
    return f"[{STYLE[grade]}]{w[f'grade_{grade}']}[/]"


def show_plan(out: Console, plan: Plan, w: Wording) -> None:
    for consultation in plan.consultations.values():
        show_consultation(out, consultation, w)
    rows = []
    for placed in plan.tasks:
        cost = plan.costs[placed.task.id]
        slack = "—" if placed.slack_days is None else w["critical"] if placed.slack_days == 0 else str(placed.slack_days)
        price = f"{cost:g}" if cost is not None else w["office"] if placed.task.measure else "—"
        rows.append([task_name(plan, placed.task.id, w.lang), w[f"role_{placed.task.role}"], str(placed.start), str(placed.end), str(placed.task.days), slack, price, waited_text(plan, placed, w)])
    out.rule(w["h_schedule"], align="left")
    out.print(table("", [w[k] for k in ("h_task", "h_role", "h_start", "h_end", "h_days", "h_slack", "h_cost", "h_waited")], rows))
    if plan.dates.left:
        rows = [[task_name(plan, left.task.id, w.lang), unplaced_text(left.cause, w)] for left in plan.dates.left.values()]
        out.print(table(w["h_unplaced"], [w["h_task"], w["h_reason"]], rows))
    years = [[str(y.year), total_text(y.total, w), "—" if y.budget is None else f"{y.budget:g}", f"{y.area_ha:g}"] for y in plan.years]
    out.print(table(w["h_years"], [w[k] for k in ("h_year", "h_cost", "h_budget", "h_area")], years))
    if plan.checks:
        rows = [[_graded(c.entry.grade, w), escape(c.entry.message[w.lang]), escape(w["list"].join(check_names(plan, c.about, w)))] for c in plan.checks]
        out.print(table(w["h_checks"], [w[k] for k in ("h_grade", "h_value", "h_about")], rows, plain=False))


def show_why(out: Console, base: KnowledgeBase, found: Mapping[str, Any], w: Wording) -> None:
    if "path" in found:
        _show_order(out, found, w)
    elif "task" in found:
        _show_date(out, found, w)
    else:
        _show_conclusion(out, base, found, w)


def _show_conclusion(out: Console, base: KnowledgeBase, found: Mapping[str, Any], w: Wording) -> None:
    verdict = str(found["verdict"]).lower().replace("none", "null")
    out.print(f"{escape(found['about'])}{w['colon']}[{STYLE[verdict]}]{w[f'verdict_{verdict}']}[/]")
    if found["waits_on"]:
        out.print(escape(f"{w['h_waits_on']}{w['colon']}{w['list'].join(w.name(f) for f in found['waits_on'])}"))
    out.print(f"\n[bold]{w['why_rules']}[/bold]")
    for rule in found["rules"]:
        verdict = str(rule["verdict"]).lower().replace("none", "null")
        concluded = f"{w.name(rule['decision'])} = {w.answer(rule['decision'], rule['concludes'])}"
        said = f"{concluded} — {rule['because'][w.lang]} [{w.cite(rule['cite'])}; {w['layer_' + rule['layer']]}] {rule['rule']}"
        out.print(f"[{STYLE[verdict]}]{w[f'met_{verdict}']}[/] {escape(said)}")
        for p in rule["premises"]:
            met = str(p["met"]).lower().replace("none", "null")
            value = w["answer_unknown"] if p["source"] == "unknown" else w.value(p["fact"], p.get("possible", p["value"]))
            out.print(f"    [{STYLE[met]}]{w[f'met_{met}']}[/] {escape(p['wanted'][w.lang])}{w['colon']}{escape(value)} ({w['source_' + p['source']]})")
    if found["support"]:
        out.print(f"\n[bold]{w['why_support']}[/bold]")
        for step in found["support"]:
            concluded = w["list"].join(f"{w.name(n)} = {w.value(n, v)}" for n, v in step["concludes"].items())
            out.print(escape(f"  {concluded} — {step['because'][w.lang]} [{w.cite(step['cite'])}; {w['layer_' + step['layer']]}] {step['rule']}"))


def unplaced_text(cause: str, w: Wording) -> str:
    """Why a task has no dates: the task that it waits for, or what is in the way."""
    return w["why_unplaced"].format(cause=w[f"cause_{cause}"] if "/" not in cause else cause)


def _show_order(out: Console, found: Mapping[str, Any], w: Wording) -> None:
    earlier, later = (name.strip() for name in found["about"].partition(":")[2].split(",", 1))
    key = "why_order_yes" if found["verdict"] else "why_order_backwards" if found["backwards"] else "why_order_no"
    out.print(escape(w[key].format(earlier=earlier, later=later)))
    for step in found["path"]:
        out.print(escape(f"  {step['from']} → {step['to']}{w['colon']}{step['reason'][w.lang]} [{w.cite(step['cite'])}; {w['layer_' + step['layer']]}]"))


def _show_date(out: Console, found: Mapping[str, Any], w: Wording) -> None:
    if found["unplaced"]:
        out.print(escape(f"{found['task']}{w['colon']}{unplaced_text(found['unplaced'], w)}"))
        return
    out.print(escape(f"{found['task']}{w['colon']}{w['waits_line'].format(start=found['start'], end=found['end'])}"))
    out.print(escape(f"  {w['why_ready'].format(ready=found['ready'])}"))
    for t in found["waited_for"]:
        out.print(escape(f"  ← {t['task']}{w['colon']}{t['reason'][w.lang]} [{w.cite(t['cite'])}]"))
    for s in found["seasons"]:
        text = w["wait_closed" if s["closed"] else "wait_opens"].format(season=s["name"][w.lang], first=s["from"], last=s["to"])
        if s["assumed"]:
            text += w["wait_assumed"]
        out.print(escape(f"  ← {text}{w['colon']}{s['because'][w.lang]} [{w.cite(s['cite'])}; {w['layer_' + s['layer']]}]"))
    if not found["waited_for"] and not found["seasons"]:
        out.print(escape(f"  {w['why_no_wait']}"))


def show_case(out: Console, case: Case, w: Wording, instructor: bool) -> None:
    out.rule(escape(f"{case.name}  {case.title[w.lang]}"), align="left")
    out.print(w["constructed" if case.constructed else "real"])
    out.print(escape(case.story[w.lang]))
    out.print()
    rows = [[s.id, s.zh if w.lang == "zh" else s.en, s.url or "—"] for s in case.sources]
    out.print(table(w["h_sources"], ["", w["h_name"], ""], rows))
    rows = [[e.unit, w["list"].join(f"{w.name(n)} = {w.value(n, v)}" for n, v in e.conclusions.items()), e.because[w.lang]] for e in case.expect]
    out.print(table(w["h_expected"], [w["h_unit"], w["h_conclusions"], w["h_reason"]], rows))
    out.print(f"[bold]{w['h_questions']}[/bold]")
    for question in case.questions:
        out.print(escape(f"  • {question.ask[w.lang]}"))
    out.print(f"\n[bold]{w['h_lessons']}[/bold]")
    for lesson in case.lessons:
        out.print(escape(f"  • {lesson[w.lang]}"))
    if instructor:
        out.print(f"\n[bold]{w['h_notes']}[/bold]\n{escape(case.notes[w.lang])}")


def show_coverage(out: Console, covered: list[Covered], w: Wording) -> None:
    rows = []
    for c in covered:
        kinds: dict[str, int] = {}
        for citation in c.cited_by:
            kinds[citation.kind] = kinds.get(citation.kind, 0) + 1
        by = w["list"].join(f"{w[f'kind_{kind}']} {n}" for kind, n in kinds.items())
        why = c.statement.reason[w.lang] if c.statement.reason and not by else w["coverage_missing"] if c.missing else ""
        rows.append([c.statement.id, c.statement.zh if w.lang == "zh" else c.statement.en, by, why])
    out.print(table("", [w[k] for k in ("h_statement", "h_title", "h_cited_by", "h_reason_not")], rows))
    missing = sum(c.missing for c in covered)
    cited = sum(bool(c.cited_by) for c in covered)
    out.print(w["coverage_total"].format(all=len(covered), cited=cited, excused=len(covered) - cited - sum(c.missing and not c.cited_by for c in covered), missing=missing))


def show_cases(out: Console, cases: Iterable[Case], w: Wording) -> None:
    rows = [[c.name, c.title[w.lang], w["constructed" if c.constructed else "real"], str(len(c.expect))] for c in cases]
    out.print(table(w["h_case"], [w["h_case"], w["h_name"], "", w["h_units"]], rows))
    out.print(escape(w["cases_hint"]))
