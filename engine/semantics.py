"""What the rules mean: the oracle of the other readings.

The possible answers of a decision are those over all combinations of possible values of what its own rules
read; combinations across decisions are not followed.  Nothing here is clever: an open condition is split on
one thing that is not known, and both halves are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import singledispatch

from engine.conditions import All, Any, Condition, Known, Lacks, Shares, State, Within, reads
from engine.knowledge import Decision, KnowledgeBase, Rule


@singledispatch
def holds(condition: Condition, state: State) -> bool | None:
    """True when every possible answer satisfies the condition, False when none does, else None (strong Kleene)."""
    raise TypeError(f"no meaning for {type(condition).__name__}")


@holds.register
def _(c: Within, state: State) -> bool | None:
    possible = state[c.attribute]
    return True if not possible & ~c.bits else None if possible & c.bits else False


@holds.register
def _(c: Shares, state: State) -> bool | None:
    yes, may = state[c.attribute]
    return True if yes & c.bits else None if may & c.bits else False


@holds.register
def _(c: Lacks, state: State) -> bool | None:
    yes, may = state[c.attribute]
    return False if yes & c.bits else None if may & c.bits else True


@holds.register
def _(c: All, state: State) -> bool | None:
    values = [holds(p, state) for p in c.parts]
    return False if False in values else None if None in values else True


@holds.register
def _(c: Any, state: State) -> bool | None:
    values = [holds(p, state) for p in c.parts]
    return True if True in values else None if None in values else False


def halves(condition: Condition, state: State) -> Iterator[State]:
    """Two states that together have the same combinations as `state`, parted where the condition is open."""
    match condition:
        case All(parts) | Any(parts):
            yield from halves(next(p for p in parts if holds(p, state) is None), state)
        case Within(attribute, bits):
            yield {**state, attribute: state[attribute] & bits}
            yield {**state, attribute: state[attribute] & ~bits}
        case Shares(attribute, bits) | Lacks(attribute, bits):
            yes, may = state[attribute]
            member = (open_members := may & ~yes & bits) & -open_members
            yield {**state, attribute: (yes | member, may)}
            yield {**state, attribute: (yes, may & ~member)}


def first_answers(rules: Sequence[Rule], state: State) -> set[Rule | None]:
    """The rules of a *first* table that some combination meets first; None where one meets no rule."""
    for i, rule in enumerate(rules):
        met = holds(rule.when, state)
        if met is True:
            return {rule}
        if met is None:
            return set().union(*(first_answers(rules[i:], half) for half in halves(rule.when, state)))
    return {None}


def concluded(rules: Sequence[Rule], state: State) -> set[bool]:
    """Whether at least one of the rules holds: in every combination, in none, or both ways."""
    unknown: list[Rule] = []
    for rule in rules:
        met = holds(rule.when, state)
        if met is True:
            return {True}
        if met is None:
            unknown.append(rule)
    if not unknown:
        return {False}
    found: set[bool] = set()
    for half in halves(unknown[0].when, state):
        found |= concluded(unknown, half)
        if len(found) == 2:
            break
    return found


def conclude(decision: Decision, state: State) -> Known:
    """What is known of the decision's attribute, given what is known of all that it reads."""
    if decision.hit == "first":
        met = first_answers(decision.every_rule, state)
        answers = {rule.then[0] for rule in met if rule}
        return sum(1 << i for i, a in enumerate(decision.answers) if a.id in answers)
    yes = may = 0
    for i, answer in enumerate(decision.answers):
        found = concluded(decision.rules_for[answer.id], state)
        yes |= (found == {True}) << i
        may |= (True in found) << i
    return (yes, may)


def infer(base: KnowledgeBase, known: State, wanted: Collection[str] | None = None) -> dict[str, Known]:
    """The state of every attribute, or with `wanted` of these decisions and those that they rest on.

    `known` has the state of every fact and planner attribute, and of each decision whose place an answer or
    the planner has taken; those are not concluded.
    """
    needed = None if wanted is None else resting_on(base, wanted)
    state = dict(known)
    for decision in base.decisions.values():
        if decision.id not in known and (needed is None or decision.id in needed):
            state[decision.id] = conclude(decision, state)
    return state


def resting_on(base: KnowledgeBase, decisions: Collection[str]) -> set[str]:
    """The decisions and all that they read, directly or not."""
    found = set(decisions)
    for decision in reversed(base.decisions.values()):
        if decision.id in found:
            found |= {name for rule in decision.every_rule for name in reads(rule.when) if name in base.decisions}
    return found
