"""What the process before the modes reads: survey.yaml, attributes.yaml, goals.yaml (5.2.2, 5.4).

Rules do not read these files.  A file is read when something in it is needed: attributes.yaml for a unit that has
`attributes`, a file's names when a project file uses them, all of it when a plan is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

from engine.knowledge import KnowledgeBase
from engine.load import read_reference
from engine.messages import said
from engine.model import Cites, Entry, Layer, Named, Role, Stage, Text
from engine.source import Node, Problem, Span, Unusable, near, read

GAPS = ("composition_gap", "structure_gap", "function_gap", "exchange_gap")
OVERALL = "overall"  # the key of a whole overall goal in a project file


class Cited(Named):
    layer: Layer
    cite: Cites


class SurveyPart(Cited):
    """One of the items a–h of 5.2.2."""


class SurveyItem(Cited):
    part: str
    collect: Text
    asks: tuple[str, ...] = ()


class Assessment(Cited):
    """One of the four assessments at large scale (5.4.1.1)."""

    assess: Text
    metrics: tuple[Text, ...]
    indicators: tuple[str, ...]


class CauseClass(Cited):
    ask: Text


class ExtentStep(Cited):
    text: Text
    needs: tuple[Literal["district", "zone", "problems", "existing_project", "geometry", "area_ha", "town", "village"], ...]


class SubAttribute(Cited):
    """A helper question for one of the four gaps."""

    gap: Literal["composition_gap", "structure_gap", "function_gap", "exchange_gap"]
    question: Text


class Pointer(Cited):
    """A sub-attribute that belongs to no gap, with the problems and facts that it points to."""

    group: Literal["threats", "physical"]
    question: Text
    problems: tuple[str, ...]
    asks: tuple[str, ...]


class Aggregation(Cited):
    because: Text


class GoalPart(Cited):
    text: Text


class GoalAspect(Cited):
    """One of the seven aspects of specific goals (5.4.3.2), and what serves and shows it."""

    text: Text
    roles: tuple[Role, ...] = ()
    stages: tuple[Stage, ...] = ()
    problems: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    indicators: tuple[str, ...]


class Scope(Cited):
    """Where performance indicators belong (5.4.3.3)."""

    group: Literal["output", "benefit", "satisfaction"]
    aspects: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()


SECTIONS: dict[str, dict[str, type[Entry]]] = {
    "survey.yaml": {"parts": SurveyPart, "items": SurveyItem, "assessments": Assessment, "causes": CauseClass, "extent": ExtentStep},
    "attributes.yaml": {"aggregation": Aggregation, "attributes": SubAttribute, "pointers": Pointer},
    "goals.yaml": {"overall": GoalPart, "aspects": GoalAspect, "scopes": Scope},
}

# section of a project file → the file and the parts of it that name what may stand there
NAMED_BY = {
    "survey": ("survey.yaml", ("parts", "items")), "diagnosis": ("survey.yaml", ("assessments",)),
    "goals": ("goals.yaml", ("overall", "aspects")), "attributes": ("attributes.yaml", ("attributes", "pointers")),
}  # fmt: skip


@lru_cache(maxsize=12)
def reference(base: KnowledgeBase, name: str) -> dict[str, dict[str, Any]]:
    """The entries of one of the files: section → id → entry.  Raises `Unusable` with every problem, unknown names included."""
    parts = read_reference(base, name, SECTIONS[name])
    refuse_unknown(base, name, (asked for section in parts.values() for e in section.values() for asked in _names(base, e, parts)))
    return parts


def refuse_unknown(base: KnowledgeBase, file: str, asked: Iterable[tuple[Iterable[str], Collection[str], str]]) -> None:
    """Raise `Unusable` with every name used that is not among the known, at its first place; asked: (names used, names known, what they name)."""
    if unknown := [(word, known, what) for words, known, what in asked for word in words if word not in known]:
        raise Unusable([_problem(base, file, word, known, what) for word, known, what in unknown])


def _names(base: KnowledgeBase, entry: Any, parts: Mapping[str, Any]) -> Iterator[tuple[Collection[str], Collection[str], str]]:
    """(names used, names known, what they name) of an entry."""
    known: dict[str, tuple[str, Collection[str]]] = {
        "asks": ("fact", base.facts), "problems": ("problem", base.problems), "measures": ("measure", base.measures), "indicators": ("indicator", base.indicators),
    }  # fmt: skip
    for key, (what, names) in known.items():
        yield getattr(entry, key, ()), names, what
    if isinstance(entry, SurveyItem):
        yield (entry.part,), parts["parts"], "part"


def _problem(base: KnowledgeBase, name: str, word: str, known: Collection[str], key: str) -> Problem:
    """The problem at the first place where the word is written, in the last folder that has it."""
    for folder in reversed(base.folders):
        if (folder / name).is_file():
            source, root = read(folder / name, f"{folder.name}/{name}")
            if (at := next((n.at for n in _scalars(root) if n.value == word), None)) is not None:
                return source.problem(at, "E315", near(word, known), name=word, what=said(f"what_{key}"))
    return Problem(Span(name), "E315", (("name", word), ("what", said(f"what_{key}"))), near(word, known))


def _scalars(node: Node) -> Iterator[Node]:
    for child in node.value if node.kind == "list" else [v for _, _, v in node.items()]:
        yield from _scalars(child)
    if node.kind == "scalar":
        yield node


def names_of(base: KnowledgeBase, section: str) -> list[str]:
    """The names that a section of a project file may use: `survey`, `diagnosis`, `goals` or a unit's `attributes`."""
    own = [OVERALL] if section == "goals" else []
    return [*own, *titles_of(base, section)]


def titles_of(base: KnowledgeBase, section: str) -> dict[str, Text]:
    """What the entries are called that a section of a project file names."""
    file, parts = NAMED_BY[section]
    found = reference(base, file)
    return {id: entry.name for part in parts for id, entry in found[part].items()}


def derived_gaps(base: KnowledgeBase, grades: Mapping[str, str], answered: Collection[str]) -> dict[str, str]:
    """Each gap that is not answered and whose sub-attributes are all graded: the worst of the grades (attributes.yaml says why)."""
    if not grades:
        return {}
    attributes = reference(base, "attributes.yaml")["attributes"].values()
    result = {}
    for gap in GAPS:
        own = [grades.get(a.id) for a in attributes if a.gap == gap]
        if own and None not in own and gap in base.facts and gap not in answered:
            result[gap] = next(a.id for a in reversed(base.facts[gap].answers) if a.id in own)
    return result
