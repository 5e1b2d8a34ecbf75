"""A consultation that looks past single decisions: what is still possible, and what can still matter, over all completions of a unit."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache

from engine.compile import surveyed
from engine.conditions import Known, State, reads
from engine.consult import LISTED, Consultation, Open, consult_unit, wanted
from engine.exact import Exact
from engine.lanes import open_bits
from engine.model import KnowledgeBase, Rule
from engine.project import Unit
from engine.trail import Explainer


class Exactly(Consultation):
    """A consultation whose `open`, `waits_on` and `ask_next` are exact."""

    def __init__(self, base: KnowledgeBase, unit: Unit, given: State, state: State):
        """`state` is what the semantics or experta makes of what is `given`.

        What that leaves open is looked at once more over all completions of the unit: an answer that none of
        them has is not possible, and one that all have is settled, though no single rule is known to be the one.
        """
        super().__init__(base, unit, given, state)
        self._exact = Exact(base, given, state, wanted(base))
        self.state = self._exact.state
        self.explainer = Explainer(base, unit, given, self.state)
        self._alone: dict[str, Exact] = {}

    def _known(self, name: str) -> Known:
        if name in wanted(self.base) or not open_bits(self.state, name):
            return self.state[name]
        return self._alone_of(name).known[name]

    def _alone_of(self, name: str) -> Exact:
        """The exact reading of a decision that is no conclusion of its own."""
        if name not in self._alone:
            self._alone[name] = Exact(self.base, self.given, self.state, [name])
        return self._alone[name]

    def waits_on(self, name: str, answer: str = "") -> list[str]:
        """The facts, in the order of questions, that can still change the decision; with `answer` those of them that the rules behind it read."""
        exact = self._exact if name in wanted(self.base) else self._alone_of(name)
        waits = exact.waits_on.get(name, ())
        behind = exact.rest.behind({name: self.base.attributes[name].bits(answer)}) if answer else waits
        return [fact for fact in waits if fact in behind]

    @cached_property
    def open(self) -> list[Open]:
        found = ((name, self.possible(name)) for name in wanted(self.base))
        return [Open(LISTED.get(name, name), tuple(possible), self._exact.waits_on[name]) for name, possible in found if possible]

    @property
    def ask_next(self) -> str | None:
        """The first question, in the order of the questionnaire, whose answer can still change a conclusion."""
        return next(iter(self.relevant), None)

    @property
    def relevant(self) -> tuple[str, ...]:
        """The unanswered questions whose answers can still change a conclusion, in the order of the questionnaire."""
        return self._exact.relevant

    def asking(self, fact: str, names: Iterable[str]) -> list[Rule]:
        """The rules behind the named decisions that may still hold and read the fact: directly, or what it takes the place of."""
        found = self._exact.rest.behind({name: open_bits(self.state, name) for name in names})
        read = {fact, surveyed(fact)}
        return [r for d in self.base.decisions.values() if d.id in found for r in self._exact.rest.rules(d, found[d.id]) if read & set(reads(r.when))]


def exactly(base: KnowledgeBase, unit: Unit) -> Exactly:
    """Consult on one unit and look past single decisions."""
    plain = consult_unit(base, unit)
    return Exactly(base, unit, plain.given, plain.state)


def idle_answers(base: KnowledgeBase, given: State, facts: Iterable[str]) -> set[str]:
    """Those of the answered facts on which no conclusion depends: each, in turn, given all that are not idle before it."""
    facts = list(facts)
    if not facts:
        return set()
    from engine.logic import logic_of

    case = logic_of(base).case({name: known for name, known in given.items() if name not in facts}, {name: given[name] for name in facts})
    bits = [(name, i) for name in wanted(base) for i in range(len(base.decisions[name].answers))]
    idle: set[str] = set()
    for fact in facts:
        if not case.changes(fact, bits, kept=[f for f in facts if f != fact and f not in idle]):
            idle.add(fact)
    return idle


@lru_cache(maxsize=4)
def _read(base: KnowledgeBase) -> frozenset[str]:
    return frozenset(name for rule in base.rules.values() for name in reads(rule.when))
