"""A unit for which a condition holds: facts found by working back through the rules.

Used for the probes of `coverage` and for examples.  The search is depth first: a condition on a fact narrows
what the fact may be, a condition on a decision is replaced by the conditions of a rule that concludes it.
What it finds is confirmed by the semantics, so a wrong turn costs time and never an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.compile import UNDECIDED
from engine.conditions import All, Any, Condition, Lacks, Leaf, Shares, Within, members, negate, reads
from engine.knowledge import Decision, KnowledgeBase
from engine.project import Value, known_of, unit_of
from engine.semantics import holds, infer

TRIES = 4000
Bounds = dict[str, int | tuple[int, int]]  # fact → answers left, or (members in, members that may be in)


@dataclass
class _Budget:
    left: int


def facts_for(base: KnowledgeBase, condition: Condition, preferring: Mapping[str, Value] | None = None, few: bool = False) -> dict[str, Value] | None:
    """Facts of a unit for which the condition holds, or None when none was found.

    The unit is fully surveyed; with `few`, only facts that the condition leads to are answered where these
    suffice.  `preferring` are answers for facts that the condition leaves open.
    """
    budget = _Budget(TRIES)
    for bounds in _solve(base, [condition], {}, budget):
        facts = _facts(base, bounds, preferring or {})
        for answered in ({name: facts[name] for name in bounds}, facts) if few else (facts,):
            if holds(condition, infer(base, known_of(base, unit_of(base, answered)), [n for n in reads(condition) if n in base.decisions])):
                return answered
        budget.left -= 20
        if budget.left <= 0:
            break
    return None


def _solve(base: KnowledgeBase, goals: list[Condition], bounds: Bounds, budget: _Budget) -> Iterator[Bounds]:
    if not goals:
        yield bounds
        return
    budget.left -= 1
    if budget.left <= 0:
        return
    goal, rest = goals[0], goals[1:]
    match goal:
        case All(parts):
            yield from _solve(base, [*parts, *rest], bounds, budget)
        case Any(parts):
            for part in parts:
                yield from _solve(base, [part, *rest], bounds, budget)
        case leaf:
            attribute = base.attributes[leaf.attribute]
            if attribute.origin == "planner":
                if _of_nobody(leaf, attribute.answers):
                    yield from _solve(base, rest, bounds, budget)
            elif attribute.origin == "fact" or leaf.attribute in base.facts:
                for narrowed in _narrow(bounds, leaf, attribute.unknown):
                    yield from _solve(base, rest, narrowed, budget)
            else:
                for condition in _behind(base, base.decisions[leaf.attribute], leaf):
                    yield from _solve(base, [condition, *rest], bounds, budget)


def _of_nobody(leaf: Leaf, answers: tuple[str, ...]) -> bool:
    """Whether the leaf holds where no planner has decided, added or dropped anything."""
    if isinstance(leaf, Within):
        return bool(leaf.bits & 1) and answers[0] == UNDECIDED
    return isinstance(leaf, Lacks)


def _narrow(bounds: Bounds, leaf: Leaf, unknown: int | tuple[int, int]) -> Iterator[Bounds]:
    now = bounds.get(leaf.attribute, unknown)
    if isinstance(leaf, Within):
        assert isinstance(now, int)
        if now & leaf.bits:
            yield bounds | {leaf.attribute: now & leaf.bits}
        return
    assert isinstance(now, tuple)
    yes, may = now
    if isinstance(leaf, Lacks):
        if not yes & leaf.bits:
            yield bounds | {leaf.attribute: (yes, may & ~leaf.bits)}
    elif yes & leaf.bits:
        yield bounds
    else:
        for i in members(may & leaf.bits):
            yield bounds | {leaf.attribute: (yes | 1 << i, may)}


def _behind(base: KnowledgeBase, decision: Decision, leaf: Leaf) -> Iterator[Condition]:
    """Conditions each of which makes the decision as the leaf wants it."""

    def not_(condition: Condition) -> Condition:
        return negate(condition, lambda name: len(base.attributes[name].answers))

    if isinstance(leaf, Within):
        wanted = {decision.answers[i].id for i in members(leaf.bits)}
        earlier: list[Condition] = []
        for rule in decision.every_rule:
            if rule.then[0] in wanted:
                yield All((rule.when, *earlier))
            earlier.append(not_(rule.when))
    elif isinstance(leaf, Shares):
        for i in members(leaf.bits):
            for rule in decision.rules_for[decision.answers[i].id]:
                yield rule.when
    else:
        yield All(tuple(not_(rule.when) for i in members(leaf.bits) for rule in decision.rules_for[decision.answers[i].id]))


def _facts(base: KnowledgeBase, bounds: Bounds, preferring: Mapping[str, Value]) -> dict[str, Value]:
    """The facts within the bounds: preferred answers where they fit, else the mildest; members only where needed."""
    facts: dict[str, Value] = {}
    for fact in base.facts.values():
        attribute = base.attributes[fact.id]
        now = bounds.get(fact.id, attribute.unknown)
        liked = preferring.get(fact.id)
        if isinstance(now, tuple):
            extra = [m for m in (liked if isinstance(liked, tuple) else ()) if now[1] >> attribute.index[m] & 1]
            facts[fact.id] = tuple(a for i, a in enumerate(attribute.answers) if now[0] >> i & 1 or a in extra)
        elif fact.kind == "number":
            cell = (now & -now).bit_length() - 1
            facts[fact.id] = float(attribute.thresholds[cell - 1] if cell else fact.min or 0)
        elif fact.kind == "yesno":
            facts[fact.id] = not now >> attribute.index["false"] & 1 or (liked is True and bool(now >> attribute.index["true"] & 1))
        elif isinstance(liked, str) and now >> attribute.index[liked] & 1:
            facts[fact.id] = liked
        else:
            facts[fact.id] = attribute.answers[(now & -now).bit_length() - 1]
    return facts
