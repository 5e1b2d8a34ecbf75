"""What is odd about the rules themselves, for all units at once: gaps, conflicts, overlaps, dead, idle and superfluous rows.

Each finding has the place of the row, a grade, and where one can be had a unit that shows it.  Rows are taken as they
are written: a row for every measure is one row, and is dead only when it is dead for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from engine.compile import surveyed
from engine.conditions import ALWAYS, All, Condition, Lacks, Shares, Within, leaves, members
from engine.implicants import IN, Space
from engine.knowledge import Decision, KnowledgeBase, Rule
from engine.logic import both, either, opposite
from engine.messages import Phrase, Said, said
from engine.project import Unit
from engine.proof import Units, hole, negated, satisfies, shrunk
from engine.semantics import first_answers
from engine.source import Problem, Span

Grade = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """Something odd at a place, how grave it is, what may be done about it, and a unit that shows it."""

    at: Span
    code: str
    grade: Grade
    facts: tuple[tuple[str, Phrase], ...] = ()
    advice: Said | None = None
    witness: Unit | None = None

    @property
    def problem(self) -> Problem:
        return Problem(self.at, self.code, self.facts)


def finding(at: Span, code: str, grade: Grade, advice: Said | None = None, witness: Unit | None = None, **facts: Phrase) -> Finding:
    return Finding(at, code, grade, tuple(facts.items()), advice, witness)


@dataclass(frozen=True, eq=False)
class Row:
    """A row as an expert wrote it, with the rules that the loader made of it."""

    id: str
    decision: Decision
    rules: tuple[Rule, ...]
    at: Span

    @property
    def anywhere(self) -> bool:
        """Whether nothing is asked: the row is meant to hold always."""
        return any(rule.when == ALWAYS for rule in self.rules)

    @cached_property
    def cites(self) -> frozenset[str]:
        return frozenset(cite for rule in self.rules for cite in rule.cite)


class Rows:
    """The written rows of a rule base, and the solver that they are asked about in; planners' acts are allowed for."""

    def __init__(self, base: KnowledgeBase):
        self.base, self.units = base, Units(base, acts=True)
        self._whens: dict[str, Any] = {}
        made: dict[str, list[Rule]] = {}
        for rule in base.rules.values():
            made.setdefault(rule.row, []).append(rule)
        self.rows = [Row(id, base.decisions[rules[0].decision], tuple(rules), base.place(rules[0])) for id, rules in made.items()]
        self.of: dict[str, list[Row]] = {}
        for row in self.rows:
            self.of.setdefault(row.decision.id, []).append(row)

    def when(self, rule: Rule) -> Any:
        if rule.id not in self._whens:
            self._whens[rule.id] = self.units.side.holds(rule.when)
        return self._whens[rule.id]

    def some(self, *formulas: Any) -> bool:
        return self.units.some(*formulas)

    def never(self, *formulas: Any) -> bool:
        return not self.units.some(*formulas)

    def unit(self, *conditions: Condition) -> Unit | None:
        """A unit that meets all of the conditions."""
        return self.units.unit(All(conditions))


def findings(base: KnowledgeBase) -> list[Finding]:
    """Everything odd, lint by lint."""
    rows = Rows(base)
    return [found for lint in LINTS for found in lint(rows)]


def gaps(rows: Rows) -> Iterator[Finding]:
    """A *first* table without a row for some combination of what it reads: the row that would fill it."""
    for decision in rows.base.decisions.values():
        if decision.hit != "first" or decision.otherwise or not _open(decision.rules, rows.base):
            continue
        missing = _missing(decision, rows.base)
        found, shown = hole(rows.base, decision), missing[0]
        if found is not None:
            shown = next((m for m in missing if satisfies(rows.base, found, m)), missing[0])
            found = shrunk(rows.base, found, lambda u: satisfies(rows.base, u, shown)) if satisfies(rows.base, found, shown) else found  # noqa: B023
        advice = said("add_row" if len(missing) == 1 else "add_row_of", row=written(shown, rows.base), count=len(missing))
        yield finding(decision.at, "E314", "error", advice, found, id=decision.id)


def _open(rules: Sequence[Rule], base: KnowledgeBase) -> bool:
    """Whether a *first* table of the rules alone leaves a combination of what they read uncovered."""
    return None in first_answers(rules, {name: a.unknown for name, a in base.attributes.items()})


def _missing(decision: Decision, base: KnowledgeBase) -> list[Condition]:
    """The widest conditions that no row of the table meets."""
    space = Space([r.when for r in decision.rules], base.attributes)
    boxes = space.outside([box for r in decision.rules for box in space.boxes(r.when)])
    made: list[Condition] = []
    for box in boxes:
        parts: list[Condition] = [Within(name, allowed) if not group else Shares(name, group) if allowed == IN else Lacks(name, group) for (name, group), allowed in box.items()]
        made.append(All(tuple(parts)))
    return made


