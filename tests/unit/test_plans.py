"""Every plan of 2,000 random units keeps the standard's order, the seasons and the money, and says the truth about itself.

What is expected is worked out here from the contract, section 6: season days by plain date arithmetic on
calendar.yaml, which seasons bind from the facts, and earliest dates and slack by a scheduler that walks day by day.
Plans are read as users get them, from `plan --json`.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import pairwise, product
from typing import Any

import pytest
from support.bases import base
from support.projects import random_project

from engine.catalogue import Measure
from engine.knowledge import KnowledgeBase
from engine.plan import make_plan
from engine.project import Project, Value

STAGES = ("landform", "soil", "vegetation", "landscape", "biodiversity")
WORKS = ("stress", "function")
TIMED = ("baseline", *WORKS, "site")  # what the project's end is measured by; upkeep and monitoring follow for years
WATERBORNE = {"soil_erosion", "point_pollution", "nonpoint_pollution", "internal_pollution", "flow_deficit", "flooding"}
PROJECTS = 10  # in a batch, of ten units each: twenty batches are 2,000 units
DAY = timedelta(days=1)


@cache
def season_days(season: str, year: int) -> frozenset[date]:
    """The days of a year in a season; a range over the new year belongs to the year in which it begins."""
    entry = base().seasons[season]
    of_year, of_last_year = (entry.years.get(y, entry.dates) for y in (year, year - 1))
    days = []
    day = date(year, 1, 1)
    while day.year == year:
        today = (day.month, day.day)
        within = any(first <= today <= last for first, last in of_year if first <= last)
        begun = any(first <= today for first, last in of_year if last < first)
        going_on = any(today <= last for first, last in of_last_year if last < first)
        if within or begun or going_on:
            days.append(day)
        day += DAY
    return frozenset(days)


@cache
def open_days(opening: tuple[str, ...], closed: tuple[str, ...], year: int) -> frozenset[date]:
    """The days of a year on which works with these seasons may go on."""
    days = frozenset(date(year, 1, 1) + i * DAY for i in range(366)) - {date(year + 1, 1, 1)}
    if opening:
        days &= frozenset().union(*(season_days(season, year) for season in opening))
    return days.difference(*(season_days(season, year) for season in closed))


def closing(role: str, effects: tuple[str, ...], facts: Mapping[str, Value]) -> tuple[str, ...]:
    """The seasons that close a task, after the contract; what is not surveyed keeps a season closed, to be safe."""
    seasons: list[str] = []
    if "in_channel" in effects:
        seasons += ["flood"] if facts.get("fish_spawning") is False else ["flood", "fish_spawning"]
    if role in (*WORKS, "site") and facts.get("bird_site") is not False:
        seasons += ["bird_spring", "bird_autumn"]
    if "earthworks" in effects:
        seasons.append("frost")
    return tuple(seasons)


@dataclass(frozen=True)
class Job:
    """A task as the plan's JSON gives it, with its fact sheet and the facts of its unit."""

    json: Mapping[str, Any]
    measure: Measure | None
    effects: tuple[str, ...]
    facts: Mapping[str, Value]

    @property
    def id(self) -> str:
        return self.json["id"]

    @property
    def unit(self) -> str:
        return self.json["unit"]

    @property
    def role(self) -> str:
        return self.json["role"]

    @property
    def pausable(self) -> bool:
        return self.measure is None or self.measure.pausable

    @cached_property
    def start(self) -> date:
        return date.fromisoformat(self.json["start"])

    @cached_property
    def end(self) -> date:
        return date.fromisoformat(self.json["end"])

    @cached_property
    def periods(self) -> list[tuple[date, date]]:
        return [(date.fromisoformat(a), date.fromisoformat(b)) for a, b in self.json["periods"]]

    @property
    def days(self) -> Iterator[date]:
        """The days worked."""
        return (a + i * DAY for a, b in self.periods for i in range((b - a).days + 1))

    @cached_property
    def closed(self) -> tuple[str, ...]:
        return closing(self.role, self.effects, self.facts)

    @cached_property
    def opening(self) -> tuple[str, ...]:
        return self.measure.seasons if self.measure else ()

    def may_work(self, day: date) -> bool:
        return day in open_days(self.opening, self.closed, day.year)


