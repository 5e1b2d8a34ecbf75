"""Two knowledge bases compared by meaning: what was edited, whose outcome moves, and what holds for all units."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.cases import DEFAULT
from engine.edits import Edit, rule_edits
from engine.entries import EntryEdit, entry_edits
from engine.everywhere import EQUAL, Everywhere, Verdict
from engine.knowledge import KnowledgeBase
from engine.outcomes import SAMPLED, Comparing, Outcomes
from engine.patches import read_patches
from engine.project import plain_facts
from engine.shared import NEW, OLD, Shared


@dataclass(frozen=True)
class Diff:
    """The difference between an old and a new knowledge base."""

    old: KnowledgeBase
    new: KnowledgeBase
    rules: tuple[Edit, ...]
    entries: tuple[EntryEdit, ...]
    outcomes: Outcomes
    everywhere: tuple[Verdict, ...]
    only_in: tuple[dict[str, Any], ...]

    def __bool__(self) -> bool:
        """Whether anything differs, or could not be read."""
        apart = any(v.relation != EQUAL for v in self.everywhere)
        return bool(self.rules or self.entries or self.outcomes.moves or self.outcomes.unreadable or self.only_in or apart)

    def json(self) -> dict[str, Any]:
        """As `diff --json` prints it."""
        o = self.outcomes
        drawn = {m.unit: plain_facts(m.facts) for m in o.moves if m.case == SAMPLED}
        return {
            "rules": [e.json() for e in self.rules],
            "moved": [row for m in o.moves for row in m.json()],
            "entries": [e.json() for e in self.entries],
            "everywhere": [v.json() for v in self.everywhere],
            "unreadable": [u.json() for u in o.unreadable],
            "only_in": list(self.only_in),
            "sample": drawn,
            "compared": {"cases": o.cases, "units": o.units, "patches": o.patches, "profiles": o.profiles, "compared": o.compared},
            "knowledge": {name: {"version": base.about.version, "digest": base.digest} for name, base in ((OLD, self.old), (NEW, self.new))},
        }


def diff(old: KnowledgeBase, new: KnowledgeBase, cases: Path | None = None, patches: Path | None = None) -> Diff:
    """Compare two bases over the cases in a folder (the shipped ones when none is given) and over a table of patches, or a sample of units.

    Raises `Unusable` where the folder, the table or a file that rules do not read cannot be read.
    """
    table = read_patches(patches) if patches is not None else None
    shared = Shared(old, new)
    comparing = Comparing(shared)
    comparing.cases(cases or DEFAULT)
    if table is not None:
        comparing.patches(table)
    else:
        comparing.sample()
    return Diff(old, new, tuple(rule_edits(old, new)), tuple(entry_edits(old, new)), comparing.found, tuple(Everywhere(shared).verdicts()), tuple(shared.only_in()))
