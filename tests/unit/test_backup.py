"""One file holds the whole store, and any store takes it back: all of it or nothing."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.postgres import postgres

from engine import store_tables as t
from engine.backup import backup, restore
from engine.draft import Edit, blank
from engine.source import Unusable
from engine.store import Store

SHAPE = {"type": "Point", "coordinates": [116.1, 39.9]}


def filled(url: str) -> Store:
    store = Store(url)
    for name in ("麦子峪", "a\u2028b"):
        id = store.create(blank(name, "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 9.0, "geometry": store.put_shape(SHAPE)}]), "王工")
        store.save(id, [Edit(("units", "U1", "facts", "damage"), "severe")], "李工", 1)
        store.keep_result(id, 2, {"version": "1", "digest": "d"}, {"U1": "assisted"})
    store.delete(id)
    return store


def content(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.reading() as c:
        return {table.name: [tuple(row) for row in c.execute(table.select().order_by(*table.primary_key.columns))] for table in t.TABLES}


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Store]:
    store = filled(f"sqlite:///{tmp_path / 'full.sqlite'}")
    yield store
    store.close()


def test_a_backup_goes_into_an_empty_store(full: Store, tmp_path: Path) -> None:
    assert backup(full, tmp_path / "b.gz") == 2
    other = Store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert restore(other, tmp_path / "b.gz") == 2
    assert content(other) == content(full)


@pytest.mark.xdist_group("postgresql")
def test_a_backup_goes_from_sqlite_to_postgresql_and_back_and_work_goes_on(full: Store, tmp_path: Path) -> None:
    with postgres() as url:
        other = Store(url)
        backup(full, tmp_path / "b.gz")
        restore(other, tmp_path / "b.gz")
        assert content(other) == content(full)
        other.save(other.entries()[0].id, [Edit(("project", "name"), "改名")], "王工", 2)
        assert other.version(other.entries()[0].id) == 3
        backup(other, tmp_path / "c.gz")
        restore(full, tmp_path / "c.gz", replace=True)
        assert content(full) == content(other)
        other.close()


def test_a_store_with_projects_is_replaced_only_when_told_to(full: Store, tmp_path: Path) -> None:
    backup(full, tmp_path / "b.gz")
    before = content(full)
    with pytest.raises(Unusable) as refused:
        restore(full, tmp_path / "b.gz")
    assert [p.code for p in refused.value.problems] == ["E803"]
    assert content(full) == before


def cut(raw: bytes) -> bytes:
    return gzip.compress(b"\n".join(gzip.decompress(raw).splitlines()[:-2]))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (cut, "E805"),
        (lambda raw: raw[: len(raw) // 2], "E804"),
        (lambda raw: b"no backup", "E804"),
        (lambda raw: gzip.compress(b'{"kind": "other"}\n'), "E804"),
        (lambda raw: gzip.compress(gzip.decompress(raw).replace(b'"format": ', b'"format": 9', 1)), "E802"),
        (lambda raw: gzip.compress(gzip.decompress(raw).replace(b'"version"', b'"ver; DROP TABLE"', 1)), "E804"),
    ],
)
def test_a_spoilt_backup_is_refused_and_the_store_stays_as_it_was(full: Store, tmp_path: Path, spoil: object, code: str) -> None:
    backup(full, tmp_path / "b.gz")
    spoilt = tmp_path / "s.gz"
    spoilt.write_bytes(spoil((tmp_path / "b.gz").read_bytes()))  # type: ignore[operator]
    before = content(full)
    with pytest.raises(Unusable) as refused:
        restore(full, spoilt, replace=True)
    assert [p.code for p in refused.value.problems] == [code]
    assert content(full) == before


def test_files_that_cannot_be_read_or_written_are_named(full: Store, tmp_path: Path) -> None:
    with pytest.raises(Unusable) as refused:
        restore(full, tmp_path / "none.gz", replace=True)
    assert [p.code for p in refused.value.problems] == ["E101"]
    with pytest.raises(Unusable) as refused:
        backup(full, tmp_path / "none" / "b.gz")
    assert [p.code for p in refused.value.problems] == ["E505"]
