"""Permits and procedures as data of a plan, and what permits.yaml holds of coordination (4.1.2 b, 5.7.1, 5.7.2).

Which permits a unit needs the rules conclude; permits.yaml, read only when a plan is shown, says from whom and by
which edition.  A project is judged by the editions in force on its first day and told what changes before its last.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from engine.catalogue import Measure
from engine.conditions import Shares
from engine.consult import Consultation
from engine.groundwork import refuse_unknown
from engine.knowledge import KnowledgeBase, Rule
from engine.load import read_reference
from engine.model import Cites, Effect, Entry, Ids, Layer, Named, Text
from engine.semantics import holds
from engine.source import Node

if TYPE_CHECKING:
    from engine.plan import Plan

FILE = "permits.yaml"
UNKNOWN = "unknown"


class Edition(Entry):
    """An edition of a rule with its days in force; with `date_note` only the year of `from` is known."""

    title: Text
    number: str | None = None
    source: Ids = ()
    start: datetime.date | None = Field(default=None, alias="from")
    until: datetime.date | None = None
    date_note: Text | None = None
    date_source: str | None = None
    changes: Text | None = None

    def in_force(self, day: datetime.date) -> bool | None:
        """Whether it is in force on the day; None where that is not known."""
        if self.until and day > self.until:
            return False
        if self.start is None:
            return None
        if self.date_note:
            return None if day.year == self.start.year else day.year > self.start.year
        return day >= self.start

    def first_day(self) -> str | None:
        return None if self.start is None else str(self.start.year) if self.date_note else self.start.isoformat()


class Permit(Entry):
    id: str
    authority: Cites
    due: Literal["drafting", "works", "acceptance"]
    obtain: Text
    editions: tuple[Edition, ...] = ()
    layer: Layer
    cite: Cites


class Note(Named):
    pass


class Review(Entry):
    id: str
    always: bool = False
    elements: tuple[str, ...] = ()
    effects: tuple[Effect, ...] = ()
    because: Text
    layer: Layer
    cite: Cites


class Kept(Named):
    """A form of participation, or what became of an opinion, with what is kept of it."""

    keep: Text | None = None
    layer: Layer
    cite: Cites


class Party(Named):
    when: Node | None = None
    forms: Cites
    steps: Cites
    because: Text
    layer: Layer
    cite: Cites


SECTIONS: dict[str, type[Entry]] = {"permits": Permit, "notes": Note, "reviews": Review, "forms": Kept, "steps": Kept, "parties": Party, "opinions": Kept}


@lru_cache(maxsize=4)
def reference(base: KnowledgeBase) -> dict[str, dict[str, Any]]:
    """permits.yaml: section → id → entry.  Raises `Unusable` with every problem, unknown names included."""
    parts = read_reference(base, FILE, SECTIONS)
    departments, elements = base.departments, base.elements
    asked: list[tuple[Iterable[str], Collection[str], str]] = [(parts["reviews"], departments, "department")]
    asked += [(p.authority, departments, "department") for p in parts["permits"].values()]
    asked += [(r.elements, elements, "element") for r in parts["reviews"].values()]
    asked += [(getattr(p, key), parts[key], key.removesuffix("s")) for p in parts["parties"].values() for key in ("forms", "steps")]
    refuse_unknown(base, FILE, asked)
    return parts


def permits(plan: Plan) -> dict[str, Any]:
    """Each permit that a unit needs or may need, with its measures, who grants it and the edition that the project is judged by."""
    base = plan.base
    if "permits" not in base.decisions:
        return {"permits": []}
    entries, header, rows = reference(base), plan.project.header, []
    unchecked = entries["notes"].get("unchecked")
    for answer in base.decisions["permits"].answers:
        needed = [c for c in plan.consultations.values() if answer.id in c.settled("permits")]
        possible = [c for c in plan.consultations.values() if answer.id in c.possible("permits")]
        if not needed and not possible:
            continue
        rules = {c.unit.id: _rules(c, answer.id) for c in (*needed, *possible)}
        found = {c.unit.id: [m.id for m in c.measures if any(_touches(c, r, m) for r in rules[c.unit.id])] for c in (*needed, *possible)}
        first = next(iter(rules.values()))[0]
        entry: Permit | None = entries["permits"].get(answer.id)
        edition = judged_by(entry.editions, header.start) if entry else None
        note = edition.date_note if edition else unchecked.name if unchecked else None
        force = edition.in_force(header.start) if edition else None
        rows.append({
            "id": answer.id, "name": answer.name.model_dump(), "needed": bool(needed), "units": [c.unit.id for c in needed],
            "possible_units": [c.unit.id for c in possible], "waits_on": {c.unit.id: list(c.waits_on("permits", answer.id)) for c in possible},
            "measures": [m for m in base.measures if any(m in ids for ids in found.values())],
            "tasks": [f"{unit}/{m}" for unit, ids in found.items() for m in ids],
            "authority": list(entry.authority) if entry else [], "due": entry.due if entry else None, "obtain": entry.obtain.model_dump() if entry else None,
            "source": list(edition.source) if edition else [], "edition": _edition(edition) if edition else None,
            "in_force": UNKNOWN if force is None else force, "changes": changes(entry.editions, header.start, header.end) if entry else [],
            "note": note.model_dump() if note else None, "because": first.because.model_dump(), "layer": first.layer, "cite": list(first.cite),
            "rules": list(dict.fromkeys(r.id for rs in rules.values() for r in rs)),
        })  # fmt: skip
    return {"permits": rows}


def judged_by(editions: Collection[Edition], day: datetime.date) -> Edition | None:
    """The last edition in force on the day, else one of which that is not known, else the next to come, else the last."""
    for wanted in (True, None):
        if found := [e for e in editions if e.in_force(day) is wanted]:
            return found[-1]
    later = [e for e in editions if e.start and e.start > day]
    return min(later, key=lambda e: e.start or day) if later else next(reversed(list(editions)), None)


def changes(editions: Iterable[Edition], start: datetime.date, end: datetime.date) -> list[dict[str, Any]]:
    """What comes into force or ends after the project's first day and no later than its last; `exact` is false where only the year is known."""
    found = []
    for e in editions:
        if e.start and e.in_force(start) is not True and start.year <= e.start.year and (e.start <= end if not e.date_note else e.start.year <= end.year):
            found.append(_change(e, "from", e.first_day() or "", not e.date_note))
        if e.until and start <= e.until < end:
            found.append(_change(e, "until", e.until.isoformat(), True))
    return sorted(found, key=lambda c: c["date"])


