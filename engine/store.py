"""Where projects are kept: SQLite in the user's data folder, or PostgreSQL by URL.

Every answer is written as it is given, in a transaction of its own, with who, when and the value before.  A project
has a version; whoever writes says which version was seen.  Other people's changes to other values are kept and told;
a change to the same value is held back, kept beside it, and raised as a `Conflict` for the person to settle.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from engine import store_tables as t
from engine.draft import Draft, Edit, apply, counted, overlap, value_at
from engine.source import Problem, Span, Unusable
from engine.store_rows import Change, Entry, Missing, Result, Stored, as_json, changes_of, note, now, read_stored, row_of, write

URL = "SHANSHUI_STORE"  # the environment variable that names another store


@dataclass(frozen=True)
class Saved:
    """What a save made of the project, and what others had changed since the version that was seen."""

    stored: Stored
    others: tuple[Change, ...]


class Conflict(Exception):
    """Somebody else changed the same values after they were seen: `theirs` came first, `mine` was kept but not applied."""

    def __init__(self, stored: Stored, theirs: Sequence[Change], mine: Sequence[Edit]):
        self.stored, self.theirs, self.mine = stored, tuple(theirs), tuple(mine)
        super().__init__(stored.id)


def default_url() -> str:
    """The store that the environment names, else a file in the user's data folder."""
    if named := os.environ.get(URL):
        return named
    from platformdirs import user_data_path

    return f"sqlite:///{user_data_path('shanshui', appauthor=False) / 'projects.sqlite'}"


def unusable(code: str, file: str, **facts: object) -> Unusable:
    return Unusable([Problem(Span(file), code, tuple((k, str(v)) for k, v in facts.items()))])


