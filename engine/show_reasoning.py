"""Readable output of what would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape

from engine.consult import LISTED
from engine.show import table
from engine.wording import Wording

DECISION = {shown: name for name, shown in LISTED.items()}


def show_whatif(out: Console, found: Mapping[str, Any], w: Wording) -> None:
    out.rule(escape(f"{w['h_unit']} {found['unit']}"), align="left")
    if "set" in found:
        out.print(escape(_answers(((k, v) for k, v in found["set"].items()), w)))
        _moved(out, found["changed"], w)
    elif "fact" in found:
        out.print(escape(f"{w.name(found['fact'])}{w['colon']}{w['whatif_matters' if found['matters'] else 'whatif_idle']}"))
        for row in found["answers"]:
            out.print(escape(f"→ {w.value(found['fact'], row['value'])}"), style="bold")
            _moved(out, row["changed"], w)
    else:
        goal = found["goal"]
        name = DECISION.get(goal["conclusion"], goal["conclusion"])
        out.print(escape(f"{w['whatif_goal']}{w['colon']}{w.name(name)} {'=' if goal['holds'] else '≠'} {w.answer(name, goal['answer'])}"), style="bold")
        if found["already"]:
            out.print(escape(w["whatif_already"]))
        elif not found["changes"]:
            out.print(escape(w["whatif_unreachable"]))
        for i, change in enumerate(found["changes"], 1):
            parts = (f"{w.name(f['fact'])} {_value(f['fact'], f['before'], w)} → {_value(f['fact'], f['after'], w)}" for f in change["facts"])
            out.print(escape(f"{i:3}. " + w["semicolon"].join(parts)))
        if not found["complete"]:
            out.print(escape(w["whatif_more"]))


def _answers(answers: Iterable[tuple[str, Any]], w: Wording) -> str:
    return w["semicolon"].join(f"{w.name(name)} = {_value(name, value, w)}" for name, value in answers)


def _value(name: str, value: Any, w: Wording) -> str:
    return w["answer_unknown"] if value is None else w.value(name, value)


def _moved(out: Console, changed: Iterable[Mapping[str, Any]], w: Wording) -> None:
    rows = []
    for one in changed:
        name = DECISION.get(one["conclusion"], one["conclusion"])
        before, after = one["before"], one["after"]
        gone, come = ([a for a in x["settled"] if a not in y["settled"]] for x, y in ((before, after), (after, before)))
        rows.append([w.name(name), w.value(name, gone), w.value(name, come), w.value(name, after["possible"]) if after["possible"] else ""])
    if rows:
        out.print(table("", [w["h_conclusion"], w["h_gone"], w["h_come"], w["h_possible"]], rows))
    else:
        out.print(escape(w["whatif_same"]))
