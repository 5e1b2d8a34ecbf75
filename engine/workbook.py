"""A decision table as a workbook: sheets `table` and `vocabulary`, and a hidden one with what cells do not show."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell as SheetCell
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from engine.cells import Cell
from engine.knowledge import Attribute, KnowledgeBase
from engine.messages import words
from engine.source import LARGEST_BYTES, Problem, Span, Unusable
from engine.wording import Wording

TABLE, VOCABULARY, HIDDEN = "table", "vocabulary", "_shanshui"
SPARE = 200  # empty rows below the table that are formatted and have drop-downs
FIRST = 3  # row 1 has ids, row 2 names
_HEAD, _NAMES, _RED = (PatternFill("solid", fgColor=c) for c in ("FF2F5D50", "FFE3EFE9", "FFFF7C80"))
_NARROW = {"row": 10, "each": 13, "layer": 11, "disabled": 10, "id": 28, "then": 24, "cite": 20, "because zh": 44, "because en": 52, "when": 40}
_TOP = Alignment(wrap_text=True, vertical="top")


@dataclass(frozen=True)
class Column:
    """A column of the table: its id, name, a comment on its head and the answers offered."""

    id: str
    name: str
    comment: str
    offered: tuple[str, ...] = ()  # written out, when they are few
    answers_of: str = ""  # an attribute: its answers stand in the vocabulary


@dataclass(frozen=True)
class SheetRow:
    """A row as found in the sheet: its text by column id."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Book:
    """What a workbook holds: the hidden entries by name, the table's columns by id, its rows."""

    path: Path
    hidden: Mapping[str, list[str]]
    columns: Mapping[str, int]
    rows: tuple[SheetRow, ...]

    def at(self, row: int, column: str) -> Cell:
        return Cell(f"{self.path}!{TABLE}", row, self.columns.get(column, 1))


def _put(sheet: Worksheet, row: int, column: int, text: str, **style: Any) -> SheetCell:
    """Text into a cell, as text even where Excel would see a formula or a number."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, SheetCell)
    if text:
        cell.value = text
        cell.data_type = "s"
    cell.number_format = "@"
    for name, value in style.items():
        setattr(cell, name, value)
    return cell


def write(base: KnowledgeBase, columns: Iterable[Column], rows: Iterable[Mapping[str, str]], hidden: Iterable[tuple[str, str]], path: Path) -> None:
    """Write the workbook; raises `Unusable` when the file cannot be written."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = TABLE
    places = _vocabulary(base, book.create_sheet(VOCABULARY))
    rows, columns = list(rows), list(columns)
    last = FIRST + len(rows) + SPARE
    for i, column in enumerate(columns, 1):
        _head(sheet, i, column)
        letter = get_column_letter(i)
        width = _NARROW.get(column.id) or min(34, max(14, len(column.id) + 3, *(len(r.get(column.id, "")) + 2 for r in rows), 0))
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].number_format = "@"
        source = f'"{",".join(column.offered)}"' if column.offered else places.get(column.answers_of)
        if source:
            offer = DataValidation(type="list", formula1=source, allow_blank=True, showErrorMessage=bool(column.offered))
            offer.add(f"{letter}{FIRST}:{letter}{last}")
            sheet.add_data_validation(offer)
        for number, row in enumerate(rows, FIRST):
            _put(sheet, number, i, row.get(column.id, ""), alignment=_TOP)
        if column.id == "disabled":
            gone = FormulaRule(formula=[f'${letter}{FIRST}="true"'], font=Font(color="FF999999", strike=True))
            sheet.conditional_formatting.add(f"A{FIRST}:{get_column_letter(len(columns))}{last}", gone)
    sheet.freeze_panes = f"C{FIRST}"
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(columns))}{max(FIRST, FIRST + len(rows) - 1)}"
    meta = book.create_sheet(HIDDEN)
    meta.sheet_state = "hidden"
    for number, (name, text) in enumerate(hidden, 1):
        _put(meta, number, 1, name)
        _put(meta, number, 2, text)
    _save(book, path)


def _head(sheet: Worksheet, i: int, column: Column) -> None:
    head = _put(sheet, 1, i, column.id, font=Font(bold=True, color="FFFFFFFF"), fill=_HEAD, alignment=_TOP)
    if column.comment:
        head.comment = _comment(column.comment)
    _put(sheet, 2, i, column.name, font=Font(italic=True), fill=_NAMES, alignment=_TOP)