def _change(e: Edition, what: str, day: str, exact: bool) -> dict[str, Any]:
    return {"change": what, "date": day, "exact": exact, "title": e.title.model_dump(), "number": e.number, "source": list(e.source), "says": e.changes.model_dump() if e.changes else None}


def _edition(e: Edition) -> dict[str, Any]:
    until = e.until.isoformat() if e.until else None
    return {"title": e.title.model_dump(), "number": e.number, "from": e.first_day(), "until": until, "date_source": e.date_source}


def _rules(c: Consultation, permit: str) -> list[Rule]:
    """The rules by which the unit needs the permit, or may: those that hold, else those still open."""
    rules = c.base.decisions["permits"].rules_for[permit]
    verdicts = [(r, holds(r.when, c.state)) for r in rules]
    return [r for r, v in verdicts if v] or [r for r, v in verdicts if v is None]


def _touches(c: Consultation, rule: Rule, m: Measure) -> bool:
    """Whether the measure is what carries the rule: by name or by what it does."""
    names = {"chosen": (m.id,), "effects": m.effects}
    wanted = [p.wanted for p in c.explainer.premises(rule.when)]
    return any(isinstance(leaf, Shares) and leaf.bits & c.base.attributes[leaf.attribute].bits(*names[leaf.attribute]) for leaf in wanted if leaf.attribute in names)
