"""The standard's statements against what carries them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from engine import adapt, groundwork, permits
from engine.conditions import Shares
from engine.knowledge import KnowledgeBase
from engine.load import read_reference, reference
from engine.model import Entry, Text
from engine.probe import facts_for
from engine.project import Value, known_of, plain_facts, unit_of
from engine.semantics import infer
from engine.source import Problem, Span, near
from engine.written import requirement_cite

SEVEREST = ({"damage": "severe", "recovery": "weak"}, {"damage": "moderate", "recovery": "medium"}, {"damage": "slight", "recovery": "strong"})
_LIKE_CLAUSE = re.compile(r"^(?:\d+(?:\.\d+)+|[ABC]\.\d)")


class Statement(Entry):
    """A numbered statement of the standard, by a short title in our own words; `reason` says why nothing carries it out."""

    id: str
    zh: str
    en: str
    reason: Text | None = None


class Section(Entry):
    id: str
    zh: str
    en: str
    level: int
    cite: tuple[str, ...]
    content: tuple[Text, ...] = ()
    fills: str


class Column(Entry):
    id: str
    zh: str
    en: str
    sources: tuple[str, ...] = Field(alias="from")
    cite: tuple[str, ...] = ()
    rule: Text


# Reference files whose entries carry clauses out: file, its sections, the kind of citation, and what their ids are among.
SHOWN: tuple[tuple[str, Mapping[str, Any], str, str], ...] = (
    ("survey.yaml", groundwork.SECTIONS["survey.yaml"], "check", "survey"),
    ("attributes.yaml", groundwork.SECTIONS["attributes.yaml"], "check", "attribute"),
    ("goals.yaml", groundwork.SECTIONS["goals.yaml"], "section", "goal"),
    ("permits.yaml", permits.SECTIONS, "duty", "permit"),
    ("monitoring.yaml", adapt.MONITORING, "check", "monitoring"),
    ("adaptive.yaml", adapt.ADAPTIVE, "check", "adaptive"),
    ("outline.yaml", {"sections": Section}, "section", ""),
    ("table_b1.yaml", {"columns": Column}, "section", "B.1"),
)


@dataclass(frozen=True)
class Citation:
    """What carries a statement out.

    The ids of rules, measures, facts, seasons, duties, checks and edges are those of `consult` and `plan`; what is
    not one of these stands under the kind that it comes nearest to, as `where:id` (`survey:climate`, `permit:felling`).
    """

    kind: str
    id: str
    at: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Covered:
    """A statement with what cites it; a zone requirement also with a unit for which the trail cites it."""

    statement: Statement
    cited_by: tuple[Citation, ...]
    probe: Mapping[str, Value] | None
    answered: bool
    at: Span

    @property
    def missing(self) -> bool:
        return not self.answered or (not self.cited_by and self.statement.reason is None)

    def json(self) -> dict[str, Any]:
        probe = None if self.probe is None else {"facts": plain_facts(self.probe)}
        reason = self.statement.reason.model_dump() if self.statement.reason and not self.cited_by else None
        return {
            "id": self.statement.id, "title": {"zh": self.statement.zh, "en": self.statement.en},
            "cited_by": [{"kind": c.kind, "id": c.id} for c in self.cited_by], "probe": probe, "reason": reason,
        }  # fmt: skip


def coverage(base: KnowledgeBase) -> list[Covered]:
    """Every statement of the standard, in its order."""
    parts, raw = reference(base, "standard.yaml", {"statements": Statement})
    cited: dict[str, list[Citation]] = {}
    for clause, citation in citations(base):
        if citation not in cited.setdefault(clause, []):
            cited[clause].append(citation)
    result = []
    for statement in parts["statements"].values():
        probe, answered = _probe(base, statement.id) if statement.id in _requirements(base) else (None, True)
        result.append(Covered(statement, tuple(cited.get(statement.id, ())), probe, answered, raw.sections["statements"][statement.id].at))
    return result


def citations(base: KnowledgeBase) -> Iterator[tuple[str, Citation]]:
    """(clause or source, what cites it), over everything in the knowledge base."""

    def cite(kind: str, id: str, clauses: Iterable[str], *place: str) -> Iterator[tuple[str, Citation]]:
        at = base.places.get((place[0], place[1])) if place else None
        return ((c, Citation(kind, id, at)) for c in clauses)

    for fact in base.facts.values():
        yield from cite("fact", fact.id, (*fact.cite, *(c for a in fact.answers for c in a.cite)), "facts", fact.id)
    for rule in base.rules.values():
        match rule.decision:
            case "duties":
                for duty in rule.then:
                    yield from cite("duty", duty, rule.cite, "rules", rule.id)
            case "proposed" | "seasons" if rule.item:
                yield from cite("measure" if rule.decision == "proposed" else "season", rule.item, rule.cite, "rules", rule.id)
            case _:
                yield from cite("rule", rule.id, rule.cite, "rules", rule.id)
    for decision in base.decisions.values():  # an answer's clause is carried out by the rules that conclude the answer
        for answer in decision.answers if decision.id not in base.facts else ():
            for rule in decision.every_rule if answer.cite else ():
                if answer.id in rule.then:
                    yield from cite("rule", rule.id, answer.cite, "rules", rule.id)
    for edge in base.stages.edges:
        yield from cite("edge", edge.id, edge.cite)
    for stage in base.stages.stages:
        yield from cite("edge", f"stage:{stage.id}", stage.cite)
    for task in base.stages.tasks:
        yield from cite("duty", f"task:{task.id}", task.cite)
    groups: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
        ("check", "", base.checks), ("rule", "act:", base.acts), ("rule", "mode:", base.modes), ("rule", "term:", base.zone_terms),
        ("check", "indicator:", base.indicators), ("duty", "department:", base.departments),
    )  # fmt: skip
    for kind, among, group in groups:
        for id, entry in group.items():
            yield from cite(kind, among + id, entry.cite)
    for name, sections, kind, among in SHOWN:
        for shown in read_reference(base, name, sections).values():
            for id, entry in shown.items():
                yield from cite(kind, f"{among}:{id}" if among else id, getattr(entry, "cite", ()))


def _requirements(base: KnowledgeBase) -> dict[str, str]:
    """Clause → requirement."""
    return {clause: id for id, (zone, r) in base.requirements.items() for clause in requirement_cite(zone, r) if clause.startswith("C.1 ")}


def _probe(base: KnowledgeBase, clause: str) -> tuple[Mapping[str, Value] | None, bool]:
    """A unit for which the requirement is concluded, and whether one of its measures or duties answers it there."""
    id = _requirements(base)[clause]
    attribute = base.attributes["requirements"]
    _, requirement = base.requirements[id]
    found = None
    for liking in SEVEREST:
        facts = facts_for(base, Shares("requirements", 1 << attribute.index[id]), liking)
        if facts is None:
            return None, False
        found = found or facts
        state = infer(base, known_of(base, unit_of(base, facts)))
        for decision, wanted in (("recommended", requirement.measures), ("duties", requirement.duties)):
            if any(state[decision][0] >> base.attributes[decision].index[name] & 1 for name in wanted):  # type: ignore[index]
                return facts, True
    return found, False


def bad_cites(base: KnowledgeBase) -> list[Problem]:
    """Citations that look like clauses and are none."""
    statements = read_reference(base, "standard.yaml", {"statements": Statement})["statements"]
    found: dict[tuple[str, Span], Problem] = {}

    def look(clause: str, id: str, at: Span) -> None:
        if clause not in statements and _LIKE_CLAUSE.match(clause):
            found.setdefault((clause, at), Problem(at, "E330", (("cite", clause), ("id", id)), near(clause, statements)))

    for rule in base.rules.values():
        for clause in rule.cite:
            look(clause, rule.id, base.place(rule))
    of_rules = {clause for clause, _ in found}
    for clause, citation in citations(base):
        if citation.at is not None or clause not in of_rules:
            look(clause, citation.id, citation.at or Span("knowledge"))
    return list(found.values())
