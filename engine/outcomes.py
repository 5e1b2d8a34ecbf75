"""Whose outcome moves from one rule base to another: units of project files, patches of a table, or units drawn at random."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.consult import LISTED, Consultation, wanted
from engine.contrast import Moved, moved
from engine.knowledge import KnowledgeBase
from engine.patches import Patches
from engine.project import Project, Unit, Value, known_of, read_project, unit_of
from engine.remembered import Remembered
from engine.shared import NEW, OLD, Question, Shared
from engine.source import Problem, Span, Unusable

SAMPLE = 200  # units drawn at random where no table is given
MOST = 2000  # different patches of a table that are looked at
UNKNOWN = 0.3
SIZES = (0, 1, 1, 1, 2, 2, 3, 4)  # members of a list, as many as units have
SAMPLED = "sample"


@dataclass(frozen=True)
class Moves:
    """A unit that both bases can read and for which some conclusion differs."""

    case: str
    unit: str
    facts: Mapping[str, Value]
    moved: tuple[Moved, ...]
    bases: tuple[KnowledgeBase, KnowledgeBase]
    drawn: bool = False  # from a table or a sample

    def json(self) -> Iterator[dict[str, Any]]:
        for m in self.moved:
            before, after = (_value(base, m.name, outcome) for base, outcome in zip(self.bases, (m.before, m.after), strict=True))
            yield {
                "case": self.case, "unit": self.unit, "conclusion": LISTED.get(m.name, m.name), "before": before, "after": after, "added": list(m.joined),
                "removed": list(m.left), "possible_before": list(m.before.possible), "possible_after": list(m.after.possible),
            }  # fmt: skip


def _value(base: KnowledgeBase, decision: str, outcome: Any) -> Any:
    """The settled answer or list of a conclusion, None where it is open or the base has none."""
    if decision not in base.decisions:
        return None
    return list(outcome.settled) if base.decisions[decision].hit == "collect" else next(iter(outcome.settled), None)


@dataclass(frozen=True)
class Unreadable:
    """What one of the bases cannot read: a project file, or with `unit` a row of a table."""

    case: str
    unit: str | None
    base: str
    problems: tuple[Problem, ...]

    def json(self) -> dict[str, Any]:
        return {"case": self.case, "unit": self.unit, "base": self.base, "problems": [p.render() for p in self.problems]}


@dataclass
class Outcomes:
    """What was compared: the units that move, what could not be read, and how much was looked at."""

    moves: list[Moves] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    cases: int = 0
    units: int = 0
    patches: int = 0
    profiles: int = 0
    compared: int = 0  # profiles, or units of the sample


class Comparing:
    """Compares units over an old and a new base."""

    def __init__(self, shared: Shared):
        self.shared, self.bases = shared, shared.bases
        self.semantics = tuple(Remembered(base) for base in self.bases)
        self.names = tuple(dict.fromkeys((*wanted(self.bases[0]), *wanted(self.bases[1]))))
        self.found = Outcomes()

    def _moved(self, units: Sequence[Unit]) -> tuple[Moved, ...]:
        """What differs; where both bases come to the same state, decision by decision, nothing is read further."""
        given = [known_of(base, unit) for base, unit in zip(self.bases, units, strict=True)]
        states = [semantics.infer(known) for semantics, known in zip(self.semantics, given, strict=True)]
        if all(map(self._same, self.names)) and all(states[0][name] == states[1][name] for name in self.names):
            return ()
        old, new = (Consultation(*each) for each in zip(self.bases, units, given, states, strict=True))
        return tuple(moved(old, new))

    def _same(self, name: str) -> bool:
        """Whether both bases have the decision, with the same answers."""
        old, new = (base.attributes.get(name) for base in self.bases)
        return old is not None and new is not None and old.answers == new.answers

    def _note(self, case: str, unit: str, facts: Mapping[str, Value], differing: tuple[Moved, ...], drawn: bool = True) -> None:
        if differing:
            self.found.moves.append(Moves(case, unit, facts, differing, self.bases, drawn))

    def cases(self, folder: Path) -> None:
        """Every unit of the project files in the folders of a folder; raises `Unusable` where there are none."""
        paths = sorted(folder.glob("*/project.yaml"))
        if not paths:
            raise Unusable([Problem(Span(str(folder)), "E522", (("name", "*/project.yaml"),))])
        self.found.cases = len(paths)
        for path in paths:
            projects = [self._project(path, side) for side in (0, 1)]
            old, new = projects
            if old is not None and new is not None:
                for id, unit in new.units.items():
                    self.found.units += 1
                    self._note(path.parent.name, id, unit.facts, self._moved((old.units[id], unit)), drawn=False)

    def _project(self, path: Path, side: int) -> Project | None:
        try:
            return read_project(path, self.bases[side])
        except Unusable as unusable:
            self.found.unreadable.append(Unreadable(path.parent.name, None, (OLD, NEW)[side], unusable.problems))
            return None

    def patches(self, table: Patches) -> None:
        """Every patch of a table, patches that say the same once; of very many different ones a sample that is always the same."""
        read = table.of(*self.bases)
        profiles = list(read.profiles.values())
        self.found.patches, self.found.profiles = len(read.rows), len(profiles)
        if len(profiles) > MOST:
            profiles = random.Random(MOST).sample(profiles, MOST)
        case = Path(table.file).name
        for rows in profiles:
            read_by = [read.facts(rows[0], base) for base in self.bases]
            for side, (_, problems) in enumerate(read_by):
                if problems:
                    self.found.unreadable += [Unreadable(case, row.id, (OLD, NEW)[side], tuple(problems)) for row in rows]
            if any(problems for _, problems in read_by):
                continue
            self.found.compared += 1
            differing = self._moved([unit_of(base, answers) for base, (answers, _) in zip(self.bases, read_by, strict=True)])
            for row in rows:
                self._note(case, row.id, read_by[1][0], differing)

    def sample(self) -> None:
        """Units drawn at random, always the same ones, with answers that both bases know; what only the new base asks is answered too."""
        rng = random.Random(SAMPLE)
        questions = [q for q in self.shared.questions if 1 in q.sides]
        for i in range(SAMPLE):
            facts = {q.fact: _drawn(rng, q) for q in questions if rng.random() >= UNKNOWN}
            old = {q.fact: facts[q.fact] for q in questions if 0 in q.sides and q.fact in facts}
            self.found.compared += 1
            self._note(SAMPLED, f"S{i + 1}", facts, self._moved((unit_of(self.bases[0], old), unit_of(self.bases[1], facts))))


def _drawn(rng: random.Random, q: Question) -> Value:
    if q.kind != "many":
        return q.value((rng.choice(q.values),))
    some = rng.sample(q.values, min(len(q.values), rng.choice(SIZES)))
    return q.value(tuple(value for value in q.values if value in some))