class Store:
    """All projects.  One object serves all threads of a process."""

    def __init__(self, url: str | None = None):
        """Open the store, made or brought up to date if need be.  Raises `Unusable` when it cannot be, or is newer than the program."""
        self.url = url or default_url()
        try:
            self.engine = _engine(self.url)
            with self.writing() as connection:
                if connection.dialect.name == "postgresql":  # two servers that start at once take turns
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(7203)"))
                found = t.format_of(connection)
                if found > t.FORMAT:
                    raise unusable("E802", self.name, format=found, known=t.FORMAT)
                if found < t.FORMAT:
                    t.migrate(connection, found)
        except (ArgumentError, NoSuchModuleError, ValueError) as error:
            raise unusable("E801", self.name, why=_first_line(error)) from None
        except (DatabaseError, sqlite3.DatabaseError, OSError) as error:
            raise unusable("E801", self.name, why=_first_line(error)) from None

    @property
    def name(self) -> str:
        """The URL as it may be shown: without a password."""
        try:
            return sa.make_url(self.url).render_as_string(hide_password=True)
        except ArgumentError:
            return URL

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that holds SQLite's one write lock from its beginning, so that what it reads stays true."""
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()

    def entries(self, deleted: bool = False) -> list[Entry]:
        """All projects, the last changed first; with `deleted` those that were deleted."""
        p = t.projects
        with self.reading() as c:
            rows = c.execute(p.select().where(p.c.deleted_at.is_not(None) if deleted else p.c.deleted_at.is_(None)).order_by(p.c.changed_at.desc(), p.c.id)).all()
        return [Entry(r.id, r.name, r.district, r.version, r.changed_at, r.changed_by, *counted(json.loads(r.document)), r.deleted_at) for r in rows]

    def get(self, id: str) -> Stored:
        """The project; raises `Missing`."""
        with self.reading() as c:
            return read_stored(c, id)

    def version(self, id: str) -> int:
        """The version only, to see whether anything has changed; raises `Missing`."""
        with self.reading() as c:
            found = c.execute(sa.select(t.projects.c.version).where(t.projects.c.id == id)).scalar()
        if found is None:
            raise Missing(id)
        return int(found)

    def create(self, draft: Draft, who: str) -> str:
        """Keep a new project; returns its id."""
        id, at = uuid.uuid4().hex[:12], now()
        with self.writing() as c:
            c.execute(t.projects.insert().values(id=id, version=1, created_at=at, created_by=who, deleted_at=None, **row_of(draft, at, who)))
        return id

    def save(self, id: str, edits: Iterable[Edit], who: str, seen: int) -> Saved:
        """Make the edits, one change each, in one new version.

        Raises `Conflict` when one of the paths was changed otherwise after version `seen`, and `Missing`.
        """
        conflict = None
        with self.writing() as c:
            stored = read_stored(c, id, lock=True)
            wanted = [e for e in edits if value_at(stored.draft, e.path) != e.value]
            others = tuple(changes_of(c, id, after=seen))
            theirs = [o for o in others if any(overlap(o.path, e.path) for e in wanted)]
            if theirs:
                note(c, stored, wanted, who, stored.version, applied=False)
                conflict = Conflict(stored, theirs, wanted)
            elif wanted:
                stored = write(c, stored, wanted, who)
        if conflict:
            raise conflict
        return Saved(stored, others)

    def history(self, id: str, prefix: tuple[str, ...] = ()) -> list[Change]:
        """Every change, the last first, held-back ones too; of one value or section when a path is named."""
        with self.reading() as c:
            found = list(changes_of(c, id, after=0, held_back=True))
        return [change for change in reversed(found) if overlap(change.path, prefix)]

    def at_version(self, id: str, version: int) -> dict[str, Any]:
        """The draft as it was in an earlier version; raises `Missing`."""
        with self.reading() as c:
            draft: dict[str, Any] = read_stored(c, id).draft
            for change in reversed(list(changes_of(c, id, after=version))):
                draft = apply(draft, [Edit(change.path, change.before, change.position)])
        return draft

    def duplicate(self, id: str, name: str, who: str) -> str:
        return self.create(apply(self.get(id).draft, [Edit(("project", "name"), name)]), who)

    def delete(self, id: str) -> None:
        """Take the project off the list; `undelete` brings it back as it was."""
        self._mark(id, now())

    def undelete(self, id: str) -> None:
        self._mark(id, None)

    def _mark(self, id: str, deleted_at: str | None) -> None:
        with self.writing() as c:
            if not c.execute(t.projects.update().where(t.projects.c.id == id).values(deleted_at=deleted_at)).rowcount:
                raise Missing(id)

    def keep_result(self, id: str, version: int, knowledge: Mapping[str, str], summary: Mapping[str, Any]) -> None:
        """Keep what the rule base (`version` and `digest`) said of a version; the first time counts."""
        r = t.results
        key = {"project": id, "version": version, "digest": knowledge["digest"]}
        with self.writing() as c:
            if c.execute(sa.select(r.c.at).filter_by(**key)).first() is None:
                c.execute(r.insert().values(**key, knowledge=knowledge["version"], at=now(), summary=as_json(summary)))

    def results(self, id: str) -> list[Result]:
        """The results kept of a project, the last version first."""
        r = t.results
        with self.reading() as c:
            rows = c.execute(r.select().where(r.c.project == id).order_by(r.c.version.desc(), r.c.at.desc())).all()
        return [Result(row.version, row.digest, row.knowledge, row.at, json.loads(row.summary)) for row in rows]

    def put_shape(self, geometry: Mapping[str, Any]) -> str:
        """Keep a GeoJSON geometry (degrees, CGCS2000); returns the id that a unit's `geometry` carries, the same for the same shape."""
        text = json.dumps(geometry, sort_keys=True, separators=(",", ":"))
        id = hashlib.sha256(text.encode()).hexdigest()[:20]
        with self.writing() as c:
            if c.execute(sa.select(t.shapes.c.id).where(t.shapes.c.id == id)).first() is None:
                c.execute(t.shapes.insert().values(id=id, geometry=text))
        return f"store:{id}"

    def shapes(self, draft: Draft) -> dict[str, dict[str, Any]]:
        """The geometries of a draft's units, by unit."""
        ids = {u["id"]: u["geometry"].removeprefix("store:") for u in draft.get("units", ()) if str(u.get("geometry", "")).startswith("store:")}
        if not ids:
            return {}
        with self.reading() as c:
            found = {r.id: r.geometry for r in c.execute(t.shapes.select().where(t.shapes.c.id.in_(set(ids.values()))))}
        return {unit: json.loads(found[id]) for unit, id in ids.items() if id in found}


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "postgresql":
        return sa.create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=10, max_overflow=20, connect_args={"connect_timeout": 10})
    if parsed.get_backend_name() != "sqlite":
        raise ValueError(parsed.get_backend_name())
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": 20})

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, not where the driver guesses
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # an answer that was taken stays, also when the power fails
        connection.execute("PRAGMA foreign_keys=ON")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine


def _first_line(error: BaseException) -> str:
    cause = error.orig if isinstance(error, OperationalError | DatabaseError) and error.orig else error
    return (str(cause).strip().splitlines() or [type(cause).__name__])[0][:200]