@dataclass(frozen=True)
class Planned:
    """A random project with its plan, less the consultations' trails."""

    project: Project
    jobs: Mapping[str, Job]
    chosen: Mapping[str, tuple[str, ...]]  # unit → measures
    barred: Mapping[str, tuple[str, ...]]
    years: list[dict[str, Any]]
    checks: Mapping[str, tuple[str, ...]]
    unplaced: Mapping[str, str]

    def works(self, unit: str, *roles: str) -> list[Job]:
        return [j for j in self.jobs.values() if j.unit == unit and j.role in (roles or WORKS)]

    def above(self, unit: str) -> set[str]:
        """All units upstream of a unit, however far."""
        direct = self.project.units[unit].written.downstream_of
        return set(direct).union(*(self.above(u) for u in direct))


def planned(knowledge: KnowledgeBase, project: Project) -> Planned:
    plan = make_plan(knowledge, project)
    json = plan.json()
    sides = {t.id: t.effects for t in knowledge.stages.tasks}
    jobs = {}
    for t in json["tasks"]:
        measure = knowledge.measures[t["measure"]] if t["measure"] else None
        effects = measure.effects if measure else sides[t["id"].split("/")[1]]
        jobs[t["id"]] = Job(t, measure, effects, project.units[t["unit"]].facts)
    return Planned(
        project, jobs,
        {u["unit"]: tuple(m["id"] for m in u["measures"]) for u in json["units"]},
        {u["unit"]: tuple(b["id"] for b in u["barred"]) for u in json["units"]},
        json["years"], {c["id"]: tuple(c["about"]) for c in json["checks"]}, {u["id"]: u["cause"] for u in json["unplaced"]},
    )  # fmt: skip


def timed(plan: Planned) -> dict[str, Job]:
    return {id: job for id, job in plan.jobs.items() if job.role in TIMED}


# ---- what holds in every plan: each function gives what breaks the sentence that is its name


def no_function_work_begins_before_the_units_stress_works_end(plan: Planned) -> Iterator[object]:
    for unit in plan.project.units:
        for earlier, later in product(plan.works(unit, "stress"), plan.works(unit, "function")):
            if later.start <= earlier.end:
                yield earlier.id, later.id


def within_a_role_all_of_a_stage_ends_before_a_later_stage_starts(plan: Planned) -> Iterator[object]:
    for unit, role in product(plan.project.units, WORKS):
        staged = [(STAGES.index(job.json["stage"]), job) for job in plan.works(unit, role) if job.json["stage"]]
        for (a, earlier), (b, later) in product(staged, staged):
            if a < b and later.start <= earlier.end:
                yield earlier.id, later.id


def the_catalogues_own_after_holds_between_two_that_are_both_taken(plan: Planned) -> Iterator[object]:
    for job in plan.jobs.values():
        for name in job.measure.after if job.measure else ():
            earlier = plan.jobs.get(f"{job.unit}/{name}")
            if name in plan.chosen[job.unit] and (earlier is None or job.start <= earlier.end):
                yield name, job.id


def waterborne_stress_works_upstream_end_before_works_on_water_downstream_start(plan: Planned) -> Iterator[object]:
    stressed = [job for job in plan.jobs.values() if job.role == "stress" and job.measure and set(job.measure.relieves) & waterborne(job.facts)]
    for later in plan.jobs.values():
        if later.role == "function" and later.measure and (later.json["element"] in ("river", "wetland") or "poor_water_quality" in later.measure.restores):
            above = plan.above(later.unit)
            yield from ((earlier.id, later.id) for earlier in stressed if earlier.unit in above and later.start <= earlier.end)


def waterborne(facts: Mapping[str, Value]) -> set[str]:
    """The waterborne stresses that a unit has; all, to be safe, while its problems are not surveyed."""
    problems = facts.get("problems")
    return WATERBORNE & set(problems) if isinstance(problems, tuple) else WATERBORNE


