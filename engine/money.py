"""Quantities and costs, in 万元; what has no published price or no quantity stays open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from engine.catalogue import Measure
from engine.knowledge import KnowledgeBase
from engine.project_file import UnitEntry

M2_PER_HA = 10_000
HA_PER_KM2 = 100


@dataclass(frozen=True)
class Total:
    """A sum in 万元; not `whole` where a part of it is still to be filled in."""

    known: float
    whole: bool = True


def area_of(unit: UnitEntry, measure: Measure) -> float:
    """The area in ha on which a measure works: of the modes that admit it where areas are given by mode, else the unit's."""
    return sum(area for mode, area in unit.areas.items() if mode in measure.modes) or unit.area_ha


def quantity(unit: UnitEntry, measure: Measure, per: str) -> float | None:
    """How many `per` (ha, m2, km2, km, count) of the measure: as typed, else estimated from the area, else unknown."""
    typed = unit.quantities.get(measure.id, {})
    if per in ("km", "count"):
        return typed.get("length_km" if per == "km" else "count")
    hectares = typed.get("area_ha")
    if hectares is None and (m2 := typed.get("area_m2")) is not None:
        hectares = m2 / M2_PER_HA
    if hectares is None:
        hectares = area_of(unit, measure)
    return {"ha": hectares, "m2": hectares * M2_PER_HA, "km2": hectares / HA_PER_KM2}[per]


def cost_of(base: KnowledgeBase, unit: UnitEntry, measure: Measure) -> float | None:
    """The measure's cost in 万元; None where the office has to fill it in."""
    price = base.costs.get(measure.cost)
    if price is None:
        return None
    amount = quantity(unit, measure, price.per)
    return None if amount is None else round(amount * price.value, 2)


def by_year(cost: float, periods: list[tuple[date, date]]) -> Mapping[int, float]:
    """The cost spread over the years by days worked; shares add up to the cost."""
    days: dict[int, int] = {}
    for first, last in periods:
        for year in range(first.year, last.year + 1):
            begin, end = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
            days[year] = days.get(year, 0) + (end - begin + timedelta(days=1)).days
    total = sum(days.values())
    return {year: cost * n / total for year, n in days.items()}
