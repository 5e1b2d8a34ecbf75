"""The store's tables, and how an older store becomes one of today's format."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Boolean, Column, Connection, ForeignKey, Index, Integer, MetaData, String, Table, Text, inspect, select

metadata = MetaData()

about = Table("about", metadata, Column("key", String(40), primary_key=True), Column("value", Text, nullable=False))

projects = Table(
    "projects", metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("district", Text),
    Column("document", Text, nullable=False),  # the draft as JSON
    Column("version", Integer, nullable=False),
    Column("created_at", String(30), nullable=False),
    Column("created_by", Text, nullable=False),
    Column("changed_at", String(30), nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("deleted_at", String(30)),
)  # fmt: skip

changes = Table(
    "changes", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("project", String(32), ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),  # the version that the change made, or met when it was held back
    Column("at", String(30), nullable=False),
    Column("who", Text, nullable=False),
    Column("path", Text, nullable=False),  # JSON, as are the two values
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("position", Integer),
    Column("applied", Boolean, nullable=False),
    Index("changes_by_project", "project", "version"),
)  # fmt: skip

shapes = Table("shapes", metadata, Column("id", String(64), primary_key=True), Column("geometry", Text, nullable=False))

results = Table(
    "results", metadata,
    Column("project", String(32), ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", String(64), primary_key=True),  # of the rule base that gave the result
    Column("knowledge", String(40), nullable=False),
    Column("at", String(30), nullable=False),
    Column("summary", Text, nullable=False),
)  # fmt: skip

TABLES = (projects, changes, shapes, results)  # in the order in which rows may be put in


def _first(connection: Connection) -> None:
    metadata.create_all(connection, [about, projects, changes, shapes])


def _second(connection: Connection) -> None:
    metadata.create_all(connection, [results])


# Step n makes a store of format n out of one of format n - 1; a step is never changed once it was released.
STEPS: tuple[Callable[[Connection], None], ...] = (_first, _second)
FORMAT = len(STEPS)


def format_of(connection: Connection) -> int:
    """The format of the store behind a connection, 0 when it is empty."""
    if not inspect(connection).has_table("about"):
        return 0
    return int(connection.execute(select(about.c.value).where(about.c.key == "format")).scalar_one())


def migrate(connection: Connection, found: int) -> None:
    """Bring a store of an older format up to today's, all in the caller's transaction."""
    for step in STEPS[found:]:
        step(connection)
    connection.execute(about.delete().where(about.c.key == "format"))
    connection.execute(about.insert().values(key="format", value=str(FORMAT)))
