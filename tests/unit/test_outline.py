"""Boundaries on the small map: one scale in both directions, a label inside, nothing finer than can be seen."""

from __future__ import annotations

from math import cos, pi, radians, sin

import pytest
from shapely.geometry import Point, shape

from engine.outline import FINE, outlines


def ring(x: float, y: float, size: float, corners: int) -> dict[str, object]:
    points = [(x + size / cos(radians(y)) * cos(2 * pi * k / corners), y + size * sin(2 * pi * k / corners)) for k in range(corners)]
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def test_what_is_round_in_the_field_is_round_on_the_map() -> None:
    left, low, right, high = shape(outlines({"a": ring(116.0, 40.0, 0.01, 60)})["a"].shape).bounds
    assert (right - left) / (high - low) == pytest.approx(1, rel=0.01)


def test_every_label_lies_inside_its_unit_even_in_a_horseshoe() -> None:
    horseshoe = {"type": "Polygon", "coordinates": [[[116, 40], [116.3, 40], [116.3, 40.3], [116.2, 40.3], [116.2, 40.05], [116.1, 40.05], [116.1, 40.3], [116, 40.3], [116, 40]]]}
    two = {"type": "MultiPolygon", "coordinates": [ring(117.0, 40.0, 0.01, 8)["coordinates"], ring(117.5, 40.0, 0.02, 8)["coordinates"]]}
    for outline in outlines({"a": horseshoe, "b": two}).values():
        assert shape(outline.shape).contains(Point(outline.label))


def test_a_boundary_of_a_hundred_thousand_points_is_drawn_with_a_few() -> None:
    (drawn,) = outlines({"a": ring(116.0, 40.0, 0.01, 100_000)}).values()
    assert len(drawn.shape["coordinates"][0]) < FINE
    assert shape(drawn.shape).area == pytest.approx(pi * 0.01**2, rel=0.01)


def test_without_boundaries_there_is_nothing_to_draw() -> None:
    assert outlines({}) == {}
