"""What logic calls possible, and what it says still matters, against every completion of random partial units.

Run by hand: `uv run tests/long/exactness.py [UNITS]`; units of the shipped base with up to 100,000 completions each,
half of them read with Z3 alone where a sample leaves something open.  Prints the differences, how often the semantics
of single decisions leaves more open, and how long a question takes.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bases import base
from support.completions import how_many, waits_on
from support.units import random_unit

import engine.exact
from engine.consult import wanted
from engine.exact import Exact
from engine.project import known_of
from engine.remembered import Remembered

MOST = 100_000


def main() -> int:
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rng, semantics, names = random.Random(2026), Remembered(base()), list(wanted(base()))
    in_full = engine.exact.MOST
    differences, wider, seconds, completions, asked = 0, Counter[str](), [], 0, 0
    while asked < units:
        known = known_of(base(), random_unit(rng, base(), unknown=rng.choice((0.05, 0.1, 0.2, 0.3, 0.4)), acts=rng.random() < 0.5))
        size = how_many(base(), known)
        if not 1 < size <= MOST:
            continue
        asked, completions = asked + 1, completions + size
        engine.exact.MOST = 0 if asked % 2 else in_full
        state = semantics.infer(known)
        begin = time.process_time()
        exact = Exact(base(), known, state, dict.fromkeys(names, -1))
        seconds.append(time.process_time() - begin)
        every, waits = waits_on(base(), known, names)
        for name in names:
            found = exact.known.get(name, state[name])
            if found != every.possible(name) or set(exact.waits_on.get(name, ())) != waits[name]:
                differences += 1
                print(f"differs: {name}: {known}")
            wider[name] += found != state[name]
        if asked % 50 == 0:
            print(f"{asked} units, {completions} completions, {differences} differences", flush=True)
    seconds.sort()
    print(f"{asked} units, {completions} completions: {differences} differences")
    print("the semantics of single decisions leaves more open for: " + (", ".join(f"{name} in {n} units" for name, n in wider.most_common() if n) or "none"))
    print(f"one unit, everything that is open and all it waits on: median {seconds[len(seconds) // 2]:.3f} s, p95 {seconds[int(len(seconds) * 0.95)]:.3f} s")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
