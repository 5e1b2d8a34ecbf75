"""Layers of units: GeoPackage, zipped Shapefile or GeoJSON into a draft with geometries, and back into a GeoPackage."""

from __future__ import annotations

import io
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from datetime import date
from math import isnan
from pathlib import Path
from typing import Any

from engine.cells import Cell
from engine.cellwise import Given, Row, answer_of, clean_number, draft_from, fact_of
from engine.draft import Draft
from engine.incoming import Incoming, refuse
from engine.knowledge import KnowledgeBase
from engine.source import Problem, Unusable

DEGREES = "EPSG:4490"  # CGCS2000, longitude and latitude
MOST_UNITS = 2_000
NAMES = {
    "id": ("id", "unit", "unit_id", "patch_id", "编号", "单元编号", "图斑编号", "图斑号"), "name": ("name", "unit_name", "名称", "单元名称", "项目名称"),
    "area_ha": ("area_ha", "面积_公顷", "面积公顷", "面积（公顷）"), "town": ("town", "街道乡镇", "乡镇", "街道"), "village": ("village", "村", "行政村"),
}  # fmt: skip


def read_units(shown: str, content: bytes, base: KnowledgeBase) -> Incoming:
    """The units of a layer with their geometries in degrees of CGCS2000.

    A column may be named as a fact, in either language; columns that mean nothing here are passed over.  Without a
    column of areas, area is measured on the ellipsoid.  Raises `Unusable`.
    """
    frame = _frame(shown, content)
    if frame.crs is None:
        raise refuse(shown, "E830")
    if not len(frame):
        raise refuse(shown, "E821")
    if len(frame) > MOST_UNITS:
        raise refuse(shown, "E831", count=len(frame), limit=MOST_UNITS)
    frame = frame.to_crs(DEGREES)
    if problems := [Problem(Cell(shown, i + 2, 1), code) for i, shape in enumerate(frame.geometry) if (code := _amiss(shape))]:
        raise Unusable(problems)
    rows = _rows(base, shown, frame)
    today = date.today()
    header = [Given(key, value, Cell(shown, 1, 1)) for key, value in (("name", Path(shown).stem or shown), ("start", f"{today.year + 1}-03-01"), ("end", f"{today.year + 3}-12-31"))]
    draft = draft_from(base, shown, header, rows)
    shapes = {unit["id"]: _rounded(shape.__geo_interface__) for unit, shape in zip(draft["units"], frame.geometry, strict=True)}
    return Incoming(draft, shapes, whole=False)


def _amiss(shape: Any) -> str:
    """What is wrong with a unit's geometry in degrees: there is none, or it lies nowhere on Earth."""
    if shape is None or shape.is_empty:
        return "E832"
    west, south, east, north = shape.bounds
    return "" if -180 <= west <= east <= 180 and -90 <= south <= north <= 90 else "E835"


def _frame(shown: str, content: bytes) -> Any:
    """The layer as a GeoDataFrame; of several layers the only one with areas."""
    import pyogrio
    from shapely.errors import ShapelyError

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"layer{Path(shown).suffix.lower()}"
        path.write_bytes(content)
        if path.suffix == ".zip":
            path = _unpacked(shown, path, Path(folder) / "unpacked")
        try:
            layers = [name for name, kind in pyogrio.list_layers(path) if "Polygon" in str(kind) or str(kind) in ("Unknown", "GeometryCollection")]
            if len(layers) != 1:
                raise refuse(shown, "E833", count=len(layers))
            if path.suffix == ".shp":
                return _shapefile(path)
            return pyogrio.read_dataframe(path, layer=layers[0])
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FieldError, ShapelyError, UnicodeDecodeError, ValueError, RuntimeError):
            raise refuse(shown, "E834") from None


def _shapefile(path: Path) -> Any:
    """Attributes as its .cpg says, else as UTF-8, else as GBK, in which most of them are written here."""
    import pyogrio

    for encoding in ([None] if path.with_suffix(".cpg").exists() else []) + ["UTF-8", "GBK"]:
        try:
            return pyogrio.read_dataframe(path, encoding=encoding)
        except UnicodeDecodeError:
            continue
    return pyogrio.read_dataframe(path, encoding="ISO-8859-1")


