"""The questionnaire in the terminal: one topic a page, only questions that can still matter, saved after each answer.

Reads lines from standard input, so that it can be piped; the end of the input is the same as leaving.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from ruamel.yaml import YAML

from engine.consult import LISTED
from engine.interview import Interview
from engine.knowledge import KnowledgeBase
from engine.model import Fact
from engine.project import UNKNOWN, Value, facts_of, read_project, reporter
from engine.show import console, table
from engine.source import Problem, Source, Unusable, near, parse, read
from engine.why import unusable
from engine.wording import Wording

DECISION = {shown: name for name, shown in LISTED.items()}
BACK, UNSURE, HELP, REVIEW, LEAVE = "b", "u", "?", "r", "q"


class Left(Exception):
    """The planner leaves; everything is saved already."""


def ask_unit(base: KnowledgeBase, file: Path, unit: str, lang: str) -> None:
    """Ask about one unit of a project file, made where there is none."""
    out, words = console(), Wording(base, lang)
    try:
        if not file.exists():
            _new_project(file, out, words)
        Questionnaire(base, file, unit, out, words).run()
    except (Left, EOFError):
        out.print(escape(words["ask_left"].format(file=file)))


def _line(out: Console, prompt: str) -> str:
    out.print(escape(prompt), end=" ")
    return input().strip()


def _new_project(file: Path, out: Console, words: Wording) -> None:
    out.print(escape(words["ask_new"].format(file=file)))
    name = _asked(out, words["ask_name"], lambda text: text or None)
    year = datetime.date.today().year
    start = _asked(out, words["ask_start"].format(example=f"{year + 1}-03-01"), _date)
    end = _asked(out, words["ask_end"].format(example=f"{year + 3}-12-31"), _date)
    area = _asked(out, words["ask_area"], _positive)
    data = {"format": 1, "project": {"name": name, "start": start, "end": end}, "units": [{"id": "U1", "area_ha": area, "facts": {}}]}
    _write(file, data)


def _asked(out: Console, prompt: str, read_text: Callable[[str], Any]) -> Any:
    while True:
        if (value := read_text(_line(out, prompt))) is not None:
            return value


def _date(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _positive(text: str) -> float | None:
    try:
        return value if 0 < (value := float(text)) < float("inf") else None
    except ValueError:
        return None


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 4096
    yaml.allow_unicode = True
    return yaml


def _write(file: Path, data: Any) -> None:
    """Through a second file, so that a crash never leaves half of one."""
    partly = file.with_name(file.name + ".part")
    try:
        with partly.open("w", encoding="utf-8") as stream:
            _yaml().dump(data, stream)
        partly.replace(file)
    except OSError as error:
        raise unusable("E505", name=file, why=(error.strerror or "").lower()) from None


class Questionnaire:
    """One unit's questions, page by page."""

    def __init__(self, base: KnowledgeBase, file: Path, unit: str, out: Console, words: Wording):
        self.base, self.file, self.out, self.words = base, file, out, words
        project = read_project(file, base)
        if unit and unit not in project.units:
            raise unusable("E501", near(unit, project.units), name=unit, options=", ".join(project.units))
        self.unit = project.units[unit] if unit else next(iter(project.units.values()))
        own = {name: value for name, value in self.unit.facts.items() if name not in self.unit.derived}
        self.now = Interview(base, {**own, **self.unit.parked}, self._said_unknown(), self.unit)
        self.before: list[Interview] = []
        self.topic = ""

    def _said_unknown(self) -> frozenset[str]:
        """Questions that the file answers with `unknown`."""
        _, root = read(self.file)
        for node in (root.get("units") or root).value:
            if (id := node.get("id")) is not None and id.text == self.unit.id and (facts := node.get("facts")) is not None:
                return frozenset(name for name, _, value in facts.items() if value.kind == "scalar" and value.value.strip().casefold() in UNKNOWN)
        return frozenset()

    def run(self) -> None:
        while True:
            while (fact := self.now.next) is not None:
                self._question(self.base.facts[fact])
            self._review()
            answer = _line(self.out, self.words["ask_change"])
            if not answer:
                self.out.print(escape(self.words["written"].format(files=self.file)))
                return
            self._go(answer)

    def _go(self, answer: str) -> None:
        """From the review back to a question, or one step back."""
        if answer == LEAVE:
            raise Left
        if answer == BACK:
            self._back()
        elif answer in self.base.facts:
            self._question(self.base.facts[answer])
        else:
            self.out.print(escape(self.words["E409"].format(name=answer)))

    def _question(self, fact: Fact) -> None:
        w, out = self.words, self.out
        if fact.topic != self.topic:
            self.topic = fact.topic
            topic = next(t for t in self.base.topics if t.id == fact.topic)
            out.rule(escape(topic.name[w.lang]), align="left")
            out.print(escape(w["ask_progress"].format(answered=len(self.now.facts), left=len(self.now.relevant))))
        out.print()
        out.print(escape(fact.question[w.lang]), style="bold")
        out.print(escape(fact.hint[w.lang]), style="dim")
        why = self.now.why(fact.id)
        names = w["list"].join(w.name(DECISION.get(c, c)) for c in why.conclusions)
        if names:
            out.print(escape(w["ask_why"].format(conclusions=names, clause=w.cite(fact.cite))))
        for rule in why.rules[:2]:
            out.print(escape(f"  {rule.id}{w['colon']}{rule.because[w.lang]} [{w.cite(rule.cite)}]"), style="dim")
        for i, answer in enumerate(self._answers(fact), 1):
            out.print(escape(f"  {i}. {w.answer(fact.id, answer)}  {answer}"))
        while True:
            text = _line(out, w["ask_many" if fact.kind == "many" else "ask_number" if fact.kind == "number" else "ask_one"])
            if text == LEAVE:
                raise Left
            if text == HELP:
                out.print(escape(fact.guidance[w.lang]))
            elif text == REVIEW:
                self._review()
            elif text == BACK:
                return self._back()
            elif text == UNSURE:
                return self._step(self.now.unknown(fact.id))
            elif (value := self._read(fact, text)) is not None:
                return self._step(self.now.answered(fact.id, value))

    def _answers(self, fact: Fact) -> tuple[str, ...]:
        return () if fact.kind == "number" else self.base.attributes[fact.id].answers

    def _read(self, fact: Fact, text: str) -> Value | None:
        """The answer typed: numbers of the list, ids or names; what cannot be read is reported."""
        if fact.kind != "number":
            answers = self._answers(fact)
            named = {self.words.answer(fact.id, a): a for a in answers}
            parts = [p.strip() for p in text.replace("，", ",").replace("、", ",").split(",") if p.strip()]
            picked = [answers[int(p) - 1] if p.isdecimal() and 0 < int(p) <= len(answers) else named.get(p, p) for p in parts]
            none = fact.kind == "many" and text in ("0", "-")
            text = f"[{', '.join([] if none else picked)}]" if fact.kind == "many" else ", ".join(picked)
            if not picked and not none:
                return None
        problems: list[Problem] = []
        source = Source("-", f"{fact.id}: {text}")
        try:
            found = facts_of(parse(source), self.base, reporter(source, problems)).get(fact.id)
        except Unusable as unreadable:
            problems += unreadable.problems
            found = None
        for problem in problems:
            self.out.print(escape(problem.message(self.words.lang) + (f"  {problem.hint(self.words.lang)}" if problem.near else "")), style="red")
        return found

    def _back(self) -> None:
        if self.before:
            self.now = self.before.pop()
            self.topic = ""
            self._save()

    def _step(self, after: Interview) -> None:
        parked = set(self.now.parked)
        self.before.append(self.now)
        self.now = after
        self._save()
        if come := [name for name in after.parked if name not in parked]:
            self.out.print(escape(self.words["ask_parked"].format(facts=self.words["list"].join(self.words.name(f) for f in come))), style="yellow")

    def _review(self) -> None:
        w, out = self.words, self.out
        rows = []
        for page in self.now.topics:
            for q in page.questions:
                if q.status != "idle":
                    value = w["answer_unknown"] if q.value is None else w.value(q.fact.id, q.value)
                    rows.append([page.topic.name[w.lang], f"{w.name(q.fact.id)}  {q.fact.id}", value, w[f"ask_status_{q.status}"]])
        out.print(table(w["ask_review"], [w["h_topic"], w["h_question"], w["h_value"], w["h_status"]], rows))
        conclusions = [[w.name(name), w.value(name, value)] for name, value in self.now.consultation.conclusions.items() if value]
        out.print(table(w["h_conclusions"], [w["h_conclusion"], w["h_value"]], conclusions))
        left = [f for f in self.now.relevant if f in self.now.unsure]
        if self.now.settled:
            out.print(escape(w["settled_all"]))
        elif left:
            out.print(escape(w["ask_unsure"].format(facts=w["list"].join(w.name(f) for f in left))))

    def _save(self) -> None:
        """Write the answers into the file as it is now, leaving all else in it alone."""
        data = _yaml().load(self.file.read_text("utf-8-sig"))
        unit = next(u for u in data["units"] if str(u["id"]) == self.unit.id)
        kept = unit["facts"] if unit.get("facts") is not None else {}
        parked = self.now.parked
        for name in self.base.facts:
            if name in self.now.facts and name not in parked:
                kept[name] = _plain(self.now.facts[name])
            elif name in self.now.unsure:
                kept[name] = UNKNOWN[0]
            else:
                kept.pop(name, None)
        unit["facts"] = kept
        unit.pop("parked", None)
        if parked:
            unit["parked"] = {name: _plain(value) for name, value in parked.items()}
        _write(self.file, data)


def _plain(value: Value) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
