"""The pages of the desk as Streamlit draws them, without a browser."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from engine.cases import case_folders
from engine.desk import Desk
from engine.draft import Edit, apply
from engine.incoming import read_incoming
from support.bases import base
from ui import common

APP = Path(common.__file__).with_name("app.py")


@cache
def one_desk() -> Desk:
    return Desk(base())


def quarry(*edits: Edit) -> dict[str, Any]:
    return apply(read_incoming("project.yaml", (case_folders()["maiziyu"] / "project.yaml").read_bytes(), base()).draft, edits)


def opened(screen: str, project: str = "", lang: str = "zh", **state: Any) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=90)
    at.session_state["lang"] = lang
    at.session_state["who"] = "王工"
    if project:
        at.session_state["project"] = project
    for key, value in state.items():
        at.session_state[key] = value
    at.run()
    if screen != "projects":
        at.switch_page(f"screens/{screen}.py").run()
    assert not at.exception
    return at


def pressed(at: AppTest, key: str) -> AppTest:
    next(b for b in at.button if b.key and b.key.startswith(key)).click()
    at.run()
    assert not at.exception
    return at


def pressed_label(at: AppTest, word: str) -> AppTest:
    next(b for b in at.button if b.label == common.t(word)).click()
    at.run()
    assert not at.exception
    return at


def one(elements: Iterable[Any], name: str) -> Any:
    """The field whose key begins so: the rest of it tells which value it was drawn with."""
    (found,) = [e for e in elements if e.key and e.key.startswith(name)]
    return found


def submitted(at: AppTest, label: str) -> list[str]:
    """Press the button with the label; what is said to be wrong then, which shows nothing of a file that nobody has."""
    next(b for b in at.button if b.label == common.t(label)).click()
    at.run()
    assert not at.exception and not any("project.json" in c.value or "^" in c.value for c in at.code)
    return [e.value for e in at.error]


def frame_with(at: AppTest, *columns: str) -> Any:
    return next(d.value for d in at.dataframe if set(columns) <= set(d.value.columns))
