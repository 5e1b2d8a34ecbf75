"""Many completions of one unit at once: an int an answer, whose bit *i* says whether it holds in completion *i*.

A completion answers everything that is not known.  What is settled already (by the semantics) stays settled in
every completion, so only the open parts of open rules are looked at.  With a few unknown facts all completions
fit and what they show is exact; else a sample shows what is possible, and `engine.logic` proves the rest impossible.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from engine.conditions import All, Condition, Lacks, Leaf, Shares, State, Within, leaves, members
from engine.conditions import Any as AnyOf
from engine.model import Decision, KnowledgeBase, Rule
from engine.semantics import holds

MOST = 1 << 12  # completions that are laid out in full
SAMPLES = 192
Choices = dict[str, tuple[int, ...]]  # unknown attribute → its possible answers, or of a many-answer one its open members
Bit = tuple[str, int]


def open_bits(state: State, name: str) -> int:
    """The answers still open: more than one left, or members that may yet join."""
    known = state[name]
    if isinstance(known, tuple):
        return known[1] & ~known[0]
    return known if known & (known - 1) else 0


def open_rules(decision: Decision, state: State, bits: int = -1) -> list[Rule]:
    """The rules that may or may not hold and bear on the open answers among `bits`."""
    if decision.hit == "first":
        rules = []
        for rule in decision.every_rule:
            verdict = holds(rule.when, state)
            if verdict is not False:
                rules.append(rule)
            if verdict:
                break
        return rules
    wanted = dict.fromkeys(r.id for i in members(open_bits(state, decision.id) & bits) for r in decision.rules_for[decision.answers[i].id])
    return [r for r in decision.rules if r.id in wanted and holds(r.when, state) is None]


def behind(base: KnowledgeBase, state: State, wanted: Iterable[str]) -> dict[str, int]:
    """What is open and may bear on the wanted decisions, these included: attribute → its open answers that some open rule asks for.

    Of a one-answer attribute all open answers are given.
    """
    found: dict[str, int] = {}
    todo = [(name, open_bits(state, name)) for name in wanted]
    while todo:
        name, bits = todo.pop()
        new = bits & ~found.get(name, 0)
        if not new:
            continue
        found[name] = found.get(name, 0) | new
        for rule in open_rules(base.decisions[name], state, new) if name in base.decisions else ():
            for leaf in leaves(rule.when):
                if holds(leaf, state) is None:
                    todo.append((leaf.attribute, open_bits(state, leaf.attribute) & (leaf.bits if isinstance(state[leaf.attribute], tuple) else -1)))
    return found


class Lanes:
    """The open answers of one unit in `width` completions.

    `facts` has a lane for each open answer of each unknown attribute; `instead` puts answers in the place of a
    decision in some lanes: decision → (lanes, answer → lane).
    """

    def __init__(self, base: KnowledgeBase, state: State, width: int, facts: Mapping[str, Mapping[int, int]], instead: Mapping[str, tuple[int, Mapping[int, int]]]):
        self.base, self.state, self.full = base, state, (1 << width) - 1
        self.facts, self.instead = facts, instead
        self._answers: dict[Bit, int] = {}
        self._whens: dict[str, int] = {}
        self._replaced: set[str] = set()

    def answer(self, name: str, i: int) -> int:
        """The completions in which the answer holds."""
        known = self.state[name]
        if isinstance(known, tuple):
            if not (known[1] & ~known[0]) >> i & 1:
                return self.full if known[0] >> i & 1 else 0
        elif not known >> i & 1 or known == 1 << i:
            return self.full if known >> i & 1 else 0
        if name in self.facts:
            return self.facts[name].get(i, 0)
        if (name, i) not in self._answers:
            decision = self.base.decisions[name]
            if decision.hit == "first":
                self._first(decision)
            else:
                lane = 0
                for rule in decision.rules_for[decision.answers[i].id]:
                    lane |= self._when(rule)
                self._answers[name, i] = lane
            self._replace(name)
        return self._answers[name, i]

    def _first(self, decision: Decision) -> None:
        position = {a.id: i for i, a in enumerate(decision.answers)}
        lanes = dict.fromkeys(range(len(decision.answers)), 0)
        left = self.full
        for rule in decision.every_rule:
            hit = left & self._when(rule)
            lanes[position[rule.then[0]]] |= hit
            left &= ~hit
            if not left:
                break
        self._answers.update({(decision.id, i): lane for i, lane in lanes.items()})

    def _replace(self, name: str) -> None:
        if name in self.instead and name not in self._replaced:
            self._replaced.add(name)
            where, put = self.instead[name]
            for key, lane in self._answers.items():
                if key[0] == name:
                    self._answers[key] = lane & ~where | put.get(key[1], 0)

    def _when(self, rule: Rule) -> int:
        lane = self._whens.get(rule.id)
        if lane is None:
            lane = self._whens[rule.id] = self.condition(rule.when)
        return lane

    def condition(self, condition: Condition) -> int:
        """The completions in which the condition holds."""
        verdict = holds(condition, self.state)
        if verdict is not None:
            return self.full if verdict else 0
        match condition:
            case All(parts):
                lane = self.full
                for part in parts:
                    lane &= self.condition(part)
                return lane
            case AnyOf(parts):
                lane = 0
                for part in parts:
                    lane |= self.condition(part)
                return lane
            case leaf:
                return self._leaf(leaf)

    def _leaf(self, leaf: Leaf) -> int:
        lane = 0
        for i in members(leaf.bits & open_bits(self.state, leaf.attribute)):
            lane |= self.answer(leaf.attribute, i)
        return self.full & ~lane if isinstance(leaf, Lacks) else lane


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
            firsts = ((1 << stride) - 1) * sum(1 << stride * sides * k for k in range(self.width // (stride * sides)))
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

    Block 0 has `SAMPLES` completions; block *k* the same with the *k*-th of `facts` changed.
    """

    def __init__(self, base: KnowledgeBase, state: State, choices: Choices, facts: Sequence[str], rng: random.Random, aims: Sequence[Bit], possible: Mapping[str, Sequence[int]]):
        self.base, self.state, self.choices, self.rng = base, state, choices, rng
        self.blocks = {name: k for k, name in enumerate(facts, 1)}
        whole = [self._one(rng.choice(aims) if aims and j % 4 else None) for j in range(SAMPLES)]
        lanes: dict[str, dict[int, int]] = {name: dict.fromkeys(open_, 0) for name, open_ in choices.items()}
        block = sum(1 << k * SAMPLES for k in range(len(facts) + 1))
        for name, of in lanes.items():
            own = self.blocks.get(name)
            for j, one in enumerate(whole):
                bits = one[name]
                for i in members(bits):
                    of[i] |= block << j
                if own is not None:
                    at = 1 << own * SAMPLES + j
                    for i in members(bits ^ self._otherwise(name, bits)):
                        of[i] ^= at
        instead = {}
        for name, answers in possible.items():
            if name in self.blocks:
                start = self.blocks[name] * SAMPLES
                put = dict.fromkeys(answers, 0)
                for j in range(SAMPLES):
                    put[rng.choice(answers)] |= 1 << start + j
                instead[name] = ((1 << SAMPLES) - 1 << start, put)
        self.lanes = Lanes(base, state, SAMPLES * (len(facts) + 1), lanes, instead)

    @property
    def size(self) -> int:
        return SAMPLES

    def changes(self, name: str, fact: str) -> bool:
        """Whether a completion and its copy with the fact changed differ in an open answer of the decision."""
        block, shift = (1 << SAMPLES) - 1, self.blocks[fact] * SAMPLES
        lanes = (self.lanes.answer(name, i) for i in members(open_bits(self.state, name)))
        return any((lane >> shift ^ lane) & block for lane in lanes)

    def _one(self, aim: Bit | None) -> dict[str, int]:
        """One completion: members few or many, and where aimed, as the rules behind an answer ask."""
        rng, few = self.rng, self.rng.choice((0.05, 0.15, 0.5, 0.85))
        made = {}
        for name, open_ in self.choices.items():
            made[name] = sum(1 << i for i in open_ if rng.random() < few) if isinstance(self.state[name], tuple) else 1 << rng.choice(open_)
        if aim:
            self._aim(made, *aim, depth=8)
        return made

    def _aim(self, made: dict[str, int], name: str, i: int, depth: int) -> None:
        decision = self.base.decisions[name]
        rules = [r for r in decision.every_rule if decision.answers[i].id in r.then and holds(r.when, self.state) is None]
        if rules and depth:
            self._meet(made, self.rng.choice(rules).when, depth)

    def _meet(self, made: dict[str, int], condition: Condition, depth: int) -> None:
        if holds(condition, self.state) is not None:
            return
        match condition:
            case All(parts):
                for part in parts:
                    self._meet(made, part, depth)
            case AnyOf(parts):
                self._meet(made, self.rng.choice([p for p in parts if holds(p, self.state) is None]), depth)
            case leaf:
                open_ = tuple(i for i in members(leaf.bits & open_bits(self.state, leaf.attribute)) if i in self.choices.get(leaf.attribute, (i,)))
                if leaf.attribute not in self.choices:
                    if leaf.attribute in self.base.decisions and not isinstance(leaf, Lacks) and open_:
                        self._aim(made, leaf.attribute, self.rng.choice(open_), depth - 1)
                elif not open_:
                    return
                elif isinstance(leaf, Within):
                    made[leaf.attribute] = 1 << self.rng.choice(open_)
                elif isinstance(leaf, Shares):
                    made[leaf.attribute] |= 1 << self.rng.choice(open_)
                else:
                    made[leaf.attribute] &= ~leaf.bits

    def _otherwise(self, name: str, bits: int) -> int:
        open_ = self.choices[name]
        if isinstance(self.state[name], tuple):
            return bits ^ 1 << self.rng.choice(open_)
        return 1 << self.rng.choice([i for i in open_ if bits != 1 << i])