def written(condition: Condition, base: KnowledgeBase) -> str:
    """A condition of leaves as it would be written in a rule file."""
    parts = []
    for leaf in leaves(condition):
        attribute = base.attributes[leaf.attribute]
        named = [attribute.answers[i] for i in members(leaf.bits)]
        if attribute.kind == "number":
            low, high = next(members(leaf.bits), 0), leaf.bits.bit_length()
            ends = [f"at_least: {attribute.thresholds[low - 1]:g}"] if low else []
            ends += [f"below: {attribute.thresholds[high - 1]:g}"] if high < len(attribute.answers) else []
            said_ = "{" + ", ".join(ends) + "}"
        else:
            said_ = named[0] if len(named) == 1 else f"[{', '.join(named)}]"
        parts.append(f"{leaf.attribute}: " + (f"{{none_of: {said_}}}" if isinstance(leaf, Lacks) else said_))
    return "{" + ", ".join(parts) + "}"


def dead(rows: Rows) -> Iterator[Finding]:
    """Rows that decide for no unit: their condition is met by none, or rows above take every unit that meets it."""
    for decision in rows.base.decisions.values():
        first = decision.hit == "first"
        above: list[Any] = []
        ways = {}
        for rule in decision.every_rule:
            ways[rule.id] = both([rows.when(rule), *above]) if first else rows.when(rule)
            above.append(opposite(rows.when(rule)))
        for row in rows.of.get(decision.id, []):
            if any(rows.some(ways[rule.id]) for rule in row.rules):
                continue
            if first and _open([r for r in decision.every_rule if r not in row.rules], rows.base):
                continue  # no unit comes here, but the table would not be whole without it
            yield from _why_dead(rows, row)


def _why_dead(rows: Rows, row: Row) -> Iterator[Finding]:
    rule, takers, above = row.rules[0], list[Rule](), list[Any]()
    for other in row.decision.every_rule if row.decision.hit == "first" else ():
        if other == rule:
            break
        if rows.some(rows.when(rule), rows.when(other), *above):
            takers.append(other)  # decides for some of the row's units
        above.append(opposite(rows.when(other)))
    if not takers:
        part, unit = _contradiction(rows, rule.when)
        yield finding(row.at, "E361", "error", said("contradicts", part=part) if part else None, unit, id=row.id)
        return
    whole = [other for other in takers if rows.never(rows.when(rule), opposite(rows.when(other)))]
    unlike = [other for other in (*whole, *takers) if other.then != rule.then]
    shown = (unlike or whole or takers)[0]
    before = row.decision.every_rule[: row.decision.every_rule.index(shown)]
    unit = rows.unit(rule.when, shown.when, *(negated(rows.base, other.when) for other in before))
    others = ", ".join(f"{other.id} ({other.then[0]})" for other in takers)
    yield finding(row.at, "E362" if unlike else "E363", "error", None, unit, id=row.id, answer=rule.then[0], others=others)


def _contradiction(rows: Rows, when: Condition) -> tuple[str, Unit | None]:
    """Of a condition that no unit meets: a part that cannot go with the others, and a unit that meets these."""
    parts = when.parts if isinstance(when, All) else ()
    for i, part in enumerate(parts):
        others = parts[:i] + parts[i + 1 :]
        if isinstance(part, Within | Shares | Lacks) and (unit := rows.unit(*others)) is not None:
            return written(part, rows.base), unit
    return "", None


def overlaps(rows: Rows) -> Iterator[Finding]:
    """Rows of a *first* table that meet the same units, say different things, and neither of which is an exception to the other."""
    for decision in rows.base.decisions.values():
        for i, one in enumerate(of := rows.of.get(decision.id, []) if decision.hit == "first" else []):
            if one.id in decision.prevail:
                continue
            for other in of[i + 1 :]:
                if pair := next(((a, b) for a in one.rules for b in other.rules if a.then != b.then and _cross(rows, a, b)), None):
                    a, b = pair
                    unit = rows.unit(a.when, b.when)
                    yield finding(one.at, "E364", "warning", said("let_prevail", id=one.id), unit, id=a.id, other=b.id, answer=a.then[0], loses=b.then[0])
                    break


def _cross(rows: Rows, a: Rule, b: Rule) -> bool:
    one, other = rows.when(a), rows.when(b)
    return rows.some(one, other) and rows.some(one, opposite(other)) and rows.some(opposite(one), other)


