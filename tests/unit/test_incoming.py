"""Whatever comes to the desk either becomes a draft or is refused with its place; nothing in a file can hurt."""

from __future__ import annotations

import io
import json
import struct
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas
import pytest
import yaml
from openpyxl import load_workbook
from support.bases import base
from support.files import layer

from engine.cases import case_folders
from engine.draft import blank, counted, project_from, without_places
from engine.forms import write_form
from engine.geo import as_geopackage, zipped
from engine.incoming import Incoming, as_json, as_yaml, read_incoming
from engine.plan import make_plan
from engine.project import read_project
from engine.project_file import FORMAT
from engine.source import Unusable

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
CASES = sorted(case_folders().items())


def taken(name: str, content: bytes) -> Incoming:
    return read_incoming(name, content, base())


def refused(name: str, content: bytes) -> list[str]:
    """Code and place of every problem."""
    with pytest.raises(Unusable) as unusable:
        taken(name, content)
    assert all(p.render(lang) for p in unusable.value.problems for lang in ("zh", "en"))
    return [f"{p.at} {p.code}" for p in unusable.value.problems]


@pytest.mark.parametrize(("name", "folder"), CASES, ids=[name for name, _ in CASES])
def test_every_project_comes_in_and_goes_out_as_it_was(name: str, folder: Path) -> None:
    draft = taken("project.yaml", (folder / "project.yaml").read_bytes()).draft
    project = read_project(folder / "project.yaml", base())
    again = project_from(base(), draft)
    assert {id: dict(u.facts) for id, u in again.units.items()} == {id: dict(u.facts) for id, u in project.units.items()}
    dumps = [{k: v for k, v in u.written.model_dump().items() if k != "facts"} for p in (again, project) for u in p.units.values()]
    assert dumps[: len(dumps) // 2] == dumps[len(dumps) // 2 :]
    assert taken("x.yaml", as_yaml(draft).encode()).draft == draft
    assert taken("x.json", as_json(draft).encode()).draft == draft


@pytest.mark.parametrize(("name", "folder"), CASES, ids=[name for name, _ in CASES])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_project_goes_through_the_excel_form(name: str, folder: Path, lang: str) -> None:
    draft = taken("project.yaml", (folder / "project.yaml").read_bytes()).draft
    again = taken("form.xlsx", write_form(base(), draft, lang)).draft
    assert [(u["id"], u["facts"], u["area_ha"], u.get("town"), u.get("downstream_of")) for u in again["units"]] == [
        (u["id"], u["facts"], u["area_ha"], u.get("town"), u.get("downstream_of")) for u in draft["units"]
    ]
    assert {k: again["project"].get(k) for k in ("name", "district", "start", "end")} == {k: draft["project"].get(k) for k in ("name", "district", "start", "end")}


def test_what_is_not_surveyed_stays_so_and_an_empty_list_stays_a_survey_that_found_nothing() -> None:
    draft = blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.5, "facts": {"damage": "unknown", "problems": [], "heritage": False}}])
    assert taken("x.yaml", as_yaml(draft).encode()).draft == draft
    assert taken("x.xlsx", write_form(base(), draft, "zh")).draft == draft


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_a_project_file_and_a_form_of_every_earlier_format_come_in_as_they_were_meant(number: int) -> None:
    """The samples are files as each format wrote them; they are never changed."""
    draft = taken("project.yaml", (SAMPLES / f"project_{number}.yaml").read_bytes()).draft
    first, second = draft["units"]
    assert draft["format"] == FORMAT and draft["project"]["budget"] == {"2026": 100.0, "2027": 250.5}
    assert (first["facts"]["damage"], first["facts"]["recovery"], first["facts"]["slope_deg"], first["facts"]["heritage"]) == ("severe", "unknown", 55.0, False)
    assert (first["parked"], first["decide"]["mode"], first["sources"]["damage"]["by"]) == ({"hazard": "high"}, "assisted", "王工")
    assert (second["downstream_of"], second["attributes"]["desirable_plants"]) == (["U1"], "moderate")
    assert (draft["survey"]["nature"]["status"], draft["targets"][0]["targets"], draft["readings"][0]["value"]) == ("partial", {"2028": 9.0}, 4.5)
    assert len(make_plan(base(), project_from(base(), draft)).tasks) > 5
    form = taken("form.xlsx", (SAMPLES / f"form_{number}.xlsx").read_bytes()).draft
    assert [(u["id"], u["area_ha"], u["facts"]) for u in form["units"]] == [(u["id"], u["area_ha"], {**u["facts"], **u.get("parked", {})}) for u in draft["units"]]


