"""How long a consultation takes, in-process and from the command line, and against CLIPS on the same rules.

    PYTHONPATH=.:tests python tests/benchmarks/consult.py

Times in one process are CPU times, so that other work on the machine matters less; those of the command line
are the CPU seconds of the child process.  Figures to work toward stand in the design, section 6.
"""

from __future__ import annotations

import gc
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import TypeVar

from in_clips import InClips
from support.units import random_unit

from engine.consult import consult_unit
from engine.forward import Forward
from engine.knowledge import KnowledgeBase
from engine.load import load
from engine.plan import make_plan
from engine.project import Project, Unit, known_of, read_project, unit_of

ROOT = Path(__file__).resolve().parents[2]
SHANSHUI = Path(sys.executable).with_name("shanshui")
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


def milliseconds(times: Sequence[float]) -> str:
    cuts = quantiles(times, n=20)
    return f"p50 {median(times) * 1000:6.1f} ms   p95 {cuts[-1] * 1000:6.1f} ms   of {len(times)}"


def ten_units(units: Sequence[Unit], project: Project) -> Project:
    """A project of ten case units, renamed and each on its own."""
    renamed = [Unit(u.written.model_copy(update={"id": f"U{i}", "downstream_of": ()}), u.facts) for i, u in enumerate(units[:10])]
    return replace(project, units={u.id: u for u in renamed})


def child_seconds(*command: str) -> float:
    """CPU seconds of one run of the console script."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(SHANSHUI), *command], check=True, capture_output=True, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def consultations(base: KnowledgeBase, units: Sequence[Unit]) -> list[float]:
    consult_unit(base, units[0])  # compiles the rules
    return [timed(partial(consult_in_full, base, unit))[0] for unit in units]


def consult_in_full(base: KnowledgeBase, unit: Unit) -> str:
    return json.dumps(consult_unit(base, unit).json(), ensure_ascii=False)


def against_clips(base: KnowledgeBase, experta: Forward, units: Sequence[Unit]) -> tuple[list[float], list[float]]:
    """Times of experta and of CLIPS, after checking that they conclude the same of every unit."""
    in_clips = InClips(experta)
    ours, theirs = [], []
    for unit in units:
        known = known_of(base, unit)
        ours.append(timed(partial(experta.infer, known))[0])
        theirs.append(timed(partial(in_clips.infer, known))[0])
        if in_clips.state() != experta.infer(known):
            sys.exit(f"CLIPS concludes otherwise of {dict(unit.facts)}")
    return ours, theirs


def main() -> None:
    load_time, base = timed(load)
    compile_time, experta = timed(lambda: Forward(base))
    print(f"load {load_time:.2f} s   compile {compile_time:.2f} s")

    gc.collect()
    gc.freeze()  # as `shanshui ui` does; a command switches collection off: walking the rule base takes longer than a consultation
    projects = [read_project(path, base) for path in sorted(ROOT.glob("cases/*/project.yaml"))]
    case_units = [unit for project in projects for unit in project.units.values()]
    rng = random.Random(2026)
    random_units = [random_unit(rng, base, unknown=rng.choice((0.0, 0.2, 0.4))) for _ in range(300)]
    print("consult with trail and JSON")
    print("  case units      ", milliseconds(consultations(base, case_units)))
    print("  random units    ", milliseconds(consultations(base, random_units)))
    print("  nothing answered", milliseconds(consultations(base, [unit_of(base, {})] * 10)))

    project = ten_units(case_units, projects[0])
    plans = [timed(lambda: make_plan(base, project).json()) for _ in range(5)]
    print(f"plan of {len(project.units)} units, {len(plans[0][1]['tasks'])} tasks: median {median(t for t, _ in plans):.2f} s")

    for command in (("--help",), ("consult", "cases/maiziyu/project.yaml", "--json")):
        print(f"shanshui {' '.join(command)}: median {median(child_seconds(*command) for _ in range(5)):.2f} s of CPU")

    ours, theirs = against_clips(base, experta, [*case_units, *random_units[:100]])
    print("conclusions alone, equal in both")
    print("  experta", milliseconds(ours))
    print("  CLIPS  ", milliseconds(theirs))
    print(f"  experta / CLIPS, of medians: {median(ours) / median(theirs):.2f}")


if __name__ == "__main__":
    main()