def _comment(text: str) -> Comment:
    return Comment(text, "shanshui", width=420, height=min(360, 40 + 18 * (text.count("\n") + len(text) // 45 + 1)))


def _vocabulary(base: KnowledgeBase, sheet: Worksheet) -> dict[str, str]:
    """Every attribute with its answers, one line an answer, a list that several share once; returns the range of each attribute's answers."""
    zh, en = Wording(base, "zh"), Wording(base, "en")
    heads = ("attribute", "kind", "attribute zh", "attribute en", "answer", "answer zh", "answer en")
    for i, (head, width) in enumerate(zip(heads, (22, 9, 28, 34, 30, 34, 44), strict=True), 1):
        _put(sheet, 1, i, head, font=Font(bold=True, color="FFFFFFFF"), fill=_HEAD)
        sheet.column_dimensions[get_column_letter(i)].width = width
    places: dict[str, str] = {}
    first: dict[tuple[str, ...], str] = {}  # a list of answers → the attribute under which it stands
    number = 2
    for a in base.attributes.values():
        answers = () if a.kind == "number" else a.answers
        names = (a.name, a.kind, zh.name(a.name), en.name(a.name))
        if answers and (shared := first.setdefault(answers, a.name)) != a.name:
            places[a.name] = places[shared]
            lines = [("", *(words(lang)["table_as_for"].format(name=shared) for lang in ("zh", "en")))]
        elif answers:
            places[a.name] = f"={VOCABULARY}!$E${number}:$E${number + len(answers) - 1}"
            lines = [(answer, zh.answer(a.name, answer), en.answer(a.name, answer)) for answer in answers]
        else:
            lines = [("", _range(base, a), "")]
        for line in lines:
            for i, text in enumerate((*names, *line), 1):
                _put(sheet, number, i, text)
            number += 1
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:G{number - 1}"
    return places


def _range(base: KnowledgeBase, a: Attribute) -> str:
    fact = base.facts[a.name]
    return f"{fact.min:g}–{fact.max:g} {fact.unit.zh if fact.unit else ''}".strip()


def _save(book: Workbook, path: Path) -> None:
    try:
        book.save(path)
    except OSError as error:
        raise Unusable([Problem(Span(str(path)), "E505", (("name", str(path)), ("why", (error.strerror or str(error)).lower())))]) from None


def _open(path: Path) -> Workbook:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise Unusable([Problem(Span(str(path)), "E104", (("size", f"{path.stat().st_size / 1e6:.0f}"), ("limit", f"{LARGEST_BYTES / 1e6:.0f}")))])
        return load_workbook(path)
    except OSError as error:
        raise Unusable([Problem(Span(str(path)), "E101", (("why", (error.strerror or str(error)).lower()),))]) from None
    except Unusable:
        raise
    except Exception:  # whatever openpyxl meets in a file that is no workbook
        raise Unusable([Problem(Span(str(path)), "E651")]) from None


def read(path: Path) -> Book:
    """The table in a workbook; raises `Unusable` with every cell that holds no text."""
    book = _open(path)
    if TABLE not in book.sheetnames or HIDDEN not in book.sheetnames:
        raise Unusable([Problem(Span(str(path)), "E652")])
    hidden: dict[str, list[str]] = {}
    for name, text in book[HIDDEN].iter_rows(max_col=2, values_only=True):
        hidden.setdefault(str(name or ""), []).append(str(text or ""))
    sheet = book[TABLE]
    problems: list[Problem] = []
    columns: dict[str, int] = {}
    for i, cell in enumerate(next(sheet.iter_rows(max_row=1), ()), 1):
        name = _text(cell, path, problems)
        if name in columns:
            problems.append(Problem(Cell(f"{path}!{TABLE}", 1, i), "E111", (("key", name),)))
        elif name:
            columns[name] = i
    by_place = {i: name for name, i in columns.items()}
    rows = []
    for cells in sheet.iter_rows(min_row=2):
        texts = {cell.column: text for cell in cells if (text := _text(cell, path, problems))}
        number = cells[0].row or 0
        if number == 2 and texts.get(columns.get("id", 0)) == words("zh")["table_id"] + " " + words("en")["table_id"]:
            continue  # the names
        problems += [Problem(Cell(f"{path}!{TABLE}", number, i), "E661") for i in texts if i and i not in by_place]
        if texts:
            rows.append(SheetRow(number, {by_place[i]: text for i, text in texts.items() if i in by_place}))
    if problems:
        raise Unusable(problems)
    return Book(path, hidden, columns, tuple(rows))


def _text(cell: Any, path: Path, problems: list[Problem]) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in ("f", "e") or isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        problems.append(Problem(Cell(f"{path}!{TABLE}", cell.row, cell.column), "E654", (("text", str(value)),)))
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return clean(f"{value:.15g}" if isinstance(value, float) else str(value))


def clean(text: str) -> str:
    """Text as cells keep it: no space around it, one kind of line end."""
    return text.replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").strip()


def mark(path: Path, problems: Iterable[Problem]) -> Path | None:
    """A copy of the workbook beside it with the problems as comments on red cells; None when none lies in a cell."""
    said: dict[tuple[int, int], list[str]] = {}
    for p in problems:
        if isinstance(p.at, Cell):
            for lang in ("zh", "en"):
                said.setdefault((p.at.line, p.at.column), []).append(f"{p.code}: {p.message(lang)} {p.hint(lang) if lang == 'en' else ''}".strip())
    if not said:
        return None
    book = _open(path)
    for (row, column), texts in said.items():
        cell = book[TABLE].cell(row, column)
        cell.fill = _RED
        cell.comment = _comment("\n".join(texts))
    copy = path.with_name(f"{path.stem}.errors.xlsx")
    _save(book, copy)
    return copy