def a_task_starts_after_all_that_it_waits_for(plan: Planned) -> Iterator[object]:
    for later in plan.jobs.values():
        for edge in later.json["waits_for"]:
            if edge["task"] not in plan.jobs or later.start <= plan.jobs[edge["task"]].end:
                yield later.id, edge


def every_edge_has_a_true_reason_and_a_clause(plan: Planned) -> Iterator[object]:
    for later in plan.jobs.values():
        for edge in later.json["waits_for"]:
            clauses = edge["cite"] and all(re.match(r"[45](\.\d)+( [a-h]| §\d)+$", cite) for cite in edge["cite"])
            if not clauses or not is_so(edge["because"], plan.jobs[edge["task"]], later, plan):
                yield later.id, edge


def is_so(reason: str, earlier: Job, later: Job, plan: Planned) -> bool:
    """Whether the reason given for an edge is true of its two tasks."""
    if reason == "upstream":
        return earlier.unit in plan.above(later.unit) and (earlier.role, later.role) == WORKS
    if earlier.unit != later.unit:
        return False
    if reason == "stress_first":
        return (earlier.role, later.role) == WORKS
    if reason == "stage":
        return earlier.role == later.role and STAGES.index(earlier.json["stage"]) < STAGES.index(later.json["stage"])
    if reason == "measure":
        return later.measure is not None and earlier.json["measure"] in later.measure.after
    if reason == "baseline":
        return earlier.role == "baseline" and later.role in WORKS
    return reason in ("site", "upkeep", "monitoring") and later.role == reason and earlier.role in WORKS


def the_works_are_the_chosen_measures(plan: Planned) -> Iterator[object]:
    for unit, chosen in plan.chosen.items():
        works = {id for id in (*plan.jobs, *plan.unplaced) if id.startswith(f"{unit}/") and id.split("/")[1] in base().measures}
        if works != {f"{unit}/{m}" for m in chosen}:
            yield unit, works, chosen


def nothing_barred_is_taken_unless_the_planner_added_it(plan: Planned) -> Iterator[object]:
    for unit, chosen in plan.chosen.items():
        added = {change.measure for change in plan.project.units[unit].written.add}
        if barred := set(chosen) & set(plan.barred[unit]) - added:
            yield unit, barred


def no_task_works_a_day_outside_its_seasons(plan: Planned) -> Iterator[object]:
    for job in plan.jobs.values():
        if (job.opening or job.closed) and not all(map(job.may_work, job.days)):
            yield job.id, job.periods, job.opening, job.closed


def the_windows_name_the_seasons_that_open_and_close_the_task(plan: Planned) -> Iterator[object]:
    for job in plan.jobs.values():
        windows = job.json["windows"]
        if set(windows["never"]) != set(job.closed) or tuple(windows["only"]) != job.opening or bool(job.opening) != ("plants" in job.effects):
            yield job.id, windows, job.opening, job.closed


def periods_run_from_start_to_end_and_sum_to_the_days_of_the_task(plan: Planned) -> Iterator[object]:
    for job in plan.jobs.values():
        within = (job.periods[0][0], job.periods[-1][1]) == (job.start, job.end) and all(a <= b for a, b in job.periods)
        apart = all(b + DAY < a for (_, b), (a, _) in pairwise(job.periods))  # two periods have a pause between them
        if not within or not apart or sum((b - a).days + 1 for a, b in job.periods) != job.json["days"]:
            yield job.id, job.periods


def a_task_pauses_only_while_it_is_closed(plan: Planned) -> Iterator[object]:
    for job in plan.jobs.values():
        for (_, b), (a, _) in pairwise(job.periods):
            if any(job.may_work(b + i * DAY) for i in range(1, (a - b).days)):
                yield job.id, job.periods


def a_task_that_may_not_pause_has_one_period(plan: Planned) -> Iterator[object]:
    return ((job.id, job.periods) for job in plan.jobs.values() if not job.pausable and len(job.periods) > 1)


def slack_is_never_negative_and_none_left_means_critical(plan: Planned) -> Iterator[object]:
    for job in plan.jobs.values():
        slack = job.json["slack_days"]
        follows = slack is None and job.role not in TIMED  # what comes after the works cannot delay their end
        if (not follows and (slack is None or slack < 0)) or job.json["critical"] != (slack == 0):
            yield job.id, slack, job.json["critical"]


