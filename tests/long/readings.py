"""Experta against the semantics on very many units: run by hand before a release, or after a change to either reading.

    PYTHONPATH=.:tests python tests/long/readings.py [--units 100000] [--small 100000] [--processes 2] [--seed 2026]

Units of the shipped knowledge base, with every share of unknown facts, and units of small random rule bases.
Prints how far it is; ends with exit code 1 when the readings differ anywhere.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator
from functools import cache
from multiprocessing import Pool

from support.bases import base
from support.readings import differences
from support.small_bases import random_base
from support.units import random_known, random_unit

from engine.forward import Forward
from engine.project import known_of
from engine.remembered import Remembered

SHARE = 250  # units of the shipped base in one piece of work
OF_EACH = 100  # units of one small rule base
Work = tuple[str, str, int]  # which bases, seed, how many units


@cache
def shipped() -> Forward:
    return Forward(base())


@cache
def remembered() -> Remembered:
    return Remembered(base())


def compare(work: Work) -> tuple[str, int, list[str]]:
    """Compare on one piece of work: which bases, how many units, and a line on each that differs."""
    kind, seed, size = work
    rng = random.Random(seed)
    experta = shipped() if kind == "shipped" else Forward(random_base(rng).base)
    meaning = remembered() if kind == "shipped" else None
    found = []
    for i in range(size):
        unknown = rng.choice((0.0, 0.1, 0.3, 0.6, 0.9))
        known = known_of(base(), random_unit(rng, base(), unknown)) if kind == "shipped" else random_known(rng, experta.base, unknown)
        if names := differences(experta, known, meaning):
            found.append(f"{kind} seed {seed!r} unit {i}: {', '.join(names)}; known {known}")
    return kind, size, found


def pieces(kind: str, total: int, size: int, seed: int) -> Iterator[Work]:
    for start in range(0, total, size):
        yield kind, f"{seed} {kind} {start}", min(size, total - start)


def main() -> int:
    parser = argparse.ArgumentParser(description="compare experta with the semantics on random units")
    for name, default in (("units", 100_000), ("small", 100_000), ("processes", 2), ("seed", 2026)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    work = [*pieces("small", asked.small, OF_EACH, asked.seed), *pieces("shipped", asked.units, SHARE, asked.seed)]
    done = {"small": 0, "shipped": 0}
    differing = 0
    began = shown = time.monotonic()
    with Pool(asked.processes) as pool:
        for kind, size, found in pool.imap_unordered(compare, work):
            done[kind] += size
            differing += len(found)
            for line in found[:3]:
                print(line, flush=True)
            if time.monotonic() - shown > 30:
                shown = time.monotonic()
                print(f"{shown - began:7.0f} s  small {done['small']}/{asked.small}  shipped {done['shipped']}/{asked.units}  differing {differing}", flush=True)
    print(f"{time.monotonic() - began:7.0f} s  small {done['small']}  shipped {done['shipped']}  differing {differing}  done")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
