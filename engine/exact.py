"""What is still possible for one unit, exactly, and the facts that can still change it.

The semantics of one decision leaves open at most too much: combinations across decisions are not followed there.
So what it settles is settled, and of what it leaves open the completions decide: all of them where those that a
conclusion reads are few, else a sample of them for what is possible and Z3 for what the sample did not show.  A
conclusion on which every completion agrees is settled, even where no single rule is known to be the one.

An unanswered fact that rules conclude otherwise (`damage`) can still change something as long as its conclusion
is open: two of the answers left lead to different conclusions.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping

from engine.conditions import Known, Shares, State, members
from engine.lanes import Bit, Choices, Lanes, Rest, Sample, how_many, in_full, open_bits
from engine.model import KnowledgeBase

MOST = 1 << 13  # completions that are laid out in full
ROUNDS = 2


class Exact:
    """The exact reading of the `wanted` answers of decisions of one unit, from what is given and the state by the semantics.

    `known` has what is known of each wanted decision, `waits_on` the facts, in the order of asking, that can
    still change one of the wanted answers; both only for decisions that the semantics leaves open.
    """

    def __init__(self, base: KnowledgeBase, given: State, state: State, wanted: Mapping[str, int]):
        self.base, self.given, self.state = base, given, state
        self.rest = Rest(base, state)
        self.known: dict[str, Known] = {}
        asked = {name: bits for name, some in wanted.items() if (bits := some & open_bits(state, name))}
        self._changes: dict[str, set[str]] = {name: set() for name in asked}
        if asked and not self._few(asked):
            many = {name: bits for name, bits in asked.items() if not self._few({name: bits})}
            if many:
                self._many(many)
        self.waits_on = {name: tuple(fact for fact in base.facts if fact in changing) for name, changing in self._changes.items()}

    @property
    def relevant(self) -> tuple[str, ...]:
        """The facts that can still change a wanted conclusion, in the order of asking."""
        waited = {fact for facts in self.waits_on.values() for fact in facts}
        return tuple(fact for fact in self.base.facts if fact in waited)

    def _settle(self, name: str, asked: int, ones: int, zeros: int) -> None:
        known = self.state[name]
        self.known[name] = (known[0] | asked & ~zeros, known[1] & ~(asked & ~ones)) if isinstance(known, tuple) else known & ~(asked & ~ones)

    def _choices(self, found: Mapping[str, int]) -> Choices:
        return {name: tuple(members(found[name])) for name in self.base.attributes if name in found and name not in self.base.decisions}

    def _answerable(self, found: Mapping[str, int]) -> list[str]:
        return [name for name in self.base.facts if name in found and name in self.base.decisions]

    def _few(self, asked: Mapping[str, int]) -> bool:
        """Settle the decisions by all their completions; False when there are too many."""
        found = self.rest.behind(asked)
        choices = self._choices(found)
        if how_many(self.state, choices) > MOST:
            return False
        layout = in_full(self.state, choices)
        lanes = Lanes(self.rest, layout.width, layout.lanes, {})
        for name, bits in asked.items():
            self._settle(name, bits, *_seen(lanes, name, bits, lanes.full))
            for i in members(open_bits(self.known, name) & bits):
                lane = lanes.answer(name, i)
                self._changes[name] |= {f for f in choices if f not in self._changes[name] and layout.depends(lane, f)}
        for fact in self._answerable(found):
            answers = members(_seen(lanes, fact, open_bits(self.state, fact), lanes.full)[0])
            one, *others = [Lanes(self.rest, layout.width, layout.lanes, {fact: (lanes.full, {i: lanes.full})}) for i in answers]
            for name in asked:
                if any(other.answer(name, i) != one.answer(name, i) for i in members(open_bits(self.known, name) & asked[name]) for other in others):
                    self._changes[name].add(fact)
        return True

    def _many(self, asked: Mapping[str, int]) -> None:
        """Settle the decisions by a sample, and by proof what the sample did not show."""
        found = self.rest.behind(asked)
        answerable = self._answerable(found)
        ones = dict.fromkeys((*asked, *answerable), 0)  # answers that some completion has
        zeros = dict(ones)  # answers that some completion lacks
        unsure = self._unsure(asked)
        rng, choices = random.Random(len(found)), self._choices(found)
        for _ in range(ROUNDS):
            unseen = [(name, i) for name in ones for i in members(asked.get(name, open_bits(self.state, name)) & ~(ones[name] & zeros[name]))]
            if not unseen and not unsure:
                break
            facts = [f for f in unsure if f in choices or ones[f].bit_count() > 1]
            aims = unseen or [(name, i) for names in unsure.values() for name in names for i in members(asked[name])]
            sample = Sample(self.rest, choices, facts, rng, aims, {f: list(members(ones[f])) for f in answerable})
            for name in ones:
                has, lacks = _seen(sample.lanes, name, asked.get(name, open_bits(self.state, name)), sample.block)
                ones[name], zeros[name] = ones[name] | has, zeros[name] | lacks
            for fact in facts:
                self._note(fact, [name for name in unsure[fact] if sample.changes(name, asked[name] & ones[name] & zeros[name], fact)], unsure)
        self._prove(asked, ones, zeros)

    def _unsure(self, asked: Mapping[str, int]) -> dict[str, list[str]]:
        """Fact → the decisions of which it is not known yet whether it can change the answers asked for, although rules lead there."""
        unsure: dict[str, list[str]] = {}
        for name, bits in asked.items():
            for fact in self.rest.behind({name: bits}):
                if fact in self.base.facts and fact not in self._changes[name]:
                    unsure.setdefault(fact, []).append(name)
        return unsure

    def _note(self, fact: str, changed: Iterable[str], unsure: dict[str, list[str]]) -> None:
        for name in changed:
            self._changes[name].add(fact)
            unsure[fact].remove(name)
        if not unsure[fact]:
            del unsure[fact]

    def _prove(self, asked: Mapping[str, int], ones: dict[str, int], zeros: dict[str, int]) -> None:
        case = None
        unseen = [(name, i, holds) for name, bits in asked.items() for holds, seen in ((True, ones), (False, zeros)) for i in members(bits & ~seen[name])]
        if unseen := [u for u in unseen if (isinstance(self.state[u[0]], tuple) or u[2]) and not self._never(*u)]:
            case = self._case()
            for name, i, holds in unseen:
                (ones if holds else zeros)[name] |= case.can(name, i, holds) << i
        for name in asked:
            self._settle(name, asked[name], ones[name], zeros[name])
        left = {name: open_bits(self.known, name) & bits for name, bits in asked.items()}
        for fact, names in self._unsure(left).items():
            case = case or self._case()
            instead = case.possible(fact, self.state[fact]) if fact in self.base.decisions else 0
            bits = {name: [(name, i) for i in members(left[name])] for name in names}
            if case.changes(fact, [bit for some in bits.values() for bit in some], instead):
                for name in names:
                    if len(names) == 1 or case.changes(fact, bits[name], instead):
                        self._changes[name].add(fact)

    def _case(self):  # type: ignore[no-untyped-def]
        from engine.logic import logic_of  # heavy, and seldom needed

        return logic_of(self.base).case(self.given)

    def _never(self, name: str, i: int, holds: bool) -> bool:
        """Whether no completion has (or lacks) the answer, found part by part: a list has no member when each of them is never in."""
        for part, k in self._parts(name, i) if holds else [(name, i)]:
            choices = self._choices(self.rest.behind({part: 1 << k}))
            if how_many(self.state, choices) > MOST:
                return False
            layout = in_full(self.state, choices)
            lanes = Lanes(self.rest, layout.width, layout.lanes, {})
            if lanes.answer(part, k) != (0 if holds else lanes.full):
                return False
        return True

    def _parts(self, name: str, i: int) -> Iterator[Bit]:
        """Answers of which at least one holds whenever this one does."""
        decision = self.base.decisions[name]
        rules = self.rest.rules(decision, 1 << i)
        conditions = [self.rest.when(r) for r in rules]
        if decision.hit == "collect" and all(isinstance(c, Shares) and c.attribute in self.base.decisions for c in conditions):
            for c in conditions:
                for k in members(c.bits):  # type: ignore[union-attr]
                    yield from self._parts(c.attribute, k)  # type: ignore[union-attr]
        else:
            yield name, i


def _seen(lanes: Lanes, name: str, bits: int, block: int) -> tuple[int, int]:
    """The answers that some completion has, and those that some lacks."""
    ones = zeros = 0
    for i in members(bits):
        lane = lanes.answer(name, i) & block
        ones |= bool(lane) << i
        zeros |= (lane != block) << i
    return ones, zeros
