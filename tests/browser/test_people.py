"""Narrow and wide, light and dark, by keyboard: everybody gets through."""

from __future__ import annotations

import pytest
from support.desk import Browser, Server
from support.planner import Planner, kept

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.long]


@pytest.mark.parametrize(("width", "height", "scheme", "lang"), [(390, 844, "dark", "zh"), (390, 844, "light", "en"), (1024, 768, "dark", "en"), (1920, 1080, "light", "zh")])
def test_a_phone_and_a_projector_show_everything_in_their_width_in_light_and_dark(browser: Browser, server: Server, width: int, height: int, scheme: str, lang: str) -> None:
    planner = Planner(browser, server, lang, viewport={"width": width, "height": height}, color_scheme=scheme)
    planner.begin(f"{width}×{height}", "3")
    assert planner.page.evaluate("document.documentElement.scrollWidth") <= width
    assert planner.page.locator(".st-key-rail").is_visible()
    ground, ink = (planner.page.evaluate(f"getComputedStyle(document.querySelector('[data-testid=stApp]')).{part}") for part in ("backgroundColor", "color"))
    lightness = [sum(int(v) for v in colour.removeprefix("rgb(").removesuffix(")").split(",")[:3]) / 3 for colour in (ground, ink)]
    assert (lightness[0] < 60 and lightness[1] > 180) if scheme == "dark" else (lightness[0] > 200 and lightness[1] < 80)
    planner.picture(f"{width}_{scheme}")


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