def the_works_that_end_last_are_critical(plan: Planned) -> Iterator[object]:
    last = max(job.end for job in timed(plan).values())
    return ((job.id, job.json["slack_days"]) for job in timed(plan).values() if job.end == last and not job.json["critical"])


def the_years_costs_are_the_tasks_costs_spread_over_the_days_worked(plan: Planned) -> Iterator[object]:
    expected: dict[int, float] = defaultdict(float)
    for job in plan.jobs.values():
        for day in job.days if job.json["cost"] else ():
            expected[day.year] += job.json["cost"] / job.json["days"]
    shown = {year["year"]: year["cost"] for year in plan.years}
    # shown to the hundred yuan
    if not set(expected) <= set(shown) or any(abs(cost - expected[year]) > 0.006 for year, cost in shown.items()):
        yield shown, dict(expected)
    if abs(sum(shown.values()) - sum(job.json["cost"] or 0 for job in plan.jobs.values())) > 0.006 * len(shown):
        yield shown


def the_years_run_through_the_project_and_have_the_areas_finished_in_them(plan: Planned) -> Iterator[object]:
    header, years = plan.project.header, [year["year"] for year in plan.years]
    if years != sorted(set(years)) or not set(range(header.start.year, header.end.year + 1)) <= set(years):
        yield years
    expected: dict[int, float] = defaultdict(float)
    for unit in plan.project.units.values():
        works = plan.works(unit.id, *WORKS, "site")
        if works and not any(id.startswith(f"{unit.id}/") for id in plan.unplaced):
            expected[max(job.end for job in works).year] += unit.written.area_ha
    if any(abs(year["area_ha"] - expected[year["year"]]) > 1e-6 for year in plan.years):
        yield plan.years, dict(expected)


def works_whose_cost_is_the_offices_to_fill_are_named(plan: Planned) -> Iterator[object]:
    unknown = {job.id for job in plan.jobs.values() if job.role in WORKS and job.json["cost"] is None}
    if unknown != set(plan.checks.get("cost_unknown", ())) or any(job.id not in unknown for job in plan.jobs.values() if job.measure and job.measure.cost == "office"):
        yield unknown, plan.checks.get("cost_unknown")


def works_that_end_past_the_project_raise_after_end(plan: Planned) -> Iterator[object]:
    late = {job.id for job in timed(plan).values() if job.end > plan.project.header.end}
    if late != set(plan.checks.get("after_end", ())):
        yield late, plan.checks.get("after_end")


def what_is_left_out_is_named_and_nothing_in_the_plan_waits_for_it(plan: Planned) -> Iterator[object]:
    waited = {edge["task"] for job in plan.jobs.values() for edge in job.json["waits_for"]}
    if set(plan.unplaced) & (set(plan.jobs) | waited) or set(plan.unplaced) != set(plan.checks.get("unschedulable", ())):
        yield plan.unplaced, plan.checks.get("unschedulable")


def upkeep_and_monitoring_are_placed_whenever_the_works_are(plan: Planned) -> Iterator[object]:
    """They are years of care after the works, bound by no season; that they go on past the project's end is no reason to leave them out."""
    for id in plan.unplaced:
        unit, name = id.split("/")
        if name in ("upkeep", "monitoring") and not any(o.startswith(f"{unit}/") and o.split("/")[1] in base().measures for o in plan.unplaced):
            yield id


def season_too_short_names_only_what_a_season_binds(plan: Planned) -> Iterator[object]:
    """After the contract: a task that may not pause and fits no opening, or one whose seasons leave under 20 days a year."""
    for id in plan.checks.get("season_too_short", ()):
        unit, name = id.split("/")
        measure = base().measures.get(name)
        if measure is None or (measure.pausable and days_a_year(measure, plan.project.units[unit].facts) >= 20):
            yield id


def days_a_year(measure: Measure, facts: Mapping[str, Value]) -> int:
    return len(open_days(measure.seasons, closing(measure.role, measure.effects, facts), 2031))


