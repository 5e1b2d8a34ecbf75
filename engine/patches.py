"""A table of patches as units: CSV (UTF-8 or GBK) or Parquet, a column `patch_id` and columns named as the facts.

Blank is unknown; several answers stand in one cell, joined by `;`, and `[]` or 无 says that there are none.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from engine.knowledge import KnowledgeBase
from engine.messages import said
from engine.project import Value, facts_of, reporter
from engine.source import Node, Problem, Source, Span, Unusable, near

ID = "patch_id"
NONE = ("[]", "无", "none")
_SPLIT = re.compile(r"[;；]")


@dataclass(frozen=True)
class Patch:
    """A row: its number in the file, its id, and its cells by column, as text or as a list of texts."""

    row: int
    id: str
    cells: Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Patches:
    """A table of patches; `columns` are those of the file, in its order."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Patch, ...]

    @cached_property
    def profiles(self) -> dict[tuple[Any, ...], list[Patch]]:
        """The rows that say the same but for their ids."""
        found: dict[tuple[Any, ...], list[Patch]] = {}
        for row in self.rows:
            found.setdefault(tuple(row.cells.items()), []).append(row)
        return found

    def of(self, *bases: KnowledgeBase) -> Patches:
        """The table with only the columns that some base reads."""
        kept = {name for base in bases for name in base.facts}
        rows = tuple(Patch(p.row, p.id, {name: cell for name, cell in p.cells.items() if name in kept}) for p in self.rows)
        return Patches(self.file, self.columns, rows)

    def facts(self, patch: Patch, base: KnowledgeBase) -> tuple[dict[str, Value], list[Problem]]:
        """The answers of a patch to the facts that the base knows, and what is wrong with them."""
        problems: list[Problem] = []
        pairs = []
        for name, cell in patch.cells.items():
            if name in base.facts:
                at = Span(self.file, patch.row, self.columns.index(name) + 1)
                pairs.append((Node("scalar", name, at), _node(cell, base.facts[name].kind == "many", at)))
        node = Node("map", tuple(pairs), Span(self.file, patch.row))
        return facts_of(node, base, reporter(Source(self.file, ""), problems)), problems


def _node(cell: str | tuple[str, ...], many: bool, at: Span) -> Node:
    if isinstance(cell, str) and (not many or not cell.strip()):
        return Node("scalar", cell.strip(), at, True)
    parts = () if isinstance(cell, str) and cell.strip() in NONE else _SPLIT.split(cell) if isinstance(cell, str) else cell
    return Node("list", tuple(Node("scalar", part.strip(), at) for part in parts if part.strip()), at)


def read_patches(path: Path) -> Patches:
    """The table in a file; raises `Unusable` when it cannot be read, is no such table, or names a patch twice."""
    import pandas as pd

    file = str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _refused(file, "E101", why=said("why_missing") if isinstance(error, FileNotFoundError) else (error.strerror or "").lower()) from None
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise _refused(file, "E810", name=suffix or path.name, options=".csv .parquet")
    try:
        table = pd.read_parquet(io.BytesIO(raw)) if suffix == ".parquet" else pd.read_csv(io.StringIO(_text(file, raw)), dtype=str, keep_default_na=False, skip_blank_lines=False)
    except (ValueError, OSError):  # what pandas and pyarrow raise for files that are not what their names say
        raise _refused(file, "E520", suffix=suffix) from None
    columns = tuple(str(name).strip() for name in table.columns)
    if ID not in columns:
        raise Unusable([Problem(Span(file), "E521", (("name", ID),), near(ID, columns))])
    rows = tuple(_rows(columns, table.itertuples(index=False, name=None), 2 if suffix == ".csv" else 1))
    first: dict[str, int] = {}
    twice = [Problem(Span(file, r.row, columns.index(ID) + 1), "E209", (("id", r.id),)) for r in rows if first.setdefault(r.id, r.row) != r.row]
    if twice:
        raise Unusable(twice)
    return Patches(file, columns, rows)


def _rows(columns: tuple[str, ...], table: Any, start: int) -> Iterator[Patch]:
    for number, values in enumerate(table, start):
        cells = {name: _cell(value) for name, value in zip(columns, values, strict=True)}
        id = cells.pop(ID)
        yield Patch(number, id if isinstance(id, str) else ";".join(id), cells)


def _cell(value: Any) -> str | tuple[str, ...]:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(value).lower()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(str(part) for part in value) or NONE[0]
    return "" if value != value else f"{value:g}" if isinstance(value, float) else str(value)  # noqa: PLR0124 (nothing but NaN differs from itself)


def _text(file: str, raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gbk"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _refused(file, "E103")


def _refused(file: str, code: str, **facts: Any) -> Unusable:
    return Unusable([Problem(Span(file), code, tuple(facts.items()))])
