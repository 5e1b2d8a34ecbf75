"""The catalogue as written: fact sheets of measures, the calendar, stages, costs, indicators and departments (pydantic)."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from engine.model import Cites, Effect, Entry, Layer, Mode, Named, Role, Stage, Text
from engine.source import Node


class Duration(Entry):
    """Calendar days of work: a base, so many more for a hectare, and no more than."""

    days: int = Field(ge=1)
    days_per_ha: float = Field(default=0, ge=0)
    at_most: int = Field(default=3650, ge=1)

    def of(self, area_ha: float) -> int:
        return max(1, min(self.at_most, round(self.days + self.days_per_ha * area_ha)))


class Upkeep(Entry):
    years: int = Field(ge=1)
    zh: str
    en: str


class Evidence(Entry):
    source: str
    zh: str
    en: str


class Measure(Named):
    """A measure: the rule that proposes it (`when` … `because`) and its fact sheet."""

    role: Role
    stage: Stage | None
    relieves: tuple[str, ...]
    restores: tuple[str, ...]
    modes: tuple[Mode, ...] = Field(min_length=1)
    effects: tuple[Effect, ...]
    when: Node
    layer: Layer
    cite: Cites
    because: Text
    does: Text
    fits: Text
    limits: Text
    after: tuple[str, ...]
    seasons: tuple[str, ...]
    pausable: bool
    duration: Duration
    cost: str
    lead: str
    support: tuple[str, ...]
    indicators: tuple[str, ...] = Field(min_length=1)
    upkeep: Upkeep | None
    evidence: tuple[Evidence, ...]
    element: str = ""
    disabled: bool = False

    @property
    def problems(self) -> tuple[str, ...]:
        """All problems that the measure answers."""
        return self.relieves + self.restores


class ElementFile(Entry):
    element: str
    zh: str
    en: str
    measures: tuple[Measure, ...]


_DAY = re.compile(r"^(\d\d)-(\d\d)$")


def _month_day(value: Any) -> Any:
    if isinstance(value, str) and (m := _DAY.match(value)):
        date(2024, int(m[1]), int(m[2]))
        return (int(m[1]), int(m[2]))
    raise ValueError("month-day")


MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day)]


class Season(Named):
    """Days of the year on which works of some effects may not go on (`closes`) or only may (`opens`).

    `dates` repeat every year, `years` replaces them in single years; a range may run over the new year and
    belongs to the year in which it begins.  `when` says for which units the season binds.
    """

    closes: tuple[Effect | Literal["works"], ...] = ()
    opens: tuple[Effect, ...] = ()
    dates: tuple[tuple[MonthDay, MonthDay], ...] = Field(min_length=1)
    years: dict[int, tuple[tuple[MonthDay, MonthDay], ...]] = {}
    when: Node
    layer: Layer
    cite: Cites
    because: Text
    note: Text | None = None

    def ranges(self, year: int) -> list[tuple[date, date]]:
        """The ranges that begin in the year, both ends included."""
        result = []
        for (m1, d1), (m2, d2) in self.years.get(year, self.dates):
            last_year = year + 1 if (m2, d2) < (m1, d1) else year
            result.append((_day(year, m1, d1), _day(last_year, m2, d2)))
        return result


def _day(year: int, month: int, day: int) -> date:
    """The date, with 29 February read as the last of February."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, 2, 28)


class StageEntry(Named):
    phase: str
    cite: Cites


class EdgeReason(Entry):
    """Why one task waits for another."""

    id: str
    layer: Layer
    cite: Cites
    because: Text


class Upstream(Entry):
    """Which function works of a downstream unit wait for waterborne stress works above."""

    elements: tuple[str, ...]
    restores: tuple[str, ...]


class SideTask(Named):
    """A task that stands outside the stress-first and stage rules."""

    role: Literal["baseline", "site", "upkeep", "monitoring"]
    duration: Duration | None = None
    years: dict[Mode, int] = {}
    effects: tuple[Effect, ...] = ()
    follows: tuple[Effect, ...] = ()
    lead: str
    layer: Layer
    cite: Cites
    because: Text


class StagesFile(Entry):
    phases: tuple[Named, ...]
    stages: tuple[StageEntry, ...]
    edges: tuple[EdgeReason, ...]
    upstream: Upstream
    tasks: tuple[SideTask, ...]


class Cost(Named):
    """A published unit cost: 万元 for one `per`."""

    value: float = Field(gt=0)
    per: Literal["ha", "m2", "km", "km2", "count"]
    year: int
    place: Text
    source: str
    kind: Literal["support_standard", "contract", "aggregate"]
    note: Text


class Indicator(Named):
    unit: Text
    aspect: Literal["structure", "pattern", "quality", "service", "stress", "engineering", "social", "economic"]
    measured: Text
    direction: Literal["up", "down"]
    cite: Cites
    layer: Layer


class Department(Named):
    reviews: Text
    layer: Layer
    cite: Cites
