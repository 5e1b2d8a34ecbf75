"""Examples beside the rules: for each rule a unit for which it decides, and units at the boundaries of what rules say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions import State
from engine.load import read_reference, reference
from engine.model import Entry, KnowledgeBase, Mode, Rule, Text
from engine.project import Unit, Value, known_of, unit_of
from engine.project_file import Change, Decide
from engine.remembered import Remembered
from engine.semantics import first_answers, holds, infer
from engine.source import Problem, Span


class Example(Entry):
    """A unit's facts, and perhaps a planner's acts, for which the rule `id` is true and concludes `concludes`."""

    id: str
    given: dict[str, str | bool | float | tuple[str, ...]] = {}
    decided: Mode | None = None
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    concludes: dict[str, str | tuple[str, ...]]


class Boundary(Entry):
    """A unit at the boundary of what a rule says, with answers that must come out of it, and answers that may not."""

    id: str
    given: dict[str, str | bool | float | tuple[str, ...]] = {}
    decided: Mode | None = None
    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    concludes: dict[str, str | tuple[str, ...]] = {}
    excludes: dict[str, str | tuple[str, ...]] = {}


EXAMPLES: dict[str, type[Entry]] = {"examples": Example}
BOUNDARIES: dict[str, type[Entry]] = {"boundaries": Boundary}


def read_examples(base: KnowledgeBase) -> dict[str, Example]:
    """The examples of every folder, by rule."""
    return read_reference(base, "examples.yaml", EXAMPLES)["examples"]


def read_boundaries(base: KnowledgeBase) -> dict[str, tuple[Boundary, Span]]:
    """The boundaries of every folder with their places."""
    parts, raw = reference(base, "boundaries.yaml", BOUNDARIES)
    return {id: (boundary, raw.sections["boundaries"][id].at) for id, boundary in parts["boundaries"].items()}


def missed_boundaries(base: KnowledgeBase, boundaries: Mapping[str, tuple[Boundary, Span]]) -> list[Problem]:
    """Boundarys at which something else comes out now."""
    remembered = Remembered(base)
    problems = []
    for id, (boundary, at) in boundaries.items():
        try:
            state = remembered.infer(known_of(base, unit_of_example(base, boundary)), {*boundary.concludes, *boundary.excludes})
            kept = keeps(base, boundary, state)
        except KeyError:  # a fact, an answer or a measure that is no longer there
            kept = False
        if not kept:
            problems.append(Problem(at, "E334", (("id", id),)))
    return problems


def keeps(base: KnowledgeBase, boundary: Boundary, state: State) -> bool:
    """Whether what the boundary says comes out in the state, and what it excludes is ruled out."""
    return all(
        _bits(base, name, answers, state, must) for said, must in ((boundary.concludes, True), (boundary.excludes, False)) for name, answers in said.items()
    )  # fmt: skip


def _bits(base: KnowledgeBase, name: str, wanted: str | tuple[str, ...], state: State, must: bool) -> bool:
    known = state[name]
    bits = base.attributes[name].bits(*((wanted,) if isinstance(wanted, str) else wanted))
    if must:
        return known[0] & bits == bits if isinstance(known, tuple) else known == bits
    return not (known[1] if isinstance(known, tuple) else known) & bits


class Pair(Entry):
    """The problems that can arise in the ecosystem `id` at all, and why not the others."""

    id: str
    problems: tuple[str, ...]
    because: Text


def read_pairs(base: KnowledgeBase) -> dict[str, Pair]:
    """The pairs of ecosystem and problem that make sense, by ecosystem."""
    return read_reference(base, "pairs.yaml", {"pairs": Pair})["pairs"]


def unit_of_example(base: KnowledgeBase, example: Example | Boundary) -> Unit:
    """The example's unit, with the planner's acts."""

    def changes(measures: tuple[str, ...]) -> tuple[Change, ...]:
        return tuple(Change(measure=m, because="example") for m in measures)

    decide = Decide(mode=example.decided, because="example") if example.decided else None
    return unit_of(base, _values(base, example.given), decide=decide, add=changes(example.added), drop=changes(example.dropped))


def state_of(base: KnowledgeBase, example: Example) -> dict[str, Any]:
    """The state that the semantics reaches for the example's unit."""
    wanted = {*example.concludes, base.rules[example.id].decision} & set(base.decisions)
    return infer(base, known_of(base, unit_of_example(base, example)), wanted)


def _values(base: KnowledgeBase, given: Mapping[str, Any]) -> dict[str, Value]:
    kinds = {f.id: f.kind for f in base.facts.values()}
    made: dict[str, Value] = {}
    for name, value in given.items():
        kind = kinds.get(name)
        made[name] = float(value) if kind == "number" else str(value).lower() == "true" if kind == "yesno" else value
    return made


def candidates(base: KnowledgeBase) -> dict[str, list[Rule]]:
    """What needs an example: every written rule, measure and season, and each row that the loader writes, with the rules that can serve."""
    groups: dict[str, list[Rule]] = {}
    for rule in base.rules.values():
        own = not rule.item or rule.decision in ("proposed", "seasons", "requirements")
        groups.setdefault(rule.id if own else rule.id.partition(":")[0], []).append(rule)
    return {name: rules for name, rules in groups.items() if name not in NEVER}


def broken(base: KnowledgeBase, examples: Mapping[str, Example]) -> list[Problem]:
    """Examples whose rule is gone, is no longer true, or concludes something else; and rules without an example."""
    problems = []
    for id, example in examples.items():
        at = Span("examples.yaml")
        rule = base.rules.get(id)
        if rule is None:
            problems.append(Problem(at, "E331", (("id", id),)))
        elif not _decides(base, rule, example):
            problems.append(Problem(rule.at, "E332", (("id", id),)))
    for name, rules in candidates(base).items():
        if not any(rule.id in examples for rule in rules):
            problems.append(Problem(rules[0].at, "E333", (("id", name),)))
    return problems


def _decides(base: KnowledgeBase, rule: Rule, example: Example) -> bool:
    """Whether the rule is true for the example, comes first in its table, and everything the example names is concluded."""
    unknown = [n for n in example.given if n not in base.facts] + [m for m in example.added if m not in base.measures]
    if unknown:
        return False
    try:
        state = state_of(base, example)
    except KeyError:  # an answer that no longer exists
        return False
    decision = base.decisions[rule.decision]
    if not holds(rule.when, state) or (decision.hit == "first" and first_answers(decision.every_rule, state) != {rule}):
        return False
    for name, wanted in example.concludes.items():
        if name not in base.decisions:
            return False
        answers = (wanted,) if isinstance(wanted, str) else wanted
        if any(a not in base.attributes[name].index for a in answers) or not _bits(base, name, answers, state, True):
            return False
    return True


# Rows without which a first table would leave a combination of its own inputs uncovered, though no unit reaches it.
NEVER = ("mode.conserve-by-ceiling",)
