"""Every combination of what may be, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product
from math import prod
from typing import Any

from engine.conditions import Condition, Known, State, leaves, members
from engine.knowledge import Attribute


def mentioned(conditions: Iterable[Condition]) -> dict[str, int]:
    """The attributes that the conditions read, with the answers that they name."""
    bits: dict[str, int] = {}
    for condition in conditions:
        for leaf in leaves(condition):
            bits[leaf.attribute] = bits.get(leaf.attribute, 0) | leaf.bits
    return bits


def how_many(named: Mapping[str, int], state: State) -> int:
    """How many combinations `every_combination` yields."""

    def of(name: str) -> int:
        known = state[name]
        return 1 << (known[1] & ~known[0] & named[name]).bit_count() if isinstance(known, tuple) else known.bit_count()

    return prod(map(of, named))


def every_combination(named: Mapping[str, int], state: State) -> Iterator[State]:
    """States in which everything named is settled; open members that nothing names are left out, as they cannot matter."""
    choices: list[list[Known]] = []
    for name, bits in named.items():
        known = state[name]
        if isinstance(known, tuple):
            yes, may = known
            open_members = [1 << i for i in members(may & ~yes & bits)]
            choices.append([(yes | sum(some), yes | sum(some)) for size in range(len(open_members) + 1) for some in combinations(open_members, size)])
        else:
            choices.append([1 << i for i in members(known)])
    for combination in product(*choices):
        yield dict(zip(named, combination, strict=True))


def as_written(state: State, attributes: Mapping[str, Attribute]) -> dict[str, Any]:
    """A settled state as answers: text, a set of texts, or a number from the settled interval."""
    return {name: _answer(attributes[name], known) for name, known in state.items()}


def _answer(attribute: Attribute, known: Any) -> Any:
    if isinstance(known, tuple):
        return {attribute.answers[i] for i in members(known[0])}
    place = known.bit_length() - 1
    if attribute.kind == "number":
        return attribute.thresholds[place - 1] if place else min(attribute.thresholds, default=0.0) - 1
    return attribute.answers[place]