def superfluous(rows: Rows) -> Iterator[Finding]:
    """Rows of a *collect* decision without which the same is concluded for every unit, and that have no clause of their own."""
    for row in rows.rows:
        if row.decision.hit != "collect" or row.anywhere:
            continue
        others = {answer: [r for r in row.decision.rules_for[answer] if r not in row.rules] for rule in row.rules for answer in rule.then}
        if not all(others.values()) or not all(rows.never(rows.when(r), opposite(either([rows.when(o) for o in others[a]]))) for r in row.rules for a in r.then):
            continue
        if any(not rows.some(rows.when(r)) for r in row.rules):
            continue  # dead, and said to be
        instead = {o.id: o for answers in others.values() for o in answers if any(rows.some(rows.when(o), rows.when(r)) for r in row.rules)}
        if row.cites - {cite for o in instead.values() for cite in o.cite}:
            continue  # says by what other clause the same holds
        wider = [o for o in instead.values() if all(set(r.then) <= set(o.then) and rows.never(rows.when(r), opposite(rows.when(o))) for r in row.rules)]
        other = wider[0] if wider else next(iter(instead.values()))
        unit = rows.unit(row.rules[0].when, other.when)
        same = wider and len(row.rules) == 1 and wider[0].then == row.rules[0].then and rows.never(rows.when(other), opposite(rows.when(row.rules[0])))
        code = "E365" if same else "E366" if wider else "E367"
        yield finding(row.at, code, "warning", None, unit, id=row.id, other=other.id if wider else ", ".join(instead))


def always(rows: Rows) -> Iterator[Finding]:
    """Rows that ask for something that every unit has."""
    for row in rows.rows:
        if len(row.rules) == 1 and not row.anywhere and row.decision.hit == "collect" and rows.never(opposite(rows.when(row.rules[0]))):
            yield finding(row.at, "E368", "warning", None, rows.unit(row.rules[0].when), id=row.id)


def unused(rows: Rows) -> Iterator[Finding]:
    """Facts that no rule reads, answers that no rule tells apart, and conclusions that no rule draws."""
    base = rows.base
    told: dict[str, list[set[str]]] = {}
    for rule in base.rules.values():
        for leaf in leaves(rule.when):
            told.setdefault(leaf.attribute, []).append({base.attributes[leaf.attribute].answers[i] for i in members(leaf.bits)})
    for fact in base.facts.values():
        at = base.places.get(("facts", fact.id), Span("facts.yaml"))
        attribute = base.attributes[fact.id]
        seen = told.get(fact.id, []) + told.get(surveyed(fact.id), [])  # the answer is also read as what was given in the place of rules
        if not seen:
            yield finding(at, "E369", "warning", None, None, name=fact.id)
        elif attribute.kind == "many":
            for answer in attribute.answers:
                if not any(answer in among for among in seen):
                    yield finding(at, "E370", "warning", None, None, name=fact.id, answer=answer)
        else:
            sides = [tuple(answer in among for among in seen) for answer in attribute.answers]
            for i, answer in enumerate(attribute.answers):
                if (like := sides.index(sides[i])) < i:
                    yield finding(at, "E371", "warning", None, None, name=fact.id, answer=answer, other=attribute.answers[like])
    for decision in base.decisions.values():
        if decision.id not in base.facts:
            for answer, rules in decision.rules_for.items():
                if not rules and not _borrowed(decision, base):
                    yield finding(decision.at, "E372", "warning", None, None, name=decision.id, answer=answer)


def _borrowed(decision: Decision, base: KnowledgeBase) -> bool:
    """Whether the answers are those of something else, of which not every one need be concluded."""
    ids = tuple(a.id for a in decision.answers)
    return ids in (tuple(base.measures), tuple(base.modes), tuple(base.problems), tuple(base.requirements), tuple(base.seasons)) or any(
        ids == tuple(a.id for a in fact.answers) for fact in base.facts.values()
    )


def unreachable(rows: Rows) -> Iterator[Finding]:
    """Measures that no unit is ever recommended, and at what they fail."""
    base, side = rows.base, rows.units.side
    if not {"recommended", "proposed", "admitted", "barred"} <= set(base.decisions):
        return
    for i, (id, measure) in enumerate(base.measures.items()):
        if rows.some(side.bit("recommended", i)):
            continue
        at = base.places["measures", id]
        proposed, admitted = Shares("proposed", 1 << i), Shares("admitted", 1 << i)
        if rows.never(side.bit("proposed", i)):
            yield finding(at, "E373", "error", said("never_proposed"), None, id=id)
        elif rows.never(side.bit("proposed", i), side.bit("admitted", i)):
            yield finding(at, "E373", "error", said("never_admitted", modes=", ".join(measure.modes)), rows.unit(proposed), id=id)
        else:
            yield finding(at, "E373", "error", said("always_barred"), rows.unit(proposed, admitted), id=id)


LINTS: tuple[Callable[[Rows], Iterable[Finding]], ...] = (gaps, dead, overlaps, superfluous, always, unused, unreachable)
