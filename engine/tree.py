"""The explanation of a conclusion as a tree: the rule, its premises with value and source, and how those came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.consult import Consultation
from engine.knowledge import Rule
from engine.model import Text
from engine.trail import Premise, Step

DEEPEST = 12


@dataclass(frozen=True)
class Leaf:
    """A premise: what it asks for, what is known, where that comes from, and the conclusions under it."""

    premise: Premise
    source: Mapping[str, Any] | None  # the planner's note on where an answer comes from
    below: tuple[Tree, ...]


@dataclass(frozen=True)
class Tree:
    """A conclusion with the rule that gave it."""

    step: Step
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class Against:
    """Why an answer was not concluded: the nearest rule for it, and the premises that fail or are open."""

    answer: str
    rule: Rule
    failed: tuple[Premise, ...]
    unknown: tuple[Premise, ...]


def tree(consultation: Consultation, name: str, answer: str | None = None) -> list[Tree]:
    """How a conclusion came about; of one answer where a decision has several.  Empty while it is open."""
    steps: dict[str, list[Step]] = {}
    for step in consultation.trail:
        for concluded in step.concludes:
            steps.setdefault(concluded, []).append(step)
    return _trees(consultation, steps, name, answer, ())


def _trees(c: Consultation, steps: Mapping[str, list[Step]], name: str, answer: str | None, above: tuple[str, ...]) -> list[Tree]:
    if name in above or len(above) > DEEPEST:
        return []
    found = [s for s in steps.get(name, ()) if answer is None or _concludes(s, name, answer)]
    return [Tree(step, tuple(_leaf(c, steps, p, (*above, name)) for p in step.premises)) for step in found]


def _leaf(c: Consultation, steps: Mapping[str, list[Step]], premise: Premise, above: tuple[str, ...]) -> Leaf:
    below: list[Tree] = []
    if premise.source == "conclusion":
        wanted = premise.value if isinstance(premise.value, list) else [None]
        for answer in wanted:
            below += [t for t in _trees(c, steps, premise.fact, answer, above) if t not in below]
    source = c.unit.written.sources.get(premise.fact)
    return Leaf(premise, source.model_dump(mode="json", exclude_none=True) if source else None, tuple(below))


def _concludes(step: Step, name: str, answer: str) -> bool:
    concluded = step.concludes[name]
    return answer in concluded if isinstance(concluded, list) else answer == concluded


def against(consultation: Consultation, name: str) -> list[Against]:
    """Why not each answer that a settled decision did not come to."""
    decision = consultation.base.decisions[name]
    settled = consultation.settled(name)
    found = []
    for answer in decision.answers:
        rules = consultation.explainer.why(decision, answer.id)
        if answer.id not in settled and rules:
            rule, _, premises = rules[0]
            found.append(Against(answer.id, rule, tuple(p for p in premises if p.met is False), tuple(p for p in premises if p.met is None)))
    return found


def sentence(consultation: Consultation, name: str) -> list[Text]:
    """The reasons of a conclusion, its own first and then those under it, one after the other."""
    texts: list[Text] = []
    todo = list(tree(consultation, name))
    while todo:
        one = todo.pop(0)
        if one.step.because not in texts:
            texts.append(one.step.because)
        todo += [t for leaf in one.leaves for t in leaf.below]
    return texts
