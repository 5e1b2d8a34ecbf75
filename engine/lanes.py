"""Many completions of one unit at once: an int an answer, whose bit *i* says whether it holds in completion *i*.

A completion answers everything that is not known.  What is settled already (by the semantics) stays settled in
every completion, so only the open parts of open rules are looked at.  `engine.layout` says which completions lie
side by side so that all of them are there, `engine.sample` takes some by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import and_, or_

from engine.conditions import ALWAYS, All, Condition, Lacks, Shares, State, Within, leaves, members
from engine.conditions import Any as AnyOf
from engine.model import Decision, KnowledgeBase, Rule

Bit = tuple[str, int]
NEVER: Condition = AnyOf(())


def open_bits(state: State, name: str) -> int:
    """The answers still open: more than one left, or members that may yet join."""
    known = state[name]
    if isinstance(known, tuple):
        return known[1] & ~known[0]
    return known if known & (known - 1) else 0


def rest(condition: Condition, state: State) -> Condition:
    """What the condition still asks: `ALWAYS`, `NEVER`, or its open parts with their open answers."""
    match condition:
        case Within(attribute, bits):
            possible = state[attribute]
            return ALWAYS if not possible & ~bits else Within(attribute, possible & bits) if possible & bits else NEVER
        case Shares(attribute, bits):
            yes, may = state[attribute]
            return ALWAYS if yes & bits else Shares(attribute, may & bits) if may & bits else NEVER
        case Lacks(attribute, bits):
            yes, may = state[attribute]
            return NEVER if yes & bits else Lacks(attribute, may & bits) if may & bits else ALWAYS
        case All(parts):
            left = [p for part in parts if (p := rest(part, state)) is not ALWAYS]
            return NEVER if NEVER in left else ALWAYS if not left else left[0] if len(left) == 1 else All(tuple(left))
        case AnyOf(parts):
            left = [p for part in parts if (p := rest(part, state)) is not NEVER]
            return ALWAYS if ALWAYS in left else NEVER if not left else left[0] if len(left) == 1 else AnyOf(tuple(left))


class Rest:
    """What is left of the rule base for one unit: open answers, the rules that bear on them, and what these still ask."""

    def __init__(self, base: KnowledgeBase, state: State):
        self.base, self.state = base, state
        self._whens: dict[str, tuple[Condition, tuple[Bit, ...]]] = {}
        self._rules: dict[Bit, list[Rule]] = {}

    def when(self, rule: Rule) -> Condition:
        return self.of(rule)[0]

    def of(self, rule: Rule) -> tuple[Condition, tuple[Bit, ...]]:
        """What the rule still asks, and of which attributes which open answers (of a one-answer attribute all)."""
        found = self._whens.get(rule.id)
        if found is None:
            condition = rest(rule.when, self.state)
            asked = ((leaf.attribute, leaf.bits if isinstance(known := self.state[leaf.attribute], tuple) else known) for leaf in leaves(condition))
            found = self._whens[rule.id] = condition, tuple(asked)
        return found

    def first(self, decision: Decision) -> list[Rule]:
        """The rules of a *first* table that may be the one, in order."""
        rules = []
        for rule in decision.every_rule:
            when = self.when(rule)
            if when is not NEVER:
                rules.append(rule)
            if when is ALWAYS:
                break
        return rules

    def rules(self, decision: Decision, bits: int) -> list[Rule]:
        """The rules that may hold and bear on the open answers among `bits`."""
        if decision.hit == "first":
            return self.first(decision)
        key = (decision.id, bits)
        if key not in self._rules:
            found = {r.id: r for i in members(bits) for r in decision.rules_for[decision.answers[i].id]}
            self._rules[key] = [r for r in found.values() if self.when(r) is not NEVER]
        return self._rules[key]

    def behind(self, wanted: Mapping[str, int]) -> dict[str, int]:
        """What is open and may bear on the wanted answers, these included: attribute → its open answers that some rule asks for.

        Of a one-answer attribute all open answers are given.
        """
        found = {name: bits for name, bits in wanted.items() if bits}
        for name, decision in reversed(self.base.decisions.items()):  # whoever reads a decision comes before it here
            if bits := found.get(name):
                for rule in self.rules(decision, bits):
                    for attribute, asked in self.of(rule)[1]:
                        found[attribute] = found.get(attribute, 0) | asked
        return found


class Lanes:
    """The open answers of one unit in `width` completions.

    `facts` has a lane for each open answer of each unknown attribute; `instead` puts answers in the place of a
    decision in some lanes: decision → (lanes, answer → lane).
    """

    def __init__(self, left: Rest, width: int, facts: Mapping[str, Mapping[int, int]], instead: Mapping[str, tuple[int, Mapping[int, int]]]):
        self.rest, self.full = left, (1 << width) - 1
        self.facts, self.instead = facts, instead
        self._answers: dict[str, dict[int, int]] = {}
        self._whens: dict[str, int] = {}

    def answer(self, name: str, i: int) -> int:
        """The completions in which an open answer holds."""
        if (given := self.facts.get(name)) is not None:
            return given.get(i, 0)
        made = self._answers.setdefault(name, {})
        if i not in made:
            decision = self.rest.base.decisions[name]
            if decision.hit == "first":
                made.update(self._first(decision))
            else:
                made[i] = reduce(or_, map(self._when, decision.rules_for[decision.answers[i].id]), 0)
            if name in self.instead:
                where, put = self.instead[name]
                made.update({k: lane & ~where | put.get(k, 0) for k, lane in made.items()})
        return made[i]

    def _first(self, decision: Decision) -> dict[int, int]:
        position = {a.id: i for i, a in enumerate(decision.answers)}
        lanes = dict.fromkeys(range(len(decision.answers)), 0)
        left = self.full
        for rule in self.rest.first(decision):
            hit = left & self._when(rule)
            lanes[position[rule.then[0]]] |= hit
            left &= ~hit
        return lanes

    def _when(self, rule: Rule) -> int:
        lane = self._whens.get(rule.id)
        if lane is None:
            lane = self._whens[rule.id] = self._condition(self.rest.when(rule))
        return lane

    def _condition(self, condition: Condition) -> int:
        match condition:
            case Within(attribute, bits) | Shares(attribute, bits):
                return reduce(or_, [self.answer(attribute, i) for i in members(bits)])
            case Lacks(attribute, bits):
                return self.full & ~reduce(or_, [self.answer(attribute, i) for i in members(bits)])
            case All(parts):
                return reduce(and_, map(self._condition, parts), self.full)
            case AnyOf(parts):
                return reduce(or_, map(self._condition, parts), 0)
