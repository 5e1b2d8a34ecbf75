"""Layers of units as planners bring them to the desk."""

from __future__ import annotations

import tempfile
from pathlib import Path

import geopandas
from shapely.geometry import box

from engine.geo import zipped

SQUARES = {"图斑编号": ["甲1", "甲2"], "name": ["北坡", "<b>南坡</b>"], "redline": ["outside", "红线内其他区域"], "ecosystems": ["mine;grassland", None], "slope_deg": [35.0, None]}


def layer(driver: str, crs: str | None = "EPSG:4548", encoding: str | None = None, cpg: bool = True) -> bytes:
    shapes = [box(440_000, 4_420_000, 440_300, 4_420_300), box(440_400, 4_420_000, 440_500, 4_420_100)]
    columns = {"code" if k == "图斑编号" and driver != "GPKG" else k: v for k, v in SQUARES.items()}
    if driver != "GPKG":
        columns["编号"] = columns.pop("code")
    frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs=crs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("units.gpkg" if driver == "GPKG" else "units.shp")
        frame.to_file(path, driver=driver, engine="pyogrio", **({"encoding": encoding} if encoding else {}))
        if driver == "GPKG":
            return path.read_bytes()
        return zipped({f"图层/{p.name}": p.read_bytes() for p in Path(folder).iterdir() if cpg or p.suffix != ".cpg"})
