"""The units' boundaries as a small map shows them: flat, north up, no finer than can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians
from typing import Any

FINE = 1500  # steps across the map; what is smaller cannot be seen


@dataclass(frozen=True)
class Outline:
    """A boundary as a GeoJSON geometry on a plane (x to the east, y to the north, one scale for both), and a point inside it for its label."""

    shape: Mapping[str, Any]
    label: tuple[float, float]


def outlines(shapes: Mapping[str, Mapping[str, Any]]) -> dict[str, Outline]:
    """The boundaries of units (GeoJSON, degrees), by unit."""
    import shapely
    from shapely.geometry import mapping, shape

    found = {id: shapely.make_valid(shape(one)) for id, one in shapes.items()}
    if not found:
        return {}
    west, south, east, north = shapely.total_bounds(list(found.values()))
    narrow = cos(radians((south + north) / 2))  # a degree to the east is shorter than one to the north
    step = max((east - west) * narrow, north - south) / FINE
    drawn = {}
    for id, one in found.items():
        flat = shapely.transform(one, lambda points: points * (narrow, 1.0)).simplify(step)
        inside = flat.representative_point()
        drawn[id] = Outline(mapping(flat), (inside.x, inside.y))
    return drawn
