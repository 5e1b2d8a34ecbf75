"""Case studies: real projects with what must come out, and what a trainer can teach with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from engine.messages import Phrase
from engine.model import Cites, Entry, Text
from engine.plan import Plan
from engine.source import Problem, Span, Unusable, read
from engine.validate import entry

DEFAULT = Path(__file__).resolve().parent.parent / "cases"


class CaseSource(Entry):
    id: str
    zh: str
    en: str
    url: str | None = None


class Expectation(Entry):
    """What must come out for one unit, and why it is right."""

    unit: str
    conclusions: dict[str, str] = {}
    measures: tuple[str, ...] = ()
    not_measures: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    not_flags: tuple[str, ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    because: Text


class GradedAnswer(Entry):
    answer: str
    grade: Literal["ideal", "acceptable", "wrong"]
    why: Text


class Question(Entry):
    """A question for trainees, at one stage of the work."""

    stage: Literal["facts", "diagnosis", "mode", "measures", "order"]
    ask: Text
    answers: tuple[GradedAnswer, ...] = Field(min_length=2)
    hints: tuple[Text, ...] = ()
    cite: Cites


class Case(Entry):
    name: str
    zh: str
    en: str
    constructed: bool
    story: Text
    sources: tuple[CaseSource, ...]
    expect: tuple[Expectation, ...] = Field(min_length=1)
    lessons: tuple[Text, ...]
    questions: tuple[Question, ...]
    notes: Text

    @property
    def title(self) -> Text:
        return Text(zh=self.zh, en=self.en)


def read_case(folder: Path) -> Case:
    """The case in a folder; raises `Unusable` with every problem in its file."""
    source, root = read(folder / "case.yaml", shown(folder))
    problems: list[Problem] = []
    case = entry(Case, root, source, problems)
    if case is None:
        raise Unusable(problems)
    return case


def shown(folder: Path) -> str:
    """How the file of a case is named to people: cases/name/case.yaml."""
    return f"{folder.resolve().parent.name}/{folder.name}/case.yaml"


def case_folders(root: Path = DEFAULT) -> dict[str, Path]:
    """The folders of all cases, by name."""
    return {path.parent.name: path.parent for path in sorted(root.glob("*/case.yaml"))}


def shortfalls(case: Case, plan: Plan, folder: Path) -> list[Problem]:
    """Where the plan of a case's project is not what its file says must come out, each at the expectation it misses."""
    _, root = read(folder / "case.yaml", shown(folder))
    expected = root.get("expect")
    places = [node.at for node in expected.value] if expected is not None else []
    return [problem for at, e in zip(places, case.expect, strict=True) for problem in _missed(plan, e, at)]


def _missed(plan: Plan, e: Expectation, at: Span) -> Iterator[Problem]:
    def problem(code: str, **facts: Phrase) -> Problem:
        return Problem(at, code, tuple({"unit": e.unit, **facts}.items()))

    consultation = plan.consultations.get(e.unit)
    if consultation is None:
        yield problem("E501", name=e.unit, options=", ".join(plan.consultations))
        return
    for name, wanted in e.conclusions.items():
        found = consultation.conclusions.get(name)
        if found != wanted:
            yield problem("E381", name=name, found=str(found if found is not None else "—"), wanted=wanted)
    for decision, must, may_not in (("chosen", e.measures, e.not_measures), ("flags", e.flags, e.not_flags)):
        settled, possible = set(consultation.settled(decision)), set(consultation.possible(decision))
        for id in must:
            if id not in settled:
                yield problem("E382", id=id)
        for id in may_not:
            if id in settled or (id in possible and decision == "chosen"):
                yield problem("E383", id=id)
    for earlier, later in e.order:
        first, second = (plan.dates.placed.get(m if "/" in m else f"{e.unit}/{m}") for m in (earlier, later))
        if first is None or second is None or not first.end < second.start:
            yield problem("E384", earlier=earlier, later=later)
