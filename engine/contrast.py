"""Two results side by side: only what differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.consult import LISTED, MEASURES, Consultation, wanted

if TYPE_CHECKING:
    from engine.plan import Plan


@dataclass(frozen=True)
class Outcome:
    """One conclusion of a unit: its settled answers and those still possible."""

    settled: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()

    def json(self) -> dict[str, list[str]]:
        return {"settled": list(self.settled), "possible": list(self.possible)}


@dataclass(frozen=True)
class Moved:
    """A conclusion on which two consultations differ; `name` is the decision's id."""

    name: str
    before: Outcome
    after: Outcome

    @property
    def joined(self) -> tuple[str, ...]:
        """The answers that became settled."""
        return tuple(a for a in self.after.settled if a not in self.before.settled)

    @property
    def left(self) -> tuple[str, ...]:
        """The answers that are settled no more."""
        return tuple(a for a in self.before.settled if a not in self.after.settled)

    def json(self) -> dict[str, Any]:
        """`conclusion` is the name that `open` gives it."""
        return {"conclusion": LISTED.get(self.name, self.name), "before": self.before.json(), "after": self.after.json()}


def moved(before: Consultation, after: Consultation) -> list[Moved]:
    """The conclusions on which two consultations differ, in what is settled or in what is possible.

    They may rest on different rule bases: a conclusion that one of them has not is one without answers there.
    """
    names = dict.fromkeys((*wanted(before.base), *wanted(after.base)))
    found = (Moved(name, _outcome(before, name), _outcome(after, name)) for name in names)
    return [m for m in found if m.before != m.after]


def _outcome(c: Consultation, name: str) -> Outcome:
    return Outcome(tuple(c.settled(name)), tuple(c.possible(name))) if name in wanted(c.base) else Outcome()


@dataclass(frozen=True)
class Figure:
    """A figure of a plan in both; None where there is none."""

    name: str
    before: Any
    after: Any


def figures(before: Plan, after: Plan) -> list[Figure]:
    """The end of the works, the cost and the number of tasks of two plans, where they differ."""
    return [Figure(name, a, b) for (name, a), (_, b) in zip(_figures(before), _figures(after), strict=True) if a != b]


def _figures(plan: Plan) -> Iterator[tuple[str, Any]]:
    figures = summary(plan)
    yield from (("h_end", figures["end"]), ("h_cost", plan.total), ("h_task", figures["tasks"]))


def summary(plan: Plan) -> dict[str, Any]:
    """A plan in a few figures, to be kept beside its rule base: per unit mode, measures and flags; the end of the works; cost in 万元, and whether that is all of it; tasks."""
    works = [p for p in plan.tasks if p.slack_days is not None]
    return {
        "units": {
            id: {"mode": c.conclusions.get("mode"), "measures": c.settled(MEASURES), "flags": c.settled("flags"), "open": [o.conclusion for o in c.open]}
            for id, c in plan.consultations.items()
        },
        "end": max((p.end.isoformat() for p in works), default=None),
        "cost": plan.total.known,
        "cost_whole": plan.total.whole,
        "tasks": len(plan.tasks),
    }  # fmt: skip
