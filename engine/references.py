"""Checks between entries: every name that is used exists, and the catalogue keeps the order of the standard."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from engine.catalogue import Measure, StagesFile
from engine.messages import said
from engine.model import Fact, Zone
from engine.source import near

Report = Callable[..., None]  # (section, id, path, code, near="", **facts)
EDGE_REASONS = ("stress_first", "stage", "measure", "upstream", "site", "baseline", "upkeep", "monitoring")
STAGES = ("landform", "soil", "vegetation", "landscape", "biodiversity")
OFFICE = "office"


def check_references(parts: Mapping[str, Any], duties: Collection[str], unread: set[str], report: Report) -> None:
    """Report every use of an unknown name and every contradiction between entries.

    `unread` are the names of what is there and could not be read: nobody who uses them is to blame.  Names that are
    reported here join them, so that the rules written of an entry do not report them again.
    """

    def blame(section: str, id: str, path: tuple[str | int, ...], code: str, close: str = "", /, **facts: object) -> None:
        name = str(facts.get("answer" if code == "E302" else "name"))
        if code not in ("E302", "E315") or name not in unread:
            report(section, id, path, code, close, **facts)
        if code in ("E302", "E315"):
            reported.add(name)

    reported: set[str] = set()

    for fact in parts["facts"].values():
        _fact(fact, parts, blame)
    problems = {a.id: a.role for a in parts["facts"]["problems"].answers}
    for measure in parts["measures"].values():
        _measure(measure, parts, problems, blame)
    _cycles(parts["measures"], blame)
    for zone in parts["zones"].values():
        _zone(zone, parts, duties, blame)
    for stages in parts["stages.yaml"].values():
        _stages(stages, parts, blame)
    unread |= reported


def _known(names: Collection[str], known: Collection[str], what: str, path: tuple[str | int, ...], section: str, id: str, report: Report) -> Iterator[str]:
    for i, name in enumerate(names):
        if name in known:
            yield name
        else:
            report(section, id, (*path, i), "E315", near(name, known), name=name, what=said(f"what_{what}"))


def _fact(fact: Fact, parts: Mapping[str, Any], report: Report) -> None:
    list(_known([fact.topic], parts["topics"], "topic", ("topic",), "facts", fact.id, report))
    if fact.kind in ("one", "many") and len(fact.answers) < 2:
        report("facts", fact.id, (), "E316", id=fact.id)
    if fact.kind == "number" and (fact.min is None or fact.max is None):
        report("facts", fact.id, (), "E317", id=fact.id)
    seen: set[str] = set()
    for i, answer in enumerate(fact.answers):
        if answer.id in seen:
            report("facts", fact.id, ("answers", i), "E209", id=answer.id)
        seen.add(answer.id)


def _measure(m: Measure, parts: Mapping[str, Any], problems: Mapping[str, str | None], report: Report) -> None:
    def known(names: Collection[str], among: Collection[str], what: str, *path: str | int) -> list[str]:
        return list(_known(names, among, what, path, "measures", m.id, report))

    def wrong(code: str, *path: str | int, **facts: object) -> None:
        report("measures", m.id, path, code, id=m.id, **facts)

    for key, names, role in (("relieves", m.relieves, "stress"), ("restores", m.restores, "deficit")):
        for name in known(names, problems, "problem", key):
            if problems[name] != role:
                wrong("E318", key, names.index(name), problem=name, role=role)
    if m.role == "stress" and (not m.relieves or m.stage not in ("landform", None)):
        wrong("E319", "role")
    if m.role == "function" and (not m.restores or m.stage is None):
        wrong("E320", "role")
    opens = [s.id for s in parts["seasons"].values() if s.opens]
    known(m.seasons, opens, "season", "seasons")
    if bool(m.seasons) != ("plants" in m.effects):
        wrong("E321", "seasons")
    known([m.lead], parts["departments"], "department", "lead")
    known(m.support, parts["departments"], "department", "support")
    known(m.indicators, parts["indicators"], "indicator", "indicators")
    known([m.cost], [*parts["costs"], OFFICE], "cost", "cost")
    for earlier in known(m.after, parts["measures"], "measure", "after"):
        before = parts["measures"][earlier]
        if before.role != m.role and m.role == "stress":
            wrong("E322", "after", m.after.index(earlier), earlier=earlier)
        elif before.role == m.role and before.stage and m.stage and STAGES.index(before.stage) > STAGES.index(m.stage):
            wrong("E323", "after", m.after.index(earlier), earlier=earlier, stage=m.stage, earlier_stage=before.stage)


def _cycles(measures: Mapping[str, Measure], report: Report) -> None:
    try:
        TopologicalSorter({m.id: [a for a in m.after if a in measures] for m in measures.values()}).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        path = tuple(said("edge_after", later=later, earlier=earlier) for earlier, later in zip(cycle, cycle[1:], strict=False))
        report("measures", min(cycle), ("after",), "E324", path=path)


def _zone(zone: Zone, parts: Mapping[str, Any], duties: Collection[str], report: Report) -> None:
    for key, names, among, what in (
        ("group", [zone.group], parts["groups"], "group"),
        ("main", zone.main, parts["zone_terms"], "zone_term"),
        ("auxiliary", zone.auxiliary, parts["zone_terms"], "zone_term"),
    ):
        list(_known(names, among, what, (key,), "zones", zone.id, report))
    if "zone" in parts["facts"] and zone.id not in (ids := [a.id for a in parts["facts"]["zone"].answers]):
        report("zones", zone.id, ("id",), "E302", near(zone.id, ids), answer=zone.id, name="zone")
    seen: set[int] = set()
    for i, requirement in enumerate(zone.requirements):
        list(_known(requirement.measures, parts["measures"], "measure", ("requirements", i, "measures"), "zones", zone.id, report))
        if duties:
            list(_known(requirement.duties, duties, "duty", ("requirements", i, "duties"), "zones", zone.id, report))
        if requirement.id in seen:
            report("zones", zone.id, ("requirements", i, "id"), "E209", id=requirement.id)
        seen.add(requirement.id)
        if not requirement.measures and not requirement.duties:
            report("zones", zone.id, ("requirements", i), "E325", id=f"{zone.id} ({requirement.id})")


def _stages(stages: StagesFile, parts: Mapping[str, Any], report: Report) -> None:
    def at(*path: str | int) -> tuple[str | int, ...]:
        return path

    file = "stages.yaml"
    named = [e.id for e in stages.edges]
    for reason in EDGE_REASONS:
        if reason not in named:
            report(file, file, at("edges"), "E326", name=reason)
    list(_known([s.id for s in stages.stages], STAGES, "stage", ("stages",), file, file, report))
    for i, stage in enumerate(stages.stages):
        if stage.phase not in [p.id for p in stages.phases]:
            report(file, file, ("stages", i, "phase"), "E315", near(stage.phase, [p.id for p in stages.phases]), name=stage.phase, what=said("what_phase"))
    for i, task in enumerate(stages.tasks):
        if task.lead not in parts["departments"]:
            report(file, file, ("tasks", i, "lead"), "E315", near(task.lead, parts["departments"]), name=task.lead, what=said("what_department"))
