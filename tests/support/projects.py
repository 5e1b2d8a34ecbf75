"""Random projects: units in chains and trees of rivers, of many sizes, with quantities and areas by mode now and then.

They are written down and read as a file is, so that a project of a test is one that a user can have.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from engine.knowledge import KnowledgeBase
from engine.model import MODES
from engine.project import Project, Unit, project_of
from engine.source import Source, parse
from support.units import random_unit


def project(base: KnowledgeBase, units: list[Mapping[str, Any]], start: date, end: date, **header: Any) -> Project:
    """The project of units as contract section 2 writes them."""
    written = {"format": 1, "project": {"name": "小例", "start": start.isoformat(), "end": end.isoformat()} | header, "units": units}
    source = Source("project.yaml", json.dumps(written, ensure_ascii=False))
    return project_of(source, parse(source), base)


def random_project(rng: random.Random, base: KnowledgeBase, units: int = 10, unknown: float = 0.08) -> Project:
    """A project that starts on any day of the year; few facts are unknown, since open conclusions make no tasks."""
    start = date(rng.randint(2019, 2031), 1, 1) + timedelta(days=rng.randrange(365))
    ids = [f"U{i}" for i in range(units)]
    written = [_written(rng, base, random_unit(rng, base, unknown), id, _upstream(rng, ids[:i])) for i, id in enumerate(ids)]
    return project(base, written, start, start + timedelta(days=rng.randint(0, 5 * 365)))


def _upstream(rng: random.Random, above: list[str]) -> list[str]:
    """The unit just before, some unit before, two of them, or none: chains, trees and confluences."""
    if not above or rng.random() < 0.25:
        return []
    if rng.random() < 0.5:
        return [above[-1]]
    return rng.sample(above, min(len(above), rng.randint(1, 2)))


def _written(rng: random.Random, base: KnowledgeBase, unit: Unit, id: str, above: list[str]) -> dict[str, Any]:
    area = round(10 ** rng.uniform(-1, 3), 2)
    written: dict[str, Any] = {"id": id, "area_ha": area, "downstream_of": above, "facts": dict(unit.facts)}
    for act in ("decide", "add", "drop"):
        if acted := getattr(unit.written, act):
            written[act] = [change.model_dump() for change in acted] if act != "decide" else acted.model_dump(exclude_none=True)
    if rng.random() < 0.2:
        part = round(area * rng.uniform(0.1, 0.9), 3)
        first, second = rng.sample(MODES, 2)
        written["areas"] = {first: part, second: round(area - part, 3)}
    if rng.random() < 0.3:
        priced = [m.id for m in base.measures.values() if m.cost in base.costs]
        written["quantities"] = {m: {rng.choice(["area_ha", "area_m2", "length_km"]): round(rng.uniform(1, 500), 2)} for m in rng.sample(priced, 3)}
    return written
