"""What would change with other answers, and the smallest change of answers that reaches a goal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.compile import UNANSWERED, surveyed
from engine.consult import LISTED, Consultation, consult_unit, wanted
from engine.contrast import moved
from engine.knowledge import KnowledgeBase
from engine.model import Fact
from engine.project import Unit, Value, answer_at, facts_of, known_of, plain, reporter
from engine.source import Problem, Source, Span, Unusable, near, parse

MOST = 200  # smallest changes that are looked for


def with_answers(unit: Unit, answers: Mapping[str, Value | None]) -> Unit:
    """The unit with other answers; None takes an answer away."""
    facts = {k: v for k, v in unit.facts.items() if k not in answers} | {k: v for k, v in answers.items() if v is not None}
    return Unit(unit.written, facts, tuple(name for name in unit.derived if name not in answers))


def read_answers(base: KnowledgeBase, texts: Iterable[str]) -> dict[str, Value | None]:
    """`fact=value` as typed: an answer, a list with commas, a number, or `unknown`; raises `Unusable` with every problem."""
    answers: dict[str, Value | None] = {}
    problems: list[Problem] = []
    for text in texts:
        name, found, value = (part.strip() for part in text.partition("="))
        fact = base.facts.get(name)
        if not found or fact is None:
            problems.append(Problem(Span("--set"), "E409" if found else "E508", (("name", name), ("text", text)), near(name, base.facts)))
            continue
        listed = fact.kind == "many" and not value.startswith("[") and value.casefold() != "unknown"
        try:
            source = Source("--set", f"{name}: [{value}]" if listed else f"{name}: {value}")
            answers[name] = facts_of(parse(source), base, reporter(source, problems)).get(name)
        except Unusable as unusable:
            problems += unusable.problems
    if problems:
        raise Unusable(problems)
    return answers


def _changed(before: Consultation, after: Consultation) -> list[dict[str, Any]]:
    return [m.json() for m in moved(before, after)]


def compare(base: KnowledgeBase, unit: Unit, answers: Mapping[str, Value | None]) -> dict[str, Any]:
    """What changes when the answers are set."""
    after = consult_unit(base, with_answers(unit, answers))
    return {"unit": unit.id, "set": {k: plain(v) for k, v in answers.items()}, "changed": _changed(consult_unit(base, unit), after), "ask_next": after.ask_next}


def each_answer(base: KnowledgeBase, unit: Unit, name: str) -> dict[str, Any]:
    """What each answer to a question would do; of a many-answer fact, each member alone and none."""
    fact = base.facts[name]
    before = consult_unit(base, unit)
    rows = []
    for value in _values(base, fact):
        after = consult_unit(base, with_answers(unit, {name: value}))
        rows.append({"value": plain(value), "changed": _changed(before, after), "settled": not after.relevant})
    return {"unit": unit.id, "fact": name, "matters": name in before.relevant or name in unit.facts, "answers": rows}


def _values(base: KnowledgeBase, fact: Fact) -> Iterator[Value]:
    attribute = base.attributes[fact.id]
    if attribute.kind == "many":
        yield from ((), *((a,) for a in attribute.answers))
    else:
        yield from (answer_at(fact, attribute, i) for i in range(len(attribute.answers)))


@dataclass(frozen=True)
class Goal:
    """A conclusion that is to have an answer, or with `holds` false is not to have it."""

    decision: str
    answer: str
    holds: bool

    @classmethod
    def read(cls, base: KnowledgeBase, text: str) -> Goal:
        """`mode=assisted`, `measures=ID`, `flags!=ID`; raises `Unusable`."""
        name, found, answer = text.partition("=")
        holds = not name.endswith("!")
        name = name.rstrip("!").strip()
        names = {LISTED.get(n, n): n for n in wanted(base)}
        decision = names.get(name) or names.get(name + "s")
        if not found or decision is None:
            raise Unusable([Problem(Span("--goal"), "E509", (("name", name), ("options", ", ".join(names))), near(name, names))])
        answers = base.attributes[decision].index
        if answer.strip() not in answers:
            raise Unusable([Problem(Span("--goal"), "E302", (("answer", answer), ("name", name)), near(answer, answers))])
        return cls(decision, answer.strip(), holds)

    def reached(self, c: Consultation) -> bool:
        """Whether the goal holds whatever is still unknown."""
        if self.holds:
            return self.answer in c.settled(self.decision)
        return self.answer not in (*c.settled(self.decision), *c.possible(self.decision))


def reach(base: KnowledgeBase, unit: Unit, goal: Goal) -> dict[str, Any]:
    """Every smallest change of changeable facts that reaches the goal, each confirmed by a consultation."""
    before = consult_unit(base, unit)
    found = [] if goal.reached(before) else list(_Search(base, unit, goal).changes())
    rows = []
    for answers in found[:MOST]:
        after = consult_unit(base, with_answers(unit, answers))
        facts = [{"fact": name, "before": plain(unit.facts.get(name)), "after": plain(value)} for name, value in answers.items()]
        rows.append({"facts": facts, "reached": goal.reached(after), "changed": _changed(before, after)})
    wanted_ = {"conclusion": LISTED.get(goal.decision, goal.decision), "answer": goal.answer, "holds": goal.holds}
    return {"unit": unit.id, "goal": wanted_, "already": goal.reached(before), "changes": rows, "complete": len(found) <= MOST}


class _Search:
    """Smallest changes, fewest first: Z3 proposes one for some completion of what stays unknown, a consultation says whether it
    holds for all; a completion for which it does not is put to Z3 for all proposals to come."""

    def __init__(self, base: KnowledgeBase, unit: Unit, goal: Goal):
        import z3

        from engine.logic import Side, logic_of

        self.z3, self.base, self.unit, self.goal = z3, base, unit, goal
        self.solver = z3.SolverFor("QF_FD")
        self.known = known_of(base, unit)
        self.logic = logic_of(base)
        self._side, self._copies = Side, 0
        self.new = Side(base, self.solver, "new")
        self.costs: dict[str, Any] = {}  # what may be changed, as Booleans that say whether it is
        self.set: dict[str, Any] = {}  # unknown fact → whether the change answers it
        self.atoms: list[tuple[str, int, Any]] = []  # (fact, answer, the change has it)
        self._want(self.new)
        for fact in [f for f in base.facts if f in base.decisions and (f in self.new.taken or self.new.made(surveyed(f)))]:
            self.new.bits(fact)
            self.new.bits(surveyed(fact))
        self._frame()

    def _want(self, side: Any) -> None:
        bit = side.bit(self.goal.decision, self.base.attributes[self.goal.decision].index[self.goal.answer])
        self.solver.add(bit if self.goal.holds else self.z3.Not(bit))

    def _frame(self) -> None:
        """What may change and what may not, for all that the goal rests on."""
        z3, base = self.z3, self.base
        for name in dict.fromkeys(name for name, _ in self.new.encoded):
            fact = name.removeprefix("surveyed_") if name.startswith("surveyed_") else name
            if name in base.decisions:
                continue
            if fact in base.facts and fact in base.decisions:
                self._answerable(fact)
            elif name not in base.facts or (not base.facts[name].changeable and name in self.unit.facts):
                self._fix(name)
            elif not base.facts[name].changeable:
                continue
            elif base.attributes[name].kind == "many":
                self._members(name)
            elif name in self.unit.facts:
                now = self._position(name)
                self._atoms(name, z3.Not(dict(self.new.made(name))[now]), skip=now)
            else:
                self.set[name] = z3.Bool(f"set:{name}")
                self._atoms(name, self.set[name])
        for decision, taken in self.new.taken.items():
            if decision not in base.facts:
                self._fix(decision) if decision in self.known else None
                self.solver.add(taken if decision in self.known else z3.Not(taken))
            elif f"fact:{decision}" not in self.costs:
                self._answerable(decision)

    def _fix(self, name: str) -> None:
        known: Any = self.known[name]
        bits = known[0] if isinstance(known, tuple) else known
        self.solver.add(*(b if bits >> i & 1 else self.z3.Not(b) for i, b in self.new.made(name)))

    def _position(self, name: str) -> int:
        known = self.known[name]
        assert isinstance(known, int)
        return known.bit_length() - 1

    def _atoms(self, name: str, changed: Any, skip: int = -1) -> None:
        self.costs[f"fact:{name}"] = changed
        self.atoms += [(name, i, self.z3.And(changed, b)) for i, b in self.new.made(name) if i != skip]

    def _members(self, name: str) -> None:
        known: Any = self.known[name]
        for i, b in self.new.made(name) if name in self.unit.facts else ():
            changed = self.z3.Not(b) if known[0] >> i & 1 else b
            self.costs[f"{name}:{i}"] = changed
            self.atoms.append((name, i, changed))

    def _answerable(self, fact: str) -> None:
        """A fact that rules conclude otherwise: an answer takes the place of the decision, and rules may read that it was given."""
        z3 = self.z3
        if f"fact:{fact}" in self.costs or fact not in self.new.taken:
            return
        taken, bits, asked = self.new.taken[fact], dict(self.new.made(fact)), dict(self.new.made(surveyed(fact)))
        attribute = self.base.attributes[surveyed(fact)]
        if fact in self.known and fact not in self.unit.facts:  # decided
            self._fix(fact)
            self.solver.add(taken, *(b if attribute.answers[i] == UNANSWERED else z3.Not(b) for i, b in asked.items()))
            self.costs[f"fact:{fact}"] = z3.BoolVal(False)
            return
        for i, b in asked.items():
            answer = attribute.answers[i]
            is_answer = z3.Not(taken) if answer == UNANSWERED else z3.And(taken, bits[self.base.attributes[fact].index[answer]])
            self.solver.add(b == is_answer)
        if fact in self.unit.facts:
            now = self._position(fact)
            self.solver.add(taken)
            self._atoms(fact, z3.Not(bits[now]), skip=now)
        else:
            self._atoms(fact, taken)

    def changes(self) -> Iterator[dict[str, Value | None]]:
        """Answers to set, smallest changes first."""
        z3, size, found = self.z3, 1, 0
        costs = [(c, 1) for c in self.costs.values()]
        while costs and found <= MOST and self.solver.check() == z3.sat:
            self.solver.push()
            self.solver.add(z3.PbLe(costs, size))
            fits = self.solver.check() == z3.sat
            model = self.solver.model() if fits else None
            self.solver.pop()
            if model is None:
                size += 1
                continue
            atoms = [(name, i, has) for name, i, has in self.atoms if z3.is_true(model.eval(has, True))]
            answers = self._answers(atoms)
            if not self._fails(answers):
                found += 1
                yield answers
                self.solver.add(z3.Not(z3.And(*(has for _, _, has in atoms))))

    def _answers(self, atoms: list[tuple[str, int, Any]]) -> dict[str, Value | None]:
        answers: dict[str, Value | None] = {}
        for name, i, _ in atoms:
            attribute, fact = self.base.attributes[name], self.base.facts[name]
            if attribute.kind == "many":
                now: Any = answers.get(name, self.unit.facts[name])
                members_ = {*now} ^ {attribute.answers[i]}
                answers[name] = tuple(a for a in attribute.answers if a in members_)
            else:
                answers[name] = answer_at(fact, attribute, i)
        return answers

    def _fails(self, answers: Mapping[str, Value | None]) -> bool:
        """Whether some completion of what stays unknown misses the goal; the goal must then hold there too in what comes next."""
        case = self.logic.case(known_of(self.base, with_answers(self.unit, answers)))
        bit = self.logic.left.bit(self.goal.decision, self.base.attributes[self.goal.decision].index[self.goal.answer])
        if not case.satisfies([self.z3.Not(bit) if self.goal.holds else bit]):
            return False
        self._copies += 1
        self._want(self._side(self.base, self.solver, f"case{self._copies}", _Instead(self, case.facts())))
        return True


class _Instead:
    """The answers of another completion: what the change sets is as in the change, what stays unknown as found."""

    def __init__(self, search: _Search, facts: Mapping[str, Any]):
        self.search, self.facts = search, facts

    def gives(self, name: str) -> bool:
        return name not in self.search.base.decisions

    def bit(self, name: str, i: int) -> Any:
        s = self.search
        z3, known = s.z3, s.known.get(name)
        found = self.facts[name]
        has = z3.BoolVal(bool((found[0] if isinstance(found, tuple) else found) >> i & 1))
        if name in s.set:
            return z3.If(s.set[name], s.new.bit(name, i), has)
        unknown = known == s.base.attributes[name].unknown and name in s.base.facts
        return has if unknown else s.new.bit(name, i)

    def tie(self, name: str) -> tuple[Any, list[Any]]:
        """An answer in the place of a decision is part of the change."""
        return self.search.new.taken[name], self.search.new.bits(name)
