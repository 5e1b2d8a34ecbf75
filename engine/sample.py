"""Some completions of one unit, by chance and by aim: what they show is possible, what they do not show may be or not."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from engine.conditions import All, Condition, Lacks, Shares, Within, members
from engine.conditions import Any as AnyOf
from engine.lanes import NEVER, Bit, Lanes, Rest

SAMPLES = 96
AIMED = 32  # of the samples, so many are made to meet rules
Choices = dict[str, tuple[int, ...]]  # unknown attribute → its possible answers, or of a many-answer one its open members


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
