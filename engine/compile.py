"""Entries → attributes, rules and decisions in dependency order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from engine.catalogue import Measure
from engine.conditions import Condition, reads
from engine.grammar import Grammar, thresholds
from engine.knowledge import Attribute, Decision, Rule
from engine.messages import said
from engine.model import EFFECTS, MODES, Answer, DecisionEntry, EachEntry, RuleEntry, Text
from engine.semantics import first_answers
from engine.source import Node, Problem, Source, Span, near
from engine.written import Item, check_row, chosen, items_of, report_unknown, requirement_id, substitute

UNANSWERED, UNDECIDED = "unanswered", "undecided"
Row = tuple[RuleEntry, Node]
LAYERS = ("law", "standard", "expert")
SELECTORS = ("effects", "elements", "measures", "except")


@dataclass(frozen=True)
class RawDecision:
    entry: DecisionEntry
    node: Node
    rows: Mapping[str, Row]
    otherwise: Row | None


def surveyed(decision: str) -> str:
    """The attribute that holds what was answered where an answer takes the place of a decision."""
    return f"surveyed_{decision}"


class Compiler:
    """Makes decisions of entries; every problem is added to `problems`."""

    def __init__(
        self, parts: Mapping[str, Any], places: Mapping[tuple[str, str], Span], raw: Mapping[str, RawDecision], sources: Mapping[str, Source], unread: Collection[str],
        problems: list[Problem],
    ) -> None:  # fmt: skip
        self.parts, self.places, self.raw, self.sources, self.unread, self.problems = parts, places, raw, sources, unread, problems
        self.requirements = {requirement_id(z, r.id): (z, r) for z in parts["zones"].values() for r in z.requirements}
        self.holes: list[Problem] = []  # tables without a row for every combination
        self.items = items_of(parts, {a.id: a.name for a in parts["facts"]["problems"].answers}, places)
        self.elements = tuple(dict.fromkeys(m.element for m in parts["measures"].values()))
        self.answers = {id: self._answers(d) for id, d in raw.items()}
        self.attributes = {a.name: a for a in self._attributes()}

    def _report(self, node: Node, code: str, close: str = "", **facts: object) -> None:
        """Report at a node, with the line of the file that it was written in: a rule may hold conditions from elsewhere.

        Names of what is there and could not be read are not reported as unknown.
        """
        if code in ("E301", "E302", "E309") and (facts["name"] in self.unread or facts.get("answer") in self.unread):
            return
        self.problems.append(self.sources[node.at.file].problem(node.at, code, close, **facts))

    def _answers(self, raw: RawDecision) -> tuple[Answer, ...]:
        of = raw.entry.answers
        if not isinstance(of, str):
            return of or ()
        if of == "requirements":
            return tuple(Answer(id=id, zh=r.zh, en=r.en) for id, (_, r) in self.requirements.items())
        if of == "problems":
            return self.parts["facts"]["problems"].answers
        if of in ("measures", "seasons", "modes"):
            return tuple(Answer(id=id, zh=e.zh, en=e.en) for id, e in self.parts[of].items())
        if of in self.parts["facts"]:
            return self.parts["facts"][of].answers
        node = raw.node.get("answers") or raw.node
        self._report(node, "E309", near(of, [*self.parts["facts"], "measures", "modes"]), name=of)
        return ()

    def _attributes(self) -> Iterator[Attribute]:
        cuts = self._cuts()
        for fact in self.parts["facts"].values():
            if fact.kind == "number":
                at = tuple(sorted(cuts.get(fact.id, ())))
                yield attribute(fact.id, "number", intervals(at), "fact", at)
            elif fact.id not in self.raw:
                answers = ("true", "false") if fact.kind == "yesno" else tuple(a.id for a in fact.answers)
                yield attribute(fact.id, "many" if fact.kind == "many" else "one", answers, "fact")
        every = tuple(self.parts["measures"])
        yield attribute("decided_mode", "one", (UNDECIDED, *MODES), "planner")
        yield attribute("added", "many", every, "planner")
        yield attribute("dropped", "many", every, "planner")
        for id, raw in self.raw.items():
            answers = tuple(a.id for a in self.answers[id])
            if id in self.parts["facts"]:
                yield attribute(surveyed(id), "one", (UNANSWERED, *answers), "planner")
            yield attribute(id, "many" if raw.entry.hit == "collect" else "one", answers, "decision")

    def _cuts(self) -> dict[str, set[float]]:
        nodes = [row.when for raw in self.raw.values() for row, _ in (*raw.rows.values(), *([raw.otherwise] if raw.otherwise else ()))]
        nodes += [value for group in self.items.values() for item in group if isinstance(value := item.values.get("when"), Node)]
        cuts: dict[str, set[float]] = {}
        for node in nodes:
            for name, number in thresholds(node):
                cuts.setdefault(name, set()).add(number)
        return cuts

    def decisions(self, complete: bool = True) -> dict[str, Decision]:
        """Every decision, each after all that it reads; where not every rule could be read, no gap or cycle is looked for."""
        made = {}
        for id, raw in self.raw.items():
            rules = tuple(rule for row in raw.rows.values() for rule in self._rules(raw.entry, *row))
            otherwise = next(iter(self._rules(raw.entry, *raw.otherwise)), None) if raw.otherwise else None
            entry = raw.entry
            made[id] = Decision(id, entry.zh, entry.en, entry.hit or "first", entry.public, self.answers[id], rules, otherwise, raw.node.at, entry.prevail)
            for row in entry.prevail:
                if row not in raw.rows:
                    self._report(raw.node.get("prevail") or raw.node, "E344", near(row, raw.rows), id=row)
        self._unlike_ids(made)
        if self.problems or not complete:
            return {}
        ordered = self._in_order(made)
        for decision in ordered.values():
            self._complete(decision)
        return ordered

    def _unlike_ids(self, made: Mapping[str, Decision]) -> None:
        """An id may be used once in all decisions; of two uses the one that was read later is reported."""
        order = {file: position for position, file in enumerate(self.sources)}
        first: dict[str, Rule] = {}
        for rule in (rule for decision in made.values() for rule in decision.every_rule):
            if (other := first.setdefault(rule.id, rule)).decision != rule.decision:  # two of one decision are reported where they are read
                at = max(other.at, rule.at, key=lambda at: (order[at.file], at))
                self.problems.append(self.sources[at.file].problem(at, "E209", id=rule.id))

    def _rules(self, decision: DecisionEntry, row: RuleEntry, node: Node) -> Iterator[Rule]:
        if not isinstance(row, EachEntry):
            yield from self._rule(decision, node, row.id, row.when, row.then, row.layer, row.cite, row.because)
            return
        items = self.items[row.each]
        fillable = check_row(row, node, items, {"effects": EFFECTS, "element": self.elements, "modes": MODES, "main": MODES, "auxiliary": MODES}, self._report)
        for item in items:
            if chosen(row, item):
                when = substitute(row.when, item.values) if row.when else None
                then = substitute(row.then, item.values) if row.then else Node("scalar", item.id, node.at)
                layer = item.layer if row.layer == "@layer" else row.layer
                cite = tuple(c for cite in row.cite for c in (item.cite if cite == "@cite" else (cite,)))
                because = item.because if row.because == "@because" else row.because
                if isinstance(row.because, Text) and fillable:
                    because = row.because.fill(name=item.name, **item.words)
                yield from self._rule(decision, node, f"{row.id}:{item.id}", when, then, layer, cite, because, item)

    def _rule(
        self, decision: DecisionEntry, node: Node, id: str, when: Node | None, then: Node | None, layer: Any, cite: tuple[str, ...], because: Any, item: Item | None = None,
    ) -> Iterator[Rule]:  # fmt: skip
        report = self._report
        if layer not in LAYERS:
            report(node.get("layer") or node, "E203", near(layer, LAYERS), text=layer, options=", ".join(LAYERS))
        if not cite:
            report(node, "E310", id=id)
        if not isinstance(because, Text):
            report(node.get("because") or node, "E311", id=id)
            because = Text(zh="?", en="?")
        grammar = Grammar(self.attributes, report, tuple(item.values) if item else ())
        condition: Condition = grammar.condition(when)
        own = self.attributes[decision.decision]
        answers: list[str] = []
        if then is None:
            report(node, "E202", key="then")
        elif then.kind == "map":
            answers = self._selected(then, own, grammar)
        else:
            answers = grammar.answers(own, then)
        if decision.hit == "first" and len(answers) > 1:
            report(then or node, "E312", id=id)
        nothing = item is not None and then is not None and then.kind == "list" and not then.value  # `@effects` of a measure that has none
        if not nothing and (answers or then is not None):
            yield Rule(id, decision.decision, condition, tuple(answers), layer, cite, because, node.at, item.id if item else "", when)

    def _selected(self, then: Node, own: Attribute, grammar: Grammar) -> list[str]:
        """The measures that a selector names: by effect or element, or one by one, less exceptions."""
        measures: dict[str, Measure] = self.parts["measures"]
        picked: set[str] = set()
        for key, key_node, value in sorted(then.items(), key=lambda item: item[0] == "except"):  # keys have no order: exceptions come last
            if key in ("measures", "except"):
                named = grammar.answers(own, value)
                picked = picked | set(named) if key == "measures" else picked - set(named)
            elif key in SELECTORS:
                wanted = {node.text for node in self._selectors(key, value)}
                picked |= {m.id for m in measures.values() if wanted & {*(m.effects if key == "effects" else (m.element,))}}
            else:
                self._report(key_node, "E201", near(key, SELECTORS), key=key)
        return [id for id in measures if id in picked]

    def _selectors(self, key: str, value: Node) -> Iterator[Node]:
        """The effects or elements named by a scalar or a list; unknown ones are reported and left out."""
        known = EFFECTS if key == "effects" else self.elements
        for node in value.value if value.kind == "list" else (value,):
            if node.kind != "scalar":
                self._report(node, "E205", kind=said("kind_text"), found=node.found)
            elif node.text not in known:
                report_unknown(node, key, known, self._report)
            else:
                yield node

    def _in_order(self, made: dict[str, Decision]) -> dict[str, Decision]:
        readers: dict[str, dict[str, Rule]] = {id: {} for id in made}  # decision → the decisions it reads, with the first rule that does
        for decision in made.values():
            for rule in decision.every_rule:
                for name in reads(rule.when):
                    if name in made:
                        readers[decision.id].setdefault(name, rule)
        try:
            return {id: made[id] for id in TopologicalSorter(readers).static_order()}
        except CycleError as error:
            cycle: list[str] = error.args[1]
        edges = [(reader, read, readers[reader][read]) for read, reader in zip(cycle, cycle[1:], strict=False)]
        path = tuple(said("edge_reads", reader=reader, read=read, rule=rule.id, at=rule.at) for reader, read, rule in edges)
        at = min(rule.at for _, _, rule in edges)
        self.problems.append(self.sources[at.file].problem(at, "E313", path=path))
        return {}

    def _complete(self, decision: Decision) -> None:
        """A *first* table must meet every combination, or say `otherwise`."""
        if decision.hit != "first" or decision.otherwise:
            return
        nothing = {name: a.unknown for name, a in self.attributes.items()}
        if None in first_answers(decision.rules, nothing):
            node = self.raw[decision.id].node
            self.holes.append(self.sources[node.at.file].problem(node.at, "E314", id=decision.id))


def attribute(name: str, kind: Any, answers: tuple[str, ...], origin: Any, cuts: tuple[float, ...] = ()) -> Attribute:
    return Attribute(name, kind, answers, origin, cuts, {a: i for i, a in enumerate(answers)})


def intervals(cuts: tuple[float, ...]) -> tuple[str, ...]:
    """The intervals that thresholds part a number into, as text: below 15, 15 to 35, 35 and up."""
    if not cuts:
        return ("any",)
    inner = (f"{a:g}–{b:g}" for a, b in zip(cuts, cuts[1:], strict=False))
    return (f"<{cuts[0]:g}", *inner, f"≥{cuts[-1]:g}")
