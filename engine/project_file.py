"""What a project file may hold, as written (contract: format 1)."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from engine.model import Entry, Mode
from engine.source import Node

FORMAT = 1
FIRST_YEAR, LAST_YEAR = 1900, 2199  # further off there are no calendars to plan by, and dates end


def _day(value: Any) -> datetime.date:
    """A date as year-month-day and nothing else: no times, no bare numbers."""
    try:
        day = value if type(value) is datetime.date else datetime.date.fromisoformat(value if len(value) == 10 else "")
    except (TypeError, ValueError):
        raise PydanticCustomError("a_date", "a date") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise PydanticCustomError("far_away", "too far away", {"min": f"{FIRST_YEAR}-01-01", "max": f"{LAST_YEAR}-12-31"})
    return day


Day = Annotated[datetime.date, BeforeValidator(_day)]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Grade = Literal["none", "slight", "moderate", "severe"]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class Header(Entry):
    name: str = Field(min_length=1)
    district: str | None = None
    start: Day
    end: Day
    budget: dict[Year, NotNegative] = {}
    crews: dict[str, Annotated[int, Field(ge=0)]] = {}


class AnswerSource(Entry):
    """Where an answer comes from."""

    source: str | None = None
    date: Day | None = None
    by: str | None = None
    note: str | None = None


class Decide(Entry):
    mode: Mode | None = None
    damage: str | None = None
    because: str = Field(min_length=1)


class Change(Entry):
    measure: str
    because: str = Field(min_length=1)


class Register(Entry):
    subproject: str | None = None
    department: str | None = None
    owner: str | None = None
    funds: dict[str, NotNegative] = {}
    progress: str | None = None


class UnitEntry(Entry):
    id: str = Field(pattern=r"^[^\s/\\,:]+$")
    name: str | None = None
    area_ha: Positive
    areas: dict[Mode, Positive] = {}
    town: str | None = None
    village: str | None = None
    geometry: str | None = None
    downstream_of: tuple[str, ...] = ()
    facts: Node
    parked: dict[str, Any] = {}
    attributes: dict[str, Grade] = {}
    sources: dict[str, AnswerSource] = {}
    quantities: dict[str, dict[str, Positive]] = {}
    decide: Decide | None = None
    add: tuple[Change, ...] = ()
    drop: tuple[Change, ...] = ()
    registered: Register | None = Field(default=None, alias="register")


class SurveyStatus(Entry):
    """How far an item of the basic survey (5.2.2) has got."""

    status: Literal["at_hand", "partial", "missing"]
    source: str | None = None
    date: Day | None = None
    note: str | None = None


class Target(Entry):
    """A performance indicator with its baseline and the values aimed at, by year; for one unit or the whole project."""

    indicator: str
    unit: str | None = None
    baseline: float | None = None
    baseline_year: Year | None = None
    source: str | None = None
    targets: dict[Year, float] = {}


class Reading(Entry):
    """An indicator as monitoring found it on a day."""

    indicator: str
    unit: str | None = None
    date: Day
    value: float
    source: str | None = None


class ProjectFile(Entry):
    format: int = Field(default=FORMAT, ge=1)
    project: Header
    units: tuple[UnitEntry, ...] = Field(min_length=1)
    survey: dict[str, SurveyStatus] = {}
    diagnosis: dict[str, str] = {}
    goals: dict[str, str] = {}
    targets: tuple[Target, ...] = ()
    readings: tuple[Reading, ...] = ()
