"""The closed condition type of a rule, and its wording.

A condition speaks of attributes (facts or decisions) by name and of their answers by bits: bit *i* stands
for the attribute's *i*-th answer, as declared.  What is known of an attribute is

- for one answer out of several, and for a number (whose answers are the intervals that the rules tell
  apart): an int, the set of answers still possible, never 0;
- for *many* answers: a pair ``(yes, may)`` of ints, members that are in and members that may be in.

Negation does not appear: it is pushed down onto answers when a file is read, so every reading sees only
what can be matched positively.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import singledispatch

Known = int | tuple[int, int]
State = Mapping[str, typing.Any]  # attribute → Known; its kind says which of the two


@dataclass(frozen=True, slots=True)
class Within:
    """The answer of a one-answer attribute is among `bits`."""

    attribute: str
    bits: int


@dataclass(frozen=True, slots=True)
class Shares:
    """A many-answer attribute has at least one member among `bits`."""

    attribute: str
    bits: int


@dataclass(frozen=True, slots=True)
class Lacks:
    """A many-answer attribute has no member among `bits`."""

    attribute: str
    bits: int


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; with no parts, always true."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds; with no parts, never true."""

    parts: tuple[Condition, ...]


Leaf = Within | Shares | Lacks
Condition = Leaf | All | Any
ALWAYS: Condition = All(())
Namer = Callable[[str], str]  # attribute → its name
Answerer = Callable[[str, int], str]  # attribute, position → the answer's name


def negate(condition: Condition, answers: Callable[[str], int]) -> Condition:
    """The condition that holds exactly when `condition` does not; `answers` gives an attribute's number of answers."""
    match condition:
        case Within(attribute, bits):
            return Within(attribute, ((1 << answers(attribute)) - 1) & ~bits)
        case Shares(attribute, bits):
            return Lacks(attribute, bits)
        case Lacks(attribute, bits):
            return Shares(attribute, bits)
        case All(parts):
            return Any(tuple(negate(p, answers) for p in parts))
        case Any(parts):
            return All(tuple(negate(p, answers) for p in parts))


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Every leaf of the condition, left to right."""
    match condition:
        case All(parts) | Any(parts):
            for part in parts:
                yield from leaves(part)
        case leaf:
            yield leaf


def reads(condition: Condition) -> tuple[str, ...]:
    """The attributes that the condition speaks of, each once, in order of mention."""
    return tuple(dict.fromkeys(leaf.attribute for leaf in leaves(condition)))


def members(bits: int) -> Iterator[int]:
    """The positions of the set bits, lowest first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


@singledispatch
def text(condition: Condition, name: Namer, answer: Answerer, words: Mapping[str, str]) -> str:
    """The condition in words.

    `name` words an attribute, `answer` one answer of it; `words` has the joints `is`, `has`, `lacks`, `and`, `or`, `always`.
    """
    raise TypeError(f"no wording for {type(condition).__name__}")


def _listed(leaf: Leaf, answer: Answerer, words: Mapping[str, str]) -> str:
    return words["or"].join(answer(leaf.attribute, i) for i in members(leaf.bits))


@text.register
def _(c: Within, name: Namer, answer: Answerer, words: Mapping[str, str]) -> str:
    return words["is"].format(name=name(c.attribute), answers=_listed(c, answer, words))


@text.register
def _(c: Shares, name: Namer, answer: Answerer, words: Mapping[str, str]) -> str:
    return words["has"].format(name=name(c.attribute), answers=_listed(c, answer, words))


@text.register
def _(c: Lacks, name: Namer, answer: Answerer, words: Mapping[str, str]) -> str:
    return words["lacks"].format(name=name(c.attribute), answers=_listed(c, answer, words))


@text.register
def _(c: All, name: Namer, answer: Answerer, words: Mapping[str, str]) -> str:
    return words["and"].join(text(p, name, answer, words) for p in c.parts) or words["always"]


@text.register
def _(c: Any, name: Namer, answer: Answerer, words: Mapping[str, str]) -> str:
    return words["either"].format(parts=words["or"].join(text(p, name, answer, words) for p in c.parts))