def form(**cells: Any) -> bytes:
    """The form of one unit with cells of the sheet `units` set anew; `B2_` sets one of the sheet `project`."""
    draft = blank("甲", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 1.5, "facts": {"redline": "outside"}}])
    book = load_workbook(io.BytesIO(write_form(base(), draft, "zh")))
    for place, value in cells.items():
        book["project" if place.endswith("_") else "units"][place.rstrip("_")] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


COLUMN = {str(cell.value): cell.column_letter for cell in load_workbook(io.BytesIO(form()))["units"][1]}


def test_the_forms_problems_are_told_cell_by_cell() -> None:
    cells = {f"{COLUMN['damage']}3": "很重", f"{COLUMN['slope_deg']}3": 95, f"{COLUMN['area_ha']}3": "=1+1", "C3_": "哪天"}
    assert refused("表.xlsx", form(**cells)) == [f"表.xlsx!units!{COLUMN['area_ha']}3 E654"]
    cells.pop(f"{COLUMN['area_ha']}3")
    found = refused("表.xlsx", form(**cells))
    assert f"表.xlsx!units!{COLUMN['damage']}3 E302" in found
    assert f"表.xlsx!units!{COLUMN['slope_deg']}3 E401" in found
    assert any(place.startswith("表.xlsx!project!C3 ") for place in found)


def test_a_form_takes_names_ids_several_answers_and_dates() -> None:
    given = {"problems": "水土流失；geohazard、面源污染", "heritage": "是", "zone": "I-2-2", "bird_site": "尚未调查"}
    draft = taken("表.xlsx", form(**{f"{COLUMN[name]}3": value for name, value in given.items()}, C3_=datetime(2027, 3, 1))).draft
    facts = draft["units"][0]["facts"]
    assert facts == {"redline": "outside", "problems": ["geohazard", "soil_erosion", "nonpoint_pollution"], "heritage": True, "zone": "I-2-2", "bird_site": "unknown"}
    assert draft["project"]["start"] == "2027-03-01"


def test_an_unknown_column_and_a_form_without_units_are_told() -> None:
    assert refused("表.xlsx", form(AZ1="颜色")) == ["表.xlsx!units!AZ1 E409"]
    book = load_workbook(io.BytesIO(form()))
    del book["units"]
    out = io.BytesIO()
    book.save(out)
    assert refused("表.xlsx", out.getvalue()) == ["表.xlsx:1:1 E820"]


@pytest.mark.parametrize("cell", ["A3", "B3", "C3", "J3"])
def test_a_formula_in_a_form_is_refused_with_its_cell_and_never_worked_out(cell: str) -> None:
    assert refused("表.xlsx", form(**{cell: '=HYPERLINK("http://x","1")'})) == [f"表.xlsx!units!{cell} E654"]


def test_a_name_that_looks_like_a_formula_is_written_as_text() -> None:
    draft = blank('=HYPERLINK("http://x")', "2026-03-01", "2028-12-31", [{"id": "U1", "name": "+1", "area_ha": 1.5, "facts": {}}])
    book = load_workbook(io.BytesIO(write_form(base(), draft, "zh")))
    assert book["project"]["C1"].data_type == "s"


