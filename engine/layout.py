"""Every completion that matters, laid out side by side.

An open answer rests on some of the unknown inputs only: facts with one answer, and members of facts with many.
All completions of these inputs are few for most answers, though not for all answers together.  So inputs on which
no answer rests together share an axis of the layout, and what one answer says there is what all completions say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from math import prod
from operator import or_

from engine.conditions import members
from engine.lanes import Bit, Rest, open_bits


class Cones:
    """For every open answer the unknown inputs on which it rests, as a set of bits, one an input.

    `cut` are decisions that count as inputs themselves, with the answers that they may have.  A fact in whose
    place rules decide is noted where it is passed: an input without a choice of its own.
    """

    def __init__(self, rest: Rest, cut: Mapping[str, Sequence[int]]):
        self.rest, self.cut = rest, cut
        self.inputs: list[Bit] = []  # attribute, and its member or -1
        self.choices: list[tuple[int, ...]] = []  # answers; of a member, absent and present
        self._ids: dict[Bit, int] = {}
        self._cones: dict[Bit, int] = {}
        self._sizes: dict[int, int] = {}

    def of(self, name: str, i: int) -> int:
        """The inputs of an open answer; of a one-answer attribute those of all its answers."""
        key = (name, i if isinstance(self.rest.state[name], tuple) else -1)
        cone = self._cones.get(key)
        if cone is None:
            cone = self._cones[key] = self._find(*key)
        return cone

    def _find(self, name: str, i: int) -> int:
        decision = self.rest.base.decisions.get(name)
        if name in self.cut or decision is None:
            return self._input((name, i), (0, 1) if i >= 0 else tuple(self.cut.get(name, ())) or tuple(members(open_bits(self.rest.state, name))))
        cone = self._input((name, -1), ()) if name in self.rest.base.facts else 0
        for rule in self.rest.first(decision) if i < 0 else decision.rules_for[decision.answers[i].id]:
            for attribute, bits in self.rest.of(rule)[1]:
                for k in members(bits) if isinstance(self.rest.state[attribute], tuple) else (-1,):
                    cone |= self.of(attribute, k)
        return cone

    def _input(self, key: Bit, choices: tuple[int, ...]) -> int:
        if key not in self._ids:
            self._ids[key] = len(self.inputs)
            self.inputs.append(key)
            self.choices.append(choices)
        return 1 << self._ids[key]

    def of_all(self, name: str, bits: int) -> int:
        """The inputs of some open answers together."""
        if not isinstance(self.rest.state[name], tuple):
            return self.of(name, -1) if bits else 0
        return reduce(or_, [self.of(name, i) for i in members(bits)], 0)

    def names(self, cone: int) -> dict[str, int]:
        """The attributes that a cone has inputs of, each with these inputs."""
        found: dict[str, int] = {}
        for k in members(cone):
            name = self.inputs[k][0]
            found[name] = found.get(name, 0) | 1 << k
        return found

    def size(self, cone: int) -> int:
        """The number of completions of the inputs."""
        if cone not in self._sizes:
            self._sizes[cone] = prod([len(self.choices[k]) or 1 for k in members(cone)])
        return self._sizes[cone]


class Layout:
    """`width` completions; `lanes` has, for every unknown attribute, a lane for each of its open answers."""

    def __init__(self, cones: Cones, axes: Iterable[Sequence[int]]):
        self.cones = cones
        self.lanes: dict[str, dict[int, int]] = {}
        self._at: dict[int, tuple[int, int]] = {}  # input → (distance of its answers, the completions with its first answer)
        sides = [max(len(cones.choices[k]) for k in axis) for axis in axes]
        self.width, stride = prod(sides), 1
        full = (1 << self.width) - 1
        for axis, many in zip(axes, sides, strict=True):
            side = [_repeated((1 << stride) - 1 << stride * k, stride * many, self.width // (stride * many)) for k in range(many - 1)]
            for k in axis:
                self._at[k] = stride, side[0]
                name, member = cones.inputs[k]
                *but_last, last = cones.choices[k]
                lanes = {i: side[place] for place, i in enumerate(but_last)}
                lanes[last] = full & ~sum(lanes.values())  # an axis that is longer has the last answer on all that is left
                self.lanes.setdefault(name, {}).update({member: lanes[1]} if member >= 0 else lanes)
            stride *= many

    def depends(self, lane: int, k: int) -> bool:
        """Whether two completions that differ in the input alone differ in the lane."""
        return any(self.differs(lane, k, 0, place) for place in range(1, len(self.cones.choices[k])))

    def differs(self, lane: int, k: int, one: int, other: int) -> bool:
        """Whether two completions that differ in the input alone, and have its two answers at these places, differ in the lane."""
        stride, firsts = self._at[k]
        return bool((lane >> stride * one ^ lane >> stride * other) & firsts)

    def moves(self, lanes: Mapping[int, int], k: int) -> set[tuple[int, int]]:
        """The pairs of lanes of which two completions that differ in the input alone have one each."""
        stride, firsts = self._at[k]
        sides = [{i: lane >> stride * place & firsts for i, lane in lanes.items()} for place in range(len(self.cones.choices[k]))]
        return {(i, j) for a in range(len(sides)) for b in range(a) for i, one in sides[a].items() for j, other in sides[b].items() if i != j and one & other}


Part = tuple[int, Bit]  # a cone, and the answer that rests on it


def in_one(cones: Cones, parts: Sequence[Part], most: int) -> bool:
    """Whether all the answers can be read from one layout."""
    return _width(cones, _axes(cones, {cone for cone, _ in parts})) <= most


def laid_out(cones: Cones, parts: Sequence[Part], most: int) -> Iterator[tuple[Layout, list[Part]]]:
    """Layouts of at most `most` completions, each with the answers that can be read from it; no cone alone may have more."""
    found = sorted({cone for cone, _ in parts})
    axes = _axes(cones, found)
    if len(found) == 1 or _width(cones, axes) <= most:
        yield Layout(cones, axes), list(parts)
        return
    half = set(found[: len(found) // 2])
    yield from laid_out(cones, [p for p in parts if p[0] in half], most)
    yield from laid_out(cones, [p for p in parts if p[0] not in half], most)


def _width(cones: Cones, axes: Iterable[Sequence[int]]) -> int:
    return prod(max(len(cones.choices[k]) for k in axis) for axis in axes)


def _axes(cones: Cones, found: Iterable[int]) -> list[list[int]]:
    """The inputs, longest first, each on the first axis that has none with which some cone has it together."""
    beside: dict[int, int] = {}
    for cone in found:
        for k in members(cone):
            beside[k] = beside.get(k, 0) | cone
    axes: list[list[int]] = []
    taken: list[int] = []
    for k in sorted(beside, key=lambda k: (-len(cones.choices[k]), -beside[k].bit_count(), k)):
        if len(cones.choices[k]) > 1:
            at = next((a for a, on in enumerate(taken) if not on & beside[k]), len(axes))
            if at == len(axes):
                axes.append([])
                taken.append(0)
            axes[at].append(k)
            taken[at] |= 1 << k
    return axes


def _repeated(lane: int, period: int, times: int) -> int:
    """The lane again and again, `times` in all."""
    have = 1
    while have < times:
        more = min(have, times - have)
        lane |= (lane & (1 << period * more) - 1) << period * have
        have += more
    return lane
