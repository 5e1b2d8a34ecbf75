"""Where two rule bases part: a unit for which something else is concluded, written as a boundary of what the shipped base says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from engine.conditions import State, reads
from engine.examples import read_boundaries
from engine.knowledge import Decision, KnowledgeBase
from engine.logic import alike, both, either, opposite
from engine.probe import facts_for
from engine.project import Unit, known_of, plain_facts, unit_of
from engine.proof import Units, acts_of, shrunk
from engine.remembered import Remembered
from engine.semantics import conclude, concluded, resting_on
from support.mutants import shipped


@cache
def units() -> Units:
    return Units(shipped(), acts=True)


@cache
def remembered() -> Remembered:
    return Remembered(shipped())


@cache
def inputs() -> dict[str, frozenset[str]]:
    """The decisions that each decision reads."""
    base = shipped()
    return {d.id: frozenset(name for rule in d.every_rule for name in reads(rule.when) if name in base.decisions) for d in base.decisions.values()}


def state_below(unit: Unit, of: Decision) -> State:
    """The state of all that a decision rests on, and what is known of the decision itself when nothing is."""
    base = shipped()
    state: dict[str, Any] = {of.id: base.attributes[of.id].unknown, **known_of(base, unit)}
    needed = resting_on(base, inputs()[of.id])
    for decision in base.decisions.values():
        if decision.id in needed and decision.id not in state:
            state[decision.id] = remembered()._conclude(decision, state)
    return state


def concluded_again(decision: Decision, answers: list[int], state: State) -> Any:
    """What is known of the decision, of which only some answers may be other than in the state."""
    if decision.hit == "first":
        return conclude(decision, state)
    yes, may = state[decision.id]
    for i in answers:
        found = concluded(decision.rules_for[decision.answers[i].id], state)
        yes = yes | 1 << i if found == {True} else yes & ~(1 << i)
        may = may | 1 << i if True in found else may & ~(1 << i)
    return (yes, may)


def boundary_between(base: KnowledgeBase, differing: list[Decision]) -> dict[str, Any] | None:
    """A unit for which one of the changed decisions concludes something else, given the same, with what is concluded of it now."""
    for decision in differing:
        here = shipped().decisions[decision.id]
        ours, theirs = _answers(here), _answers(decision)
        unlike = [opposite(alike(a, b)) for a, b in zip(ours, theirs, strict=True)]
        if not units().some(either(unlike)):
            continue
        unit = units().found()
        i = _unlike(here, decision, state_below(unit, here))
        assert i is not None, decision.id

        def sure(of: Decision, u: Unit, i: int = i) -> bool | None:
            return _sure(concluded_again(of, [i], state_below(u, of)), i)

        def differs(u: Unit, here: Decision = here, decision: Decision = decision) -> bool:
            return here.id not in known_of(shipped(), u) and None not in (now := (sure(here, u), sure(decision, u))) and now[0] != now[1]

        if differs(unit):
            unit = shrunk(shipped(), unit, differs)
        return _boundary(unit, here, i, bool(sure(here, unit)))
    return None


def _answers(decision: Decision) -> list[Any]:
    """The formula of each answer, whatever stands in the decision's place."""
    side, found, earlier = units().side, {a.id: [] for a in decision.answers}, []  # type: ignore[var-annotated]
    for rule in decision.every_rule:
        when = side.holds(rule.when)
        for answer in rule.then:
            found[answer].append(both([when, *earlier]) if decision.hit == "first" else when)
        if decision.hit == "first":
            earlier.append(opposite(when))
    return [either(ways) for ways in found.values()]


def _unlike(one: Decision, other: Decision, state: State) -> int | None:
    a, b = conclude(one, state), conclude(other, state)
    return next((i for i in range(len(one.answers)) if _sure(a, i) != _sure(b, i)), None)


def _sure(known: Any, i: int) -> bool | None:
    """Whether the answer is settled, ruled out, or open."""
    if isinstance(known, tuple):
        return True if known[0] >> i & 1 else None if known[1] >> i & 1 else False
    return False if not known >> i & 1 else True if known == 1 << i else None


def boundary_at_threshold(base: KnowledgeBase, cuts: list[str]) -> dict[str, Any] | None:
    """A unit at a moved threshold for which something else is concluded."""
    here, theirs = Remembered(shipped()), Remembered(base)
    for name in cuts:
        moved = set(shipped().attributes[name].thresholds) ^ set(base.attributes[name].thresholds)
        rules = [r for r in shipped().rules.values() if name in reads(r.when)]
        for rule in rules:
            facts = facts_for(shipped(), rule.when, few=True) or {}
            for number in sorted({m + by for m in moved for by in (-0.5, 0.0, 0.5)}):
                given = {**facts, name: number}
                unit = unit_of(shipped(), given)
                ours, other = here.infer(known_of(shipped(), unit)), theirs.infer(known_of(base, unit))
                decision = shipped().decisions[rule.decision]
                for i in range(len(decision.answers)):
                    if _sure(ours[decision.id], i) is not None and _sure(other[decision.id], i) == (not _sure(ours[decision.id], i)):
                        return _boundary(unit, decision, i, bool(_sure(ours[decision.id], i)))
    return None


def _boundary(unit: Unit, decision: Decision, i: int, concluded: bool) -> dict[str, Any]:
    acts = acts_of(unit)
    made: dict[str, Any] = {"given": plain_facts({k: v for k, v in unit.facts.items() if k not in unit.derived})}
    made |= {key: acts[name] for key, name in (("decided", "decided_mode"), ("added", "added"), ("dropped", "dropped")) if name in acts}
    answer = decision.answers[i].id
    return made | {"concludes" if concluded else "excludes": {decision.id: [answer] if decision.hit == "collect" else answer}}


def write(boundaries: Mapping[str, dict[str, Any]]) -> None:
    """Add boundaries to knowledge/boundaries.yaml, each under the name of the row that it keeps."""
    path = Path(__file__).resolve().parents[2] / "knowledge" / "boundaries.yaml"
    text = path.read_text("utf-8").rstrip() + "\n"
    taken = Counter(boundary.rpartition("-at-")[0] for boundary in read_boundaries(shipped()))
    seen: list[Any] = []
    for name, boundary in boundaries.items():
        if boundary in seen:
            continue
        seen.append(boundary)
        row = name.partition(":")[0].replace("/", ".")
        taken[row] += 1
        text += "  - " + yaml.safe_dump({"id": f"{row}-at-{taken[row]}", **boundary}, default_flow_style=True, allow_unicode=True, width=10**9, sort_keys=False).strip() + "\n"
    path.write_text(text, "utf-8")
