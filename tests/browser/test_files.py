"""What planners bring: every format, a bad file, markup in names, three hundred units."""

from __future__ import annotations

import json

import pytest
from support.bases import base
from support.desk import Browser, Server, settled
from support.files import layer
from support.planner import QUARRY, Planner, kept, quarry_facts

from engine.draft import blank
from engine.forms import write_form
from engine.incoming import as_yaml, read_incoming
from engine.store import Store

pytestmark = pytest.mark.xdist_group("browser")


def files() -> dict[str, bytes]:
    draft = read_incoming("project.yaml", QUARRY.read_bytes(), base()).draft
    return {
        "project.yaml": QUARRY.read_bytes(), "project.json": json.dumps(draft, ensure_ascii=False).encode(), "form.xlsx": write_form(base(), draft, "zh"),
        "units.gpkg": layer("GPKG"), "units.zip": layer("ESRI Shapefile", encoding="GBK", cpg=False),
    }  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("name", ["project.yaml", "project.json", "form.xlsx", "units.gpkg", "units.zip"])
def test_each_format_comes_in_through_the_page(browser: Browser, server: Server, name: str) -> None:
    planner = Planner(browser, server)
    planner.upload(name, files()[name])
    planner.page.wait_for_url("**/questionnaire**")
    planner.wait_for_question()
    draft = kept(server, planner.project())
    if name.startswith("units"):
        assert [u["id"] for u in draft["units"]] == ["甲1", "甲2"]
        planner.go("results")
        planner.show("result_map")
        planner.page.wait_for_selector("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
        planner.picture("map_of_units")
    else:
        assert draft["units"][0]["facts"] == quarry_facts()


@pytest.mark.long
def test_boundaries_are_brought_to_the_units_of_the_project_at_hand(browser: Browser, server: Server) -> None:
    store = Store(server.store)
    id = store.create(blank("边界", "2026-03-01", "2028-12-31", [{"id": id, "area_ha": 9.0, "facts": {}} for id in ("甲1", "乙")]), "王工")
    store.close()
    planner = Planner(browser, server)
    planner.page.goto(f"{server.url}/questionnaire?project={id}")
    planner.ready()
    planner.show("view_units")
    planner.page.locator("input[type=file]").set_input_files({"name": "u.gpkg", "mimeType": "application/octet-stream", "buffer": layer("GPKG")})
    planner.page.get_by_text("u.gpkg").first.wait_for()
    planner.page.locator("[data-testid=stFormSubmitButton] button:visible").filter(has_text=planner.t("import")).click()
    planner.page.get_by_text(planner.t("boundaries_taken", units="甲1")).wait_for()
    units = {u["id"]: u for u in kept(server, id)["units"]}
    assert units["甲1"]["geometry"].startswith("store:") and "geometry" not in units["乙"]
    assert units["甲1"]["area_ha"] == 9.0


def test_a_bad_file_is_a_clear_message_and_the_desk_goes_on(browser: Browser, server: Server) -> None:
    planner = Planner(browser, server)
    count = len(Store(server.store).entries())
    planner.upload("gbk.yaml", "format: 1\nproject: {name: 采石场}".encode("gbk"))
    planner.page.get_by_text("E102").wait_for()
    assert "GBK" in planner.page.locator("[data-testid=stCode]").last.inner_text()
    planner.upload("table.csv", b"id,name")
    planner.page.get_by_text("E810").wait_for()
    assert len(Store(server.store).entries()) == count
    assert planner.page.locator("[data-testid=stException]").count() == 0


def test_markup_in_names_is_shown_as_text_and_loads_nothing(browser: Browser, server: Server) -> None:
    name = '<img src="http://example.com/a.png"> ![a](http://example.com/b.png) <script>document.title="x"</script>'
    store = Store(server.store)
    id = store.create(blank(name, "2026-03-01", "2028-12-31", [{"id": "U1", "name": name, "area_ha": 3.0, "facts": quarry_facts()}]), name)
    store.close()
    planner = Planner(browser, server)
    assert planner.page.locator("img[src*=example]").count() == 0
    assert planner.page.get_by_text("<img src").first.is_visible()
    for page in ("questionnaire", "results", "decisions", "whatif", "compare", "downloads"):
        planner.page.goto(f"{server.url}/{page}?project={id}")
        planner.ready()
        assert planner.page.locator("[data-testid=stException]").count() == 0
        assert planner.page.locator("img[src*=example]").count() == 0
        assert planner.page.title() != "x"


@pytest.mark.long
def test_three_hundred_units_show_progress_can_be_stopped_and_come_to_a_result(browser: Browser, server: Server) -> None:
    draft = read_incoming("project.yaml", QUARRY.read_bytes(), base()).draft
    (unit,) = draft["units"]
    many = {**draft, "units": [{**unit, "id": f"U{i}", "facts": {**unit["facts"], "slope_deg": float(i % 90)}} for i in range(300)]}
    planner = Planner(browser, server)
    planner.upload("many.yaml", as_yaml(many).encode())
    planner.page.wait_for_url("**/questionnaire**")
    planner.wait_for_question()
    planner.page.get_by_role("link", name=planner.t("page_results"), exact=True).click()
    planner.press("stop")
    planner.page.get_by_text(planner.t("was_stopped")).wait_for()
    planner.press("go_on")
    planner.page.wait_for_selector(".st-key-mode", timeout=120_000)
    settled(planner.page)
    assert planner.w.value("mode", "reconstruct") in planner.page.locator(".st-key-mode").inner_text()
    planner.show("result_order")
    planner.page.wait_for_selector("[data-testid=stGraphVizChart] svg")
