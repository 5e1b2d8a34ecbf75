"""The questionnaire of one unit: which questions can still matter, what is settled, what is parked.  Pages and terminals only show it.

An answer is parked when no conclusion can depend on it any more, given the other answers: it is kept and shown,
but the rules never see it.  It comes back by itself when another answer makes it matter again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.conditions import State
from engine.consult import Consultation, Open, consult_unit, wanted
from engine.knowledge import KnowledgeBase, Rule
from engine.model import Fact, Topic
from engine.project import Unit, Value, known_of, unit_of


@dataclass(frozen=True)
class Asked:
    """Why a question is asked: the open conclusions that its answer can change, and the rules that read it and are behind them."""

    fact: Fact
    conclusions: tuple[str, ...]
    rules: tuple[Rule, ...]


class Interview:
    """One unit's questions, after the answers in `facts`.

    `unsure` are questions to which the planner said "not known": they are not asked again, though they may matter.
    `of` is the unit that the answers belong to, with what else it has (decide, add, drop, attributes).  Nothing is
    changed in place: `answered`, `without` and `unknown` give the interview after the next step.
    """

    def __init__(self, base: KnowledgeBase, facts: Mapping[str, Value], unsure: frozenset[str] = frozenset(), of: Unit | None = None):
        self.base, self.of = base, of
        self.facts = {name: facts[name] for name in base.facts if name in facts}
        self.unsure = unsure - set(self.facts)

    def answered(self, fact: str, value: Value) -> Interview:
        """After an answer."""
        return Interview(self.base, {**self.facts, fact: value}, self.unsure - {fact}, self.of)

    def unknown(self, fact: str) -> Interview:
        """After "not known": no answer, and not asked again."""
        return Interview(self.base, {k: v for k, v in self.facts.items() if k != fact}, self.unsure | {fact}, self.of)

    def without(self, fact: str) -> Interview:
        """With the question open again, as if never asked."""
        return Interview(self.base, {k: v for k, v in self.facts.items() if k != fact}, self.unsure - {fact}, self.of)

    def unit(self, facts: Mapping[str, Value]) -> Unit:
        """The unit with these answers."""
        if self.of is None:
            return unit_of(self.base, facts)
        derived = {name: self.of.facts[name] for name in self.of.derived if name not in facts}
        return Unit(self.of.written, {**facts, **derived}, tuple(derived))

    @cached_property
    def parked(self) -> dict[str, Value]:
        """Answers on which no conclusion depends, given the others; of two that stand for each other the later question's is parked.

        An answer in the place of a conclusion (`damage`) is never parked: it counts instead of what the rules would say.
        """
        parked = idle_answers(self.base, known_of(self.base, self.unit(self.facts)), [f for f in reversed(self.facts) if f not in self.base.decisions])
        return {name: value for name, value in self.facts.items() if name in parked}

    @cached_property
    def consultation(self) -> Consultation:
        """What the rules say of the answers that are not parked."""
        return consult_unit(self.base, self.unit({k: v for k, v in self.facts.items() if k not in self.parked}))

    @property
    def relevant(self) -> tuple[str, ...]:
        """The unanswered questions that can still change a conclusion, those said to be unknown among them, in the order of asking."""
        return self.consultation.relevant

    @property
    def next(self) -> str | None:
        """The question to ask now; None when none is left that could matter and was not said to be unknown."""
        return next((fact for fact in self.relevant if fact not in self.unsure), None)

    @property
    def settled(self) -> bool:
        """Whether no answer can change a conclusion any more."""
        return not self.relevant

    @property
    def open_conclusions(self) -> list[Open]:
        return self.consultation.open

    @property
    def topics(self) -> list[Page]:
        """Every topic with its questions: answered, to be asked, parked, or of no matter now."""
        return [Page(t, tuple(self._questions(t))) for t in self.base.topics]

    def _questions(self, topic: Topic) -> Iterator[Question]:
        return (self.question(fact.id) for fact in self.base.facts.values() if fact.topic == topic.id)

    def question(self, fact: str) -> Question:
        """A question as it stands now: with its answer, or with what was worked out in its place."""
        status, value = self._standing(fact)
        return Question(self.base.facts[fact], status, value)

    def _standing(self, fact: str) -> tuple[str, Value | None]:
        if fact in self.facts:
            return "parked" if fact in self.parked else "answered", self.facts[fact]
        if fact in self.relevant:
            return "unsure" if fact in self.unsure else "open", None
        if self.of and fact in self.of.derived:
            return "derived", self.of.facts[fact]
        if fact in self.base.decisions and (found := self.consultation.settled(fact)):
            return "decided" if self.of and getattr(self.of.written.decide, fact, None) else "concluded", found[0]
        return "idle", None

    def why(self, fact: str) -> Asked:
        """Why the question is asked: what it can change, and the rules that read it there."""
        conclusions = tuple(o.conclusion for o in self.open_conclusions if fact in o.waits_on)
        names = {name for name in wanted(self.base) if self.consultation.possible(name) and fact in self.consultation.waits_on(name)}
        return Asked(self.base.facts[fact], conclusions, tuple(self.consultation.asking(fact, names)))


@dataclass(frozen=True)
class Question:
    """A question on a page; `status` is answered, open (can still matter), unsure (can matter, but is not known), parked or idle.

    It is derived, concluded or decided where it need not be put as its value follows from the unit's `attributes`,
    by the rules, or from the planner's decision.
    """

    fact: Fact
    status: str
    value: Value | None

    @property
    def worked_out(self) -> bool:
        return self.status in ("derived", "concluded", "decided")


@dataclass(frozen=True)
class Page:
    """A topic of the questionnaire."""

    topic: Topic
    questions: tuple[Question, ...]

    @property
    def asks(self) -> bool:
        return any(q.status == "open" for q in self.questions)


def idle_answers(base: KnowledgeBase, given: State, facts: Iterable[str]) -> set[str]:
    """Those of the answered facts on which no conclusion depends: each, in turn, given all that are not idle before it."""
    facts = list(facts)
    if not facts:
        return set()
    from engine.logic import SOLVING, logic_of

    bits = [(name, i) for name in wanted(base) for i in range(len(base.decisions[name].answers))]
    idle: set[str] = set()
    with SOLVING:
        case = logic_of(base).case({name: known for name, known in given.items() if name not in facts}, {name: given[name] for name in facts})
        for fact in facts:
            if not case.changes(fact, bits, kept=[f for f in facts if f != fact and f not in idle]):
                idle.add(fact)
    return idle
