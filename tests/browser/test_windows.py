"""Two windows, a reload, a project deleted by mistake: nothing is lost, and people are told."""

from __future__ import annotations

import pytest
from support.desk import Browser, Server, settled
from support.planner import Planner, kept, quarry_facts

pytestmark = pytest.mark.xdist_group("browser")


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
    first.answer(quarry_facts()[other])  # another question: both answers stay, and the change is told
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


@pytest.mark.long
def test_deleting_can_be_undone(browser: Browser, server: Server) -> None:
    planner = Planner(browser, server)
    planner.begin("要删的项目", "1")
    id = planner.project()
    planner.go("projects")
    planner.page.locator(f".st-key-delete_{id} button").click()
    planner.page.locator(f".st-key-project_{id}").wait_for(state="detached")
    planner.page.locator(".st-key-undo_delete button").click()
    planner.page.locator(f".st-key-project_{id}").wait_for()
