"""What is still possible for one unit, exactly, and the facts that can still change it.

The semantics of one decision leaves open at most too much: combinations across decisions are not followed there.
So what it settles is settled, and of what it leaves open the completions decide: all of them where they are few,
else a sample of them for what is possible and Z3 for what the sample did not show.  A conclusion on which every
completion agrees is settled, even where no single rule is known to be the one.

An unanswered fact that rules conclude otherwise (`damage`) can still change something as long as its conclusion
is open: two of the answers left lead to different conclusions.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from engine.conditions import Known, State, members
from engine.lanes import MOST, Bit, Lanes, Sample, behind, how_many, in_full, open_bits
from engine.model import KnowledgeBase

ROUNDS = 3


class Exact:
    """The exact reading of the `wanted` decisions of one unit, from what is given and the state by the semantics.

    `known` has what is known of each wanted decision, `waits_on` the facts, in the order of asking, that can
    still change it; both only for decisions that the semantics leaves open.
    """

    def __init__(self, base: KnowledgeBase, given: State, state: State, wanted: Iterable[str]):
        self.base, self.given, self.state = base, given, state
        self.known: dict[str, Known] = {}
        self.waits_on: dict[str, tuple[str, ...]] = {}
        self._open = [name for name in wanted if open_bits(state, name)]
        if not self._open:
            return
        self._behind = {name: behind(base, state, [name]) for name in self._open}
        found = behind(base, state, self._open)
        self._choices = {name: tuple(members(found[name])) for name in base.attributes if name in found and name not in base.decisions}
        self._answerable = [name for name in base.facts if name in found and name in base.decisions]
        self._ones = {name: 0 for name in self._open + self._answerable}  # answers that some completion has
        self._zeros = dict(self._ones)  # answers that some completion lacks
        self._changes: dict[str, set[str]] = {name: set() for name in self._open}
        if how_many(state, self._choices) <= MOST:
            self._in_full()
        else:
            self._by_sample()
            self._by_proof()
        for name in self._open:
            self.waits_on[name] = tuple(fact for fact in base.facts if fact in self._changes[name])

    @property
    def relevant(self) -> tuple[str, ...]:
        """The facts that can still change a wanted conclusion, in the order of asking."""
        waited = {fact for facts in self.waits_on.values() for fact in facts}
        return tuple(fact for fact in self.base.facts if fact in waited)

    def _settle(self, name: str) -> None:
        known, ones, zeros = self.state[name], self._ones[name], self._zeros[name]
        self.known[name] = (known[0] | ones & ~zeros, known[0] | ones) if isinstance(known, tuple) else ones

    def _in_full(self) -> None:
        layout = in_full(self.state, self._choices)
        lanes = Lanes(self.base, self.state, layout.width, layout.lanes, {})
        self._note(lanes, layout.width)
        for name in self._open:
            self._settle(name)
            for i in members(open_bits(self.known, name)):
                lane = lanes.answer(name, i)
                self._changes[name] |= {f for f in self._choices if f not in self._changes[name] and layout.depends(lane, f)}
        for fact in self._answerable:
            answers = list(members(self._ones[fact]))
            one, *others = [Lanes(self.base, self.state, layout.width, layout.lanes, {fact: (lanes.full, {i: lanes.full})}) for i in answers]
            for name in self._open:
                if any(other.answer(name, i) != one.answer(name, i) for i in members(open_bits(self.known, name)) for other in others):
                    self._changes[name].add(fact)

    def _note(self, lanes: Lanes, width: int) -> None:
        block = (1 << width) - 1
        for name in self._ones:
            for i in members(open_bits(self.state, name)):
                lane = lanes.answer(name, i) & block
                self._ones[name] |= bool(lane) << i
                self._zeros[name] |= (lane != block) << i

    def _unseen(self) -> list[Bit]:
        """Open answers that no completion so far has, or that every one has."""
        return [(name, i) for name in self._ones for i in members(open_bits(self.state, name) & ~(self._ones[name] & (self._zeros[name] if isinstance(self.state[name], tuple) else -1)))]

    def _unsure(self) -> dict[str, list[str]]:
        """Fact → the conclusions of which is not yet known whether it can change them."""
        unsure: dict[str, list[str]] = {}
        for name in self._open:
            for fact in self._behind[name]:
                if fact in self.base.facts and fact not in self._changes[name]:
                    unsure.setdefault(fact, []).append(name)
        return unsure

    def _by_sample(self) -> None:
        rng = random.Random(len(self._choices))
        for _ in range(ROUNDS):
            unseen, unsure = self._unseen(), self._unsure()
            if not unseen and not unsure:
                break
            facts = [f for f in unsure if f in self._choices or self._ones.get(f, 0).bit_count() > 1]
            aims = unseen or [(name, i) for names in unsure.values() for name in names for i in members(open_bits(self.state, name))]
            possible = {f: list(members(self._ones[f])) for f in self._answerable}
            sample = Sample(self.base, self.state, self._choices, facts, rng, aims, possible)
            self._note(sample.lanes, sample.size)
            for name in self._open:
                for fact in facts:
                    if name in unsure[fact] and sample.changes(name, fact):
                        self._changes[name].add(fact)

    def _by_proof(self) -> None:
        unseen = self._unseen()
        unsure = self._unsure()
        if not unseen and not unsure:
            for name in self._open:
                self._settle(name)
            return
        from engine.logic import logic_of  # heavy, and seldom needed

        case = logic_of(self.base).case(self.given)
        for name, i in unseen:
            if not self._ones[name] >> i & 1 and case.can(name, i):
                self._ones[name] |= 1 << i
            if not self._zeros[name] >> i & 1 and case.can(name, i, holds=False):
                self._zeros[name] |= 1 << i
        for name in self._ones:
            self._settle(name)
        for fact, names in unsure.items():
            left = {name: list(members(open_bits(self.known, name))) for name in names}
            while bits := [(name, i) for name, answers in left.items() for i in answers]:
                changed = case.changed(fact, bits, self._ones.get(fact, 0))
                if not changed:
                    break
                for name in {name for name, _ in changed}:
                    self._changes[name].add(fact)
                    del left[name]