@pytest.mark.parametrize(
    ("name", "content"),
    [("units.gpkg", layer("GPKG")), ("units.zip", layer("ESRI Shapefile", encoding="UTF-8")), ("gbk.zip", layer("ESRI Shapefile", encoding="GBK", cpg=False))],
    ids=["geopackage", "shapefile", "shapefile in GBK without .cpg"],
)
def test_a_layer_becomes_units_with_area_and_geometry_in_degrees(name: str, content: bytes) -> None:
    incoming = taken(name, content)
    first, second = incoming.draft["units"]
    assert (first["id"], second["id"], second["name"]) == ("甲1", "甲2", "<b>南坡</b>")
    assert first["area_ha"] == pytest.approx(9.0, rel=0.002)
    assert first["facts"] == {"redline": "outside", "ecosystems": ["grassland", "mine"], "slope_deg": 35.0}
    assert second["facts"] == {"redline": "redline_other"}
    longitude, latitude = incoming.shapes["甲1"]["coordinates"][0][0]
    assert 116 < longitude < 117
    assert 39 < latitude < 41


def test_a_layer_goes_out_and_comes_in_again_and_outsiders_get_no_coordinates() -> None:
    incoming = taken("units.gpkg", layer("GPKG"))
    again = taken("units.gpkg", as_geopackage(incoming.draft, incoming.shapes))
    assert [u["facts"] for u in again.draft["units"]] == [u["facts"] for u in incoming.draft["units"]]
    assert again.shapes == incoming.shapes
    placed = {**incoming.draft, "units": [{**u, "geometry": "store:abc"} for u in incoming.draft["units"]]}
    assert "geometry" not in json.dumps(without_places(placed))
    assert counted(placed) == (2, 4)


def test_a_layer_without_coordinates_system_geometry_or_polygons_is_refused() -> None:
    assert refused("units.zip", layer("ESRI Shapefile", crs=None)) == ["units.zip:1:1 E830"]
    assert refused("units.gpkg", b"SQLite format 3\0" + b"\0" * 5000) == ["units.gpkg:1:1 E834"]
    assert refused("units.zip", zipped({"a.txt": b"nothing"})) == ["units.zip:1:1 E833"]
    points = geopandas.GeoDataFrame({"id": ["a"]}, geometry=geopandas.points_from_xy([116], [40]), crs=4490)
    with tempfile.TemporaryDirectory() as folder:
        points.to_file(Path(folder) / "p.gpkg")
        assert refused("p.gpkg", (Path(folder) / "p.gpkg").read_bytes()) == ["p.gpkg:1:1 E833"]


def bomb() -> bytes:
    """A small zip file that says it unpacks to gigabytes."""
    raw = zipped({"big.shp": b"0" * 1000})
    at = raw.index(b"PK\x01\x02")
    return raw[: at + 24] + struct.pack("<I", 4_000_000_000) + raw[at + 28 :]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.exe", b"MZ", "x.exe:1:1 E810"),
        ("noname", b"a", "noname:1:1 E810"),
        ("x.yaml", b"", "x.yaml:1:1 E105"),
        ("x.yaml", b"a: " + b"x" * 8_000_001, "x.yaml:1:1 E104"),
        ("x.yaml", "format: 1\nproject: {name: 采石场}".encode("gbk"), "x.yaml:2:1 E102"),
        ("x.yaml", b"\x89PNG\r\n\x1a\n\xff\xfe\xff", "x.yaml:1:1 E103"),
        ("x.yaml", b"a: &a [*a]", "x.yaml:1:8 E108"),
        ("../../etc/x.yaml", b"[", "x.yaml:2:1 E106"),
        ("..\\..\\x.json", b"{", "x.json:2:1 E106"),
        ("x.xlsx", b"no workbook", "x.xlsx:1:1 E811"),
        ("x.xlsx", zipped({"a": b"b"}), "x.xlsx:1:1 E651"),
        ("x.zip", bomb(), "x.zip:1:1 E812"),
        ("x.zip", zipped({"../../x.shp": b"b"}), "x.zip:1:1 E813"),
        ("x.zip", zipped({"/etc/x.shp": b"b"}), "x.zip:1:1 E813"),
        ("x.zip", zipped({f"{i}.txt": b"" for i in range(2_001)}), "x.zip:1:1 E812"),
    ],
    ids=lambda v: v[:20] if isinstance(v, str) else "",
)  # fmt: skip
def test_a_bad_file_is_refused_with_a_clear_message(name: str, content: bytes, expected: str) -> None:
    assert refused(name, content)[0] == expected


