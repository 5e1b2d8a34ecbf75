"""Which rows, and which conditions of theirs, any case ever uses: coverage, never rounded up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.conditions import Leaf, State, leaves
from engine.hygiene import Row, Rows
from engine.knowledge import KnowledgeBase
from engine.semantics import first_answers, holds


@dataclass(frozen=True)
class Fired:
    """Of the rows of a rule base: those that decided for some unit, and of each condition's parts whether it was seen met and unmet."""

    rows: int
    unfired: tuple[Row, ...]
    conditions: int
    half_seen: tuple[tuple[Row, Leaf], ...]

    def json(self) -> dict[str, Any]:
        rows, conditions = self.rows - len(self.unfired), self.conditions - len(self.half_seen)
        return {
            "rows": {"covered": rows, "total": self.rows, "percent": percent(rows, self.rows), "uncovered": [row.id for row in self.unfired]},
            "conditions": {"covered": conditions, "total": self.conditions, "percent": percent(conditions, self.conditions)},
        }  # fmt: skip


def percent(part: int, whole: int) -> int:
    """Whole per cent, rounded down: a hundred means all."""
    return 100 * part // whole if whole else 100


def fired(base: KnowledgeBase, rows: Rows, states: Iterable[State]) -> Fired:
    """What the units of the given states use.

    A row is used when one of its rules is true for a unit and, in a *first* table, decides.  Of a condition each part
    counts once for a written row, and is covered when it was both met and unmet.
    """
    used: set[str] = set()
    met: set[tuple[str, int]] = set()
    unmet: set[tuple[str, int]] = set()
    for state in states:
        for row in rows.rows:
            for rule in row.rules:
                if row.id not in used and holds(rule.when, state) and (row.decision.hit == "collect" or first_answers(row.decision.every_rule, state) == {rule}):
                    used.add(row.id)
                for k, leaf in enumerate(leaves(rule.when)):
                    if (row.id, k) in met and (row.id, k) in unmet:
                        continue
                    said = holds(leaf, state)
                    if said is not None:
                        (met if said else unmet).add((row.id, k))
    parts = [(row, k, leaf) for row in rows.rows for k, leaf in enumerate(leaves(row.rules[0].when))]
    half = tuple((row, leaf) for row, k, leaf in parts if (row.id, k) not in met or (row.id, k) not in unmet)
    return Fired(len(rows.rows), tuple(row for row in rows.rows if row.id not in used), len(parts), half)
