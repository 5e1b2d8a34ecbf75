"""A planner at the desk: reads the question on the page and answers it from a list of facts, as a person would."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.cases import case_folders
from engine.project import read_project
from engine.store import Store
from engine.wording import Wording
from support.bases import base
from support.desk import Browser, Server, settled
from ui import common

WAIT = 60_000
QUARRY = case_folders()["maiziyu"] / "project.yaml"
PICTURES: str | None = os.environ.get("SHANSHUI_PICTURES")  # a folder to keep screenshots in
STILL = """() => {
  const painted = (table) => {
    const canvas = table.querySelector('canvas')
    if (!canvas || !canvas.width) return false
    const ink = canvas.getContext('2d').getImageData(0, 0, canvas.width, Math.min(canvas.height, 80)).data
    return ink.some((value, i) => value !== ink[i % 4])
  }
  return document.fonts.status === 'loaded' && !document.querySelector('[data-testid=stSkeleton]')
    && document.getAnimations().every(a => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)
    && [...document.querySelectorAll('[data-testid=stDataFrame]')].every(painted)
}"""
ASKED = "() => [...document.querySelectorAll('[class*=st-key-save_]')].filter(e => !e.closest('[data-stale=true]')).map(e => e.className.match(/st-key-save_(\\S+)/)[1]).pop() || ''"
ENDED = "const end = document.querySelector('.st-key-to_results')"


def quarry_facts() -> dict[str, Any]:
    """What the case says of the quarry, as drafts hold it."""
    (unit,) = read_project(QUARRY, base()).units.values()
    return {name: list(v) if isinstance(v, tuple) else v for name, v in unit.facts.items()}


def kept(server: Server, project: str) -> dict[str, Any]:
    """The draft as the store has it."""
    store = Store(server.store)
    try:
        return store.get(project).draft
    finally:
        store.close()


def answers(server: Server, project: str) -> dict[str, Any]:
    """Every answer of the first unit that the store has, parked ones too."""
    unit = kept(server, project)["units"][0]
    return {**unit["facts"], **unit.get("parked", {})}


class Planner:
    """One browser window in one language."""

    def __init__(self, browser: Browser, server: Server, lang: str = "zh", **options: Any):
        self.lang, self.server = lang, server
        self.words, self.w = common._catalogue(lang), Wording(base(), lang)
        self.page = browser.page(f"{server.url}/?lang={lang}", **options)
        self.ready()

    def ready(self) -> None:
        self.page.wait_for_selector("h1", timeout=WAIT)
        settled(self.page)

    def t(self, key: str, **names: Any) -> str:
        return self.words[key].format(**names)

    def press(self, key: str) -> None:
        self.page.get_by_role("button", name=self.words[key], exact=False).first.click()

    def go(self, name: str) -> None:
        self.page.get_by_role("link", name=self.words[f"page_{name}"], exact=True).click()
        self.page.wait_for_url(f"**/{'' if name == 'projects' else name}?**")
        self.ready()

    def begin(self, name: str, area: str) -> None:
        """A new project from the start page."""
        self.page.get_by_label(self.t("field_name"), exact=True).fill(name)
        self.page.get_by_label(self.t("field_area_ha")).fill(area)
        self.press("create")
        self.page.wait_for_url("**/questionnaire**")
        self.wait_for_question()

    def asked(self) -> str:
        """The id of the question on the page; nothing when there is none."""
        found = self.page.evaluate(ASKED)
        return re.sub(r"^[0-9a-f]{12}_[^_]+_", "", found)

    def wait_for_question(self, other_than: str = "") -> str:
        """Wait for a question that differs from the one before, or for the end of the questions."""
        self.page.wait_for_function(
            f"(before) => {{ const asked = ({ASKED})().replace(/^[0-9a-f]{{12}}_[^_]+_/, ''); {ENDED}; return end ? !asked : asked && asked !== before }}",
            arg=other_than, timeout=WAIT,
        )  # fmt: skip
        settled(self.page)
        return self.asked()

    def answer(self, value: Any, save: bool = True) -> str:
        """Answer the question on the page; returns the next one."""
        name = self.asked()
        fact = base().facts[name]
        form = self.page.locator(f"[data-testid=stForm]:has([class*=st-key-save_][class*=_{name}])")
        if value is None:
            form.get_by_role("button", name=self.t("not_surveyed")).click()
        elif value == []:
            form.get_by_role("button", name=self.t("surveyed_none")).click()
        else:
            if fact.kind == "number":
                form.get_by_role("spinbutton").fill(f"{value:g}")
            elif fact.kind == "many":
                for part in value:
                    form.get_by_role("button", name=self.w.answer(name, part), exact=True).click()
            else:
                shown = self.w.answer(name, str(value).lower() if isinstance(value, bool) else value)
                form.get_by_role("radio", name=f"{value} {shown}" if name == "zone" else shown, exact=True).check(force=True)
            if not save:
                return name
            form.get_by_role("button", name=self.t("save_next")).click()
        return self.wait_for_question(name)

    def interview(self, facts: Mapping[str, Any], most: int = 60) -> list[str]:
        """Answer what is asked until nothing is; returns the questions in their order."""
        put = []
        while (name := self.asked()) and len(put) < most:
            put.append(name)
            self.answer(facts.get(name))
        return put

    def show(self, view: str) -> None:
        """Another view of the page, drawn to its end."""
        self.page.get_by_role("radio", name=self.t(view)).click(force=True)
        self.page.get_by_role("radio", name=self.t(view), checked=True).first.wait_for()  # two of them while one page gives way to the next
        settled(self.page)

    def change(self, name: str) -> None:
        """From the review to a question that was answered."""
        self.show("view_review")
        self.page.locator(f".st-key-change_{name} button:visible").click()
        self.page.wait_for_function(f"(name) => ({ASKED})().endsWith('_' + name)", arg=name, timeout=WAIT)
        settled(self.page)

    def upload(self, name: str, content: bytes) -> None:
        self.page.get_by_role("tab", name=self.t("import")).click()
        self.page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
        self.page.get_by_text(name).first.wait_for()
        self.page.locator("[data-testid=stFormSubmitButton] button:visible").filter(has_text=self.t("import")).click()

    def picture(self, name: str) -> None:
        """Keep a screenshot where somebody wants them, once nothing on the page moves any more."""
        if PICTURES:
            self.page.wait_for_function(STILL)
            self.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"))

    def project(self) -> str:
        return str(re.search(r"project=([0-9a-f]{12})", self.page.url)[1])  # type: ignore[index]

    def downloaded(self, key: str) -> bytes:
        with self.page.expect_download() as waiting:
            self.page.locator(f".st-key-{key} button").click()
        return bytes(waiting.value.path().read_bytes())