def _unpacked(shown: str, path: Path, folder: Path) -> Path:
    """The one Shapefile or GeoPackage in a zip file; its members were checked before, and only their last names are used."""
    folder.mkdir()
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                name = Path(member.filename.replace("\\", "/")).name
                if not member.is_dir() and Path(name).suffix.lower() in (".shp", ".shx", ".dbf", ".prj", ".cpg", ".gpkg"):
                    (folder / f"{Path(name).stem}{Path(name).suffix.lower()}").write_bytes(archive.read(member))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError):  # damaged, longer than it says, or locked by a password
        raise refuse(shown, "E811") from None
    found = [*folder.glob("*.shp"), *folder.glob("*.gpkg")]
    if len(found) != 1:
        raise refuse(shown, "E833", count=len(found))
    return found[0]


def _rows(base: KnowledgeBase, shown: str, frame: Any) -> list[Row]:
    columns: dict[str, tuple[str, Any]] = {}
    for column in frame.columns:
        if column == frame.geometry.name:
            continue
        field = next((key for key, names in NAMES.items() if str(column).strip().casefold() in names), None)
        if field:
            columns.setdefault(field, (column, None))
        elif (fact := fact_of(base, str(column))) is not None:
            columns.setdefault(fact.id, (column, fact))
    areas = _areas(frame)
    rows = []
    for i in range(len(frame)):
        fields, facts = [], []
        for key, (column, fact) in columns.items():
            value, at = frame[column].iloc[i], Cell(shown, i + 2, int(frame.columns.get_loc(column)) + 1)
            value = value.item() if hasattr(value, "item") else value
            if value is None or (isinstance(value, float) and isnan(value)) or (isinstance(value, str) and not value.strip()):
                continue
            if fact is not None:
                facts.append(Given(key, answer_of(base, fact, clean_number(value)), at))
            elif key == "area_ha":
                fields.append(Given(key, value, at))
            else:
                fields.append(Given(key, _id(value) if key == "id" else str(value).strip(), at))
        named = {g.key for g in fields}
        if "id" not in named:
            fields.insert(0, Given("id", f"U{i + 1}", Cell(shown, i + 2, 1)))
        if "area_ha" not in named:
            fields.append(Given("area_ha", areas[i], Cell(shown, i + 2, 1)))
        rows.append(Row(Cell(shown, i + 2, 1), tuple(fields), tuple(facts)))
    return rows


def _id(value: Any) -> str:
    return str(clean_number(value)).strip()


def _areas(frame: Any) -> list[float]:
    """Areas in ha on the ellipsoid of CGCS2000."""
    from pyproj import Geod

    geod = Geod(ellps="GRS80")
    return [max(0.0001, round(abs(geod.geometry_area_perimeter(shape)[0]) / 10_000, 4)) for shape in frame.geometry]


def _rounded(shape: Mapping[str, Any]) -> dict[str, Any]:
    """A geometry with coordinates to a hundred millionth of a degree, about a millimetre."""

    def rounded(part: Any) -> Any:
        return round(part, 8) if isinstance(part, float) else [rounded(p) for p in part]

    if "geometries" in shape:
        return {"type": shape["type"], "geometries": [_rounded(g) for g in shape["geometries"]]}
    return {"type": shape["type"], "coordinates": rounded(shape["coordinates"])}


def as_geopackage(draft: Draft, shapes: Mapping[str, Mapping[str, Any]], more: Mapping[str, Mapping[str, Any]] | None = None) -> bytes:
    """The units that have a geometry as a GeoPackage layer `units`; `more` gives further columns by unit."""
    import geopandas
    from shapely.geometry import shape

    rows = [
        {"id": u["id"], "name": u.get("name"), "area_ha": u["area_ha"], "town": u.get("town"), **_flat(u["facts"]), **(more or {}).get(u["id"], {}), "geometry": shape(shapes[u["id"]])}
        for u in draft["units"]
        if u["id"] in shapes
    ]
    frame = geopandas.GeoDataFrame(rows, geometry="geometry", crs=DEGREES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "units.gpkg"
        frame.to_file(path, layer="units", engine="pyogrio", driver="GPKG")
        return path.read_bytes()


def _flat(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {k: ";".join(v) or "none" if isinstance(v, list) else str(v).lower() if isinstance(v, bool) else v for k, v in facts.items()}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Files by name as one zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()
