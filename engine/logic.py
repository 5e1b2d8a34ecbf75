"""Reading 2: Z3.  What the rules leave possible over all units that agree with what is known, across decisions.

The rule base becomes constraints over one Boolean an answer, each answer encoded once, when first asked about.
It stands there twice, so that two units can be compared that differ in one fact; what is known of a unit comes
as assumptions, so nothing is ever built anew.  An answer in the place of a decision (a surveyed `damage`, a
decided `mode`) cuts that decision off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, singledispatch
from typing import Any

import z3

from engine.conditions import All, Condition, Known, Lacks, Shares, State, Within, members
from engine.conditions import Any as AnyOf
from engine.model import Attribute, Decision, KnowledgeBase

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


def _made(make: Any, parts: Sequence[Any]) -> Any:
    """`z3.Or` and `z3.And` without their coercions, which take most of the time of encoding; of no parts, false and true."""
    context = z3.main_ctx()
    return z3.BoolRef(make(context.ref(), len(parts), (z3.Ast * len(parts))(*[p.ast for p in parts])), context)


class Side:
    """One copy of the rule base in the solver.

    What the planner did is shared with the copy `given`, if there is one.
    """

    def __init__(self, base: KnowledgeBase, solver: z3.Solver, name: str, given: Side | None = None):
        self.base, self.solver, self.name, self.given = base, solver, name, given
        self.encoded: list[Bit] = []
        self.taken: dict[str, Any] = {}
        self._bits: dict[Bit, Any] = {}
        self._whens: dict[str, Any] = {}

    def bit(self, name: str, i: int) -> Any:
        """The Boolean of the answer, with all that defines it in the solver."""
        if (name, i) not in self._bits:
            attribute = self.base.attributes[name]
            if self.given is not None and attribute.origin == "planner":
                self._bits[name, i] = self.given.bit(name, i)
            elif name not in self.base.decisions:
                self._input(attribute, i)
            elif attribute.kind == "many":
                self._collect(self.base.decisions[name], i)
            else:
                self._first(self.base.decisions[name], attribute)
        return self._bits[name, i]

    def bits(self, name: str) -> list[Any]:
        return [self.bit(name, i) for i in range(len(self.base.attributes[name].answers))]

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
        self.solver.add(z3.PbEq([(b, 1) for b in bits], 1) if len(bits) > 1 else bits[0])

    def _when(self, rule: Any) -> Any:
        if rule.id not in self._whens:
            self._whens[rule.id] = self.holds(rule.when)
        return self._whens[rule.id]

    def _collect(self, decision: Decision, i: int) -> None:
        concluded = either([self._when(r) for r in decision.rules_for[decision.answers[i].id]])
        self.solver.add(alike(self._new(self.base.attributes[decision.id], i), concluded))

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
        self.solver.add(*concluded)


class Logic:
    """The rule base in the solver; `case` asks about one unit."""

    def __init__(self, base: KnowledgeBase):
        self.base = base
        self.solver = z3.SolverFor("QF_FD")
        self.left = Side(base, self.solver, "a")
        self.right = Side(base, self.solver, "b", self.left)
        self._same: dict[str, Any] = {}
        self._tied = 0
        self._differs: dict[Bit, Any] = {}
        self._any_differs: dict[tuple[Bit, ...], Any] = {}

    def case(self, known: State) -> Case:
        return Case(self, known)

    def same(self) -> dict[str, Any]:
        """For every fact and planner attribute a literal that makes the two units agree on it."""
        for name, i in self.right.encoded[self._tied :]:
            if name not in self.base.decisions:
                same = self._same.setdefault(name, z3.Bool(f"same:{name}"))
                self.solver.add(z3.Implies(same, alike(self.left.bit(name, i), self.right.bit(name, i))))
        self._tied = len(self.right.encoded)
        return self._same

    def any_differs(self, bits: Iterable[Bit]) -> Any:
        """A literal that makes the two units differ in at least one of the answers."""
        key = tuple(sorted(bits))
        if key not in self._any_differs:
            for name, i in key:
                if (name, i) not in self._differs:
                    differs = self._differs[name, i] = z3.Bool(f"differs:{name}:{i}")
                    self.solver.add(z3.Implies(differs, z3.Xor(self.left.bit(name, i), self.right.bit(name, i))))
            wanted = self._any_differs[key] = z3.Bool(f"any:{len(self._any_differs)}")
            self.solver.add(z3.Implies(wanted, either([self._differs[bit] for bit in key])))
        return self._any_differs[key]


class Case:
    """Questions about the units that agree with what is known of every fact and planner attribute."""

    def __init__(self, logic: Logic, known: State):
        self.logic, self.known = logic, known
        self._literals: dict[str, list[Any]] = {"a": [], "b": []}
        self._read = {"a": 0, "b": 0}

    def can(self, name: str, i: int, holds: bool = True) -> bool:
        """Whether some such unit has the answer, or with `holds` false lacks it."""
        bit = self.logic.left.bit(name, i)
        return self._check([bit if holds else z3.Not(bit)])

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

    def changed(self, fact: str, bits: Iterable[Bit], instead: int = 0) -> set[Bit]:
        """Answers in which two such units differ that differ in the fact alone; empty when there are no two.

        For a fact in whose place rules decide, `instead` are the answers that it may be given.
        """
        logic, bits = self.logic, tuple(bits)
        wanted = logic.any_differs(bits)
        same = logic.same()
        literals = [wanted, *(s for name, s in same.items() if name != fact)]
        if fact in logic.base.decisions:
            for side in (logic.left, logic.right):
                literals += [z3.Not(b) for i, b in enumerate(side.bits(fact)) if not instead >> i & 1]
                literals.append(side.taken[fact])
        if not self._check(literals, fact):
            return set()
        model = logic.solver.model()
        return {(name, i) for name, i in bits if z3.is_true(model.eval(logic.left.bit(name, i), True)) != z3.is_true(model.eval(logic.right.bit(name, i), True))}

    def facts(self) -> dict[str, Any]:
        """The answers of the unit that the last question found: attribute → position of the answer, or bits of the members."""
        logic = self.logic
        model = logic.solver.model()
        found: dict[str, Any] = {}
        for name, i in logic.left.encoded:
            if name not in logic.base.decisions and z3.is_true(model.eval(logic.left.bit(name, i), True)):
                found[name] = found.get(name, 0) | 1 << i
        return found

    def _check(self, literals: list[Any], about: str = "") -> bool:
        known = list(self._known(self.logic.left, about))
        if about:
            known += self._known(self.logic.right, about)
        found = self.logic.solver.check(*known, *literals)
        if found == z3.unknown:
            raise RuntimeError(self.logic.solver.reason_unknown())
        return bool(found == z3.sat)

    def _known(self, side: Side, about: str) -> Iterator[Any]:
        """What is known, as literals of the answers encoded so far; decisions whose place is not taken are cut free of answers."""
        literals = self._literals[side.name]
        for name, i in side.encoded[self._read[side.name] :]:
            known = self.known.get(name)
            if known is not None:
                literals += _literal(side.bit(name, i), known, i)
        self._read[side.name] = len(side.encoded)
        yield from literals
        for name, taken in side.taken.items():
            if name in self.known:
                yield taken
            elif name != about:
                yield z3.Not(taken)


def _literal(bit: Any, known: Known, i: int) -> list[Any]:
    if isinstance(known, tuple):
        return [bit] if known[0] >> i & 1 else [] if known[1] >> i & 1 else [z3.Not(bit)]
    return [z3.Not(bit)] if not known >> i & 1 else [bit] if known == 1 << i else []


@lru_cache(maxsize=4)
def logic_of(base: KnowledgeBase) -> Logic:
    return Logic(base)
