"""The whole store as one file, and back: the same file for SQLite and PostgreSQL.

The file is gzipped JSON lines: a head with its format, one line a row, and a last line with the number of rows,
so that a file that was cut short is not taken for a whole one.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine import store_tables as t
from engine.store import Store, unusable
from engine.store_rows import now

KIND = "shanshui store"


def backup(store: Store, file: Path) -> int:
    """Write the store as it is at one moment; returns the number of projects.  Raises `Unusable` where the file cannot be written."""
    part = file.with_name(file.name + ".part")
    try:
        with gzip.open(part, "wt", encoding="utf-8") as out:
            rows = 0
            for line in _lines(store):
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
                rows += "row" in line
            out.write(json.dumps({"rows": rows}) + "\n")
        os.replace(part, file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise unusable("E505", str(file), name=file, why=(error.strerror or "").lower()) from None
    return len(store.entries()) + len(store.entries(deleted=True))


def _lines(store: Store) -> Iterator[dict[str, Any]]:
    yield {"kind": KIND, "format": t.FORMAT, "at": now()}
    with store.reading() as c:
        if c.dialect.name == "postgresql":
            c.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        for table in t.TABLES:
            for row in c.execution_options(yield_per=500).execute(table.select().order_by(*table.primary_key.columns)):
                yield {"table": table.name, "row": dict(row._mapping)}


def restore(store: Store, file: Path, replace: bool = False) -> int:
    """Put a backup into an empty store, or with `replace` in the place of all that is in it; all of it or nothing.

    Returns the number of projects.  Raises `Unusable`: no backup, cut short, of a newer program, or a store that is not empty.
    """
    tables = {table.name: table for table in t.TABLES}
    with store.writing() as c:
        if c.execute(sa.select(sa.func.count()).select_from(t.projects)).scalar_one() and not replace:
            raise unusable("E803", store.name)
        for table in reversed(t.TABLES):
            c.execute(table.delete())
        count = 0
        for name, row in _rows(file):
            table = tables[name]
            if set(row) != {column.name for column in table.columns}:
                raise unusable("E804", str(file))
            c.execute(table.insert().values(**row))
            count += name == "projects"
        if c.dialect.name == "postgresql":  # rows came with their numbers; the next change takes the next one
            c.execute(sa.text("SELECT setval(pg_get_serial_sequence('changes', 'id'), COALESCE((SELECT MAX(id) FROM changes), 0) + 1, false)"))
    return count


def _rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    count, ended = 0, False
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            head = json.loads(lines.readline(1_000))
            if not isinstance(head, dict) or head.get("kind") != KIND:
                raise unusable("E804", str(file))
            if head["format"] > t.FORMAT:
                raise unusable("E802", str(file), format=head["format"], known=t.FORMAT)
            for text in lines:
                line = json.loads(text)
                if "rows" in line:
                    ended = line["rows"] == count
                else:
                    count += 1
                    yield line["table"], line["row"]
    except (ValueError, EOFError, zlib.error, KeyError, TypeError, gzip.BadGzipFile):
        raise unusable("E804", str(file)) from None
    except OSError as error:
        raise unusable("E101", str(file), why=(error.strerror or "").lower()) from None
    if not ended:
        raise unusable("E805", str(file))
