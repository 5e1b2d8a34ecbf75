"""A store for the pages, and one rule base for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.screens import one_desk

from engine.store import Store
from ui import common


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setitem(common.HELD, "desk", one_desk())
    monkeypatch.setitem(common.HELD, "store", Store(f"sqlite:///{tmp_path / 'p.sqlite'}"))
    common.store.clear()
    common.desk.clear()
    found: Store = common.HELD["store"]
    return found
