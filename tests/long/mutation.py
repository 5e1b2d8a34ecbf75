"""Change every rule in every small way, one at a time: is it noticed?

A change is noticed by the loader or a lint, by an example or a boundary beside the rules, by a case, or by a property.
Run by hand: `uv run tests/long/mutation.py [--every N] [--of WHERE,...] [--write]`; prints the score and every survivor.
Changes that make no difference for any unit are proved to make none and counted apart.  `--write` adds to
knowledge/boundaries.yaml a boundary for every survivor: a unit on which it differs, with what the rules say of it now.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.boundaries import boundary_at_threshold, boundary_between, concluded_again, inputs, remembered, state_below, write
from support.mutants import Mutant, mutants, shipped

from engine.cases import case_folders, read_case
from engine.conditions import State
from engine.examples import Example, _bits, broken, missed_boundaries, read_boundaries, read_examples, unit_of_example
from engine.hygiene import findings
from engine.knowledge import Decision, KnowledgeBase
from engine.project import Unit, known_of, read_project
from engine.properties import prove, read_properties
from engine.semantics import conclude, first_answers, holds
from engine.source import Unusable

LEAST = 0.95
# What may go unnoticed, and why: the name of a mutant, or its beginning.
MAY_SURVIVE: dict[str, str] = {}

Wanted = list[tuple[str, Any, bool]]  # decision, answers, whether they must come out or may not


@dataclass(frozen=True, eq=False)
class Witness:
    """A unit that an example, a boundary or a case speaks of, and what is said of it."""

    unit: Unit
    wanted: Wanted
    example: Example | None = None

    @cached_property
    def state(self) -> State:
        return remembered().infer(known_of(shipped(), self.unit))

    def before(self, decision: Decision) -> State:
        """The state of all that a decision rests on, and what is known of the decision itself when nothing is."""
        return state_below(self.unit, decision)


@cache
def witnesses() -> list[Witness]:
    base = shipped()
    found = [Witness(unit_of_example(base, e), [(n, a, True) for n, a in e.concludes.items()], e) for e in read_examples(base).values()]
    for b in read_boundaries(base).values():
        found.append(Witness(unit_of_example(base, b), [(n, a, True) for n, a in b.concludes.items()] + [(n, a, False) for n, a in b.excludes.items()]))
    for folder in case_folders().values():
        case, project = read_case(folder), read_project(folder / "project.yaml", base)
        for e in case.expect:
            wanted: Wanted = [(n, a, True) for n, a in e.conclusions.items()]
            wanted += [("chosen", e.measures, True), ("flags", e.flags, True), ("chosen", e.not_measures, False), ("flags", e.not_flags, False)]
            found.append(Witness(project.units[e.unit], wanted))
    return found


@cache
def speaking_of(decision: str) -> dict[str, list[Witness]]:
    """The witnesses of which something is said about each answer of the decision itself."""
    found: dict[str, list[Witness]] = {}
    for witness in witnesses():
        for name, answers, _ in witness.wanted:
            for answer in (answers,) if isinstance(answers, str) else answers:
                if name == decision:
                    found.setdefault(answer, []).append(witness)
    return found


@cache
def odd_now() -> frozenset[tuple[str, Any]]:
    return frozenset((f.code, f.facts) for f in findings(shipped()))


def changed(base: KnowledgeBase) -> list[Decision]:
    """The decisions whose rules are not those of the shipped base, in their order."""
    mine = shipped()
    return [d for d in base.decisions.values() if (o := mine.decisions[d.id]).every_rule != d.every_rule and _rules(o) != _rules(d)]


def _rules(decision: Decision) -> list[Any]:
    return [(rule.when, rule.then) for rule in decision.every_rule]


def noticed(mutant: Mutant, quick: bool = False) -> tuple[str, str, dict[str, Any] | None]:
    """By what the change is noticed, `same` where it makes no difference, nothing where it survives, then with a boundary that would notice it.

    With `quick` only what is said of the changed decisions is looked at, for a boundary is wanted wherever none of them notices.
    """
    try:
        base = mutant.base()
    except Unusable:
        return mutant.name, "loader", None
    cuts = [a.name for a in base.attributes.values() if a.kind == "number" and a.thresholds != shipped().attributes[a.name].thresholds]
    differing = list(base.decisions.values()) if cuts else changed(base)
    if not differing:
        return mutant.name, "same", None
    if how := _by_claims(base, {d.id for d in differing}, bool(cuts)):
        return mutant.name, how, None
    boundary = boundary_at_threshold(base, cuts) if cuts else boundary_between(base, differing)
    if boundary is None:
        return mutant.name, "same", None
    how = "" if quick else _by_units(base, {d.id for d in differing}) or _by_property(base) or _by_lint(base)
    return mutant.name, how, None if how else boundary


def _by_claims(base: KnowledgeBase, differing: set[str], cuts: bool) -> str:
    """Whether something said of a unit about the changed decisions themselves is no longer so."""
    if any(w.example and w.example.id not in base.rules for w in witnesses()):
        return "example"
    if cuts or any(base.decisions[id].answers != shipped().decisions[id].answers for id in differing):
        return _by_numbers(base)
    concluding = {id: _changed_answers(base.decisions[id]) for id in differing}
    changed_rules = {r.id for id in differing for r in base.decisions[id].every_rule if r != shipped().rules.get(r.id)}
    for id, answers in concluding.items():
        decision = base.decisions[id]
        near = [w for i in answers for w in speaking_of(id).get(decision.answers[i].id, ())]
        for w in dict.fromkeys(near):
            state = w.before(decision)
            if w.example and (rule := base.rules[w.example.id]).decision == id:
                first = decision.hit == "first"
                if (rule.id in changed_rules and not holds(rule.when, state)) or (first and first_answers(decision.every_rule, state) != {rule}):
                    return "example"
            if id in known_of(shipped(), w.unit):
                continue
            now = {id: concluded_again(decision, answers, state)}
            if any(name == id and not _bits(base, name, [decision.answers[i].id], now, must) for name, said, must in w.wanted for i in answers if decision.answers[i].id in said):
                return "example" if w.example else "case or boundary"
    return ""


def _by_units(base: KnowledgeBase, differing: set[str]) -> str:
    """Whether something said of a unit is no longer so, further down from the changed decisions."""
    concluding = {id: _changed_answers(base.decisions[id]) for id in differing}
    turned: list[tuple[State, Wanted, dict[str, Any]]] = []
    for w in witnesses():
        new: dict[str, Any] = {}
        for id, answers in concluding.items():
            if answers and not _taken(w.state, id) and (known := concluded_again(base.decisions[id], answers, w.state)) != w.state[id]:
                new[id] = known
        if new:
            turned.append((w.state, w.wanted, new))
    for state, wanted, new in turned:
        now = dict(state) | new
        for id, above in inputs().items():  # what reads the changed decisions
            if id not in new and not _taken(state, id) and any(name in new for name in above) and (known := conclude(base.decisions[id], now)) != state[id]:
                now[id] = new[id] = known
        if any(name in new and not _bits(base, name, answers, now, must) for name, answers, must in wanted):
            return "case or boundary"
    return ""


def _changed_answers(decision: Decision) -> list[int]:
    """The answers whose rules are not those of the shipped base."""
    here = shipped().decisions[decision.id]
    if decision.hit == "first":
        return list(range(len(decision.answers)))
    ours, theirs = here.rules_for, decision.rules_for
    return [i for i, a in enumerate(decision.answers) if [r.when for r in ours[a.id]] != [r.when for r in theirs[a.id]]]


def _taken(state: State, name: str) -> bool:
    """Whether an answer stands in the place of the decision."""
    answered = "decided_mode" if name == "mode" else f"surveyed_{name}"
    return answered in state and state[answered] != 1 and not state[answered] & 1


def _by_numbers(base: KnowledgeBase) -> str:
    """The same where a threshold has moved, so that what is known of numbers is another thing."""
    if missed_boundaries(base, read_boundaries(base)):
        return "case or boundary"
    return "example" if any(p.code in ("E331", "E332") for p in broken(base, read_examples(base))) else ""


def _by_property(base: KnowledgeBase) -> str:
    return "property" if not all(p.holds for p in prove(base, read_properties(base))) else ""


def _by_lint(base: KnowledgeBase) -> str:
    return "lint" if {(f.code, f.facts) for f in findings(base)} - odd_now() else ""


def chosen(arguments: argparse.Namespace) -> Iterator[Mutant]:
    wanted = set(arguments.of.split(",")) if arguments.of else None
    every = [m for m in mutants() if wanted is None or m.where in wanted]
    return iter(every[arguments.first :: arguments.every])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="try only every Nth change")
    parser.add_argument("--first", type=int, default=0, help="begin with this change")
    parser.add_argument("--of", default="", help="only these decisions, or measures, seasons, zones")
    parser.add_argument("--write", action="store_true", help="add a boundary for every survivor")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    every = list(chosen(arguments))
    by: dict[str, list[str]] = {}
    boundaries: dict[str, dict[str, Any]] = {}
    with ProcessPoolExecutor(max_workers=arguments.workers) as pool:
        for i, (name, how, boundary) in enumerate(pool.map(partial(noticed, quick=arguments.write), every, chunksize=8), 1):
            by.setdefault(how, []).append(name)
            if boundary:
                boundaries[name] = boundary
            if i % 200 == 0:
                print(f"{i} of {len(every)}, {len(by.get('', []))} unnoticed", flush=True)
    survivors, same = by.pop("", []), by.pop("same", [])
    differ = len(every) - len(same)
    score = 1 - len(survivors) / differ if differ else 1.0
    print(f"{len(every)} changes, {len(same)} make no difference for any unit; of {differ} that do, {int(score * 1000) / 10} % are noticed: ", end="")
    print(", ".join(f"{how} {len(names)}" for how, names in sorted(by.items())))
    for survivor in survivors:
        why = next((reason for name, reason in MAY_SURVIVE.items() if survivor.startswith(name)), "no reason given")
        print(f"  survives: {survivor}: {why}: {boundaries.get(survivor)}")
    if arguments.write:
        write(boundaries)
    return 0 if score >= LEAST and not any(all(not s.startswith(name) for name in MAY_SURVIVE) for s in survivors) else 1


if __name__ == "__main__":
    sys.exit(main())
