"""The store keeps every answer, whoever gives it and whatever happens meanwhile: on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from support.postgres import postgres

from engine import store_tables
from engine.draft import Edit, answer, apply, blank, value_at
from engine.source import Unusable
from engine.store import Conflict, Store
from engine.store_rows import Missing, removed

DAMAGE = ("units", "U1", "facts", "damage")
ROOT = Path(__file__).resolve().parents[2]


def draft(name: str = "北坡采石场") -> dict[str, Any]:
    return blank(name, "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 9.0}, {"id": "U2", "area_ha": 1.5, "facts": {"redline": "outside"}}], district="门头沟区")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        made = Store(f"sqlite:///{tmp_path / 'new' / 'projects.sqlite'}")
        yield made
        made.close()
        return
    url = request.getfixturevalue("server")
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.begin() as c:
        c.execute(sa.text("DROP SCHEMA public CASCADE"))
        c.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    made = Store(url)
    yield made
    made.close()


def test_a_project_is_listed_with_what_is_in_it(store: Store) -> None:
    id = store.create(draft(), "王工")
    (entry,) = store.entries()
    assert (entry.id, entry.name, entry.district, entry.version, entry.changed_by, entry.units, entry.answers) == (id, "北坡采石场", "门头沟区", 1, "王工", 2, 1)
    assert store.get(id).draft == draft()


def test_an_answer_is_kept_with_who_when_and_the_value_before(store: Store) -> None:
    id = store.create(draft(), "王工")
    store.save(id, answer(draft(), "U1", "damage", "severe"), "王工", 1)
    store.save(id, [Edit(DAMAGE, "moderate")], "李工", 2)
    assert store.get(id).version == 3
    last, first = store.history(id, DAMAGE)
    assert (first.who, first.before, first.after, first.version) == ("王工", None, "severe", 2)
    assert (last.who, last.before, last.after, last.version) == ("李工", "severe", "moderate", 3)
    assert first.at <= last.at
    assert last.at.endswith("+00:00")


def test_writing_what_is_there_already_makes_no_version(store: Store) -> None:
    id = store.create(draft(), "王工")
    store.save(id, [Edit(("project", "name"), "北坡采石场")], "王工", 1)
    assert store.get(id).version == 1
    assert store.history(id) == []


def test_two_people_at_different_questions_lose_nothing_and_are_told(store: Store) -> None:
    id = store.create(draft(), "王工")
    store.save(id, [Edit(DAMAGE, "severe")], "王工", 1)
    saved = store.save(id, [Edit(("units", "U1", "facts", "recovery"), "weak")], "李工", 1)  # has not seen version 2
    assert saved.stored.draft["units"][0]["facts"] == {"damage": "severe", "recovery": "weak"}
    assert [(c.who, c.path, c.after) for c in saved.others] == [("王工", DAMAGE, "severe")]


def test_two_people_at_one_question_are_told_and_both_answers_are_kept(store: Store) -> None:
    id = store.create(draft(), "王工")
    store.save(id, [Edit(DAMAGE, "severe")], "王工", 1)
    with pytest.raises(Conflict) as conflict:
        store.save(id, [Edit(DAMAGE, "slight")], "李工", 1)
    assert [(c.who, c.after) for c in conflict.value.theirs] == [("王工", "severe")]
    assert conflict.value.mine == (Edit(DAMAGE, "slight"),)
    assert value_at(store.get(id).draft, DAMAGE) == "severe"
    held, applied = store.history(id, DAMAGE)
    assert (held.who, held.after, held.applied) == ("李工", "slight", False)
    assert applied.applied
    store.save(id, [Edit(DAMAGE, "slight")], "李工", conflict.value.stored.version)  # having seen the other answer
    assert value_at(store.get(id).draft, DAMAGE) == "slight"


def test_the_same_answer_from_two_people_is_no_conflict(store: Store) -> None:
    id = store.create(draft(), "王工")
    store.save(id, [Edit(DAMAGE, "severe")], "王工", 1)
    assert store.save(id, [Edit(DAMAGE, "severe")], "李工", 1).stored.version == 2


def test_an_answer_into_a_unit_that_somebody_removed_is_held_back(store: Store) -> None:
    id = store.create(draft(), "王工")
    store.save(id, [Edit(("units", "U1"), None)], "王工", 1)
    with pytest.raises(Conflict):
        store.save(id, [Edit(DAMAGE, "severe")], "李工", 1)
    assert [u["id"] for u in store.get(id).draft["units"]] == ["U2"]


def test_every_earlier_version_can_be_had_back(store: Store) -> None:
    id = store.create(draft(), "王工")
    versions = [store.get(id).draft]
    steps: list[list[Edit]] = [
        answer(draft(), "U1", "damage", "severe", {"source": "现场调查"}),
        [Edit(("units", "U1"), None)],
        [Edit(("units", "U3"), {"id": "U3", "area_ha": 2.0, "facts": {}}), Edit(("project", "name"), "改名")],
        [Edit(("project", "budget"), {"2026": 100})],
        [Edit(("project", "budget"), None), Edit(("units", "U2", "facts", "redline"), None)],
    ]
    for edits in steps:
        versions.append(store.save(id, edits, "王工", len(versions)).stored.draft)
    assert [store.at_version(id, v) for v in range(1, len(versions) + 1)] == versions
    assert [u["id"] for u in store.at_version(id, 2)["units"]] == ["U1", "U2"]  # a removed unit comes back in its place


def test_a_deleted_project_comes_back_as_it_was(store: Store) -> None:
    id = store.create(draft(), "王工")
    store.delete(id)
    assert store.entries() == []
    assert [e.id for e in store.entries(deleted=True)] == [id]
    store.undelete(id)
    assert [e.id for e in store.entries()] == [id]
    assert store.get(id).draft == draft()


def test_a_duplicate_goes_its_own_way(store: Store) -> None:
    id = store.create(draft(), "王工")
    copy = store.duplicate(id, "副本", "李工")
    store.save(copy, [Edit(DAMAGE, "severe")], "李工", 1)
    assert value_at(store.get(id).draft, DAMAGE) is None
    assert store.get(copy).draft["project"]["name"] == "副本"


def test_what_is_not_there_is_said_to_be_missing(store: Store) -> None:
    for act in (store.get, store.version, store.delete, store.undelete):
        with pytest.raises(Missing):
            act("gone")
    with pytest.raises(Missing):
        store.save("gone", [Edit(DAMAGE, "severe")], "王工", 1)


def test_a_shape_is_kept_once_and_found_by_its_unit(store: Store) -> None:
    square = {"type": "Polygon", "coordinates": [[[116.0, 40.0], [116.1, 40.0], [116.1, 40.1], [116.0, 40.0]]]}
    name = store.put_shape(square)
    assert store.put_shape(dict(reversed(square.items()))) == name
    changed = {**draft(), "units": [{**draft()["units"][0], "geometry": name}, {**draft()["units"][1], "geometry": "units.gpkg#U2"}]}
    assert store.shapes(changed) == {"U1": square}


def test_a_result_is_kept_beside_the_digest_of_the_rule_base_that_gave_it(store: Store) -> None:
    id = store.create(draft(), "王工")
    store.keep_result(id, 1, {"version": "2026.1", "digest": "a" * 64}, {"U1": "natural"})
    store.keep_result(id, 1, {"version": "2026.1", "digest": "a" * 64}, {"U1": "other"})  # nothing new: the first stays
    store.keep_result(id, 1, {"version": "2026.2", "digest": "b" * 64}, {"U1": "assisted"})
    assert {(r.digest[0], r.summary["U1"]) for r in store.results(id)} == {("a", "natural"), ("b", "assisted")}
    assert store.results("gone") == []


def test_names_that_a_database_dislikes_are_cleaned_for_the_list_and_kept_in_the_project(store: Store) -> None:
    name = "a\x00b'; DROP TABLE projects; --<b>x</b>"
    id = store.create(draft(name), "王工")
    assert store.entries()[0].name == "ab'; DROP TABLE projects; --<b>x</b>"
    assert store.get(id).draft["project"]["name"] == name


def test_many_people_writing_at_once_lose_nothing(store: Store) -> None:
    """Eight people answer different questions of one project without ever looking: every answer is there."""
    id = store.create(draft(), "王工")
    facts = [f"fact{i}" for i in range(8)]

    def write(fact: str) -> None:
        for i in range(5):
            store.save(id, [Edit(("units", "U1", "facts", fact), i)], fact, 10_000)

    threads = [threading.Thread(target=write, args=(fact,)) for fact in facts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get(id).draft["units"][0]["facts"] == dict.fromkeys(facts, 4)
    assert store.get(id).version == 41
    assert len(store.history(id)) == 40


WRITER = """
import sys
from engine.draft import Edit
from engine.store import Store
store = Store(sys.argv[1])
for i in range(10_000):
    store.save(sys.argv[2], [Edit(("units", "U1", "facts", "slope_deg"), i)], "w", 10_000_000)
    print(i, flush=True)
