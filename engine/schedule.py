"""Dates: each task as early as its predecessors and its seasons let it, and what each date waited for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import networkx as nx

from engine.catalogue import Season
from engine.order import Task

YEARS_BEYOND = 10
LEAST_DAYS = 20
TIMED = ("baseline", "stress", "function", "site")  # what the end of the project is measured by
Range = tuple[date, date]


@dataclass(frozen=True)
class Wait:
    """Days on which a task could not be worked on because of a season: closed, or not yet open."""

    season: str
    closed: bool
    first: date
    last: date


@dataclass(frozen=True)
class Placed:
    """A task with its dates: first and last day, the periods worked, and the day on which it could have begun but for its seasons."""

    task: Task
    start: date
    end: date
    periods: tuple[Range, ...]
    ready: date
    binding: tuple[str, ...]  # the tasks that ended last before `ready`
    slack_days: int | None


@dataclass(frozen=True)
class Left:
    """A task that cannot be placed: its seasons are too short, ten years are too few, or it waits for `waits_for`, which cannot."""

    task: Task
    waits_for: str | None
    too_short: bool

    @property
    def cause(self) -> str:
        """The task that it waits for, `season_too_short`, or `beyond_horizon`: it would fit, but not before the calendar ends."""
        return self.waits_for or ("season_too_short" if self.too_short else "beyond_horizon")


@dataclass(frozen=True)
class Schedule:
    placed: Mapping[str, Placed]
    left: Mapping[str, Left]
    calendar: Calendar


class Calendar:
    """The days of a project from its start to ten years beyond its end, and on which of them seasons are open."""

    def __init__(self, seasons: Mapping[str, Season], start: date, end: date):
        self.seasons, self.start = seasons, start
        self.last = _years_after(end, YEARS_BEYOND)
        self.length = (self.last - start).days + 1
        self._days: dict[tuple[tuple[str, ...], tuple[str, ...]], OpenDays] = {}

    def ranges(self, season: str) -> list[Range]:
        """The ranges of a season that touch the calendar, in order."""
        found = [r for year in range(self.start.year - 1, self.last.year + 1) for r in self.seasons[season].ranges(year)]
        return sorted(r for r in found if r[1] >= self.start and r[0] <= self.last)

    def open_days(self, only: tuple[str, ...], never: tuple[str, ...]) -> OpenDays:
        """The days on which a task with these windows may be worked on."""
        key = (only, never)
        if key not in self._days:
            days = bytearray(b"\x00" if only else b"\x01") * self.length
            for season in only:
                self._mark(days, season, 1)
            for season in never:
                self._mark(days, season, 0)
            self._days[key] = OpenDays([i for i, is_open in enumerate(days) if is_open])
        return self._days[key]

    def _mark(self, days: bytearray, season: str, value: int) -> None:
        for first, last in self.ranges(season):
            a, b = max(0, (first - self.start).days), min(self.length - 1, (last - self.start).days)
            days[a : b + 1] = bytes([value]) * (b - a + 1)

    def day(self, index: int) -> date:
        return self.start + timedelta(days=index)

    def waits(self, task: Task, first: date, last: date) -> Iterator[Wait]:
        """The seasons that kept a task from being worked on between two days: those that close it, or the opening it waited for."""
        for season in task.never:
            for begin, end in self.ranges(season):
                if begin <= last and end >= first:
                    yield Wait(season, True, begin, end)
        if task.only:  # an opening that is waited for while nothing else keeps the task
            span = range((first - self.start).days, (last - self.start).days + 1)
            opened, kept = self.open_days(task.only, ()).days_in(span), self.open_days((), task.never).days_in(span)
            for since, until in _runs(i for i in span if i not in opened):
                if any(i in kept for i in range(since, until + 1)):
                    following = [(r, s) for s in task.only for r in self.ranges(s) if r[0] > self.day(until)]
                    if following:
                        (begin, end), season = min(following)
                        yield Wait(season, False, begin, end)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


class OpenDays:
    """Open days as sorted indices, with the runs that they form."""

    def __init__(self, days: list[int]):
        self.days = days

    def between(self, first: int, last: int) -> list[int]:
        return self.days[bisect_left(self.days, first) : bisect_right(self.days, last)]

    def days_in(self, span: range) -> set[int]:
        return set(self.between(span.start, span.stop - 1))

    @cached_property
    def runs(self) -> list[tuple[int, int]]:
        return list(_runs(self.days))

    def earliest(self, ready: int, length: int, pausable: bool) -> tuple[int, int] | None:
        """First and last day of the earliest placement from `ready` on."""
        if pausable:
            at = bisect_left(self.days, ready)
            return (self.days[at], self.days[at + length - 1]) if at + length <= len(self.days) else None
        for first, last in self.runs:
            begin = max(first, ready)
            if last - begin + 1 >= length:
                return begin, begin + length - 1
        return None

    def latest_start(self, deadline: int, length: int, pausable: bool) -> int | None:
        """The last day on which to begin and still end by `deadline`."""
        if pausable:
            at = bisect_right(self.days, deadline) - length
            return self.days[at] if at >= 0 else None
        for first, last in reversed(self.runs):
            end = min(last, deadline)
            if end - first + 1 >= length:
                return end - length + 1
        return None

    def too_short(self, length: int, pausable: bool, length_of_calendar: int) -> bool:
        """Whether the seasons are to blame: no opening takes a task that may not pause, or they leave too few days a year."""
        return self.too_few(length_of_calendar) or not (pausable or any(last - first + 1 >= length for first, last in self.runs))

    def too_few(self, length_of_calendar: int) -> bool:
        """Whether some full year of the calendar has under 20 open days."""
        return any(len(self.between(i, i + 364)) < LEAST_DAYS for i in range(0, length_of_calendar - 364, 365))


def _runs(days: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = None
    for day in days:
        if last is None or day != last + 1:
            if first is not None and last is not None:
                yield first, last
            first = day
        last = day
    if first is not None and last is not None:
        yield first, last


def schedule(graph: nx.DiGraph, seasons: Mapping[str, Season], start: date, end: date) -> Schedule:
    """The earliest dates of every task by one forward pass, and slack by one backward pass.

    Days worked are calendar days.  What does not fit within ten years after `end` is left out, with all that
    waits for it.
    """
    calendar = Calendar(seasons, start, end)
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    ready: dict[str, int] = {}
    left: dict[str, Left] = {}
    tasks: dict[str, Task] = dict(graph.nodes(data="task"))
    sequence = list(nx.lexicographical_topological_sort(graph))

    def short(task: Task) -> bool:
        return task.role in TIMED and calendar.open_days(task.only, task.never).too_short(task.days, task.pausable, calendar.length)

    for id in sequence:
        task = tasks[id]
        if missing := next((p for p in sorted(graph.predecessors(id)) if p in left), None):
            left[id] = Left(task, missing, short(task))
            continue
        ready[id] = max((last[p] + 1 for p in graph.predecessors(id)), default=0)
        found: tuple[int, int] | None = (ready[id], ready[id] + task.days - 1)
        if task.role in TIMED:  # upkeep and monitoring run as long as they run, in any season
            found = calendar.open_days(task.only, task.never).earliest(ready[id], task.days, task.pausable)
        if found is None:
            left[id] = Left(task, None, short(task))
        else:
            first[id], last[id] = found
    slack = _slack(graph, calendar, tasks, [id for id in sequence if id in first], first, last)
    placed = {}
    for id in first:
        task = tasks[id]
        worked = calendar.open_days(task.only, task.never).between(first[id], last[id]) if task.role in TIMED else range(first[id], last[id] + 1)
        periods = tuple((calendar.day(a), calendar.day(b)) for a, b in _runs(worked))
        binding = tuple(p for p in sorted(graph.predecessors(id)) if last[p] + 1 == ready[id])
        placed[id] = Placed(task, calendar.day(first[id]), calendar.day(last[id]), periods, calendar.day(ready[id]), binding, slack[id])
    return Schedule(placed, left, calendar)


def _slack(graph: nx.DiGraph, calendar: Calendar, tasks: Mapping[str, Task], sequence: list[str], first: Mapping[str, int], last: Mapping[str, int]) -> dict[str, int | None]:
    """By how many days each task's start may slip without delaying the end of the works; None outside them."""
    timed = [id for id in sequence if tasks[id].role in TIMED]
    finish = max((last[id] for id in timed), default=0)
    latest: dict[str, int] = {}
    slack: dict[str, int | None] = dict.fromkeys(sequence)
    for id in reversed(timed):
        task = tasks[id]
        deadline = min((latest[s] - 1 for s in graph.successors(id) if s in latest), default=finish)
        found = calendar.open_days(task.only, task.never).latest_start(deadline, task.days, task.pausable)
        latest[id] = first[id] if found is None else max(found, first[id])
        slack[id] = latest[id] - first[id]
    return slack
