"""Case studies: real projects with what must come out, and what a trainer can teach with them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from engine.model import Cites, Entry, Text
from engine.source import Problem, Unusable, read
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
    source, root = read(folder / "case.yaml", f"{folder.name}/case.yaml")
    problems: list[Problem] = []
    case = entry(Case, root, source, problems)
    if case is None:
        raise Unusable(problems)
    return case


def case_folders(root: Path = DEFAULT) -> dict[str, Path]:
    """The folders of all cases, by name."""
    return {path.parent.name: path.parent for path in sorted(root.glob("*/case.yaml"))}
