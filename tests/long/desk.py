"""The desk in a real Chromium that reaches nothing outside: what a planner does, and what may go wrong while doing it.

Run by hand, for it takes minutes: `uv run pytest tests/long/desk.py`.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.bases import base
from support.desk import Browser, Server, chromium, serving, settled
from support.planner import Planner

from engine.cases import case_folders
from engine.draft import blank
from engine.incoming import as_yaml, read_incoming
from engine.plan import make_plan
from engine.project import read_project
from engine.store import Store

pytestmark = pytest.mark.xdist_group("browser")
QUARRY = case_folders()["maiziyu"] / "project.yaml"
PICTURES = os.environ.get("SHANSHUI_PICTURES")  # a folder to keep screenshots in


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("desk")) as started:
        yield started


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as started:
        yield started


@pytest.fixture(autouse=True)
def nothing_goes_outside(browser: Browser) -> Iterator[None]:
    browser.outside.clear()
    yield
    for context in browser.browser.contexts:
        context.close()
    assert browser.outside == []


def picture(planner: Planner, name: str) -> None:
    if PICTURES:
        planner.page.wait_for_timeout(1200)
        planner.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))


def facts() -> dict[str, Any]:
    (unit,) = read_project(QUARRY, base()).units.values()
    return {name: list(v) if isinstance(v, tuple) else v for name, v in unit.facts.items()}


def kept(server: Server, project: str) -> dict[str, Any]:
    store = Store(server.store)
    try:
        return store.get(project).draft
    finally:
        store.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_newcomer_goes_from_an_empty_page_to_the_plan_of_the_quarry(browser: Browser, own_server: Server, lang: str) -> None:
    planner = Planner(browser, own_server, lang)
    assert planner.page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[lang]
    assert planner.page.get_by_text(planner.t("empty_desk")).is_visible()
    planner.begin("麦子峪采石场", "9")
    given = facts()
    first = planner.asked()
    picture(planner, f"question_{lang}")
    put = planner.interview(given)
    assert first == put[0]
    assert len(put) == len(set(put))
    draft = kept(own_server, planner.project())
    assert {k: v for k, v in draft["units"][0]["facts"].items() if v != "unknown"} == {k: v for k, v in given.items() if k in put}
    planner.press("to_results")
    planner.page.wait_for_selector(".st-key-mode")
    settled(planner.page)
    assert planner.w.value("mode", "reconstruct") in planner.page.locator(".st-key-mode").inner_text()
    picture(planner, f"result_{lang}")
    for view in ("dates", "order", "map", "years"):
        planner.page.get_by_role("radio", name=planner.t(f"result_{view}")).click(force=True)
        planner.page.wait_for_timeout(200)
        settled(planner.page)
        if view == "dates":
            planner.page.wait_for_selector("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
        if view == "order":
            planner.page.wait_for_selector("[data-testid=stGraphVizChart] svg")
        picture(planner, f"{view}_{lang}")
    planner.go("downloads")
    with zipfile.ZipFile(io.BytesIO(planner.downloaded("get_plan"))) as archive:
        plan = json.loads(archive.read("plan.json"))
        project = archive.read("project.yaml")
    expected = make_plan(base(), read_project(QUARRY, base())).json()
    assert plan["units"][0]["conclusions"]["mode"] == expected["units"][0]["conclusions"]["mode"]
    assert read_incoming("project.yaml", project, base()).draft["units"][0]["facts"] == draft["units"][0]["facts"]
    assert planner.page.get_by_text("shanshui plan").is_visible()


def test_a_server_killed_twenty_times_in_the_middle_of_an_interview_loses_no_answer(browser: Browser, own_server: Server) -> None:
    planner = Planner(browser, own_server)
    planner.begin("麦子峪采石场", "9")
    project, url, given, put = planner.project(), planner.page.url, facts(), dict[str, Any]()
    rounds = 0
    while rounds < 20:
        name = planner.asked()
        if not name:  # settled before the last round: change answers given earlier
            name = list(put)[rounds % len(put)]
            planner.page.get_by_role("radio", name=planner.t("view_review")).click(force=True)
            planner.page.locator(f".st-key-change_{name} button").click()
            planner.wait_for_question()
            assert planner.asked() == name
            put[name] = None
            planner.page.locator(f"[class*=st-key-unknown_][class*=_{name}] button").click()
            planner.page.wait_for_selector(".st-key-change_" + name)
        else:
            put[name] = given.get(name)
            planner.answer(put[name])
        own_server.kill()
        rounds += 1
        draft = kept(own_server, project)["units"][0]["facts"]
        assert draft == {k: "unknown" if v is None else v for k, v in put.items()}
        own_server.start()
        planner.page.goto(url)  # the same address, as after a reload
        planner.page.wait_for_selector("h1")
        planner.wait_for_question()
    assert len(put) > 10


def test_two_windows_on_one_project_lose_nothing_and_are_told(browser: Browser, server: Server) -> None:
    first = Planner(browser, server)
    first.page.get_by_role("textbox", name=first.t("your_name")).fill("王工")
    first.page.keyboard.press("Enter")
    settled(first.page)
    first.begin("两个窗口", "2")
    second = Planner(browser, server)
    second.page.goto(first.page.url)
    second.wait_for_question()
    name = second.asked()
    assert first.asked() == name
    first.answer("ecological")
    second.answer("urban", save=False)
    second.press("save_next")
    second.page.get_by_role("button", name=second.t("use_mine")).wait_for()
    assert second.page.get_by_text("王工").first.is_visible()
    assert kept(server, first.project())["units"][0]["facts"] == {name: "ecological"}
    second.press("use_mine")
    second.page.get_by_role("button", name=second.t("use_mine")).wait_for(state="detached")
    assert kept(server, first.project())["units"][0]["facts"] == {name: "urban"}
    first.wait_for_question()
    other = first.asked()
    first.answer(facts()[other])  # another question: both answers stay, and the change is told
    first.page.get_by_text(first.t("others_changed")).wait_for()
    assert set(kept(server, first.project())["units"][0]["facts"]) == {name, other}


def test_a_reload_in_the_middle_comes_back_to_the_same_unit_and_question(browser: Browser, server: Server) -> None:
    planner = Planner(browser, server)
    planner.begin("重新载入", "2")
    planner.answer("ecological")
    before = planner.asked()
    planner.page.reload()
    planner.wait_for_question()
    assert planner.asked() == before
    assert "ecological" not in planner.page.url  # the address names the project and never holds an answer


def upload(planner: Planner, name: str, content: bytes) -> None:
    planner.page.get_by_role("tab", name=planner.t("import")).click()
    planner.page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
    planner.page.get_by_text(name).first.wait_for()
    planner.page.locator("[data-testid=stFormSubmitButton] button:visible").filter(has_text=planner.t("import")).click()


def files() -> dict[str, bytes]:
    from unit.test_incoming import layer

    from engine.forms import write_form

    draft = read_incoming("project.yaml", QUARRY.read_bytes(), base()).draft
    return {
        "project.yaml": QUARRY.read_bytes(), "project.json": json.dumps(draft, ensure_ascii=False).encode(), "form.xlsx": write_form(base(), draft, "zh"),
        "units.gpkg": layer("GPKG"), "units.zip": layer("ESRI Shapefile", encoding="GBK", cpg=False),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["project.yaml", "project.json", "form.xlsx", "units.gpkg", "units.zip"])
def test_each_format_comes_in_through_the_page(browser: Browser, server: Server, name: str) -> None:
    planner = Planner(browser, server)
    upload(planner, name, files()[name])
    planner.page.wait_for_url("**/questionnaire**")
    planner.wait_for_question()
    draft = kept(server, planner.project())
    if name.startswith("units"):
        assert [u["id"] for u in draft["units"]] == ["甲1", "甲2"]
        planner.go("results")
        planner.page.get_by_role("radio", name=planner.t("result_map")).click(force=True)
        planner.page.wait_for_selector("[data-testid=stDeckGlJsonChart] canvas")
        picture(planner, "map_of_units")
    else:
        assert draft["units"][0]["facts"] == facts()


def test_a_bad_file_is_a_clear_message_and_the_desk_goes_on(browser: Browser, server: Server) -> None:
    planner = Planner(browser, server)
    count = len(Store(server.store).entries())
    upload(planner, "gbk.yaml", "format: 1\nproject: {name: 采石场}".encode("gbk"))
    planner.page.get_by_text("E102").wait_for()
    assert "GBK" in planner.page.locator("[data-testid=stCode]").last.inner_text()
    assert len(Store(server.store).entries()) == count
    assert planner.page.locator("[data-testid=stException]").count() == 0


def test_markup_in_names_is_shown_as_text_and_loads_nothing(browser: Browser, server: Server) -> None:
    name = '<img src="http://example.com/a.png"> ![a](http://example.com/b.png) <script>document.title="x"</script>'
    store = Store(server.store)
    id = store.create(blank(name, "2026-03-01", "2028-12-31", [{"id": "U1", "name": name, "area_ha": 3.0, "facts": {**facts()}}]), name)
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


def test_three_hundred_units_show_progress_can_be_stopped_and_come_to_a_result(browser: Browser, server: Server) -> None:
    draft = read_incoming("project.yaml", QUARRY.read_bytes(), base()).draft
    (unit,) = draft["units"]
    many = {**draft, "units": [{**unit, "id": f"U{i}", "facts": {**unit["facts"], "slope_deg": float(i % 90)}} for i in range(300)]}
    planner = Planner(browser, server)
    upload(planner, "many.yaml", as_yaml(many).encode())
    planner.page.wait_for_url("**/questionnaire**")
    planner.wait_for_question()
    planner.page.get_by_role("link", name=planner.t("page_results"), exact=True).click()
    planner.press("stop")
    planner.page.get_by_text(planner.t("was_stopped")).wait_for()
    planner.press("go_on")
    planner.page.wait_for_selector(".st-key-mode", timeout=120_000)
    settled(planner.page)
    assert planner.w.value("mode", "reconstruct") in planner.page.locator(".st-key-mode").inner_text()
    planner.page.get_by_role("radio", name=planner.t("result_order")).click(force=True)
    planner.page.wait_for_selector("[data-testid=stGraphVizChart] svg")


def test_deleting_can_be_undone(browser: Browser, server: Server) -> None:
    planner = Planner(browser, server)
    planner.begin("要删的项目", "1")
    id = planner.project()
    planner.go("projects")
    planner.page.locator(f".st-key-delete_{id} button").click()
    planner.page.locator(f".st-key-project_{id}").wait_for(state="detached")
    planner.page.locator(".st-key-undo_delete button").click()
    planner.page.locator(f".st-key-project_{id}").wait_for()


def test_a_phone_in_the_dark_shows_everything_in_its_width(browser: Browser, server: Server) -> None:
    planner = Planner(browser, server, viewport={"width": 390, "height": 844}, color_scheme="dark")
    planner.page.locator("[data-testid=stExpandSidebarButton], [data-testid=stSidebarCollapseButton]").first.wait_for()
    planner.begin("手机上的项目", "3")
    assert planner.page.evaluate("document.documentElement.scrollWidth") <= 390
    red, green, blue = (int(v) for v in planner.page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor").removeprefix("rgb(").removesuffix(")").split(",")[:3])
    assert max(red, green, blue) < 60
    picture(planner, "phone_dark")


def test_a_question_is_answered_by_keyboard_alone(browser: Browser, server: Server) -> None:
    planner = Planner(browser, server)
    planner.begin("键盘", "3")
    planner.page.get_by_role("radio", name=planner.w.answer("spatial_type", "ecological"), exact=True).focus()
    planner.page.keyboard.press("Space")
    for _ in range(6):
        planner.page.keyboard.press("Tab")
        if planner.page.evaluate("document.activeElement.innerText") == planner.t("save_next"):
            break
    planner.page.keyboard.press("Enter")
    assert planner.wait_for_question("spatial_type") == "redline"
    assert kept(server, planner.project())["units"][0]["facts"] == {"spatial_type": "ecological"}
