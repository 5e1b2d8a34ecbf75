"""One unit's consultation: conclusions, measures, flags, what is open, and the trail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any

from engine.catalogue import Measure
from engine.compile import surveyed
from engine.conditions import Known, State, members, reads
from engine.exact import Exact
from engine.knowledge import Decision, KnowledgeBase, Rule
from engine.lanes import open_bits, readers
from engine.model import Answer, Text
from engine.project import Project, Unit, known_of, plain_facts
from engine.trail import Explainer, Step

MEASURES = "chosen"  # the decision that makes the list of measures
LISTED = {"chosen": "measures", "barred": "barred", "flags": "flags"}  # decision → its name in `open`
GRADES = ("stop", "argue", "remind")
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, eq=False)
class Flag:
    answer: Answer
    about: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Open:
    """A conclusion with more than one answer left, the answers, and the facts it waits for."""

    conclusion: str
    possible: tuple[str, ...]
    waits_on: tuple[str, ...]


class Consultation:
    """What the rules say of one unit."""

    def __init__(self, base: KnowledgeBase, unit: Unit, given: State, state: State):
        """`state` is what the semantics or experta makes of what is `given`.

        What that leaves open is looked at once more over all completions of the unit: an answer that none of
        them has is not possible, and one that all have is settled, though no single rule is known to be the one.
        """
        self.base, self.unit, self.given = base, unit, given
        self._exact = Exact(base, given, state, dict.fromkeys(wanted(base), -1))
        self.state = self._exact.state
        self.explainer = Explainer(base, unit, given, self.state)
        self._others: dict[tuple[str, str], Exact] = {}

    @cached_property
    def trail(self) -> list[Step]:
        return self.explainer.trail()

    @cached_property
    def _rules(self) -> dict[tuple[str, str], list[str]]:
        """(decision, answer) → the rules in the trail that conclude it."""
        rules: dict[tuple[str, str], list[str]] = {}
        for step in self.trail:
            for decision, answers in step.concludes.items():
                for answer in answers if isinstance(answers, list) else [answers]:
                    rules.setdefault((decision, answer), []).append(step.rule)
        return rules

    def rules(self, answer: str, *decisions: str) -> list[str]:
        return [rule for decision in decisions for rule in self._rules.get((decision, answer), [])]

    def settled(self, name: str, exactly: bool = False) -> list[str]:
        """The settled answers: the one left, or the members that are in.

        A conclusion, and whatever no rule reads, is always read exactly; a decision on the way to them as far as
        it was settled on the way, or with `exactly` over all completions too.
        """
        decision, known = self.base.decisions[name], self._known(name, exactly)
        bits = known[0] if isinstance(known, tuple) else known if not known & (known - 1) else 0
        return [decision.answers[i].id for i in members(bits)]

    def possible(self, name: str, exactly: bool = False) -> list[str]:
        """The answers still open: more than one left, or members that may yet join; read as `settled` reads."""
        decision, known = self.base.decisions[name], self._known(name, exactly)
        bits = known[1] & ~known[0] if isinstance(known, tuple) else known if known & (known - 1) else 0
        return [decision.answers[i].id for i in members(bits)]

    def _known(self, name: str, exactly: bool) -> Known:
        if name in wanted(self.base) or not open_bits(self.state, name) or (not exactly and readers(self.base)[name]):
            return self.state[name]
        return self._exact_of(name).known[name]

    def _exact_of(self, name: str, answer: str = "") -> Exact:
        """The exact reading of one answer, or of a decision that is no conclusion of its own."""
        if not answer and name in wanted(self.base):
            return self._exact
        if (name, answer) not in self._others:
            bits = self.base.attributes[name].bits(answer) if answer else -1
            self._others[name, answer] = Exact(self.base, self.given, self.state, {name: bits})
        return self._others[name, answer]

    def waits_on(self, name: str, answer: str = "") -> tuple[str, ...]:
        """The facts, in the order of questions, that can still change the decision, or whether it has the answer."""
        return self._exact_of(name, answer).waits_on.get(name, ())

    @cached_property
    def conclusions(self) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for decision in self._public():
            settled = self.settled(decision.id)
            if decision.hit == "collect":
                result[decision.id] = settled
            elif settled:
                result[decision.id] = settled[0]
        return result

    def _public(self) -> Iterable[Decision]:
        return (d for d in self.base.decisions.values() if d.public)

    @property
    def measures(self) -> list[Measure]:
        return [self.base.measures[id] for id in self.settled(MEASURES)]

    @cached_property
    def flags(self) -> list[Flag]:
        answers = {a.id: a for a in self.base.decisions["flags"].answers}
        flags = [Flag(answers[id], self._about(answers[id]), tuple(self.rules(id, "flags"))) for id in self.settled("flags")]
        return sorted(flags, key=lambda f: GRADES.index(f.answer.grade or "remind"))

    def _about(self, answer: Answer) -> tuple[str, ...]:
        """What a flag speaks of: the members of the decisions that it names, or the names themselves."""
        about: list[str] = []
        for name in answer.about:
            decision = self.base.decisions.get(name)
            about += self.settled(name) if decision and decision.hit == "collect" else [name]
        return tuple(about)

    @cached_property
    def open(self) -> list[Open]:
        found = ((name, self.possible(name)) for name in wanted(self.base))
        return [Open(LISTED.get(name, name), tuple(possible), self.waits_on(name)) for name, possible in found if possible]

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
        rest = self._exact.rest
        found = rest.behind({name: open_bits(self.state, name) for name in names})
        read = {fact, surveyed(fact)}
        return [r for d in self.base.decisions.values() if d.id in found for r in rest.rules(d, found[d.id]) if read & set(reads(r.when))]

    def stops(self) -> bool:
        """Whether a `stop` flag is raised, or still possible."""
        graded = {a.id: a.grade for a in self.base.decisions["flags"].answers}
        return any(graded[id] == "stop" for id in (*self.settled("flags"), *self.possible("flags")))

    def json(self) -> dict[str, Any]:
        """The unit as `consult --json` prints it."""
        return {
            "unit": self.unit.id,
            "facts": plain_facts(self.unit.facts),
            "derived": list(self.unit.derived),
            "conclusions": self.conclusions,
            "measures": [self._measure(m) for m in self.measures],
            "barred": [{"id": id, "rules": self.rules(id, "barred")} for id in self.settled("barred")],
            "flags": [{"id": f.answer.id, "grade": f.answer.grade, "about": list(f.about), "rules": list(f.rules), "message": _json(f.answer.message or f.answer.name)} for f in self.flags],
            "open": [{"conclusion": o.conclusion, "possible": list(o.possible), "waits_on": list(o.waits_on)} for o in self.open],
            "ask_next": self.ask_next,
            "trail": [step.json() for step in self.trail],
        }

    def _measure(self, m: Measure) -> dict[str, Any]:
        return {
            "id": m.id, "name": _json(m.name), "element": m.element, "role": m.role, "stage": m.stage, "relieves": list(m.relieves),
            "restores": list(m.restores), "modes": list(m.modes), "effects": list(m.effects),
            "rules": self.rules(m.id, "proposed", "admitted", "recommended", "added", "chosen"),
        }  # fmt: skip


def _json(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def knowledge_json(base: KnowledgeBase) -> dict[str, str]:
    return {"version": base.about.version, "digest": base.digest}


@lru_cache(maxsize=4)
def wanted(base: KnowledgeBase) -> tuple[str, ...]:
    """The decisions that a consultation concludes, in the order in which what is open is listed."""
    return (*(d.id for d in base.decisions.values() if d.public), *(name for name in LISTED if name in base.decisions))


@lru_cache(maxsize=4)
def _engine(base: KnowledgeBase) -> Any:
    from engine.forward import Forward

    return Forward(base)


def consult_unit(base: KnowledgeBase, unit: Unit) -> Consultation:
    """Consult experta on one unit.  A rule base has one session, which serves one unit at a time."""
    given = known_of(base, unit)
    with _ONE_AT_A_TIME:
        state: dict[str, Known] = _engine(base).infer(given)
    return Consultation(base, unit, given, state)


def consult(base: KnowledgeBase, project: Project) -> dict[str, Consultation]:
    """Every unit's consultation, by unit id."""
    return {id: consult_unit(base, unit) for id, unit in project.units.items()}