"""


def test_a_server_killed_while_writing_loses_no_answer_that_it_acknowledged(store: Store) -> None:
    id = store.create(draft(), "王工")
    for _ in range(2):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, store.url, id], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert writer.stdout
        told = -1
        for line in writer.stdout:
            told = int(line)
            if told == 25:
                writer.send_signal(signal.SIGKILL)
        writer.wait()
        assert writer.returncode == -signal.SIGKILL
        kept = value_at(store.get(id).draft, ("units", "U1", "facts", "slope_deg"))
        assert kept in (told, told + 1)  # the one in the making may have come through too
        store.save(id, [Edit(("units", "U1", "facts", "slope_deg"), None)], "王工", 10_000_000)


def test_a_store_of_a_newer_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    Store(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as c:
        c.execute("UPDATE about SET value = '99'")
    with pytest.raises(Unusable) as refused:
        Store(f"sqlite:///{path}")
    assert [p.code for p in refused.value.problems] == ["E802"]
    with sqlite3.connect(path) as c:
        assert c.execute("SELECT value FROM about").fetchone() == ("99",)


@pytest.mark.parametrize("url", ["mysql://a@b/c", "nonsense", "sqlite:////proc/none/x.sqlite", "postgresql://u:secret@127.0.0.1:1/x"])
def test_a_store_that_cannot_be_opened_is_a_clear_message_without_the_password(url: str) -> None:
    with pytest.raises(Unusable) as refused:
        Store(url)
    (problem,) = refused.value.problems
    assert problem.code == "E801"
    assert "secret" not in problem.render("zh")


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(Unusable):
        Store(f"sqlite:///{path}")
    assert path.read_bytes() == b"no database at all" * 100


def test_the_store_lies_in_the_users_data_folder_unless_the_environment_names_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("SHANSHUI_STORE", raising=False)
    store = Store()
    store.create(draft(), "王工")
    store.close()
    if os.name == "posix" and sys.platform != "darwin":
        assert (tmp_path / "shanshui" / "projects.sqlite").exists()
    with sqlite3.connect(sa.make_url(store.url).database or "") as c:
        assert c.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    monkeypatch.setenv("SHANSHUI_STORE", f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert Store().entries() == []


@pytest.mark.parametrize("sample", sorted((ROOT / "tests" / "samples").glob("store_*.sql")), ids=lambda path: path.stem)
def test_a_store_of_every_earlier_format_is_brought_up_to_date(sample: Path, tmp_path: Path) -> None:
    """The samples are dumps of stores as each format wrote them; they are never changed."""
    path = tmp_path / "old.sqlite"
    with sqlite3.connect(path) as c:
        c.executescript(sample.read_text("utf-8"))
    store = Store(f"sqlite:///{path}")
    (entry,) = store.entries()
    assert (entry.name, entry.district, entry.version, entry.units) == ("北坡采石场", "门头沟区", 3, 2)
    assert value_at(store.get(entry.id).draft, DAMAGE) == "moderate"
    assert value_at(store.at_version(entry.id, 2), DAMAGE) == "severe"
    assert [(c.who, c.before, c.after) for c in store.history(entry.id, DAMAGE)] == [("李工", "severe", "moderate"), ("王工", None, "severe")]
    store.save(entry.id, [Edit(DAMAGE, "slight")], "王工", 3)
    store.close()
    with sqlite3.connect(path) as c:
        assert c.execute("SELECT value FROM about WHERE key = 'format'").fetchone() == (str(store_tables.FORMAT),)


def test_there_is_a_sample_of_every_format() -> None:
    assert [path.stem for path in sorted((ROOT / "tests" / "samples").glob("store_*.sql"))] == [f"store_{n}" for n in range(1, store_tables.FORMAT + 1)]


def test_a_unit_that_was_taken_out_comes_back_at_its_place_with_all_that_spoke_of_it(store: Store) -> None:
    units = [{"id": f"U{i}", "area_ha": 1.0, "facts": {}} for i in (1, 2, 3)]
    units[2]["downstream_of"] = ["U1"]
    id = store.create(blank("甲", "2026-03-01", "2028-12-31", units), "王工")
    before = store.get(id).draft
    store.save(id, [Edit(("units", "U1"), None), Edit(("units", "U3", "downstream_of"), None)], "王工", 1)
    store.save(id, [Edit(("units", "U2", "facts", "heritage"), True)], "李工", 2)  # and something else since
    (gone,) = removed(store.get(id).draft, store.history(id))
    store.save(id, gone.edits, "王工", 3)
    assert store.get(id).draft == apply(before, [Edit(("units", "U2", "facts", "heritage"), True)])
    assert removed(store.get(id).draft, store.history(id)) == []


def test_what_somebody_has_changed_since_is_not_taken_back_with_a_unit(store: Store) -> None:
    units = [{"id": f"U{i}", "area_ha": 1.0, "facts": {}} for i in (1, 2, 3)]
    units[2]["downstream_of"] = ["U1"]
    id = store.create(blank("甲", "2026-03-01", "2028-12-31", units), "王工")
    store.save(id, [Edit(("units", "U1"), None), Edit(("units", "U3", "downstream_of"), None)], "王工", 1)
    store.save(id, [Edit(("units", "U3", "downstream_of"), ["U2"])], "李工", 2)
    (gone,) = removed(store.get(id).draft, store.history(id))
    store.save(id, gone.edits, "王工", 3)
    assert [u["id"] for u in store.get(id).draft["units"]] == ["U1", "U2", "U3"]
    assert value_at(store.get(id).draft, ("units", "U3", "downstream_of")) == ["U2"]


def test_an_answer_into_a_deleted_project_is_kept_and_the_deletion_is_told(store: Store) -> None:
    id = store.create(blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.0, "facts": {}}]), "王工")
    store.delete(id)
    saved = store.save(id, [Edit(("units", "U1", "facts", "heritage"), True)], "李工", 1).stored
    assert saved.deleted_at and store.get(id).deleted_at
    store.undelete(id)
    assert store.get(id).deleted_at is None and value_at(store.get(id).draft, ("units", "U1", "facts", "heritage")) is True
