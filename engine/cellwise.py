"""A project out of cells, of a workbook or of a layer's attributes: read as a project file is, its problems placed at the cells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.cells import Cell
from engine.incoming import draft_of
from engine.knowledge import KnowledgeBase
from engine.model import Fact
from engine.project import UNKNOWN, project_of
from engine.project_file import FORMAT
from engine.source import Problem, Source, Unusable, parse

PARTS = re.compile(r"[;；、,，|\n]+")
NONE = ("none", "无", "[]", "没有", "-")
YES, NO = ("true", "yes", "是", "y", "1", "1.0", "有"), ("false", "no", "否", "n", "0", "0.0", "没有", "无")


@dataclass(frozen=True)
class Given:
    """A value under a key, and the cell in which it stands."""

    key: str
    value: Any
    at: Cell


@dataclass(frozen=True)
class Row:
    """A unit's row: what it says of the unit, and its answers."""

    at: Cell
    fields: tuple[Given, ...]
    facts: tuple[Given, ...]


def draft_from(base: KnowledgeBase, shown: str, header: Sequence[Given], rows: Iterable[Row]) -> dict[str, Any]:
    """The draft that the cells describe.  Raises `Unusable` with every problem at its cell."""
    lines: list[str] = []
    places: dict[int, Cell] = {}

    def add(text: str, at: Cell | None = None) -> None:
        lines.append(text)
        if at is not None:
            places[len(lines)] = at

    def entries(given: Sequence[Given], more: bool = False) -> None:
        for i, g in enumerate(given):
            add(f"{_json(g.key)}: {_json(g.value)}{',' if more or i < len(given) - 1 else ''}", g.at)

    add(f'{{"format": {FORMAT}, "project": {{', header[0].at if header else None)
    entries(header)
    add('}, "units": [')
    for i, row in enumerate(rows):
        add("{" if not i else ",{", row.at)
        entries(row.fields, more=True)
        add('"facts": {', row.at)
        entries(row.facts)
        add("}}")
    add("]}")
    source = Source(shown, "\n".join(lines))
    try:
        root = parse(source, as_json=True)
        return draft_of(project_of(source, root, base), root)
    except Unusable as unusable:
        raise Unusable([_placed(p, places) for p in unusable.problems]) from None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _placed(problem: Problem, places: dict[int, Cell]) -> Problem:
    line = max((n for n in places if n <= problem.at.line), default=None)
    at = problem.at if line is None else places[line]
    return Problem(at, problem.code, problem.facts, problem.near)


def answer_of(base: KnowledgeBase, fact: Fact, value: Any) -> Any:
    """A cell's answer as a project file writes it: ids for names, lists for parts; what is not understood stays as it is."""
    text = str(value).strip()
    if text.casefold() in UNKNOWN:
        return "unknown"
    if fact.kind == "yesno":
        folded = text.casefold()
        return True if folded in YES else False if folded in NO else text
    if fact.kind == "many":
        if text.casefold() in NONE:
            return []
        return [_id(fact, part.strip()) for part in PARTS.split(text) if part.strip()]
    if fact.kind == "number":
        return value if isinstance(value, int | float) and not isinstance(value, bool) else text
    return _id(fact, text)


def _id(fact: Fact, text: str) -> str:
    folded = text.casefold()
    for answer in fact.answers:
        if folded in (answer.id.casefold(), answer.zh.casefold(), answer.en.casefold(), f"{answer.id} {answer.zh}".casefold(), f"{answer.id} {answer.en}".casefold()):
            return answer.id
    return text


def fact_of(base: KnowledgeBase, heading: str) -> Fact | None:
    """The fact that a column's heading names: its id, one of its names, or the first ten letters of its id, as Shapefiles cut them."""
    wanted = heading.strip().casefold()
    for fact in base.facts.values():
        if wanted in (fact.id, fact.zh.casefold(), fact.en.casefold()):
            return fact
    cut = [f for f in base.facts.values() if len(wanted) == 10 and f.id.startswith(wanted)]
    return cut[0] if len(cut) == 1 else None


def clean_number(value: Any) -> Any:
    """A number without the `.0` that tables give to whole ones; other values as they are."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
