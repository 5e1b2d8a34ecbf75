"""Rule bases changed in one small way: a row dropped, a condition dropped, negated or widened, a threshold moved, a conclusion swapped."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import engine.load
from engine.compile import Compiler, RawDecision
from engine.knowledge import Decision, KnowledgeBase
from engine.load import assemble, read_folders
from engine.overlay import Raw
from engine.source import Node, Unusable

NESTED = ("any", "all")
SECTIONS = {"measures": "measures", "calendar": "seasons", "zones": "zones"}
READ_BY = {"measure": "proposed", "season": "seasons", "requirement": "requirements"}  # what concludes an item by its own condition
SMALL = 1.0  # how far a threshold is moved


@cache
def raw() -> Raw:
    return read_folders()


@cache
def shipped() -> KnowledgeBase:
    return assemble(copy.copy(raw()))


@cache
def _compiler() -> Compiler:
    """The compiler of the shipped base, to compile single rows with."""
    made: list[Compiler] = []

    class Kept(Compiler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self)

    original = engine.load.Compiler
    engine.load.Compiler = Kept  # type: ignore[misc]
    try:
        assemble(copy.copy(raw()))
    finally:
        engine.load.Compiler = original  # type: ignore[misc]
    return made[0]


@dataclass(frozen=True)
class Mutant:
    """A change of one written row: `where` is a decision, or measures, calendar or zones; `node` what it becomes, None where it is dropped."""

    where: str
    id: str
    what: str
    node: Node | None
    swap: str = ""  # the row with which it changes places
    when: tuple[str, str, Node] | None = None  # of an item: its kind, its id, and the changed condition

    @property
    def name(self) -> str:
        return f"{self.where}/{self.id}: {self.what}"

    def raw(self) -> Raw:
        """All entries, with this one changed."""
        made = replace(raw(), sections={k: dict(v) for k, v in raw().sections.items()}, decisions=dict(raw().decisions), problems=[], of_rules=[])
        if (section := SECTIONS.get(self.where)) is not None:
            entries = made.sections[section]
            if self.node is None:
                del entries[self.id]
            else:
                entries[self.id] = self.node
            return made
        before = made.decisions[self.where]
        made.decisions[self.where] = self._decision(before)
        return made

    def _decision(self, before: RawDecision) -> RawDecision:
        if self.swap:
            rows = list(before.rows.items())
            i, j = ([id for id, _ in rows].index(name) for name in (self.id, self.swap))
            rows[i], rows[j] = rows[j], rows[i]
            return replace(before, rows=dict(rows))
        if self.id == "otherwise":
            assert before.otherwise
            return replace(before, otherwise=None if self.node is None else (before.otherwise[0].model_copy(update=_parts(self.node)), self.node))
        rows_ = dict(before.rows)
        if self.node is None:
            del rows_[self.id]
        else:
            row, _ = rows_[self.id]
            rows_[self.id] = (row.model_copy(update=_parts(self.node)), self.node)
        return replace(before, rows=rows_)

    def base(self) -> KnowledgeBase:
        """The changed rule base; raises `Unusable` where it cannot be loaded.

        Where one row or one condition changes and no threshold does, only its rules are compiled anew.
        """
        if "at_least" in self.what or "below" in self.what or not (self.when or self.where in raw().decisions):
            return assemble(self.raw())
        compiler = _compiler()
        compiler.problems.clear()
        compiler.holes.clear()
        made = self._compiled(compiler)
        compiler._complete(made)
        if compiler.problems or compiler.holes:
            raise Unusable([*compiler.problems, *compiler.holes])
        return replace(shipped(), decisions={**shipped().decisions, made.id: made})

    def _compiled(self, compiler: Compiler) -> Decision:
        if self.when is None:
            changed = self._decision(raw().decisions[self.where])
            rules = tuple(rule for row in changed.rows.values() for rule in compiler._rules(changed.entry, *row))
            otherwise = next(iter(compiler._rules(changed.entry, *changed.otherwise)), None) if changed.otherwise else None
            return replace(shipped().decisions[self.where], rules=rules, otherwise=otherwise)
        kind, id, when = self.when
        before = raw().decisions[READ_BY[kind]]
        item = next(item for item in compiler.items[kind] if item.id == id)
        every = compiler.items[kind]
        compiler.items[kind] = [replace(item, values={**item.values, "when": when})]
        new = {rule.id: rule for row in before.rows.values() for rule in compiler._rules(before.entry, *row)}
        compiler.items[kind] = every
        decision = shipped().decisions[READ_BY[kind]]
        return replace(decision, rules=tuple(new.get(rule.id, rule) for rule in decision.rules))


def _parts(node: Node) -> dict[str, Node | None]:
    return {key: node.get(key) for key in ("when", "then")}


def mutants() -> Iterator[Mutant]:
    """Every small change of every row."""
    for name, decision in raw().decisions.items():
        ids = list(decision.rows)
        for id, (_, node) in decision.rows.items():
            yield from _of_row(name, id, node)
        if decision.otherwise:
            yield from _of_row(name, "otherwise", decision.otherwise[1])
        if decision.entry.hit == "first":
            for one, other in zip(ids, ids[1:], strict=False):
                yield Mutant(name, one, f"changes places with {other}", decision.rows[one][1], other)
    for id, node in raw().sections["measures"].items():
        yield Mutant("measures", id, "dropped", None)
        yield from _of_when("measures", id, node, node, "measure")
        for key in ("modes", "relieves", "restores", "effects"):
            yield from _of_list("measures", id, node, key)
    for id, node in raw().sections["seasons"].items():
        yield Mutant("calendar", id, "dropped", None)
        yield from _of_when("calendar", id, node, node, "season")
    for id, node in raw().sections["zones"].items():
        requirements = node.get("requirements")
        assert requirements
        for i, requirement in enumerate(requirements.value):

            def whole(part: Node, i: int = i, node: Node = node, requirements: Node = requirements) -> Node:
                return _with(node, "requirements", Node("list", (*requirements.value[:i], part, *requirements.value[i + 1 :]), requirements.at))

            number = requirement.get("id")
            for what, when in _whens(requirement.get("when")):
                yield Mutant("zones", id, f"requirement {number.text}: {what}", whole(_with(requirement, "when", when)), when=("requirement", f"{id}.{number.text}", when))


def _of_row(where: str, id: str, node: Node) -> Iterator[Mutant]:
    yield Mutant(where, id, "dropped", None)
    yield from _of_when(where, id, node, node)
    then = node.get("then")
    if then is not None:
        for what, value in _thens(where, then):
            yield Mutant(where, id, what, _with(node, "then", value))


def _of_when(where: str, id: str, node: Node, row: Node, kind: str = "") -> Iterator[Mutant]:
    for what, when in _whens(row.get("when")):
        yield Mutant(where, id, what, _with(node, "when", when), when=(kind, id, when) if kind else None)


def _of_list(where: str, id: str, node: Node, key: str) -> Iterator[Mutant]:
    """Of a fact sheet: each member of a list left out."""
    listed = node.get(key)
    for i, part in enumerate(listed.value if listed is not None and listed.kind == "list" else ()):
        yield Mutant(where, id, f"{key} without {part.text}", _with(node, key, Node("list", (*listed.value[:i], *listed.value[i + 1 :]), listed.at)))


def _with(node: Node, key: str, value: Node | None) -> Node:
    pairs = tuple((k, value if k.value == key else v) for k, v in node.value if k.value != key or value is not None)
    return Node("map", pairs, node.at)  # type: ignore[arg-type]


def _scalar(text: str, node: Node) -> Node:
    return Node("scalar", text, node.at)


def _mapping(key: str, value: Node) -> Node:
    return Node("map", ((_scalar(key, value), value),), value.at)


def _whens(when: Node | None) -> Iterator[tuple[str, Node]]:
    """Every small change of a condition, with what it is."""
    if when is None or when.kind != "map":
        return
    for i, (key, value) in enumerate(when.value):

        def put(new: Node, i: int = i, key: Node = key) -> Node:
            return Node("map", (*when.value[:i], (key, new), *when.value[i + 1 :]), when.at)

        yield f"{key.value} dropped", Node("map", (*when.value[:i], *when.value[i + 1 :]), when.at)
        if key.value in NESTED:
            for k, part in enumerate(value.value):
                parts = (*value.value[:k], *value.value[k + 1 :])
                if parts:
                    yield f"{key.value} {k + 1} dropped", put(Node("list", parts, value.at))
                yield f"{key.value} {k + 1} negated", put(Node("list", (*value.value[:k], _mapping("not", part), *value.value[k + 1 :]), value.at))
                for what, changed in _whens(part):
                    yield f"{key.value} {k + 1}: {what}", put(Node("list", (*value.value[:k], changed, *value.value[k + 1 :]), value.at))
        elif key.value == "not":
            yield "not taken away", value if len(when.value) == 1 else Node("map", (*(p for p in when.value if p[0] is not key), *value.value), when.at)
            for what, changed in _whens(value):
                yield f"not: {what}", put(changed)
        else:
            yield f"{key.value} negated", put(_mapping("not", value))
            for what, changed in _values(key.value, value):
                yield f"{key.value} {what}", put(changed)


def _values(name: str, value: Node) -> Iterator[tuple[str, Node]]:
    """Small changes of what a condition asks of one attribute."""
    if value.kind == "map":
        for i, (operator, operand) in enumerate(value.value):
            changes: list[tuple[str, Node]] = []
            if operator.value in ("at_least", "below"):
                changes = [(f"{operator.value} {float(operand.text) + by:g}", _scalar(f"{float(operand.text) + by:g}", operand)) for by in (SMALL, -SMALL)]
            elif operator.value in ("all_of", "none_of", "not"):
                changes = list(_values(name, operand))
            for what, changed in changes:
                yield f"{operator.value} {what}", Node("map", (*value.value[:i], (operator, changed), *value.value[i + 1 :]), value.at)
        return
    attribute = shipped().attributes.get(name)
    named = [part.text for part in value.value] if value.kind == "list" else [value.text]
    if attribute is None or any(text.startswith("@") for text in named):
        return
    if attribute.answers != ("true", "false"):  # one more would be all there are
        more = next((a for a in _after(attribute.answers, named[-1]) if a not in named), None)
        if more and (attribute.kind == "many" or len(named) + 1 < len(attribute.answers)):
            yield f"or {more}", Node("list", tuple(_scalar(text, value) for text in (*named, more)), value.at)
    if len(named) > 1:
        for left in named:
            yield f"without {left}", Node("list", tuple(_scalar(text, value) for text in named if text != left), value.at)


def _after(answers: tuple[str, ...], answer: str) -> tuple[str, ...]:
    at = answers.index(answer) + 1 if answer in answers else 0
    return answers[at:] + answers[:at]


def _thens(where: str, then: Node) -> Iterator[tuple[str, Node]]:
    """Small changes of a conclusion."""
    answers = shipped().attributes[where].answers
    if then.kind == "map":
        for i, (key, value) in enumerate(then.value):
            parts = value.value if value.kind == "list" else (value,)
            for k, part in enumerate(parts):
                kept = tuple(p for j, p in enumerate(parts) if j != k)
                yield f"then {key.value} without {part.text}", Node("map", (*then.value[:i], (key, Node("list", kept, value.at)), *then.value[i + 1 :]), then.at)
        return
    named = [part.text for part in then.value] if then.kind == "list" else [then.text]
    if any(text.startswith("@") for text in named):
        return
    for text in named:
        left = [t for t in named if t != text]
        other = next((a for a in _after(answers, text) if a not in named), None)
        if left:
            yield f"then without {text}", Node("list", tuple(_scalar(t, then) for t in left), then.at)
        if other and len(named) == 1:
            yield f"then {other}", _scalar(other, then)
