"""What two rule bases both know: the questions on which units of the one can be compared with units of the other.

A number is cut at the thresholds of both, so that each piece lies within one interval of either base.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from engine.consult import LISTED, wanted
from engine.knowledge import KnowledgeBase
from engine.model import Fact
from engine.project import Value

OLD, NEW = "old", "new"


@dataclass(frozen=True)
class Question:
    """A fact that `sides` (0 the old base, 1 the new one) ask alike: the answers common to them.

    Of a number the values are the lowest one of each piece.  `may_lack` says that it may stay unanswered, since rules of each side then conclude it.
    """

    fact: str
    kind: str
    values: tuple[str | float, ...]
    sides: tuple[int, ...]
    may_lack: bool = False

    def value(self, answers: tuple[str | float, ...]) -> Value:
        """The answer as a unit has it."""
        if self.kind == "many":
            return tuple(str(a) for a in answers)
        return answers[0] == "true" if self.kind == "yesno" else answers[0]


def listed(base: KnowledgeBase) -> dict[str, str]:
    """Every conclusion by the name that consultations give it → its decision."""
    return {LISTED.get(id, id): id for id in wanted(base)}


class Shared:
    """The common vocabulary of an old and a new rule base."""

    def __init__(self, old: KnowledgeBase, new: KnowledgeBase):
        self.bases = (old, new)
        self.questions = tuple(self._questions())

    def _questions(self) -> Iterator[Question]:
        for id in dict.fromkeys((*self.bases[0].facts, *self.bases[1].facts)):
            sides = tuple(side for side in (0, 1) if id in self.bases[side].facts)
            together = self._question(id, sides)
            if together.values and len({self.bases[side].facts[id].kind for side in sides}) == 1:
                yield together
            else:
                yield from (self._question(id, (side,)) for side in sides)

    def _question(self, id: str, sides: tuple[int, ...]) -> Question:
        facts = [self.bases[side].facts[id] for side in sides]
        may_lack = all(id in self.bases[side].decisions for side in sides)
        if facts[0].kind == "number":
            low, high = max(f.min or 0 for f in facts), min(f.max or 0 for f in facts)
            cuts = {cut for side in sides for cut in self.bases[side].attributes[id].thresholds if low < cut <= high}
            return Question(id, "number", tuple(sorted({low, *cuts})) if low <= high else (), sides, may_lack)
        first, *others = [_answers(f) for f in facts]
        return Question(id, facts[0].kind, tuple(a for a in first if all(a in other for other in others)), sides, may_lack)

    @cached_property
    def conclusions(self) -> tuple[str, ...]:
        """The conclusions of both, of the same kind, by the names that consultations give them."""
        old, new = self.bases
        here, there = listed(old), listed(new)
        return tuple(name for name, id in here.items() if name in there and old.decisions[id].hit == new.decisions[there[name]].hit)

    def only_in(self) -> list[dict[str, Any]]:
        """What one of the bases does not know and what therefore is not compared: facts, answers and conclusions."""
        found: list[dict[str, Any]] = []
        for side, base in enumerate(self.bases):
            other, name = self.bases[1 - side], (OLD, NEW)[side]
            for id, fact in base.facts.items():
                if id not in other.facts or other.facts[id].kind != fact.kind:
                    found.append({"base": name, "kind": "fact", "id": id, "answers": []})
                elif alone := [a for a in _answers(fact) if a not in _answers(other.facts[id])]:
                    found.append({"base": name, "kind": "answer", "id": id, "answers": alone})
            found += [{"base": name, "kind": "conclusion", "id": c, "answers": []} for c in listed(base) if c not in self.conclusions]
        return found


def _answers(fact: Fact) -> tuple[str, ...]:
    return ("true", "false") if fact.kind == "yesno" else tuple(a.id for a in fact.answers)
