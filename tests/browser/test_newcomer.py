"""A newcomer's path: from an empty start page through the questionnaire to results and download."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from support.bases import base
from support.desk import Browser, Server, settled
from support.planner import QUARRY, Planner, answers, kept, quarry_facts

from engine.incoming import read_incoming
from engine.plan import make_plan
from engine.project import read_project

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.long)])
def test_a_newcomer_goes_from_an_empty_page_to_the_plan_of_the_quarry(browser: Browser, own_server: Server, lang: str) -> None:
    planner = Planner(browser, own_server, lang)
    assert planner.page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[lang]
    assert planner.page.get_by_text(planner.t("empty_desk")).is_visible()
    planner.begin("麦子峪采石场", "9")
    given = quarry_facts()
    first = planner.asked()
    planner.picture(f"question_{lang}")
    put = planner.interview(given)
    assert first == put[0]
    assert len(put) == len(set(put))
    draft = kept(own_server, planner.project())
    assert {k: v for k, v in answers(own_server, planner.project()).items() if v != "unknown"} == {k: v for k, v in given.items() if k in put}
    planner.press("to_results")
    planner.page.wait_for_selector(".st-key-mode")
    settled(planner.page)
    assert planner.w.value("mode", "reconstruct") in planner.page.locator(".st-key-mode").inner_text()
    planner.picture(f"result_{lang}")
    for view in ("dates", "order", "map", "years"):
        planner.show(f"result_{view}")
        if view == "dates":
            planner.page.wait_for_selector("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
        if view == "order":
            planner.page.wait_for_selector("[data-testid=stGraphVizChart] svg")
        planner.picture(f"{view}_{lang}")
    planner.go("downloads")
    with zipfile.ZipFile(io.BytesIO(planner.downloaded("get_plan"))) as archive:
        plan = json.loads(archive.read("plan.json"))
        project = archive.read("project.yaml")
    expected = make_plan(base(), read_project(QUARRY, base())).json()
    assert plan["units"][0]["conclusions"]["mode"] == expected["units"][0]["conclusions"]["mode"]
    assert read_incoming("project.yaml", project, base()).draft["units"][0]["facts"] == draft["units"][0]["facts"]
    assert planner.page.get_by_text("shanshui plan").is_visible()
