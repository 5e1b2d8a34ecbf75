"""The Excel form: a blank one to take into the field, or a draft's; and back into a draft, cell by cell."""

from __future__ import annotations

import datetime
import io
from collections.abc import Iterator
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from engine.cells import Cell
from engine.cellwise import Given, Row, answer_of, clean_number, draft_from, fact_of
from engine.draft import Draft, is_unknown
from engine.incoming import Incoming, refuse
from engine.knowledge import KnowledgeBase
from engine.model import Fact
from engine.source import Problem, Unusable, words
from engine.wording import Wording

PROJECT, UNITS, ANSWERS = "project", "units", "answers"
HEADER = ("name", "district", "start", "end")
FIELDS = ("id", "name", "area_ha", "town", "village", "downstream_of")
FIRST = 3  # row 1 has ids, row 2 names
SPARE = 100
MOST_ROWS, MOST_COLUMNS = 5_000, 200
_HEAD, _NAMES = (PatternFill("solid", fgColor=c) for c in ("FF2F5D50", "FFE3EFE9"))
_WRAP = Alignment(wrap_text=True, vertical="top")


def write_form(base: KnowledgeBase, draft: Draft | None, lang: str) -> bytes:
    """The form as an .xlsx file, blank or filled with a draft; answers stand by their names in `lang`."""
    w, book = Wording(base, lang), Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = PROJECT
    header = (draft or {}).get("project", {})
    for row, key in enumerate(HEADER, 1):
        _put(sheet, row, 1, key)
        _put(sheet, row, 2, w[f"form_{key}"], fill=_NAMES)
        _put(sheet, row, 3, header.get(key))
    for column, width in (("A", 12), ("B", 22), ("C", 60)):
        sheet.column_dimensions[column].width = width
    _put(sheet, len(HEADER) + 2, 2, w["form_help"], alignment=_WRAP)
    lists = _answers(base, w, book.create_sheet(ANSWERS))
    _units(base, draft, w, book.create_sheet(UNITS, 1), lists)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _put(sheet: Worksheet, row: int, column: int, value: Any, **style: Any) -> None:
    """A value into a cell; text stays text, also where Excel would see a formula."""
    cell: Any = sheet.cell(row, column)
    if value is not None:
        cell.value = value
        if isinstance(value, str):
            cell.data_type, cell.number_format = "s", "@"
    for name, set_to in style.items():
        setattr(cell, name, set_to)


def _answers(base: KnowledgeBase, w: Wording, sheet: Worksheet) -> dict[str, str]:
    """One column a fact with its answers; returns where they stand, for the drop-downs."""
    places = {}
    for column, fact in enumerate((f for f in base.facts.values() if f.kind != "number"), 1):
        names = [*_names(fact, w), w["answer_unknown"]]
        _put(sheet, 1, column, fact.id, font=Font(bold=True))
        for row, name in enumerate(names, 2):
            _put(sheet, row, column, name)
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = 24
        places[fact.id] = f"={ANSWERS}!${letter}$2:${letter}${len(names) + 1}"
    return places


def _names(fact: Fact, w: Wording) -> list[str]:
    if fact.kind == "yesno":
        return [w.answer(fact.id, "true"), w.answer(fact.id, "false")]
    return [f"{a.id} {a.name[w.lang]}" if fact.id == "zone" else a.name[w.lang] for a in fact.answers]


def _units(base: KnowledgeBase, draft: Draft | None, w: Wording, sheet: Worksheet, lists: dict[str, str]) -> None:
    columns = [*FIELDS, *base.facts]
    last = FIRST + len((draft or {}).get("units", ())) + SPARE
    for number, name in enumerate(columns, 1):
        fact, letter = base.facts.get(name) if number > len(FIELDS) else None, get_column_letter(number)
        _put(sheet, 1, number, name, font=Font(color="FFFFFFFF", bold=True), fill=_HEAD)
        _put(sheet, 2, number, fact.name[w.lang] if fact else w[f"form_{name}"], fill=_NAMES, alignment=_WRAP)
        sheet.column_dimensions[letter].width = 18
        if fact:
            note = [fact.question[w.lang], fact.hint[w.lang], *([w["form_many"]] if fact.kind == "many" else []), w.cite(fact.cite)]
            head: Any = sheet.cell(2, number)
            head.comment = Comment("\n".join(note), "shanshui", width=320, height=160)
            if fact.id in lists:
                offered = DataValidation(type="list", formula1=lists[fact.id], allow_blank=True, showErrorMessage=fact.kind != "many")
                offered.add(f"{letter}{FIRST}:{letter}{last}")
                sheet.add_data_validation(offered)
    for row, unit in enumerate((draft or {}).get("units", ()), FIRST):
        answers = {**unit.get("parked", {}), **unit["facts"]}
        for number, name in enumerate(columns, 1):
            if number <= len(FIELDS):
                value = unit.get(name)
                _put(sheet, row, number, ", ".join(value) if isinstance(value, list) else value)
            elif name in answers:
                _put(sheet, row, number, _shown(base.facts[name], answers[name], w))
    sheet.freeze_panes = f"C{FIRST}"


