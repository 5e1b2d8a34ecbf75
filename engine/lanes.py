"""Many completions of one unit at once: an int an answer, whose bit *i* says whether it holds in completion *i*.

A completion answers everything that is not known.  What is settled already (by the semantics) stays settled in
every completion, so only the open parts of open rules are looked at.  `engine.layout` says which completions lie
side by side so that all of them are there, `engine.sample` takes some by chance.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache, reduce
from operator import and_, or_
from typing import Any

from engine.conditions import ALWAYS, All, Condition, Known, Lacks, Shares, State, Within, leaves, members, reads
from engine.conditions import Any as AnyOf
from engine.knowledge import Decision, KnowledgeBase, Rule

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
    if isinstance(condition, (All, AnyOf)):
        ends, goes_on = (NEVER, ALWAYS) if isinstance(condition, All) else (ALWAYS, NEVER)
        left, same = [], True
        for part in condition.parts:
            found = rest(part, state)
            if found is ends:
                return ends
            if found is not goes_on:
                left.append(found)
            same = same and found is part
        return goes_on if not left else left[0] if len(left) == 1 else condition if same else type(condition)(tuple(left))
    bits, known = condition.bits, state[condition.attribute]
    if isinstance(condition, Within):
        possible = known & bits
        return ALWAYS if possible == known else NEVER if not possible else condition if possible == bits else Within(condition.attribute, possible)
    yes, may = known
    met, missed = (ALWAYS, NEVER) if isinstance(condition, Shares) else (NEVER, ALWAYS)
    if yes & bits or not may & bits:
        return met if yes & bits else missed
    return condition if may & bits == bits else type(condition)(condition.attribute, may & bits)


class Rest:
    """What is left of the rule base for one unit: open answers, the rules that bear on them, and what these still ask."""

    def __init__(self, base: KnowledgeBase, state: dict[str, Known]):
        self.base = base
        self.state: dict[str, Any] = state
        self._whens: dict[str, tuple[Condition, tuple[Bit, ...]]] = {}
        self._rules: dict[Bit, list[Rule]] = {}

    def when(self, rule: Rule) -> Condition:
        return self.of(rule)[0]

    def of(self, rule: Rule) -> tuple[Condition, tuple[Bit, ...]]:
        """What the rule still asks, and of which attributes which open answers (of a one-answer attribute all)."""
        found = self._whens.get(rule.id)
        if found is None:
            condition, state = rest(rule.when, self.state), self.state
            asked = ((leaf.attribute, state[leaf.attribute] if isinstance(leaf, Within) else leaf.bits) for leaf in leaves(condition))
            found = self._whens[rule.id] = condition, tuple(asked)
        return found

    def copy(self) -> Rest:
        after = Rest(self.base, dict(self.state))
        after._whens = dict(self._whens)
        return after

    def settle(self, name: str, known: Known) -> None:
        """More is known of an attribute: what the rules that read it ask is worked out anew."""
        self.state[name] = known
        for _, rule in readers(self.base)[name]:
            self._whens.pop(rule, None)
        self._rules.clear()

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
        if isinstance(condition, All):
            return reduce(and_, map(self._condition, condition.parts), self.full)
        if isinstance(condition, AnyOf):
            return reduce(or_, map(self._condition, condition.parts), 0)
        lane = 0
        for i in members(condition.bits):
            lane |= self.answer(condition.attribute, i)
        return self.full & ~lane if isinstance(condition, Lacks) else lane


@lru_cache(maxsize=4)
def readers(base: KnowledgeBase) -> dict[str, list[tuple[str, str]]]:
    """Attribute → the rules that read it, each after its decision."""
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in base.attributes}
    for decision in base.decisions.values():
        for rule in decision.every_rule:
            for name in reads(rule.when):
                found[name].append((decision.id, rule.id))
    return found
