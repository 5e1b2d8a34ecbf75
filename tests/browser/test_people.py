"""Narrow and wide, light and dark, by keyboard: everybody gets through."""

from __future__ import annotations

import pytest
from support.desk import Browser, Server
from support.planner import Planner, kept

pytestmark = pytest.mark.xdist_group("browser")


def test_a_phone_in_the_dark_shows_everything_in_its_width(browser: Browser, server: Server) -> None:
    planner = Planner(browser, server, viewport={"width": 390, "height": 844}, color_scheme="dark")
    planner.page.locator("[data-testid=stExpandSidebarButton], [data-testid=stSidebarCollapseButton]").first.wait_for()
    planner.begin("手机上的项目", "3")
    assert planner.page.evaluate("document.documentElement.scrollWidth") <= 390
    red, green, blue = (int(v) for v in planner.page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor").removeprefix("rgb(").removesuffix(")").split(",")[:3])
    assert max(red, green, blue) < 60
    planner.picture("phone_dark")


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
