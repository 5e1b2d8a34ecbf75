"""Write the sample of the store's present format, once, before a newer format is begun: python tests/samples/keep_store.py"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from engine import store_tables
from engine.draft import Edit, answer, blank
from engine.store import Store

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.sqlite"
        store = Store(f"sqlite:///{path}")
        units = [{"id": "U1", "area_ha": 9.0}, {"id": "U2", "area_ha": 1.5, "facts": {"redline": "outside"}}]
        first = blank("北坡采石场", "2026-03-01", "2028-12-31", units, district="门头沟区")
        id = store.create(first, "王工")
        store.save(id, answer(first, "U1", "damage", "severe", {"source": "现场调查"}), "王工", 1)
        store.save(id, [Edit(("units", "U1", "facts", "damage"), "moderate")], "李工", 2)
        store.close()
        with sqlite3.connect(path) as c:
            text = "\n".join(c.iterdump()) + "\n"
    kept = Path(__file__).with_name(f"store_{store_tables.FORMAT}.sql")
    if kept.exists():
        raise SystemExit(f"{kept.name} is kept already")
    kept.write_text(text, encoding="utf-8")
