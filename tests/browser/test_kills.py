"""A server killed in the middle of interviews: no answer that was given is lost, and people go on where they were."""

from __future__ import annotations

import os

import pytest
from support.desk import Browser, Server
from support.planner import Planner, answers, quarry_facts

pytestmark = pytest.mark.xdist_group("browser")
ROUNDS = int(os.environ.get("SHANSHUI_KILLS", "3"))  # CI has little time; by hand, before a release, 20


@pytest.mark.long
def test_a_server_killed_again_and_again_in_the_middle_of_an_interview_loses_no_answer(browser: Browser, own_server: Server) -> None:
    planner = Planner(browser, own_server)
    planner.begin("麦子峪采石场", "9")
    project, url, given, put = planner.project(), planner.page.url, quarry_facts(), dict[str, object]()
    for turn in range(ROUNDS):
        name = planner.asked()
        if name and turn % 4 != 2:
            put[name] = given.get(name, "unknown")
            planner.answer(given.get(name))
        else:  # an answer given earlier is taken back, the newest first
            name = [n for n, value in put.items() if value != "unknown"][-1]
            planner.change(name)
            put[name] = "unknown"
            planner.press("not_surveyed")
            planner.page.get_by_text(planner.t("review_help")).wait_for()
        own_server.kill()
        assert answers(own_server, project) == put
        own_server.start()
        planner.page.goto(url)  # the same address, as after a reload
        planner.wait_for_question()
    assert len(put) >= ROUNDS * 3 // 4 and list(put.values()).count("unknown") >= ROUNDS // 4


@pytest.mark.long
def test_a_server_killed_the_moment_an_answer_is_sent_keeps_it_whole_or_not_at_all(browser: Browser, own_server: Server) -> None:
    planner = Planner(browser, own_server)
    planner.begin("麦子峪采石场", "9")
    project, url, given = planner.project(), planner.page.url, quarry_facts()
    before = answers(own_server, project)
    for _ in range(3):
        name = planner.asked()
        planner.answer(given[name], save=False)
        planner.press("save_next")
        own_server.kill()
        found = answers(own_server, project)
        assert found in (before, {**before, name: given[name]})
        own_server.start()
        planner.page.goto(url)
        planner.wait_for_question()
        if found == before:
            assert planner.asked() == name
            planner.answer(given[name])
        before = answers(own_server, project)
        assert before[name] == given[name]
