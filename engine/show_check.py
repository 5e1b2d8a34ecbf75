"""Readable output of `check`: problems by place, proofs, cases, and what the cases cover."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console

from engine.check import Checked
from engine.hygiene import Finding
from engine.knowledge import KnowledgeBase
from engine.messages import words
from engine.project import Unit
from engine.proof import acts_of
from engine.wording import Wording

MANY = 12  # findings of one kind that are written out; the others are counted


def show_check(out: Console, done: Checked, lang: str, every: bool = False) -> None:
    w = words(lang)

    def line(text: str, style: str = "") -> None:
        out.print(text, markup=False, soft_wrap=True, style=style)

    shown: dict[str, int] = {}
    for found in done.sorted():
        shown[found.code] = shown.get(found.code, 0) + 1
        if every or found.grade == "error" or shown[found.code] <= MANY:
            _problem(line, found, done.base, lang)
    for code, count in shown.items():
        left = sum(f.code == code and f.grade == "warning" for f in done.findings) - MANY
        if left > 0 and not every and count > MANY:
            line(w["check_more"].format(code=code, count=left))
    if done.proved:
        held = [p for p in done.proved if p.holds]
        line(w["check_proved"].format(held=len(held), total=len(done.proved), seconds=f"{sum(p.seconds for p in done.proved):.1f}"))
        for p in done.proved:
            if not p.holds:
                line(f"  ✗ {p.property.id}{w['colon']}{p.property.entry.name[lang]}")
    if done.unproved:
        line(w["check_unproved"].format(count=len(done.unproved)))
    if done.cases:
        line(w["check_cases"].format(passed=sum(c.passed for c in done.cases), total=len(done.cases)))
    if done.fired:
        rows, parts = done.fired.json()["rows"], done.fired.json()["conditions"]
        line(w["check_coverage"].format(rows=rows["covered"], all_rows=rows["total"], percent=rows["percent"], parts=parts["covered"], all_parts=parts["total"], parts_percent=parts["percent"]))
    errors = sum(f.grade == "error" for f in done.findings)
    line(w["check_errors" if errors else "check_sound"].format(errors=errors, warnings=len(set(done.findings)) - errors), style="bold red" if errors else "bold")


def _problem(line: Callable[[str], None], found: Finding, base: KnowledgeBase | None, lang: str) -> None:
    w = words(lang)
    line(f"{found.problem.at}: {found.code}: {w['grade_' + found.grade]}{w['colon']}{found.problem.message(lang)}")
    if found.advice:
        line(f"  hint: {found.advice(lang)}")
    if found.witness is not None and base is not None:
        line(f"  {w['check_witness']}{w['colon']}{unit_text(found.witness, Wording(base, lang))}")


def unit_text(unit: Unit, w: Wording) -> str:
    """A unit's answers and acts on one line."""
    parts = [f"{w.name(name)} {w.value(name, value)}" for name, value in unit.facts.items()]
    parts += [f"{w.name(name)} {w.value(name, value)}" for name, value in acts_of(unit).items()]
    return w["semicolon"].join(parts) or w["none"]
