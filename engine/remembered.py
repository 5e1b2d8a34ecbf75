"""The semantics, remembering what it has worked out.

What a decision concludes about one answer depends on the few bits that the answer's rules read.  For many
units the same bits come again and again, so each combination is worked out once, by `semantics`, and kept.
"""

from __future__ import annotations

from collections.abc import Collection

from engine.conditions import Known, State, Within, leaves
from engine.knowledge import Decision, KnowledgeBase, Rule
from engine.semantics import concluded, first_answers, resting_on

View = tuple[tuple[str, int], ...]  # attribute and the bits of it that rules read; -1 for all


class Remembered:
    """`infer` as in `engine.semantics`, for many units of one rule base."""

    def __init__(self, base: KnowledgeBase):
        self.base = base
        self._parts = {d.id: _parts(d) for d in base.decisions.values()}
        self._needed: dict[frozenset[str], set[str]] = {}
        self._found: dict[tuple[str, int, tuple[Known, ...]], tuple[bool, bool] | int] = {}

    def infer(self, known: State, wanted: Collection[str] | None = None) -> dict[str, Known]:
        state = dict(known)
        needed = None if wanted is None else self._resting_on(frozenset(wanted))
        for decision in self.base.decisions.values():
            if decision.id not in known and (needed is None or decision.id in needed):
                state[decision.id] = self._conclude(decision, state)
        return state

    def _resting_on(self, wanted: frozenset[str]) -> set[str]:
        if wanted not in self._needed:
            self._needed[wanted] = resting_on(self.base, wanted)
        return self._needed[wanted]

    def _conclude(self, decision: Decision, state: State) -> Known:
        yes = may = 0
        for i, (bits, rules, view) in enumerate(self._parts[decision.id]):
            seen = tuple(value if mask < 0 else (value[0] & mask, value[1] & mask) for name, mask in view for value in (state[name],))
            key = (decision.id, i, seen)
            found = self._found.get(key)
            if found is None:
                found = self._found[key] = _first(decision, state) if decision.hit == "first" else _collected(rules, state)
            if isinstance(found, int):
                return found
            yes |= bits if found[0] else 0
            may |= bits if found[1] else 0
        return (yes, may)


def _parts(decision: Decision) -> list[tuple[int, tuple[Rule, ...], View]]:
    """Bits of the answers with the same rules, these rules, and what they read."""
    if decision.hit == "first":
        return [(0, decision.every_rule, _view(decision.every_rule))]
    same: dict[tuple[Rule, ...], int] = {}
    for i, answer in enumerate(decision.answers):
        rules = decision.rules_for[answer.id]
        same[rules] = same.get(rules, 0) | 1 << i
    return [(bits, rules, _view(rules)) for rules, bits in same.items()]


def _view(rules: tuple[Rule, ...]) -> View:
    masks: dict[str, int] = {}
    for rule in rules:
        for leaf in leaves(rule.when):
            masks[leaf.attribute] = -1 if isinstance(leaf, Within) else masks.get(leaf.attribute, 0) | leaf.bits
    return tuple(masks.items())


def _first(decision: Decision, state: State) -> int:
    answers = {rule.then[0] for rule in first_answers(decision.every_rule, state) if rule}
    return sum(1 << i for i, a in enumerate(decision.answers) if a.id in answers)


def _collected(rules: tuple[Rule, ...], state: State) -> tuple[bool, bool]:
    found = concluded(rules, state)
    return found == {True}, True in found
