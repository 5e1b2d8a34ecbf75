"""Entries → attributes, rules and decisions in dependency order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from math import isfinite
from typing import Any

from engine.conditions import Condition, reads
from engine.grammar import Grammar, thresholds
from engine.model import MODES, Answer, Attribute, Decision, DecisionEntry, EachEntry, Measure, Rule, RuleEntry, Text
from engine.semantics import first_answers
from engine.source import Node, Problem, Source, Span, near
from engine.written import Item, chosen, measure_items, problem_items, requirement_id, requirement_items, season_items, substitute, zone_items

UNANSWERED, UNDECIDED = "unanswered", "undecided"
Row = tuple[RuleEntry, Node, Source]
LAYERS = ("law", "standard", "expert")
SELECTORS = ("effects", "elements", "measures", "except")


@dataclass(frozen=True)
class RawDecision:
    entry: DecisionEntry
    node: Node
    source: Source
    rows: Mapping[str, Row]
    otherwise: Row | None


def surveyed(decision: str) -> str:
    """The attribute that holds what was answered where an answer takes the place of a decision."""
    return f"surveyed_{decision}"


class Compiler:
    """Makes decisions of entries; every problem is added to `problems`."""

    def __init__(self, parts: Mapping[str, Any], places: Mapping[tuple[str, str], tuple[Span, Source]], raw: Mapping[str, RawDecision], problems: list[Problem]):
        self.parts, self.places, self.raw, self.problems = parts, places, raw, problems
        self.requirements = {requirement_id(z, r.id): (z, r) for z in parts["zones"].values() for r in z.requirements}
        self.items = self._items()
        self.answers = {id: self._answers(d) for id, d in raw.items()}
        self.attributes = {a.name: a for a in self._attributes()}

    def _items(self) -> dict[str, list[Item]]:
        def places(section: str) -> dict[str, tuple[Span, Source]]:
            return {id: self.places[section, id] for id in self.parts[section]}

        measures, zones = self.parts["measures"], self.parts["zones"]
        problems = {a.id: a.name for a in self.parts["facts"]["problems"].answers}
        return {
            "measure": list(measure_items(measures, places("measures"))),
            "problem": list(problem_items(problems, measures, *places("facts")["problems"])),
            "season": list(season_items(self.parts["seasons"], places("seasons"))),
            "zone": list(zone_items(zones, self.parts["zone_terms"], places("zones"))),
            "requirement": list(requirement_items(zones, places("zones"))),
        }

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
        self.problems.append(raw.source.problem(node.at, "E309", near(of, [*self.parts["facts"], "measures", "modes"]), name=of))
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
        nodes = [row.when for raw in self.raw.values() for row, _, _ in raw.rows.values()]
        nodes += [value for group in self.items.values() for item in group if isinstance(value := item.values.get("when"), Node)]
        cuts: dict[str, set[float]] = {}
        for node in nodes:
            for name, number in thresholds(node):
                if isfinite(number):
                    cuts.setdefault(name, set()).add(number)
        return cuts

    def decisions(self) -> dict[str, Decision]:
        """Every decision, each after all that it reads."""
        made = {}
        owner: dict[str, str] = {}
        for id, raw in self.raw.items():
            rules = tuple(rule for row in raw.rows.values() for rule in self._rules(raw.entry, *row))
            otherwise = next(iter(self._rules(raw.entry, *raw.otherwise)), None) if raw.otherwise else None
            for rule in (*rules, *([otherwise] if otherwise else ())):
                if owner.setdefault(rule.id, id) != id:
                    self.problems.append(raw.source.problem(rule.at, "E209", id=rule.id))
            entry = raw.entry
            made[id] = Decision(id, entry.zh, entry.en, entry.hit or "first", entry.public, self.answers[id], rules, otherwise, raw.node.at)
        if self.problems:
            return {}
        ordered = self._in_order(made)
        for decision in ordered.values():
            self._complete(decision)
        return ordered

    def _rules(self, decision: DecisionEntry, row: RuleEntry, node: Node, source: Source) -> Iterator[Rule]:
        if not isinstance(row, EachEntry):
            yield from self._rule(decision, row, node, source, row.id, row.when, row.then, row.layer, row.cite, row.because, "")
            return
        for item in self.items[row.each]:
            if chosen(row, item):
                when = substitute(row.when, item.values) if row.when else None
                then = substitute(row.then, item.values) if row.then else Node("scalar", item.id, node.at)
                layer = item.layer if row.layer == "@layer" else row.layer
                cite = tuple(c for cite in row.cite for c in (item.cite if cite == "@cite" else (cite,)))
                because = item.because if row.because == "@because" else row.because
                if isinstance(because, Text):
                    because = because.fill(name=item.name, **item.words)
                yield from self._rule(decision, row, node, item.source if row.when and row.when.text == "@when" else source, f"{row.id}:{item.id}", when, then, layer, cite, because, item.id)

    def _rule(
        self, decision: DecisionEntry, row: RuleEntry, node: Node, source: Source, id: str, when: Node | None, then: Node | None,
        layer: Any, cite: tuple[str, ...], because: Any, item: str,
    ) -> Iterator[Rule]:  # fmt: skip
        def report(at: Node, code: str, close: str = "", **facts: object) -> None:
            self.problems.append(source.problem(at.at, code, close, **facts))

        if layer not in LAYERS:
            report(node.get("layer") or node, "E203", near(layer, LAYERS), text=layer, options=", ".join(LAYERS))
        if not cite:
            report(node, "E310", id=id)
        if not isinstance(because, Text):
            report(node.get("because") or node, "E311", id=id)
            because = Text(zh="?", en="?")
        grammar = Grammar(self.attributes, report)
        condition: Condition = grammar.condition(when)
        own = self.attributes[decision.decision]
        answers: list[str] = []
        if then is None:
            report(node, "E202", key="then")
        elif then.kind == "map":
            answers = self._selected(then, own, grammar, report)
        else:
            answers = grammar.answers(own, then)
        if decision.hit == "first" and len(answers) > 1:
            report(then or node, "E312", id=id)
        nothing = bool(item) and then is not None and then.kind == "list" and not then.value  # `@effects` of a measure that has none
        if not nothing and (answers or then is not None):
            yield Rule(id, decision.decision, condition, tuple(answers), layer, cite, because, node.at, item)

    def _selected(self, then: Node, own: Attribute, grammar: Grammar, report: Any) -> list[str]:
        """The measures that a selector names: by effect or element, or one by one, less exceptions."""
        measures: dict[str, Measure] = self.parts["measures"]
        picked: set[str] = set()
        for key, key_node, value in then.items():
            wanted = {n.text for n in (value.value if value.kind == "list" else (value,))}
            if key == "effects":
                picked |= {m.id for m in measures.values() if wanted & set(m.effects)}
            elif key == "elements":
                picked |= {m.id for m in measures.values() if m.element in wanted}
            elif key in ("measures", "except"):
                named = grammar.answers(own, value)
                picked = picked | set(named) if key == "measures" else picked - set(named)
            else:
                report(key_node, "E201", near(key, SELECTORS), key=key)
        return [id for id in measures if id in picked]

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
        path = "; ".join(f"`{reader}` reads `{read}` in `{rule.id}` ({rule.at})" for reader, read, rule in edges)
        self.problems.append(Problem(min(rule.at for _, _, rule in edges), "E313", (("path", path),)))
        return {}

    def _complete(self, decision: Decision) -> None:
        """A *first* table must meet every combination, or say `otherwise`."""
        if decision.hit != "first" or decision.otherwise:
            return
        nothing = {name: a.unknown for name, a in self.attributes.items()}
        if None in first_answers(decision.rules, nothing):
            raw = self.raw[decision.id]
            self.problems.append(raw.source.problem(decision.at, "E314", id=decision.id))


def attribute(name: str, kind: Any, answers: tuple[str, ...], origin: Any, cuts: tuple[float, ...] = ()) -> Attribute:
    return Attribute(name, kind, answers, origin, cuts, {a: i for i, a in enumerate(answers)})


def intervals(cuts: tuple[float, ...]) -> tuple[str, ...]:
    """The intervals that thresholds part a number into, as text: below 15, 15 to 35, 35 and up."""
    if not cuts:
        return ("any",)
    inner = (f"{a:g}–{b:g}" for a, b in zip(cuts, cuts[1:], strict=False))
    return (f"<{cuts[0]:g}", *inner, f"≥{cuts[-1]:g}")
