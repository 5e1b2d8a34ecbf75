"""Many completions of one unit at once: an int an answer, whose bit *i* says whether it holds in completion *i*.

A completion answers everything that is not known.  What is settled already (by the semantics) stays settled in
every completion, so only the open parts of open rules are looked at.  With a few unknown facts all completions
fit and what they show is exact; else a sample shows what is possible, and `engine.logic` proves the rest impossible.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from operator import and_, or_

from engine.conditions import ALWAYS, All, Condition, Lacks, Shares, State, Within, leaves, members
from engine.conditions import Any as AnyOf
from engine.model import Decision, KnowledgeBase, Rule

SAMPLES = 96
AIMED = 64  # of the samples, so many are made to meet rules
Choices = dict[str, tuple[int, ...]]  # unknown attribute → its possible answers, or of a many-answer one its open members
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
        return self._of(rule)[0]

    def _of(self, rule: Rule) -> tuple[Condition, tuple[Bit, ...]]:
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
                    for attribute, asked in self._of(rule)[1]:
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


def how_many(state: State, choices: Choices) -> int:
    """The number of completions."""
    return prod(1 << len(open_) if isinstance(state[name], tuple) else len(open_) for name, open_ in choices.items())


@dataclass(frozen=True)
class Layout:
    """All completions laid out: how many, a lane for each open answer, and for each fact how to find the completions that differ in it alone."""

    width: int
    lanes: dict[str, dict[int, int]]
    strides: dict[str, list[tuple[int, int]]]  # fact → (distance, sides)

    def depends(self, lane: int, fact: str) -> bool:
        """Whether two completions that differ in the fact alone differ in the lane."""
        for stride, sides in self.strides[fact]:
            firsts = ((1 << stride) - 1) * (((1 << self.width) - 1) // ((1 << stride * sides) - 1))  # the first of the sides, everywhere
            if any((lane >> stride * k ^ lane) & firsts for k in range(1, sides)):
                return True
        return False


def in_full(state: State, choices: Choices) -> Layout:
    """Every completion once."""
    width = 1
    lanes: dict[str, dict[int, int]] = {}
    strides: dict[str, list[tuple[int, int]]] = {}
    for name, open_ in choices.items():
        many = isinstance(state[name], tuple)
        lanes[name], strides[name] = {}, []
        for part in [(i,) for i in open_] if many else [open_]:
            sides = 2 if many else len(part)
            repeated = sum(1 << width * k for k in range(sides))
            for of in lanes.values():
                for i in of:
                    of[i] *= repeated
            for place, i in enumerate(part, start=1 if many else 0):
                lanes[name][i] = (1 << width) - 1 << width * place
            strides[name].append((width, sides))
            width *= sides
    return Layout(width, lanes, strides)


class Sample:
    """Random completions side by side with copies in which one fact alone is answered otherwise.

    Block 0 has `SAMPLES` completions, some of them aimed at the answers in `aims`; block *k* the same with the
    *k*-th of `facts` changed.  `possible` are the answers that a fact may be given in whose place rules decide.
    """

    def __init__(self, left: Rest, choices: Choices, facts: Sequence[str], rng: random.Random, aims: Sequence[Bit], possible: Mapping[str, Sequence[int]]):
        self.rest, self.choices, self.rng = left, choices, rng
        self.blocks = {name: k for k, name in enumerate(facts, 1)}
        lanes = {name: self._members(open_) if isinstance(left.state[name], tuple) else self._answers(open_) for name, open_ in choices.items()}
        for j in range(AIMED if aims else 0):
            self._aim(lanes, 1 << j, *rng.choice(aims), depth=8)
        every = sum(1 << k * SAMPLES for k in range(len(facts) + 1))
        for name, of in lanes.items():
            if name in self.blocks:
                other = self._changed(name, of)
                at = self.blocks[name] * SAMPLES
                lanes[name] = {i: lane * every ^ (lane ^ other[i]) << at for i, lane in of.items()}
            else:
                lanes[name] = {i: lane * every for i, lane in of.items()}
        instead = {}
        for name, answers in possible.items():
            if name in self.blocks:
                start = self.blocks[name] * SAMPLES
                instead[name] = ((1 << SAMPLES) - 1 << start, {i: lane << start for i, lane in self._answers(answers).items()})
        self.lanes = Lanes(left, SAMPLES * (len(facts) + 1), lanes, instead)

    @property
    def block(self) -> int:
        """The completions themselves, without their changed copies."""
        return (1 << SAMPLES) - 1

    def changes(self, name: str, bits: int, fact: str) -> bool:
        """Whether a completion and its copy with the fact changed differ in one of the answers of the decision."""
        shift = self.blocks[fact] * SAMPLES
        lanes = (self.lanes.answer(name, i) for i in members(bits))
        return any((lane >> shift ^ lane) & self.block for lane in lanes)

    def _members(self, open_: Sequence[int]) -> dict[int, int]:
        """Members by chance: in a third of the completions few, in a third half of them, in a third most."""

        def draw() -> int:
            return self.rng.getrandbits(SAMPLES)

        third = (1 << SAMPLES // 3) - 1
        few, most = third, third << SAMPLES // 3
        made = {}
        for i in open_:
            rare = draw() & draw() & draw()
            made[i] = rare & few | (draw() | ~rare & draw()) & most | draw() & ~(few | most)
        return made

    def _answers(self, open_: Sequence[int]) -> dict[int, int]:
        """One answer in each completion."""
        made = dict.fromkeys(open_, 0)
        for j in range(SAMPLES):
            made[open_[int(self.rng.random() * len(open_))]] |= 1 << j
        return made

    def _changed(self, name: str, of: Mapping[int, int]) -> dict[int, int]:
        """The fact answered otherwise: another answer, or one member more or less."""
        other = self._answers(self.choices[name])
        return {i: lane ^ other[i] for i, lane in of.items()} if isinstance(self.rest.state[name], tuple) else other

    def _aim(self, lanes: dict[str, dict[int, int]], at: int, name: str, i: int, depth: int) -> None:
        """Make one completion meet a rule that concludes the answer, as far as that can be seen from the rules behind it."""
        decision = self.rest.base.decisions[name]
        rules = [when for r in decision.rules_for[decision.answers[i].id] if (when := self.rest.when(r)) is not NEVER]
        if rules and depth:
            self._meet(lanes, at, self.rng.choice(rules), depth)

    def _meet(self, lanes: dict[str, dict[int, int]], at: int, condition: Condition, depth: int) -> None:
        match condition:
            case All(parts):
                for part in parts:
                    self._meet(lanes, at, part, depth)
            case AnyOf(parts):
                self._meet(lanes, at, self.rng.choice(parts), depth)
            case leaf if leaf.attribute in self.rest.base.decisions:
                if not isinstance(leaf, Lacks):
                    self._aim(lanes, at, leaf.attribute, self.rng.choice(list(members(leaf.bits))), depth - 1)
            case leaf if leaf.attribute in lanes:
                of = lanes[leaf.attribute]
                asked = [i for i in members(leaf.bits) if i in of]
                if not isinstance(leaf, Shares):
                    for i in of if isinstance(leaf, Within) else asked:
                        of[i] &= ~at
                if not isinstance(leaf, Lacks) and asked:
                    of[self.rng.choice(asked)] |= at
