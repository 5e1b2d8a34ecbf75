"""Remove every measure, rule and season, one at a time: is it noticed?

A removal is noticed by the loader (a lint), by an example beside the rules, by coverage, or by a case.
Run by hand: `uv run tests/long/removals.py [--every N]`; prints the score and every survivor.
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.cases import Case, case_folders, read_case
from engine.consult import Consultation
from engine.coverage import citations
from engine.examples import broken, read_examples
from engine.knowledge import KnowledgeBase
from engine.load import Raw, assemble, read_folders
from engine.project import Project, known_of, read_project
from engine.semantics import infer
from engine.source import Unusable

# What may go unnoticed, and why.
MAY_SURVIVE: dict[str, str] = {}
LEAST = 0.98


@cache
def raw() -> Raw:
    return read_folders()


@cache
def cases() -> list[tuple[Case, Project]]:
    base = assemble(copy.copy(raw()))
    return [(read_case(folder), read_project(folder / "project.yaml", base)) for folder in case_folders().values()]


@cache
def cited_before() -> frozenset[str]:
    return frozenset(clause for clause, _ in citations(assemble(copy.copy(raw()))))


def removals() -> Iterator[tuple[str, str, str]]:
    """(kind, where, id) of everything that can be removed."""
    for kind in ("measures", "seasons"):
        yield from ((kind, kind, id) for id in raw().sections[kind])
    for name, decision in raw().decisions.items():
        yield from (("rules", name, id) for id in decision.rows)
        if decision.otherwise:
            yield "rules", name, "otherwise"


def without(kind: str, where: str, id: str) -> Raw:
    changed = replace(raw(), sections={k: dict(v) for k, v in raw().sections.items()}, decisions=dict(raw().decisions), problems=[])
    if kind == "rules":
        decision = changed.decisions[where]
        if id == "otherwise":
            changed.decisions[where] = replace(decision, otherwise=None)
        else:
            changed.decisions[where] = replace(decision, rows={k: v for k, v in decision.rows.items() if k != id})
    else:
        del changed.sections[kind][id]
    return changed


def noticed(removal: tuple[str, str, str]) -> tuple[tuple[str, str, str], str]:
    """By what the removal is noticed; empty when by nothing."""
    try:
        base = assemble(without(*removal))
    except Unusable:
        return removal, "lint"
    checks: tuple[tuple[str, Callable[[KnowledgeBase], bool]], ...] = (("example", _breaks_examples), ("coverage", _uncovers), ("case", _breaks_a_case))
    return removal, next((name for name, check in checks if check(base)), "")


def _breaks_examples(base: KnowledgeBase) -> bool:
    return bool(broken(base, read_examples(base)))


def _uncovers(base: KnowledgeBase) -> bool:
    return bool(cited_before() - {clause for clause, _ in citations(base)})


def _breaks_a_case(base: KnowledgeBase) -> bool:
    for case, project in cases():
        for expected in case.expect:
            unit = project.units[expected.unit]
            given = known_of(base, unit)
            consultation = Consultation(base, unit, given, infer(base, given))
            measures, flags = set(consultation.settled("chosen")), set(consultation.settled("flags"))
            if any(consultation.conclusions.get(k) != v for k, v in expected.conclusions.items()) or set(expected.measures) - measures or set(expected.flags) - flags:
                return True
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="try only every Nth removal")
    every = list(removals())[:: parser.parse_args().every]
    by: dict[str, list[str]] = {}
    with ProcessPoolExecutor(max_workers=2) as pool:
        for i, ((kind, where, id), how) in enumerate(pool.map(noticed, every, chunksize=8), 1):
            by.setdefault(how, []).append(f"{kind} {where}/{id}")
            if i % 100 == 0:
                print(f"{i} of {len(every)}", flush=True)
    survivors = by.pop("", [])
    score = 1 - len(survivors) / len(every)
    print(f"{len(every)} removals, {score:.1%} noticed: " + ", ".join(f"{how} {len(ids)}" for how, ids in sorted(by.items())))
    for survivor in survivors:
        print(f"  survives: {survivor}: {MAY_SURVIVE.get(survivor, 'no reason given')}")
    return 0 if score >= LEAST and all(s in MAY_SURVIVE for s in survivors) else 1


if __name__ == "__main__":
    sys.exit(main())
