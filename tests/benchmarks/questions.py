"""How long the questionnaire takes from an answer to the next question, with why it is asked and what is parked.

    PYTHONPATH=.:tests python tests/benchmarks/questions.py [INTERVIEWS]

Interviews go from blank to settled, with random answers and with those of the units of cases/.  Times are CPU times
of one process.  The rule base is encoded for Z3 once, when that is first asked: this is printed for itself.
The figure to work toward is 200 ms at p95.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

from support.units import random_answer

from engine.consult import consult_unit
from engine.interview import Interview, idle_answers
from engine.knowledge import KnowledgeBase
from engine.load import load
from engine.model import Fact
from engine.project import Unit, Value, known_of, read_project, unit_of

ROOT = Path(__file__).resolve().parents[2]
FIRST = 5  # the first questions of an interview, when most is unknown, are also shown alone


def interview(base: KnowledgeBase, answer: Callable[[Fact], Value]) -> Iterator[float]:
    """The CPU seconds of each step, the blank start among them."""
    facts: dict[str, Value] = {}
    fact: str | None = ""
    while fact is not None:
        began = time.process_time()
        now = Interview(base, facts)
        fact = now.next
        if fact is not None:
            now.why(fact)
        parked = now.parked
        yield time.process_time() - began
        assert fact not in parked
        if fact is not None:
            facts = {**facts, fact: answer(base.facts[fact])}


def shown(title: str, times: list[float]) -> str:
    cuts = quantiles(times, n=20)
    return f"{title:24} p50 {median(times) * 1000:5.0f} ms   p95 {cuts[-1] * 1000:5.0f} ms   max {max(times) * 1000:5.0f} ms   of {len(times)}"


def once(base: KnowledgeBase) -> float:
    """What is done once a process: experta's rules are compiled and Z3's encoded, both sides of a comparison."""
    began = time.process_time()
    facts: dict[str, Value] = {"spatial_type": "ecological"}
    consult_unit(base, unit_of(base, {}))
    idle_answers(base, known_of(base, unit_of(base, facts)), facts)
    return time.process_time() - began


def main() -> None:
    base = load()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    gc.collect()
    gc.freeze()  # as `shanshui ui` does
    print(f"once, not counted below: experta's rules and Z3's encoding {once(base):.2f} s")
    rng = random.Random(2026)

    def by_chance(fact: Fact) -> Value:
        return random_answer(rng, base, fact)

    def of(unit: Unit) -> Callable[[Fact], Value]:
        return lambda fact: unit.facts[fact.id] if fact.id in unit.facts else by_chance(fact)

    units = [unit for path in sorted(ROOT.glob("cases/*/project.yaml")) for unit in read_project(path, base).units.values()]
    both = []
    for title, answers in (("random answers", [by_chance] * count), ("answers of case units", [of(unit) for unit in units])):
        steps = [list(interview(base, answer)) for answer in answers]
        print(shown(title, [t for one in steps for t in one]))
        both += steps
    print(shown("all questions", [t for one in both for t in one]))
    print(shown(f"the first {FIRST} of each", [t for one in both for t in one[:FIRST]]))


if __name__ == "__main__":
    main()