def _shown(fact: Fact, value: Any, w: Wording) -> Any:
    if is_unknown(value):
        return w["answer_unknown"]
    if isinstance(value, list):
        return "; ".join(w.answer(fact.id, v) for v in value) or w["none"]
    if isinstance(value, bool):
        return w.answer(fact.id, str(value).lower())
    return clean_number(value) if isinstance(value, int | float) else f"{value} {w.answer(fact.id, value)}" if fact.id == "zone" else w.answer(fact.id, value)


def read_form(shown: str, content: bytes, base: KnowledgeBase) -> Incoming:
    """The draft in a filled form.  Raises `Unusable` with every problem at its cell."""
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheets = {name: list(_cells(book[name])) for name in (PROJECT, UNITS) if name in book.sheetnames}
    except Exception:  # a damaged file fails anywhere in the library, with anything
        raise refuse(shown, "E651") from None
    if missing := [name for name in (PROJECT, UNITS) if name not in sheets]:
        raise refuse(shown, "E820", name=", ".join(missing))
    problems: list[Problem] = []
    header = [g for row, cells in sheets[PROJECT] if (key := cells.get(1)) in HEADER if (g := _given(f"{shown}!{PROJECT}", row, 3, str(key), cells.get(3), problems))]
    rows = list(_rows(base, f"{shown}!{UNITS}", sheets[UNITS], problems))
    if not rows:
        problems.append(Problem(Cell(f"{shown}!{UNITS}", FIRST, 1), "E821"))
    if problems:
        raise Unusable(problems)
    return Incoming(draft_from(base, shown, header, rows))


def _cells(sheet: Any) -> Iterator[tuple[int, dict[int, Any]]]:
    """(row number, value by column) of the rows that hold something."""
    for number, row in enumerate(sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS), 1):
        found = {column: (cell.value, cell.data_type) if cell.data_type in ("f", "e") else cell.value for column, cell in enumerate(row, 1) if cell.value not in (None, "")}
        if found:
            yield number, found


def _given(sheet: str, row: int, column: int, key: str, value: Any, problems: list[Problem]) -> Given | None:
    """A cell's value under a key, dates as text; a formula is refused, since only Excel knows what it comes to."""
    at = Cell(sheet, row, column)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, tuple) or (isinstance(value, str) and value.startswith("=")):
        problems.append(Problem(at, "E654", (("text", str(value[0] if isinstance(value, tuple) else value)[:80]),)))
        return None
    if isinstance(value, datetime.datetime):
        value = value.date()
    return Given(key, value.isoformat() if isinstance(value, datetime.date) else value.strip() if isinstance(value, str) else clean_number(value), at)


def _field(name: str, value: Any) -> Any:
    if name == "downstream_of":
        return [part.strip() for part in str(value).replace("，", ",").split(",") if part.strip()]
    return value if name == "area_ha" else str(value)


def _rows(base: KnowledgeBase, sheet: str, rows: list[tuple[int, dict[int, Any]]], problems: list[Problem]) -> Iterator[Row]:
    heads = dict(rows).get(1, {})
    named: dict[str, str] = {name: name for name in FIELDS} | {words(lang)[f"form_{name}"]: name for lang in ("zh", "en") for name in FIELDS}
    columns: dict[int, str | Fact] = {}
    for column, head in heads.items():
        found = named.get(str(head).strip()) or fact_of(base, str(head))
        if found is None:
            problems.append(Problem(Cell(sheet, 1, column), "E409", (("name", str(head)[:80]),)))
        else:
            columns[column] = found
    for number, cells in rows:
        if number < FIRST:
            continue
        fields, facts = [], []
        for column, name in columns.items():
            given = _given(sheet, number, column, name if isinstance(name, str) else name.id, cells.get(column), problems)
            if given is None:
                continue
            if isinstance(name, str):
                fields.append(Given(name, _field(name, given.value), given.at))
            else:
                facts.append(Given(name.id, answer_of(base, name, given.value), given.at))
        if fields or facts:
            yield Row(Cell(sheet, number, 1), tuple(fields), tuple(facts))