HOLDS = (
    no_function_work_begins_before_the_units_stress_works_end,
    within_a_role_all_of_a_stage_ends_before_a_later_stage_starts,
    the_catalogues_own_after_holds_between_two_that_are_both_taken,
    waterborne_stress_works_upstream_end_before_works_on_water_downstream_start,
    a_task_starts_after_all_that_it_waits_for,
    every_edge_has_a_true_reason_and_a_clause,
    the_works_are_the_chosen_measures,
    nothing_barred_is_taken_unless_the_planner_added_it,
    no_task_works_a_day_outside_its_seasons,
    the_windows_name_the_seasons_that_open_and_close_the_task,
    periods_run_from_start_to_end_and_sum_to_the_days_of_the_task,
    a_task_pauses_only_while_it_is_closed,
    a_task_that_may_not_pause_has_one_period,
    slack_is_never_negative_and_none_left_means_critical,
    the_works_that_end_last_are_critical,
    the_years_costs_are_the_tasks_costs_spread_over_the_days_worked,
    the_years_run_through_the_project_and_have_the_areas_finished_in_them,
    works_whose_cost_is_the_offices_to_fill_are_named,
    works_that_end_past_the_project_raise_after_end,
    what_is_left_out_is_named_and_nothing_in_the_plan_waits_for_it,
    upkeep_and_monitoring_are_placed_whenever_the_works_are,
    season_too_short_names_only_what_a_season_binds,
)


@pytest.mark.parametrize("batch", range(20))
def test_every_plan_of_100_random_units_keeps_the_contract(batch: int) -> None:
    """One test for all sentences, since planning is what takes the time; those that are broken are listed with what breaks them."""
    rng = random.Random(f"plans {batch}")
    broken: dict[str, list[object]] = defaultdict(list)
    for number in range(PROJECTS):
        plan = planned(base(), random_project(rng, base()))
        for sentence in HOLDS:
            broken[sentence.__name__] += [(number, found) for found in sentence(plan)]
    assert {sentence: found[:3] for sentence, found in broken.items() if found} == {}


def test_the_random_plans_have_what_the_sentences_speak_of() -> None:
    """Pauses, plantings, edges of every reason, upstream waits, late ends: or the sentences above would hold of nothing."""
    rng = random.Random("plans 0")
    plans = [planned(base(), random_project(rng, base())) for _ in range(10)]
    jobs = [job for plan in plans for job in plan.jobs.values()]
    assert {edge["because"] for job in jobs for edge in job.json["waits_for"]} == {
        "stress_first", "stage", "measure", "upstream", "site", "baseline", "upkeep", "monitoring",
    }  # fmt: skip
    assert {season for job in jobs for season in (*job.closed, *job.opening)} == set(base().seasons)
    assert {job.role for job in jobs} == {*TIMED, "upkeep", "monitoring"}
    assert sum(len(job.periods) > 1 for job in jobs) > 20 and sum(not job.pausable for job in jobs) > 20
    assert sum(bool(job.json["cost"]) for job in jobs) > 10 and sum("after_end" in plan.checks for plan in plans) > 2
    assert any(set(plan.chosen[unit]) & set(plan.barred[unit]) for plan in plans for unit in plan.chosen)


# ---- what fits no season


def with_short_planting() -> KnowledgeBase:
    """The shipped knowledge base, but planting is open on ten days a year: no planting of more days fits."""
    shipped = base().seasons
    short = {
        "planting_spring": (((4, 1), (4, 10)),), "planting_rain": (((7, 1), (7, 5)),), "planting_autumn": (((11, 1), (11, 10)),),
    }  # fmt: skip
    return replace(base(), seasons={id: s.model_copy(update={"dates": short.get(id, s.dates)}) for id, s in shipped.items()})


