"""Two rule bases compared for all units at once, with Z3: which conclusions are equal, stricter or laxer, and a unit that shows it.

Every witness is a whole unit, small in what its lists hold, on which a consultation over each base shows the difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import z3

from engine.conditions import Known
from engine.consult import GRADES, Consultation, consult_unit
from engine.knowledge import KnowledgeBase
from engine.logic import both, either, opposite
from engine.model import MODES
from engine.paired import NO, Facts, Formulas, Inputs
from engine.project import known_of, plain_facts, unit_of
from engine.remembered import Remembered
from engine.shared import Question, Shared, listed

EQUAL, STRICTER, LAXER, INCOMPARABLE, DIFFERENT = "equal", "stricter", "laxer", "incomparable", "different"
FEWER_IS_STRICTER = ("measures", "modes")  # what may be done; of what forbids, warns or binds, more is stricter


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
        old, new = map(plain_facts, self.facts)
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

    def _still(self, c: Compared, relation: str, facts: tuple[Facts, Facts]) -> bool:
        """Whether the facts settle the difference."""
        states = []
        for reading, known in zip(self.semantics, facts, strict=True):
            states.append(reading.infer(known_of(reading.base, unit_of(reading.base, known)), [c.decision]))
        return shows(c, relation, self.bases, states)

    def _smaller(self, c: Compared, relation: str, facts: tuple[Facts, Facts]) -> tuple[Facts, Facts]:
        """The unit without the members of lists that the difference does not need."""
        for q in self.inputs.bits:
            if q.kind == "many":
                for member in q.values:
                    less = _with(facts, q, lambda value, member=member: tuple(m for m in value if m != member))
                    if less != facts and self._still(c, relation, less):
                        facts = less
        return facts

    def _enough(self, c: Compared, unit: _Unit, relation: str) -> tuple[str, ...]:
        """The facts, in the order of questions, whose answers show the difference, whatever the others are."""
        facts = unit.facts
        for q in self.inputs.bits:
            less = _with(facts, q, lambda _: None)
            if less != facts and self._still(c, relation, less):
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
