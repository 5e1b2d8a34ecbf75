"""One Chromium that reaches nothing outside, and a desk of its own for those who ask for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.desk import Browser, Server, chromium, serving


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
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
