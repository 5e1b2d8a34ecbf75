"""Two results side by side: only what differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.consult import MEASURES, Consultation
from engine.plan import Plan
from engine.trail import UNKNOWN


@dataclass(frozen=True)
class Changed:
    """A conclusion with one answer that became another; `unknown` while it is open."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Members:
    """What joined and what left a list: measures, flags, duties …"""

    name: str
    joined: tuple[str, ...]
    left: tuple[str, ...]


@dataclass(frozen=True)
class Contrast:
    """What differs between two consultations of a unit."""

    conclusions: tuple[Changed, ...]
    lists: tuple[Members, ...]

    def __bool__(self) -> bool:
        return bool(self.conclusions or self.lists)


@dataclass(frozen=True)
class Figure:
    """A figure of a plan in both; None where there is none."""

    name: str
    before: Any
    after: Any


def contrast(before: Consultation, after: Consultation) -> Contrast:
    """What differs between two consultations."""
    decisions = [d for d in before.base.decisions.values() if d.public]
    changed = tuple(
        Changed(d.id, was, now) for d in decisions if d.hit == "first" and (was := before.conclusions.get(d.id, UNKNOWN)) != (now := after.conclusions.get(d.id, UNKNOWN))
    )
    names = [MEASURES, "flags", *(d.id for d in decisions if d.hit == "collect")]
    lists = []
    for name in names:
        was, now = before.settled(name), after.settled(name)
        joined, left = tuple(a for a in now if a not in was), tuple(a for a in was if a not in now)
        if joined or left:
            lists.append(Members(name, joined, left))
    return Contrast(changed, tuple(lists))


def figures(before: Plan, after: Plan) -> list[Figure]:
    """The end of the works, the cost and the number of tasks of two plans, where they differ."""
    return [Figure(name, a, b) for (name, a), (_, b) in zip(_figures(before), _figures(after), strict=True) if a != b]


def _figures(plan: Plan) -> Iterator[tuple[str, Any]]:
    figures = summary(plan)
    yield from (("h_end", figures["end"]), ("h_cost", figures["cost"]), ("h_task", figures["tasks"]))


def summary(plan: Plan) -> dict[str, Any]:
    """A plan in a few figures, to be kept beside its rule base: per unit mode, measures and flags; the end of the works; cost in 万元; tasks."""
    works = [p for p in plan.tasks if p.slack_days is not None]
    return {
        "units": {
            id: {"mode": c.conclusions.get("mode"), "measures": c.settled(MEASURES), "flags": c.settled("flags"), "open": [o.conclusion for o in c.open]}
            for id, c in plan.consultations.items()
        },
        "end": max((p.end.isoformat() for p in works), default=None),
        "cost": round(sum(y.cost for y in plan.years), 2),
        "tasks": len(plan.tasks),
    }  # fmt: skip

