"""Every completion of a unit, by brute force: all answers to all that is not known, and what the rules conclude for each.

Written with numpy columns, one row a completion, and shares nothing with the engine's own readings but the rules.
A fact that rules conclude otherwise (`damage`) is not completed: its rules conclude it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from engine.conditions import All, Known, Lacks, leaves, members
from engine.conditions import Any as AnyOf
from engine.knowledge import KnowledgeBase

Columns = Mapping[str, Any]  # attribute → array of answers as bits (one answer: 1 << i)


def spoken_of(base: KnowledgeBase) -> dict[str, int]:
    """For every attribute the answers that some rule names; what no rule names changes nothing."""
    named: dict[str, int] = {}
    for rule in base.rules.values():
        for leaf in leaves(rule.when):
            named[leaf.attribute] = named.get(leaf.attribute, 0) | leaf.bits
    return named


def choices(base: KnowledgeBase, known: Mapping[str, Known]) -> dict[str, list[int]]:
    """Attribute → what it may be; of a many-answer attribute only members that rules name vary."""
    named = spoken_of(base)
    found = {}
    for name, value in known.items():
        if isinstance(value, tuple):
            yes, open_ = value[0], [1 << i for i in members(value[1] & ~value[0] & named.get(name, 0))]
            found[name] = [yes | sum(bit for k, bit in enumerate(open_) if pick >> k & 1) for pick in range(1 << len(open_))]
        else:
            found[name] = [1 << i for i in members(value)] if name in named else [value & -value]
    return found


def how_many(base: KnowledgeBase, known: Mapping[str, Known]) -> int:
    named = spoken_of(base)
    sizes = (1 << (v[1] & ~v[0] & named.get(n, 0)).bit_count() if isinstance(v, tuple) else v.bit_count() if n in named else 1 for n, v in known.items())
    return prod(sizes)


class Completions:
    """All completions; `columns` has for every answer of every attribute whether it holds in each, or one value where it is the same in all."""

    def __init__(self, base: KnowledgeBase, known: Mapping[str, Known], instead: Mapping[str, int] | None = None):
        self.base, self.choices = base, choices(base, known)
        if instead:
            self.choices |= {name: [bits] for name, bits in instead.items()}
        self.open = [name for name, c in self.choices.items() if len(c) > 1]
        self.shape = tuple(len(self.choices[name]) for name in self.open)
        grid = np.indices(self.shape, dtype=np.int32).reshape(len(self.shape), prod(self.shape))
        self.columns: dict[str, Any] = {}
        for name, answers in self.choices.items():
            index = grid[self.open.index(name)] if name in self.open else 0
            self.columns[name] = {i: same(np.array([a >> i & 1 for a in answers], dtype=bool)[index]) for i in range(len(base.attributes[name].answers))}
        for decision in base.decisions.values():
            if decision.id not in self.columns:
                self.columns[decision.id] = self._conclude(decision)

    def _conclude(self, decision: Any) -> dict[int, Any]:
        answers = dict.fromkeys(range(len(decision.answers)), np.False_)
        position = {a.id: i for i, a in enumerate(decision.answers)}
        left = np.True_
        for rule in decision.every_rule:
            met = same(self.holds(rule.when) & left)
            for answer in rule.then:
                answers[position[answer]] = same(answers[position[answer]] | met)
            if decision.hit == "first":
                left = same(left & ~met)
        return answers

    def holds(self, condition: Any) -> Any:
        met: Any
        if isinstance(condition, All):
            met = np.True_
            for part in condition.parts:
                met = met & self.holds(part)
            return met
        met = np.False_
        if isinstance(condition, AnyOf):
            for part in condition.parts:
                met = met | self.holds(part)
            return met
        for i in members(condition.bits):
            met = met | self.columns[condition.attribute][i]
        return ~met if isinstance(condition, Lacks) else met

    def possible(self, name: str) -> Known:
        """What is possible of a decision over all completions."""
        columns = self.columns[name]
        may = sum(1 << i for i, c in columns.items() if c.any())
        yes = sum(1 << i for i, c in columns.items() if c.all())
        return (yes, may) if self.base.attributes[name].kind == "many" else may

    def can_change(self, name: str, fact: str) -> bool:
        """Whether two completions that differ in the fact alone differ in the decision."""
        return self.changes(self.columns[name], fact)

    def changes(self, columns: Mapping[int, Any], fact: str) -> bool:
        """The same for some of the columns."""
        axis = self.open.index(fact)
        for column in columns.values():
            if column.ndim:
                along = column.reshape(self.shape)
                if (along.any(axis=axis) != along.all(axis=axis)).any():
                    return True
        return False


def same(column: Any) -> Any:
    """One value in place of a column that has no other."""
    return np.False_ if not column.any() else np.True_ if column.all() else column


def waits_on(base: KnowledgeBase, known: Mapping[str, Known], wanted: list[str]) -> tuple[Completions, dict[str, set[str]]]:
    """For each wanted decision the facts that can still change one of its open answers.

    A fact that rules conclude otherwise can as long as two of the answers left to it lead to different ones.
    """
    every = Completions(base, known)
    found = {name: {f for f in base.facts if f in every.open and f not in base.decisions and every.can_change(name, f)} for name in wanted}
    for fact in base.facts:
        if fact in base.decisions and fact not in known:
            runs = [Completions(base, known, {fact: 1 << i}) for i in members(every.possible(fact))]  # type: ignore[arg-type]
            for name in wanted:
                if any(np.any(run.columns[name][i] != runs[0].columns[name][i]) for run in runs[1:] for i in run.columns[name] if every.columns[name][i].ndim):
                    found[name].add(fact)
    return every, found