def spoilt(raw: bytes, member: str, locked: bool) -> bytes:
    """A zip file in which a member says that it is shorter than it is, or that a password locks it."""
    changed = bytearray(raw)
    for mark, name_at, flag_at, size_at in ((b"PK\x01\x02", 46, 8, 24), (b"PK\x03\x04", 30, 6, 22)):
        at = -1
        while (at := changed.find(mark, at + 1)) >= 0:
            if changed[at + name_at :].startswith(member.encode()):
                if locked:
                    changed[at + flag_at] |= 1
                else:
                    changed[at + size_at : at + size_at + 4] = struct.pack("<I", 100)
    return bytes(changed)


@pytest.mark.parametrize("locked", [False, True], ids=["longer than it says", "locked"])
@pytest.mark.parametrize(
    ("name", "content", "member", "code"),
    [("x.zip", layer("ESRI Shapefile", encoding="UTF-8"), "图层/units.shp", "E811"), ("x.xlsx", form(), "xl/worksheets/sheet2.xml", "E651")],
    ids=["shapefile", "form"],
)
def test_a_zip_file_that_lies_about_its_members_or_is_locked_is_refused(name: str, content: bytes, member: str, code: str, locked: bool) -> None:
    bad = spoilt(content, member, locked)
    assert bad != content
    assert refused(name, bad) == [f"{name}:1:1 {code}"]


@pytest.mark.parametrize(("corner", "expected"), [("NaN,40", "x.geojson:1:1 E834"), ("1e308,1e308", "x.geojson!A2 E835"), ("440000,4420000", "x.geojson!A2 E835")])
def test_coordinates_that_lie_nowhere_are_refused(corner: str, expected: str) -> None:
    ring = f"[[[{corner}],[116,40],[116.1,40.1],[{corner}]]]"
    text = f'{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{"id":"A"}},"geometry":{{"type":"Polygon","coordinates":{ring}}}}}]}}'
    assert refused("x.geojson", text.encode()) == [expected]


@pytest.mark.parametrize(("name", "content", "code"), [("x.json", b"[" * 100_000, "E107"), ("x.yaml", b"[" * 20_000, "E107"), ("x.geojson", b"[" * 100_000, "E834"), ("x.yaml", b"a: \0", "E106")])
def test_what_is_nested_without_end_or_holds_control_characters_is_refused(name: str, content: bytes, code: str) -> None:
    assert refused(name, content)[0].endswith(code)


def test_html_and_markdown_in_names_come_through_as_they_are() -> None:
    name = "<img src=http://x/y.png> ![a](http://x/z.png) :red[a] $x$ [l](javascript:1)"
    draft = blank(name, "2026-03-01", "2028-12-31", [{"id": "U1", "name": name, "area_ha": 1.0, "facts": {}}])
    assert taken("x.yaml", as_yaml(draft).encode()).draft == draft


def test_a_value_that_stands_in_two_places_is_written_out_twice() -> None:
    facts: dict[str, Any] = {"problems": ["geohazard"]}
    draft = blank("甲", "2026-03-01", "2028-12-31", [{"id": id, "area_ha": 1.0, "facts": facts} for id in ("U1", "U2")])
    assert taken("x.yaml", as_yaml(draft).encode()).draft == draft


def test_the_yaml_is_plain_and_a_person_can_read_it() -> None:
    text = as_yaml(taken("p.yaml", (case_folders()["maiziyu"] / "project.yaml").read_bytes()).draft)
    assert "problems: [geohazard, landform_damage, soil_degradation, sparse_vegetation]" in text
    assert "门头沟麦子峪采石场生态修复" in text
    assert yaml.safe_load(text)["units"][0]["facts"]["damage"] == "severe"
    assert zipfile.is_zipfile(io.BytesIO(zipped({"a": b"b"})))
