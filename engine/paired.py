"""Two rule bases as formulas over the same Booleans, one an answer of a question that both ask.

Z3 keeps equal formulas once, so what both bases say alike is the same object in both and needs no proof.  The units are
those of properties: everything is known of them, no planner has decided, added or dropped anything, and a fact that
rules conclude otherwise may be unanswered.
"""

from __future__ import annotations

from typing import Any

import z3

from engine.compile import UNANSWERED, UNDECIDED, surveyed
from engine.knowledge import KnowledgeBase
from engine.logic import both, either, formula, opposite
from engine.project import Value
from engine.shared import Question, Shared

YES, NO = z3.BoolVal(True), z3.BoolVal(False)
Facts = dict[str, Value]


class Inputs:
    """The Booleans that both bases read: one an answer of each question."""

    def __init__(self, shared: Shared):
        self.bits: dict[Question, dict[str | float, Any]] = {}
        self.lacking: dict[Question, Any] = {}
        self.asked: dict[tuple[int, str], Question] = {}
        self.rules: list[Any] = []
        for q in shared.questions:
            name = f"{q.fact}:{''.join(map(str, q.sides))}"
            self.bits[q] = {value: z3.Bool(f"{name}:{value}") for value in q.values}
            self.lacking[q] = z3.Bool(f"{name}:") if q.may_lack else NO
            self.asked |= {(side, q.fact): q for side in q.sides}
            if q.kind != "many":
                self.rules.append(z3.PbEq([(bit, 1) for bit in (*self.bits[q].values(), self.lacking[q])], 1))

    def facts(self, model: Any) -> tuple[Facts, Facts]:
        """The answers of the unit in a model, for the old and the new base."""
        found: tuple[Facts, Facts] = ({}, {})
        for q, bits in self.bits.items():
            answers = tuple(value for value, bit in bits.items() if z3.is_true(model.eval(bit, True)))
            if answers or q.kind == "many":
                for side in q.sides:
                    found[side][q.fact] = q.value(answers)
        return found


class Formulas:
    """One of the bases as formulas over the inputs."""

    def __init__(self, base: KnowledgeBase, side: int, inputs: Inputs):
        self.base, self.side, self.inputs = base, side, inputs
        self._bits: dict[tuple[str, int], Any] = {}

    def answer(self, decision: str, answer: str) -> Any:
        """Whether the decision concludes the answer; never, where it does not know it."""
        i = self.base.attributes[decision].index.get(answer)
        return NO if i is None else self.bit(decision, i)

    def bit(self, name: str, i: int) -> Any:
        if (name, i) not in self._bits:
            if name not in self.base.decisions:
                self._bits[name, i] = self._input(name, i)
            elif self.base.decisions[name].hit == "collect":
                rules = self.base.decisions[name].rules_for[self.base.attributes[name].answers[i]]
                whens = {when.get_id(): when for when in (formula(rule.when, self.bit) for rule in rules)}
                self._bits[name, i] = either([whens[id] for id in sorted(whens)])
            else:
                self._first(name)
        return self._bits[name, i]

    def _input(self, name: str, i: int) -> Any:
        attribute = self.base.attributes[name]
        fact = next((f for f in self.base.decisions if surveyed(f) == name), name)
        question = self.inputs.asked.get((self.side, fact))
        if question is None:  # the planner's own, of which there is nothing
            return YES if attribute.answers[i] == UNDECIDED else NO
        if attribute.answers[i] == UNANSWERED and fact != name:
            return self.inputs.lacking[question]
        bits = self.inputs.bits[question]
        if attribute.kind == "number":
            return either([bit for value, bit in bits.items() if attribute.known(value) == 1 << i])
        return bits.get(attribute.answers[i], NO)

    def _first(self, name: str) -> None:
        """The rows from the last to the first: each holds where its condition does, else what comes after it."""
        decision, answers = self.base.decisions[name], self.base.attributes[name].answers
        found = dict.fromkeys(answers, NO)
        for rule in reversed(decision.every_rule):
            when = formula(rule.when, self.bit)
            found = {a: either([when, bit]) if a == rule.then[0] else both([opposite(when), bit]) for a, bit in found.items()}
        if name in self.base.facts:  # an answer takes the place of the decision
            attribute = self.base.attributes[surveyed(name)]
            unanswered = self.bit(surveyed(name), attribute.index[UNANSWERED])
            found = {a: either([both([unanswered, bit]), self.bit(surveyed(name), attribute.index[a])]) for a, bit in found.items()}
        self._bits |= {(name, i): found[a] for i, a in enumerate(answers)}