def test_a_planting_that_fits_no_opening_is_left_out_with_all_that_waits_for_it_and_the_cause_is_told() -> None:
    knowledge = with_short_planting()
    rng = random.Random("short planting")
    seen = 0
    for _ in range(8):
        project = random_project(rng, knowledge)
        plan, whole = planned(knowledge, project), planned(base(), project)
        cause = {id for id, why in plan.unplaced.items() if why == "season_too_short"}
        too_long = {id for id, job in whole.jobs.items() if job.measure and job.opening and not job.pausable and job.json["days"] > 10}
        assert too_long <= set(plan.unplaced)
        assert cause <= set(plan.checks.get("season_too_short", ())) and set(plan.unplaced) == set(plan.checks.get("unschedulable", ()))
        for id, job in whole.jobs.items():
            waits = {edge["task"] for edge in job.json["waits_for"]}
            assert (id in plan.unplaced) == (id in too_long or bool(waits & set(plan.unplaced))), id
            assert (id in plan.jobs) != (id in plan.unplaced)
            assert plan.unplaced.get(id) in (None, "season_too_short", *waits), id
        seen += len(cause)
    assert seen > 10


# ---- earliest dates and slack, by a scheduler that walks day by day


def walk(tasks: Mapping[str, Job], start: date, not_before: Mapping[str, date]) -> dict[str, tuple[date, date]]:
    """First and last day of every task when work is done on each day on which it may be.

    Nothing is computed ahead, but for a task that may not pause: it begins only on a day from which it can run through.
    """
    waits = {id: {edge["task"] for edge in job.json["waits_for"]} for id, job in tasks.items()}
    left = {id: job.json["days"] for id, job in tasks.items()}
    began: dict[str, date] = {}
    ended: dict[str, date] = {}
    day = start
    ready = [id for id in tasks if not waits[id]]
    while len(ended) < len(tasks):
        for id in ready:
            job = tasks[id]
            if not job.may_work(day) or (id in not_before and day < not_before[id]):
                continue
            if id not in began and not job.pausable and not all(job.may_work(day + i * DAY) for i in range(left[id])):
                continue
            began.setdefault(id, day)
            left[id] -= 1
            if not left[id]:
                ended[id] = day
        if any(id in ended for id in ready):
            ready = [id for id in tasks if id not in ended and waits[id] <= ended.keys()]
        day += DAY
    return {id: (began[id], ended[id]) for id in tasks}


@cache
def small_plans() -> list[Planned]:
    """Projects of three units, planned; a walk through thousands of days is slow."""
    rng = random.Random("day by day")
    plans = (planned(base(), random_project(rng, base(), units=3)) for _ in range(36))
    return [plan for plan in plans if not plan.unplaced]


def test_every_date_is_the_earliest_that_a_walk_day_by_day_finds() -> None:
    assert len(small_plans()) >= 30
    for plan in small_plans():
        dates = walk(timed(plan), plan.project.header.start, {})
        assert dates == {id: (job.start, job.end) for id, job in timed(plan).items()}


def test_a_task_may_slip_by_its_slack_without_moving_the_end_and_by_no_more() -> None:
    rng = random.Random("slack")
    slipped = 0
    for plan in small_plans():
        tasks, start = timed(plan), plan.project.header.start
        end = max(job.end for job in tasks.values())
        for id in rng.sample(sorted(tasks), min(4, len(tasks))):
            latest = tasks[id].start + tasks[id].json["slack_days"] * DAY
            assert max(last for _, last in walk(tasks, start, {id: latest}).values()) == end, id
            assert max(last for _, last in walk(tasks, start, {id: latest + DAY}).values()) > end, id
            slipped += tasks[id].json["slack_days"] > 0
    assert slipped > 30


def test_upkeep_and_monitoring_begin_on_the_day_after_the_last_work_they_follow_and_last_whole_years() -> None:
    for plan in small_plans():
        for job in plan.jobs.values():
            if job.role in ("upkeep", "monitoring"):
                assert job.start == max(plan.jobs[e["task"]].end for e in job.json["waits_for"]) + DAY
                assert job.json["days"] % 365 == 0 and len(job.periods) == 1


def test_planning_again_gives_the_same_plan() -> None:
    rng = random.Random("again")
    for _ in range(3):
        project = random_project(rng, base(), units=4)
        assert make_plan(base(), project).json() == make_plan(base(), project).json()
