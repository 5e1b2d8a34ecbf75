"""Two rule bases compared for all units at once, with Z3: which conclusions are equal, stricter or laxer, and a unit that shows it.

Both bases become formulas over the same Booleans, one an answer of a shared question.  Z3 keeps equal formulas once, so
what both say alike is the same object in both and needs no proof.  The units are those of properties: everything is
known of them, no planner has decided, added or dropped anything, and a fact that rules conclude otherwise may be
unanswered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import z3

from engine.compile import UNANSWERED, UNDECIDED, surveyed
from engine.conditions import Known
from engine.consult import GRADES, Consultation, consult_unit
from engine.logic import both, either, formula, opposite
from engine.model import MODES, KnowledgeBase
from engine.project import Value, known_of, unit_of
from engine.remembered import Remembered
from engine.shared import Question, Shared, listed

EQUAL, STRICTER, LAXER, INCOMPARABLE, DIFFERENT = "equal", "stricter", "laxer", "incomparable", "different"
FEWER_IS_STRICTER = ("measures", "modes")  # what may be done; of what forbids, warns or binds, more is stricter
YES, NO = z3.BoolVal(True), z3.BoolVal(False)
Facts = dict[str, Value]


@dataclass(frozen=True)
class Compared:
    """A conclusion to compare: its decision, the answers that count (of flags those of one grade), and the order of its answers.

    The order is `ranks` (the lesser is stricter), `members` (more is stricter), `fewer`, or none.
    """

    name: str
    decision: str
    counted: tuple[frozenset[str], frozenset[str]]  # by side
    order: str

    @property
    def answers(self) -> list[str]:
        return sorted(self.counted[0] | self.counted[1])


@dataclass(frozen=True)
class Witness:
    """A unit on which the bases differ: its answers in each, those that are enough for the difference, and what each base concludes."""

    shows: str
    facts: tuple[Facts, Facts]
    enough: tuple[str, ...]
    before: Any
    after: Any

    def json(self) -> dict[str, Any]:
        old, new = ({k: list(v) if isinstance(v, tuple) else v for k, v in facts.items()} for facts in self.facts)
        other = {name: value for name, value in old.items() if name not in new or new[name] != value}
        return {"shows": self.shows, "facts": new, "facts_before": other, "enough": list(self.enough), "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Verdict:
    """What holds for all units about one conclusion."""

    conclusion: str
    relation: str
    witnesses: tuple[Witness, ...] = ()

    def json(self) -> dict[str, Any]:
        return {"conclusion": self.conclusion, "relation": self.relation, "witnesses": [w.json() for w in self.witnesses]}


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


class Everywhere:
    """The comparison of two bases for all units."""

    def __init__(self, shared: Shared):
        self.shared, self.bases = shared, shared.bases
        self.inputs = Inputs(shared)
        self.sides = tuple(Formulas(base, side, self.inputs) for side, base in enumerate(self.bases))
        self.semantics = tuple(Remembered(base) for base in self.bases)
        self.solver = z3.SolverFor("QF_FD")
        self.solver.set("phase", "always_false")  # units with few problems, which are easier to read
        self.solver.add(*self.inputs.rules)
        self.units: list[_Unit] = []

    def verdicts(self) -> list[Verdict]:
        """What holds of every common conclusion, in the order of consultations."""
        return [self._verdict(compared) for compared in _compared(self.shared)]

    def _verdict(self, c: Compared) -> Verdict:
        witnesses = []
        for relation in (STRICTER, LAXER) if c.order else (DIFFERENT,):
            differing = self._differing(c, relation)
            if differing and (unit := self._unit(c, relation, differing)) is not None:
                before, after = (_said(c, side, consultation) for side, consultation in enumerate(unit.consultations))
                witnesses.append(Witness(relation, unit.facts, self._enough(c, unit, relation), before, after))
        shown = [w.shows for w in witnesses]
        return Verdict(c.name, EQUAL if not shown else INCOMPARABLE if len(shown) > 1 or DIFFERENT in shown else shown[0], tuple(witnesses))

    def _differing(self, c: Compared, relation: str) -> list[Any]:
        """Formulas of which at least one holds for a unit that shows the difference."""
        old, new = ({a: side.answer(c.decision, a) if a in c.counted[i] else NO for a in c.answers} for i, side in enumerate(self.sides))
        apart = [a for a in c.answers if not old[a].eq(new[a])]
        if c.order == "ranks":
            pairs = [(a, b) for a in MODES for b in MODES if (MODES.index(b) < MODES.index(a)) == (relation == STRICTER) and a != b]
            return [both([old[a], new[b]]) for a, b in pairs if a in old and b in old] if apart else []
        if not c.order:
            return [opposite(old[a] == new[a]) for a in apart]
        more = (relation == STRICTER) == (c.order == "members")
        return [both([new[a], opposite(old[a])] if more else [old[a], opposite(new[a])]) for a in apart]

    def _unit(self, c: Compared, relation: str, differing: list[Any]) -> _Unit | None:
        """A unit that shows the difference: one found before where that will do."""
        for unit in self.units:
            if shows(c, relation, self.bases, unit.states):
                return unit
        wanted = z3.FreshBool("wanted")
        self.solver.add(either([opposite(wanted), *differing]))
        found = self.solver.check(wanted)
        if found == z3.unknown:
            raise RuntimeError(self.solver.reason_unknown())
        if found == z3.unsat:
            return None
        facts = self._smaller(c, relation, self.inputs.facts(self.solver.model()))
        consultations = [consult_unit(base, unit_of(base, known)) for base, known in zip(self.bases, facts, strict=True)]
        unit = _Unit(facts, tuple(consultations), tuple(consultation.state for consultation in consultations))
        if not shows(c, relation, self.bases, unit.states):
            raise RuntimeError(f"consultations do not show that {c.name} is {relation}: {facts}")
        self.units.append(unit)
        return unit

    def _states(self, facts: tuple[Facts, Facts]) -> tuple[Mapping[str, Any], ...]:
        return tuple(reading.infer(known_of(base, unit_of(base, known))) for reading, base, known in zip(self.semantics, self.bases, facts, strict=True))

    def _smaller(self, c: Compared, relation: str, facts: tuple[Facts, Facts]) -> tuple[Facts, Facts]:
        """The unit without the members of lists that the difference does not need."""
        for q in self.inputs.bits:
            if q.kind == "many":
                for member in q.values:
                    less = _with(facts, q, lambda value, member=member: tuple(m for m in value if m != member))
                    if less != facts and shows(c, relation, self.bases, self._states(less)):
                        facts = less
        return facts

    def _enough(self, c: Compared, unit: _Unit, relation: str) -> tuple[str, ...]:
        """The facts, in the order of questions, whose answers show the difference, whatever the others are."""
        facts = unit.facts
        for q in self.inputs.bits:
            less = _with(facts, q, lambda _: None)
            if less != facts and shows(c, relation, self.bases, self._states(less)):
                facts = less
        return tuple(dict.fromkeys(q.fact for q in self.inputs.bits if q.fact in facts[0] or q.fact in facts[1]))


@dataclass(frozen=True)
class _Unit:
    facts: tuple[Facts, Facts]
    consultations: tuple[Consultation, ...]
    states: tuple[Mapping[str, Any], ...]


def _with(facts: tuple[Facts, Facts], q: Question, change: Any) -> tuple[Facts, Facts]:
    """The facts with the answer to one question changed; None takes it away."""
    changed: list[Facts] = []
    for side, known in enumerate(facts):
        less = dict(known)
        if side in q.sides and q.fact in less:
            value = change(less.pop(q.fact))
            less |= {} if value is None else {q.fact: value}
        changed.append(less)
    return changed[0], changed[1]


def _compared(shared: Shared) -> Iterator[Compared]:
    old, new = shared.bases
    for name in shared.conclusions:
        decision = listed(old)[name]
        decisions = (old.decisions[decision], new.decisions[decision])
        counted = tuple(frozenset(a.id for a in d.answers) for d in decisions)
        ranked = counted[0] | counted[1] <= set(MODES)
        order = ("ranks" if ranked else "") if decisions[0].hit == "first" else "fewer" if name in FEWER_IS_STRICTER else "members"
        c = Compared(name, decision, (counted[0], counted[1]), order)
        if name != "flags":
            yield c
            continue
        for grade in GRADES:
            of_grade = tuple(frozenset(a.id for a in d.answers if (a.grade or "remind") == grade) for d in decisions)
            yield replace(c, name=f"flags:{grade}", counted=(of_grade[0], of_grade[1]))


def _held(c: Compared, side: int, base: KnowledgeBase, state: Mapping[str, Any]) -> tuple[set[str], set[str]]:
    """The counted answers that are settled to hold, and those that may."""
    known: Known = state[c.decision]
    yes, may = known if isinstance(known, tuple) else (known if not known & (known - 1) else 0, known)
    answers = base.attributes[c.decision].answers
    sure, perhaps = ({a for i, a in enumerate(answers) if bits >> i & 1 and a in c.counted[side]} for bits in (yes, may))
    return sure, perhaps


def shows(c: Compared, relation: str, bases: tuple[KnowledgeBase, KnowledgeBase], states: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two states of one unit settle that the new base is stricter, laxer or different."""
    (old, may_old), (new, may_new) = (_held(c, side, bases[side], states[side]) for side in (0, 1))
    if c.order == "ranks":
        was, now = ([MODES.index(a) for a in held] for held in (old, new))
        return bool(was and now) and (now < was if relation == STRICTER else now > was)
    if not c.order:
        return bool(old != new and (bases[0].decisions[c.decision].hit == "collect" or (old and new)))
    more = (relation == STRICTER) == (c.order == "members")
    return bool(new - may_old if more else old - may_new)


def _said(c: Compared, side: int, consultation: Consultation) -> Any:
    """What the consultation concludes: the answer, or the list of those that count."""
    settled = [a for a in consultation.settled(c.decision) if a in c.counted[side]]
    return settled if consultation.base.decisions[c.decision].hit == "collect" else settled[0]
