"""All possible units in the solver: one that satisfies a condition, or the proof that there is none.

Units are answered in full.  Without acts nobody decides, adds or drops anything; with acts the mode may be decided
and measures added and dropped.  What the solver finds is a unit like any other, and is confirmed by the semantics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine.compile import UNANSWERED, UNDECIDED, surveyed
from engine.conditions import Condition, Known, State, members, negate, reads
from engine.knowledge import Decision, KnowledgeBase
from engine.logic import Case, Logic, Side, alike, either, exactly_one, opposite
from engine.project import Unit, Value, answer_at, known_of, unit_of
from engine.project_file import Change, Decide
from engine.remembered import Remembered
from engine.semantics import holds, resting_on

Test = Callable[[Unit], bool]


class Units:
    """Every unit that the rule base allows for, in one solver.

    With `below` only what that decision rests on is made: nothing says that it has an answer itself, and none is given in its place.
    """

    def __init__(self, base: KnowledgeBase, acts: bool = False, below: Decision | None = None):
        self.base, self.acts = base, acts
        self.logic = Logic(base)
        self.side: Side = self.logic.left
        known: dict[str, Known] = {} if acts else {"decided_mode": base.attributes["decided_mode"].known(UNDECIDED), "added": (0, 0), "dropped": (0, 0)}
        if below and below.id in base.facts:
            known[surveyed(below.id)] = base.attributes[surveyed(below.id)].known(UNANSWERED)
        self.case = Case(self.logic, known, {})
        rests = resting_on(base, [below.id]) - {below.id} if below else base.decisions.keys()
        self.decisions = [d for d in base.decisions.values() if d.id in rests]
        for decision in self.decisions:
            if decision.id in base.facts:
                self._tie(decision.id, surveyed(decision.id), UNANSWERED)
            elif decision.id == "mode":
                self._tie(decision.id, "decided_mode", UNDECIDED)

    def _tie(self, decision: str, answered: str, nothing: str) -> None:
        """An answer stands in the place of the decision exactly when one was given, and it is that answer."""
        place, answers = self.side.bits(decision), self.base.attributes[answered].answers
        if decision not in self.side.taken:
            return
        taken = self.side.taken[decision]
        for answer, given in zip(answers, self.side.bits(answered), strict=True):
            if answer == nothing:
                self.logic.add(alike(taken, opposite(given)))
            else:
                self.logic.add(either([opposite(given), place[self.base.attributes[decision].index[answer]]]))

    def some(self, *formulas: Any) -> bool:
        """Whether some unit satisfies the formulas."""
        return self.logic.check(self.case, formulas)

    def meets(self, condition: Condition) -> bool:
        """Whether some unit satisfies the condition."""
        return self.some(self.side.holds(condition))

    def found(self) -> Unit:
        """The unit that the last question found."""
        return given_unit(self.base, self.case.facts())

    def unit(self, condition: Condition) -> Unit | None:
        """A unit that satisfies the condition, with as few answers as show it; None when there is none."""
        return self.shown(lambda u: satisfies(self.base, u, condition)) if self.meets(condition) else None

    def shown(self, test: Test) -> Unit:
        """The unit that the last question found, less all answers without which the test still holds."""
        unit = self.found()
        if not test(unit):
            raise AssertionError(f"the solver's unit is none: {unit.facts}")
        return shrunk(self.base, unit, test)


def negated(base: KnowledgeBase, condition: Condition) -> Condition:
    return negate(condition, lambda name: len(base.attributes[name].answers))


def satisfies(base: KnowledgeBase, unit: Unit, condition: Condition) -> bool:
    """Whether the condition certainly holds for the unit, by the semantics."""
    return holds(condition, inferred(base, unit, [n for n in reads(condition) if n in base.decisions])) is True


def inferred(base: KnowledgeBase, unit: Unit, wanted: Sequence[str]) -> State:
    """What is known of the decisions for the unit, and of what they rest on."""
    return _remembered(base).infer(known_of(base, unit), wanted)


@lru_cache(maxsize=4)
def _remembered(base: KnowledgeBase) -> Remembered:
    return Remembered(base)


def given_unit(base: KnowledgeBase, known: Mapping[str, Known]) -> Unit:
    """The unit with one answer left of every fact and planner attribute."""
    answers = {name: [base.attributes[name].answers[i] for i in members(left[0] if isinstance(left, tuple) else left)] for name, left in known.items()}
    facts: dict[str, Value] = {}
    for fact in base.facts.values():
        attribute = base.attributes[surveyed(fact.id) if fact.id in base.decisions else fact.id]
        given = answers[attribute.name]
        if attribute.kind == "many":
            facts[fact.id] = tuple(given)
        elif given != [UNANSWERED]:
            facts[fact.id] = answer_at(fact, attribute, attribute.index[given[0]])
    (decided,) = answers["decided_mode"]
    acts = {name: tuple(Change(measure=measure, because="-") for measure in answers[name]) for name in ("added", "dropped")}
    return unit_of(base, facts, decide=None if decided == UNDECIDED else Decide(mode=decided, because="-"), add=acts["added"], drop=acts["dropped"])  # type: ignore[arg-type]


def acts_of(unit: Unit) -> dict[str, Any]:
    """What the planner does on the unit, by planner attribute; empty when nothing."""
    written = unit.written
    made: dict[str, Any] = {"decided_mode": written.decide.mode} if written.decide else {}
    made |= {name: [c.measure for c in changes] for name, changes in (("added", written.add), ("dropped", written.drop)) if changes}
    return made


def shrunk(base: KnowledgeBase, unit: Unit, test: Test) -> Unit:
    """The unit less every act, answer and member without which the test still holds, each tried once."""
    written = unit.written
    acts: dict[str, Any] = {"decide": written.decide, "add": written.add, "drop": written.drop}
    facts = {name: value for name, value in unit.facts.items() if name not in unit.derived}

    def kept(facts: Mapping[str, Value], acts: Mapping[str, Any]) -> bool:
        return test(unit_of(base, facts, **acts))

    for name in acts:
        without = {**acts, name: None if name == "decide" else ()}
        if acts[name] and kept(facts, without):
            acts = without
        for change in acts[name] if name != "decide" and len(acts[name]) > 1 else ():
            fewer = {**acts, name: tuple(c for c in acts[name] if c is not change)}
            if kept(facts, fewer):
                acts = fewer
    for name in list(facts):
        without = {k: v for k, v in facts.items() if k != name}
        if kept(without, acts):
            facts = without
            continue
        value = facts[name]
        for member in value if isinstance(value, tuple) else ():
            smaller = {**facts, name: tuple(v for v in facts[name] if v != member)}  # type: ignore[union-attr]
            if kept(smaller, acts):
                facts = smaller
    return unit_of(base, facts, **acts)


def hole(base: KnowledgeBase, decision: Decision) -> Unit | None:
    """A unit for which a *first* table has no row, or a *collect* decision not exactly one member; None when there is none.

    What the decision rests on has its answers for the unit: a hole further up is not counted as one here.
    """
    units = Units(base, below=decision)
    answered = [either(units.side.bits(above.id)) for above in units.decisions if above.hit == "first"]
    if decision.hit == "first":
        missed = opposite(either([units.side.holds(rule.when) for rule in decision.every_rule]))
    else:
        missed = opposite(exactly_one(units.side.bits(decision.id)))
    if not units.some(missed, *answered):
        return None
    unit = units.found()
    if may_settle(inferred(base, unit, [decision.id])[decision.id]):
        raise AssertionError(f"the solver's unit has an answer of {decision.id}: {unit.facts}")
    return unit


def may_settle(known: Known) -> bool:
    """Whether exactly one answer can come of it: one at least is left, and one at most is certain."""
    return known[1] > 0 and known[0].bit_count() <= 1 if isinstance(known, tuple) else known > 0
