"""The rows of a store and what they mean: projects, changes and results, read and written within a transaction of the caller."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from engine import store_tables as t
from engine.draft import Draft, Edit, apply, position_of, value_at


@dataclass(frozen=True)
class Entry:
    """A project as the list of projects shows it; times are ISO, UTC."""

    id: str
    name: str
    district: str | None
    version: int
    changed_at: str
    changed_by: str
    units: int
    answers: int
    deleted_at: str | None


@dataclass(frozen=True)
class Stored:
    """A project as it is; `deleted_at` when somebody has taken it off the list: what is saved then is kept all the same."""

    id: str
    version: int
    draft: dict[str, Any]
    deleted_at: str | None = None


@dataclass(frozen=True)
class Change:
    """One value of a project as somebody changed it; not `applied` when it met somebody else's change and was held back."""

    id: int
    version: int
    at: str
    who: str
    path: tuple[str, ...]
    before: Any
    after: Any
    position: int | None
    applied: bool


@dataclass(frozen=True)
class Result:
    """What a rule base, told by its digest, said of one version of a project."""

    version: int
    digest: str
    knowledge: str
    at: str
    summary: dict[str, Any]


class Missing(Exception):
    """There is no such project (any more)."""


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def clean(text: str) -> str:
    """Text without control characters, which no database likes."""
    return "".join(c for c in text if c >= " " or c in "\n\t").replace("\x7f", "").strip()


def row_of(draft: Draft, at: str, who: str) -> dict[str, Any]:
    """What the row of a project says of its draft."""
    header = draft["project"]
    return {
        "name": clean(str(header["name"])), "district": header.get("district"), "document": json.dumps(draft, ensure_ascii=False),
        "changed_at": at, "changed_by": who,
    }  # fmt: skip


def read_stored(c: sa.Connection, id: str, lock: bool = False) -> Stored:
    """The project; with `lock` nobody else writes it until the transaction ends.  Raises `Missing`."""
    p = t.projects
    query = sa.select(p.c.version, p.c.document, p.c.deleted_at).where(p.c.id == id)
    row = c.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise Missing(id)
    return Stored(id, row.version, json.loads(row.document), row.deleted_at)


def changes_of(c: sa.Connection, id: str, after: int, held_back: bool = False) -> Iterator[Change]:
    """The changes after a version, the first of them first."""
    h = t.changes
    query = h.select().where(h.c.project == id, h.c.version > after).order_by(h.c.id)
    for r in c.execute(query if held_back else query.where(h.c.applied)):
        yield Change(r.id, r.version, r.at, r.who, tuple(json.loads(r.path)), json.loads(r.before), json.loads(r.after), r.position, r.applied)


def write(c: sa.Connection, stored: Stored, edits: Sequence[Edit], who: str) -> Stored:
    """Make the edits in a new version."""
    at, version = now(), stored.version + 1
    note(c, stored, edits, who, version, applied=True)
    changed = apply(stored.draft, edits)
    c.execute(t.projects.update().where(t.projects.c.id == stored.id).values(version=version, **row_of(changed, at, who)))
    return Stored(stored.id, version, changed, stored.deleted_at)


def note(c: sa.Connection, stored: Stored, edits: Sequence[Edit], who: str, version: int, applied: bool) -> None:
    """Note what is changed, by whom, and what was there before."""
    at, draft = now(), stored.draft
    for edit in edits:
        known = position_of(draft, edit.path)
        row = {"path": as_json(edit.path), "before": as_json(value_at(draft, edit.path)), "after": as_json(edit.value), "position": edit.position if known is None else known}
        c.execute(t.changes.insert().values(project=stored.id, version=version, at=at, who=who, applied=applied, **row))
        if applied:
            draft = apply(draft, [edit])


@dataclass(frozen=True)
class Removed:
    """A unit that was taken out, and the edits that bring it back, at its place and with all that spoke of it."""

    unit: dict[str, Any]
    edits: tuple[Edit, ...]


def removed(draft: Draft, history: Sequence[Change]) -> list[Removed]:
    """The units that were taken out of the draft, the last first; `history` as the store gives it, the last change first.

    What others have changed since then stays as they left it.
    """
    found: dict[str, Removed] = {}
    for change in history:
        gone = change.path[1] if len(change.path) == 2 and change.path[0] == "units" else None
        if gone is None or gone in found or not change.applied or change.after is not None or value_at(draft, change.path) is not None:
            continue
        with_it = [c for c in history if c.applied and c.version == change.version and c is not change and value_at(draft, c.path[:2]) is not None]
        edits = [Edit(change.path, change.before, change.position), *(Edit(c.path, c.before) for c in with_it if value_at(draft, c.path) == c.after)]
        found[gone] = Removed(change.before, tuple(edits))
    return list(found.values())


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
