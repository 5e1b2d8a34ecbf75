"""Reading 2: Z3.  What the rules leave possible over all units that agree with what is known, across decisions.

The rule base becomes constraints over one Boolean an answer, each answer encoded once, when first asked about.
It stands there twice, so that two units can be compared that differ in one fact; what is known of a unit comes
as assumptions, so nothing is ever built anew.  An answer in the place of a decision (a surveyed `damage`, a
decided `mode`) cuts that decision off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, singledispatch
from threading import RLock
from typing import Any

import z3

from engine.conditions import All, Condition, Known, Lacks, Shares, State, Within, members
from engine.conditions import Any as AnyOf
from engine.knowledge import Attribute, Decision, KnowledgeBase

Bit = tuple[str, int]  # attribute, position of the answer
Bits = Callable[[str, int], Any]


@singledispatch
def formula(condition: Condition, bit: Bits) -> Any:
    """The condition as a formula over `bit(attribute, answer)`."""
    raise TypeError(f"no formula for {type(condition).__name__}")


@formula.register
def _(c: Within, bit: Bits) -> Any:
    return either([bit(c.attribute, i) for i in members(c.bits)])


@formula.register
def _(c: Shares, bit: Bits) -> Any:
    return either([bit(c.attribute, i) for i in members(c.bits)])


@formula.register
def _(c: Lacks, bit: Bits) -> Any:
    return opposite(either([bit(c.attribute, i) for i in members(c.bits)]))


@formula.register
def _(c: All, bit: Bits) -> Any:
    return both([formula(p, bit) for p in c.parts])


@formula.register
def _(c: AnyOf, bit: Bits) -> Any:
    return either([formula(p, bit) for p in c.parts])


def either(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else _made(z3.Z3_mk_or, parts)


def both(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else _made(z3.Z3_mk_and, parts)


def opposite(part: Any) -> Any:
    return z3.BoolRef(z3.Z3_mk_not(part.ctx.ref(), part.ast), part.ctx)


def alike(one: Any, other: Any) -> Any:
    return z3.BoolRef(z3.Z3_mk_eq(one.ctx.ref(), one.ast, other.ast), one.ctx)


def exactly_one(parts: Sequence[Any]) -> Any:
    return parts[0] if len(parts) == 1 else z3.PbEq([(part, 1) for part in parts], 1)


def _made(make: Any, parts: Sequence[Any]) -> Any:
    """`z3.Or` and `z3.And` without their coercions, which take most of the time of encoding; of no parts, false and true."""
    context = z3.main_ctx()
    return z3.BoolRef(make(context.ref(), len(parts), (z3.Ast * len(parts))(*[p.ast for p in parts])), context)


class Side:
    """One copy of the rule base in the solver.

    `logic` takes what is to hold (`add`); attributes that `given` gives are taken from there.
    """

    def __init__(self, base: KnowledgeBase, logic: Any, name: str, given: Any = None):
        self.base, self.logic, self.name, self.given = base, logic, name, given
        self.encoded: list[Bit] = []
        self.taken: dict[str, Any] = {}
        self._bits: dict[Bit, Any] = {}
        self._whens: dict[str, Any] = {}

    def bit(self, name: str, i: int) -> Any:
        """The Boolean of the answer, with all that defines it in the solver."""
        if (name, i) not in self._bits:
            attribute = self.base.attributes[name]
            if self.given is not None and self.given.gives(name):
                self._bits[name, i] = self.given.bit(name, i)
            elif name not in self.base.decisions:
                self._input(attribute, i)
            elif attribute.kind == "many":
                self._collect(self.base.decisions[name], i)
            else:
                self._first(self.base.decisions[name], attribute)
        return self._bits[name, i]

    def gives(self, name: str) -> bool:
        """Whether a copy that lies beside this one has the attribute from here: what the planner did is one for both."""
        return self.base.attributes[name].origin == "planner"

    def tie(self, name: str) -> tuple[Any, list[Any]] | None:
        """Whether and by what the place of a decision is taken, where a copy beside this one is to have that from here."""
        return None

    def bits(self, name: str) -> list[Any]:
        return [self.bit(name, i) for i in range(len(self.base.attributes[name].answers))]

    def made(self, name: str) -> list[tuple[int, Any]]:
        """The answers of an attribute that are in the solver."""
        return [(i, self._bits[name, i]) for i in range(len(self.base.attributes[name].answers)) if (name, i) in self._bits]

    def holds(self, condition: Condition) -> Any:
        return formula(condition, self.bit)

    def _new(self, attribute: Attribute, i: int) -> Any:
        made = self._bits[attribute.name, i] = z3.Bool(f"{self.name}:{attribute.name}:{attribute.answers[i]}")
        self.encoded.append((attribute.name, i))
        return made

    def _input(self, attribute: Attribute, i: int) -> None:
        if attribute.kind == "many":
            self._new(attribute, i)
        else:
            self._one([self._new(attribute, k) for k in range(len(attribute.answers))])

    def _one(self, bits: list[Any]) -> None:
        self.logic.add(exactly_one(bits))

    def _when(self, rule: Any) -> Any:
        if rule.id not in self._whens:
            self._whens[rule.id] = self.holds(rule.when)
        return self._whens[rule.id]

    def _collect(self, decision: Decision, i: int) -> None:
        concluded = either([self._when(r) for r in decision.rules_for[decision.answers[i].id]])
        self.logic.add(alike(self._new(self.base.attributes[decision.id], i), concluded))

    def _first(self, decision: Decision, attribute: Attribute) -> None:
        met: dict[str, list[Any]] = {a: [] for a in attribute.answers}
        earlier: list[Any] = []
        for rule in decision.every_rule:
            when = self._when(rule)
            met[rule.then[0]].append(both([when, *earlier]))
            earlier.append(opposite(when))
        bits = [self._new(attribute, i) for i in range(len(attribute.answers))]
        concluded = [alike(bit, either(met[a])) for bit, a in zip(bits, attribute.answers, strict=True)]
        if decision.id in self.base.facts or decision.id == "mode":  # an answer may take its place
            taken = self.taken[decision.id] = z3.Bool(f"{self.name}:taken:{decision.id}")
            self._one(bits)
            concluded = [either([taken, c]) for c in concluded]
            if self.given is not None and (tied := self.given.tie(decision.id)) is not None:
                concluded += [alike(taken, tied[0]), *(either([opposite(taken), alike(bit, other)]) for bit, other in zip(bits, tied[1], strict=True))]
        self.logic.add(*concluded)


class Logic:
    """The rule base in the solver; `case` asks about one unit.

    What defines answers stays in the solver; what is known of a unit lies over it and is lifted before anything is added below.
    """

    def __init__(self, base: KnowledgeBase):
        self.base = base
        self.solver = z3.SolverFor("QF_FD")
        self.left = Side(base, self, "a")
        self.right = Side(base, self, "b", self.left)
        self._over: Case | None = None
        self._laid = (0, 0)  # answers of either copy that are encoded where the case lies over them
        self._same: dict[str, Any] = {}
        self._tied = 0
        self._differs: dict[Bit, Any] = {}
        self._any_differs: dict[tuple[Bit, ...], Any] = {}

    def case(self, known: State, loose: State | None = None) -> Case:
        """The units that agree with what is known; answers in `loose` count only in questions that keep them."""
        return Case(self, known, loose or {})

    def add(self, *constraints: Any) -> None:
        """Add what holds for every unit."""
        if self._over is not None:
            self._over = None
            self.solver.pop()
        self.solver.add(*constraints)

    def check(self, case: Case, literals: Sequence[Any]) -> bool:
        """Whether a unit (or a pair of them) of the case satisfies the literals."""
        encoded = len(self.left.encoded), len(self.right.encoded)
        if self._over is not case or self._laid != encoded:
            if self._over is not None:
                self.solver.pop()
            self.solver.push()
            self._over, self._laid = case, encoded
            self.solver.add(*case.known_literals())
        found = self.solver.check(*literals)
        if found == z3.unknown:
            raise RuntimeError(self.solver.reason_unknown())
        return bool(found == z3.sat)

    def same(self) -> dict[str, Any]:
        """For every fact and planner attribute a literal that makes the two units agree on it."""
        for name, i in self.right.encoded[self._tied :]:
            if name not in self.base.decisions:
                same = self._same.setdefault(name, z3.Bool(f"same:{name}"))
                self.add(either([opposite(same), alike(self.left.bit(name, i), self.right.bit(name, i))]))
        self._tied = len(self.right.encoded)
        return self._same

    def any_differs(self, bits: Iterable[Bit]) -> Any:
        """A literal that makes the two units differ in at least one of the answers."""
        key = tuple(sorted(bits))
        if key not in self._any_differs:
            for name, i in key:
                if (name, i) not in self._differs:
                    differs = self._differs[name, i] = z3.Bool(f"differs:{name}:{i}")
                    self.add(either([opposite(differs), opposite(alike(self.left.bit(name, i), self.right.bit(name, i)))]))
            wanted = self._any_differs[key] = z3.Bool(f"any:{len(self._any_differs)}")
            self.add(either([opposite(wanted), *(self._differs[bit] for bit in key)]))
        return self._any_differs[key]


class Case:
    """Questions about the units that agree with what is known of every fact and planner attribute."""

    def __init__(self, logic: Logic, known: State, loose: State):
        self.logic, self.known, self.loose = logic, known, loose
        self._kept = {name: z3.Bool(f"kept:{name}") for name in loose}

    def can(self, name: str, i: int, holds: bool = True) -> bool:
        """Whether some such unit has the answer, or with `holds` false lacks it."""
        bit = self.logic.left.bit(name, i)
        return self.satisfies([bit if holds else opposite(bit)])

    def satisfies(self, literals: Sequence[Any]) -> bool:
        """Whether some such unit satisfies the literals, which speak of the left copy."""
        return self.logic.check(self, [*literals, *self._untaken()])

    def possible(self, name: str, within: Known | None = None) -> Known:
        """The answers still possible, exactly; `within` are those that are known to contain them."""
        unknown = self.logic.base.attributes[name].unknown if within is None else within
        if isinstance(unknown, tuple):
            yes, may = unknown
            for i in members(may & ~yes):
                if not self.can(name, i):
                    may &= ~(1 << i)
                elif not self.can(name, i, holds=False):
                    yes |= 1 << i
            return (yes, may)
        return sum(1 << i for i in members(unknown) if self.can(name, i))

    def changes(self, fact: str, bits: Iterable[Bit], instead: int = 0, kept: Iterable[str] = ()) -> bool:
        """Whether two such units that differ in the fact alone differ in one of the answers.

        For a fact in whose place rules decide, `instead` are the answers that it may be given.  `kept` are the loose
        answers that count.
        """
        logic = self.logic
        wanted = logic.any_differs(bits)
        same = logic.same()
        literals = [wanted, *(s for name, s in same.items() if name != fact), *self._untaken(fact), *(self._kept[name] for name in kept)]
        if fact in logic.base.decisions:
            for side in (logic.left, logic.right):
                literals += [opposite(b) for i, b in enumerate(side.bits(fact)) if not instead >> i & 1]
                literals.append(side.taken[fact])
        return logic.check(self, literals)

    def facts(self) -> dict[str, Known]:
        """The unit that the last question found: for every attribute that is no decision, its one answer or its members."""
        model = self.logic.solver.model()
        found: dict[str, Known] = {}
        for name, attribute in self.logic.base.attributes.items():
            if name not in self.logic.base.decisions:
                bits = sum(z3.is_true(model.eval(bit, True)) << i for i, bit in self.logic.left.made(name))
                bits = bits or (0 if attribute.kind == "many" else 1)
                known = self.known.get(name, attribute.unknown)
                found[name] = (bits | known[0], bits | known[0]) if isinstance(known, tuple) else bits if bits & known else known & -known
        return found

    def known_literals(self) -> list[Any]:
        """What is known, as literals of the answers encoded so far."""
        literals = []
        for side in (self.logic.left, self.logic.right):
            for name, i in side.encoded:
                if (known := self.known.get(name)) is not None:
                    literals += _literal(side.bit(name, i), known, i)
                elif (loose := self.loose.get(name)) is not None:
                    literals += [either([opposite(self._kept[name]), literal]) for literal in _literal(side.bit(name, i), loose, i)]
            literals += [taken for name, taken in side.taken.items() if name in self.known]
        return literals

    def _untaken(self, about: str = "") -> list[Any]:
        """Decisions whose place nothing takes."""
        return [opposite(taken) for side in (self.logic.left, self.logic.right) for name, taken in side.taken.items() if name not in self.known and name != about]


def _literal(bit: Any, known: Known, i: int) -> list[Any]:
    if isinstance(known, tuple):
        return [bit] if known[0] >> i & 1 else [] if known[1] >> i & 1 else [opposite(bit)]
    return [opposite(bit)] if not known >> i & 1 else [bit] if known == 1 << i else []


SOLVING = RLock()  # the solver of a rule base serves one unit at a time; who asks it holds this meanwhile


@lru_cache(maxsize=4)
def logic_of(base: KnowledgeBase) -> Logic:
    return Logic(base)
