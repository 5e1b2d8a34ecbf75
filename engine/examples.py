"""Examples beside the rules: for each rule a unit for which it decides, and units at the boundaries of what rules say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions import State
from engine.knowledge import KnowledgeBase, Rule
from engine.load import read_reference, reference
from engine.messages import Said, said
from engine.model import Entry, Mode, Text
from engine.overlay import Raw, listed
from engine.project import Unit, Value, facts_of, known_of, unit_of
from engine.project_file import Change, Decide
from engine.remembered import Remembered
from engine.semantics import first_answers, holds, infer
from engine.source import Problem, Span, near


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
    return examples_as_written(base)[0]


def examples_as_written(base: KnowledgeBase) -> tuple[dict[str, Example], Raw]:
    """The examples of every folder, by rule, and what they were read from."""
    parts, raw = reference(base, "examples.yaml", EXAMPLES)
    return parts["examples"], raw


def read_boundaries(base: KnowledgeBase) -> dict[str, Boundary]:
    """The boundaries of every folder."""
    return boundaries_as_written(base)[0]


def boundaries_as_written(base: KnowledgeBase) -> tuple[dict[str, Boundary], Raw]:
    """The boundaries of every folder, and what they were read from."""
    parts, raw = reference(base, "boundaries.yaml", BOUNDARIES)
    return parts["boundaries"], raw


def places(raw: Raw) -> dict[str, Span]:
    """Where each example or boundary is written."""
    return {id: node.at for section in raw.sections.values() for id, node in section.items()}


def wrong_names(base: KnowledgeBase, raw: Raw) -> list[Problem]:
    """What examples or boundaries name that is not there, at its place; and boundaries that say nothing."""
    for id, node in (entry for section in raw.sections.values() for entry in section.items()):
        facts_of(node.get("given"), base, raw.report)
        for part in (part for key in ("added", "dropped") for part in listed(node, key)):
            if part.text not in base.measures:
                raw.report(part, "E407", near(part.text, base.measures), name=part.text)
        claims = [entry for key in ("concludes", "excludes") if (found := node.get(key)) is not None for entry in found.items()]
        for name, at, answers in claims:
            if name not in base.decisions:
                raw.report(at, "E509", near(name, base.decisions), name=name, options=", ".join(base.decisions))
                continue
            for part in answers.value if answers.kind == "list" else (answers,):
                if part.text not in base.attributes[name].index:
                    raw.report(part, "E302", near(part.text, base.attributes[name].answers), answer=part.text, name=name)
        if not claims:
            raw.report(node, "E376", id=id)
    return raw.problems


def missed_boundaries(base: KnowledgeBase, boundaries: Mapping[str, Boundary], places: Mapping[str, Span] | None = None) -> list[Problem]:
    """Boundaries at which something else comes out now; those that name what is not there are passed over (see `wrong_names`).

    `places` has the place of each boundary, where it is known.
    """
    remembered = Remembered(base)
    problems = []
    for id, boundary in boundaries.items():
        try:
            missed = _missed(base, boundary, remembered.infer(known_of(base, unit_of_example(base, boundary)), {*boundary.concludes, *boundary.excludes}))
        except KeyError:
            continue
        if missed:
            problems.append(Problem((places or {}).get(id, Span("boundaries.yaml")), "E334", (("id", id), ("wanted", missed))))
    return problems


def _missed(base: KnowledgeBase, boundary: Boundary, state: State) -> Said | None:
    """The first thing the boundary says that does not come out in the state, or is not ruled out there."""
    for claims, must in ((boundary.concludes, True), (boundary.excludes, False)):
        for name, answers in claims.items():
            if not _bits(base, name, answers, state, must):
                shown = answers if isinstance(answers, str) else ", ".join(answers)
                return said("boundary_has" if must else "boundary_lacks", name=f"`{name}`", answer=f"`{shown}`")
    return None


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
        groups.setdefault(rule.row, []).append(rule)
    return {name: rules for name, rules in groups.items() if name not in NEVER}


def broken(base: KnowledgeBase, examples: Mapping[str, Example], places: Mapping[str, Span] | None = None) -> list[Problem]:
    """Examples whose rule is gone, is no longer true, or concludes something else; and rules without an example.

    `places` has the place of each example, where it is known.
    """
    problems = []
    for id, example in examples.items():
        at = (places or {}).get(id, Span("examples.yaml"))
        rule = base.rules.get(id)
        if rule is None:
            problems.append(Problem(at, "E331", (("id", id),)))
        elif not _decides(base, rule, example):
            problems.append(Problem(base.place(rule), "E332", (("id", id),)))
    for name, rules in candidates(base).items():
        if not any(rule.id in examples for rule in rules):
            problems.append(Problem(base.place(rules[0]), "E333", (("id", name),)))
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
