"""What is still possible for one unit, exactly, and the facts that can still change it.

The semantics of one decision leaves open at most too much: combinations across decisions are not followed there.
So what it settles is settled, and of what it leaves open the completions decide.  Most answers rest on few unknown
inputs, and all completions of these are gone through; for the others that much is settled on the way that a sample
shows nearly all the rest, and Z3 proves what the sample did not show.  A conclusion on which every completion agrees
is settled, even where no single rule is known to be the one.

An unanswered fact that rules conclude otherwise (`damage`) can still change something as long as its conclusion
is open: two of the answers left lead to different conclusions.  Where nothing but the fact reads what it is concluded
from, it stands in the layouts for all of that.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_

from engine.conditions import ALWAYS, State, members
from engine.knowledge import KnowledgeBase
from engine.lanes import NEVER, Bit, Lanes, Rest, open_bits, readers
from engine.layout import Cones, Layout, Part, in_one, laid_out
from engine.sample import Choices, Sample

MOST = 1 << 16  # completions that are laid out in full
FEW = 1 << 10  # of an answer that is laid out before anything is sampled
ROUNDS = 2


@dataclass(frozen=True)
class Stand:
    """A fact that stands for all that it is concluded from: its possible answers, and the facts behind it with the places of the answers between which each can move it."""

    answers: tuple[int, ...]
    moves: Mapping[str, set[tuple[int, int]]]


class Exact:
    """The exact reading of the `wanted` answers of decisions of one unit, from what is given and the state by the semantics.

    `known` has what is known of each wanted decision, `waits_on` the facts, in the order of asking, that can still
    change one of the wanted answers; both only for decisions that the semantics leaves open.  `state` is the state with all that was
    settled further on the way, `rest` and `cones` what is left of the rule base then.
    """

    def __init__(self, base: KnowledgeBase, given: State, state: State, wanted: Mapping[str, int]):
        self.base, self.given = base, given
        self.state = dict(state)
        self.rest = Rest(base, dict(state))
        asked = {name: bits for name, some in wanted.items() if (bits := some & open_bits(state, name))}
        self.cones = Cones(self.rest, {})
        self._stands: dict[str, Stand] = {}
        self._changes: dict[str, set[str]] = {name: set() for name in asked}
        self._ones = dict.fromkeys(asked, 0)  # answers that some completion is known to have
        self._zeros = dict.fromkeys(asked, 0)  # answers that some completion is known to lack
        self._answerable = self._answerable_of(asked)
        if asked:
            self._find_stands(asked)
            left = self._at_once(asked)
            left = self._laid_out(self._sampled(left)) if left else left
            if left and all(f in self._stands for f in self._answerable):
                self._settle_further()
                left = {name: some for name, bits in left.items() if (some := bits & open_bits(self.state, name))}
                left = self._laid_out(left)
            if left:
                from engine.logic import SOLVING  # heavy, and seldom needed

                with SOLVING:
                    self._prove(left)
            self._settle_further()
        self.known = {name: self.state[name] for name in asked}
        self.waits_on = {name: tuple(fact for fact in base.facts if fact in changing) for name, changing in self._changes.items()}

    @property
    def relevant(self) -> tuple[str, ...]:
        """The facts that can still change a wanted conclusion, in the order of asking."""
        waited = {fact for facts in self.waits_on.values() for fact in facts}
        return tuple(fact for fact in self.base.facts if fact in waited)

    def _settle(self, name: str, asked: int, ones: int, zeros: int) -> None:
        """Some completion has each of `ones`, and some lacks each of `zeros`."""
        known = self.state[name]
        self.state[name] = (known[0] | asked & ~zeros, known[1] & ~(asked & ~ones)) if isinstance(known, tuple) else known & ~(asked & ~ones)

    def _settle_further(self) -> None:
        """What follows, decision by decision, from what was settled since this was last asked."""
        changed = [name for name, known in self.state.items() if known != self.rest.state[name]]
        if not changed:
            return
        rest = self.rest = self.rest.copy()
        touched = set()
        for name in changed:
            rest.settle(name, self.state[name])
            touched |= self._concluded_from(name)
        for name, decision in self.base.decisions.items():
            if name not in touched or name in self.given or not (bits := open_bits(self.state, name)):
                continue
            if decision.hit == "first":
                self._settle(name, bits, self.base.attributes[name].bits(*(r.then[0] for r in rest.first(decision))), bits)
            else:
                found = {i: [rest.when(r) for r in decision.rules_for[decision.answers[i].id]] for i in members(bits)}
                ones = sum(1 << i for i, some in found.items() if any(when is not NEVER for when in some))
                self._settle(name, bits, ones, sum(1 << i for i, some in found.items() if ALWAYS not in some))
            if self.state[name] != rest.state[name]:
                rest.settle(name, self.state[name])
                touched |= self._concluded_from(name)
        self.cones = Cones(rest, self.cones.cut)

    def _concluded_from(self, name: str) -> set[str]:
        """The decisions that read the attribute."""
        return {decision for decision, _ in readers(self.base)[name]}

    def _behind(self, name: str, bits: int) -> dict[str, int]:
        """The unanswered facts behind the answers, each with the inputs by which it comes in."""
        found = self.cones.names(self.cones.of_all(name, bits))
        for fact in [f for f in found if f in self._stands]:
            for other in self._stands[fact].moves:
                found[other] = found.get(other, 0) | found[fact]
        return found

    def _answerable_of(self, asked: Mapping[str, int]) -> list[str]:
        """The unanswered facts behind the answers in whose place rules decide."""
        facts = [f for f in self.base.facts if f in self.base.decisions and f not in self.given and open_bits(self.state, f)]
        found = self.rest.behind(asked) if facts else {}
        return [f for f in facts if f in found]

    def _find_stands(self, asked: Mapping[str, int]) -> None:
        """Find the answerable facts that stand for all that they are concluded from, whatever else is read."""
        for fact in self._answerable:
            cones = Cones(self.rest, {})
            cone = cones.of(fact, 0)
            if cones.size(cone) > MOST or any(n in self.base.decisions and n != fact for n in cones.names(cone)):
                continue
            for layout, _ in laid_out(cones, [(cone, (fact, 0))], MOST):
                lanes = Lanes(self.rest, layout.width, layout.lanes, {})
                found = {i: lane for i in members(open_bits(self.state, fact)) if (lane := lanes.answer(fact, i))}
                self._settle(fact, open_bits(self.state, fact), sum(1 << i for i in found), 0)
                moves: dict[str, set[tuple[int, int]]] = {}
                for k in members(cone):
                    if cones.choices[k]:
                        moves.setdefault(cones.inputs[k][0], set()).update(layout.moves(dict(enumerate(found.values())), k))
            outside = Cones(self.rest, {**self.cones.cut, fact: tuple(found)})
            for name, bits in asked.items():
                outside.of_all(name, bits)
            if len(found) > 1 and not set(outside.inputs) & {cones.inputs[k] for k in members(cone) if cones.choices[k]}:
                self._stands[fact], self.cones = Stand(tuple(found), moves), outside
        self._settle_further()

    def _at_once(self, asked: Mapping[str, int]) -> dict[str, int]:
        """Settle all answers from one layout, or else those that rest on little; gives the answers that are left."""
        cones, left = self.cones, dict[str, int]()
        parts = self._parts(cones, asked, MOST, left)
        if left or not in_one(cones, parts, MOST):
            left = {}
            parts = self._parts(cones, asked, min(FEW, MOST), left)
        self._read_all(cones, parts, asked)
        return left

    def _laid_out(self, asked: Mapping[str, int]) -> dict[str, int]:
        """Settle what can be read from layouts; gives the answers that rest on too much, with what their rules read settled where that rests on less."""
        cones, wide = self.cones, dict[str, int]()
        parts = self._parts(cones, asked, MOST, wide)
        for name, bits in wide.items():
            read: dict[str, int] = {}
            for rule in self.rest.rules(self.base.decisions[name], bits):
                for attribute, some in self.rest.of(rule)[1]:
                    if attribute in self.base.decisions and attribute not in cones.cut:
                        read[attribute] = read.get(attribute, 0) | some
            too_wide: dict[str, int] = {}
            between = self._parts(cones, read, MOST, too_wide)
            parts += [] if too_wide else between
        self._read_all(cones, parts, asked)
        return wide

    def _read_all(self, cones: Cones, parts: list[Part], asked: Mapping[str, int]) -> None:
        for layout, some in laid_out(cones, parts, MOST) if parts else ():
            self._read(layout, some, asked)

    def _parts(self, cones: Cones, asked: Mapping[str, int], most: int, wide: dict[str, int]) -> list[Part]:
        """The answers with their cones, but for those that rest on more than `most` completions: these go to `wide`."""
        parts: list[Part] = []
        for name, bits in asked.items():
            for i in members(bits) if isinstance(self.state[name], tuple) else (-1,) if bits else ():
                if cones.size(cone := cones.of(name, i)) <= most:
                    parts.append((cone, (name, i)))
                else:
                    wide[name] = wide.get(name, 0) | (1 << i if i >= 0 else bits)
        return parts

    def _read(self, layout: Layout, parts: Iterable[Part], asked: Mapping[str, int]) -> None:
        """Read answers from a layout that has all their completions."""
        cones, width = layout.cones, layout.width
        lanes = Lanes(self.rest, width, layout.lanes, {})
        instead: dict[str, list[Lanes]] = {}
        for cone, (name, i) in parts:
            bits = 1 << i if i >= 0 else open_bits(self.state, name)
            found = {k: lanes.answer(name, k) for k in members(bits)}
            self._settle(name, bits, sum(1 << k for k, lane in found.items() if lane), sum(1 << k for k, lane in found.items() if lane != lanes.full))
            if name not in asked:
                continue
            changing = self._changes[name]
            for k in members(open_bits(self.state, name) & bits):
                for at in members(cone):
                    fact = cones.inputs[at][0]
                    if stand := self._stands.get(fact):
                        for behind, moves in stand.moves.items():
                            if behind not in changing and any(layout.differs(found[k], at, *move) for move in moves):
                                changing.add(behind)
                    if fact in changing:
                        continue
                    if cones.choices[at]:
                        if layout.depends(found[k], at):
                            changing.add(fact)
                    else:
                        one, *others = instead[fact] if fact in instead else instead.setdefault(fact, self._instead(layout, lanes, fact))
                        if any(other.answer(name, k) != one.answer(name, k) for other in others):
                            changing.add(fact)

    def _instead(self, layout: Layout, lanes: Lanes, fact: str) -> list[Lanes]:
        """The same completions with each possible answer in the place of the decision."""
        answers = [i for i in members(open_bits(self.state, fact)) if lanes.answer(fact, i)]
        return [Lanes(self.rest, layout.width, layout.lanes, {fact: (lanes.full, {i: lanes.full})}) for i in answers]

    def _sampled(self, asked: Mapping[str, int]) -> dict[str, int]:
        """See by a sample what some completions have and what facts change; gives the answers that were not seen both ways, or that unseen facts may change."""
        found = self.rest.behind(asked)
        answerable = [f for f in self._answerable if f in found]
        choices: Choices = {name: tuple(members(found[name])) for name in self.base.attributes if name in found and name not in self.base.decisions}
        ones, zeros = self._ones, self._zeros
        ones |= {fact: 0 for fact in answerable if fact not in ones}
        zeros |= {fact: 0 for fact in answerable if fact not in zeros}
        unsure = self._unsure(asked)
        rng = random.Random(len(found))
        for _ in range(ROUNDS):
            unseen = [(name, i) for name, bits in asked.items() for i in members(bits & ~(ones[name] & zeros[name]))]
            if not unseen and not unsure:
                break
            facts = [f for f in unsure if f in choices or ones[f].bit_count() > 1]
            aims = unseen or [(name, i) for names in unsure.values() for name in names for i in members(asked[name])]
            sample = Sample(self.rest, choices, facts, rng, aims, {f: list(members(ones[f])) for f in answerable})
            for name in dict.fromkeys((*asked, *answerable)):
                has, lacks = _seen(sample.lanes, name, asked.get(name, open_bits(self.state, name)), sample.block)
                ones[name], zeros[name] = ones[name] | has, zeros[name] | lacks
            for fact in facts:
                self._note(fact, [name for name in unsure[fact] if sample.changes(name, asked[name] & ones[name] & zeros[name], fact)], unsure)
        return {name: left for name, bits in asked.items() if (left := bits & ~(ones[name] & zeros[name]) | self._changeable(name, bits, unsure))}

    def _changeable(self, name: str, bits: int, unsure: Mapping[str, list[str]]) -> int:
        """The answers that facts may change of which that is not known yet."""
        inputs = reduce(or_, [cone for fact, cone in self._behind(name, bits).items() if name in unsure.get(fact, ())], 0)
        return sum(1 << i for i in members(bits) if self.cones.of(name, i) & inputs) if inputs else 0

    def _unsure(self, asked: Mapping[str, int]) -> dict[str, list[str]]:
        """Fact → the decisions of which it is not known yet whether it can change the answers asked for, although rules lead there."""
        unsure: dict[str, list[str]] = {}
        for name, bits in asked.items():
            for fact in self._behind(name, bits):
                if fact in self.base.facts and fact not in self._changes[name]:
                    unsure.setdefault(fact, []).append(name)
        return unsure

    def _note(self, fact: str, changed: Iterable[str], unsure: dict[str, list[str]]) -> None:
        for name in changed:
            self._changes[name].add(fact)
            unsure[fact].remove(name)
        if not unsure[fact]:
            del unsure[fact]

    def _prove(self, asked: Mapping[str, int]) -> None:
        """Ask Z3 what neither layouts nor samples have shown."""
        case, ones, zeros = self._case(), self._ones, self._zeros
        for name, bits in asked.items():
            for i in members(bits & ~ones[name]):
                ones[name] |= case.can(name, i) << i
            for i in members(bits & ~zeros[name]) if isinstance(self.state[name], tuple) else ():
                zeros[name] |= case.can(name, i, holds=False) << i
            self._settle(name, bits, ones[name], zeros[name])
        left = {name: open_bits(self.state, name) & bits for name, bits in asked.items()}
        for fact, names in self._unsure(left).items():
            instead = case.possible(fact, self.state[fact]) if fact in self.base.decisions else 0
            wanted: dict[str, list[Bit]] = {name: [(name, i) for i in members(left[name])] for name in names}
            if case.changes(fact, [bit for some in wanted.values() for bit in some], instead):
                for name in names:
                    if len(names) == 1 or case.changes(fact, wanted[name], instead):
                        self._changes[name].add(fact)

    def _case(self):  # type: ignore[no-untyped-def]
        from engine.logic import logic_of

        return logic_of(self.base).case(self.given)


def _seen(lanes: Lanes, name: str, bits: int, block: int) -> tuple[int, int]:
    """The answers that some completion has, and those that some lacks."""
    ones = zeros = 0
    for i in members(bits):
        lane = lanes.answer(name, i) & block
        ones |= bool(lane) << i
        zeros |= (lane != block) << i
    return ones, zeros
