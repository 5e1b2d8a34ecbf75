"""Twenty people at the questionnaire at once: python tests/benchmarks/desk_load.py [--people 20] [--steps 15] [--think 5]

Each speaks to one server as a browser does (Streamlit's messages over a WebSocket), answers the question that the page
asks, waits until the page is drawn, and thinks for a while.  Printed: the time of a step as the person feels it, the
server's own time for one step when nobody else is there, and its time for a result page of ten units.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
from support.desk import Server, serving  # noqa: E402
from support.units import random_unit  # noqa: E402

from engine.cases import case_folders  # noqa: E402
from engine.draft import blank  # noqa: E402
from engine.incoming import read_incoming  # noqa: E402
from engine.load import load  # noqa: E402
from engine.store import Store  # noqa: E402
from engine.wording import Wording  # noqa: E402

BASE = load()
WORDS = Wording(BASE, "zh")
LIMIT = 60.0  # seconds for one step at the most
SAVE = re.compile(r"save_[0-9a-f]{12}_U1_(\w+)")


class Person:
    """A session: the widgets on its page by key, kept from the messages that draw it."""

    def __init__(self, server: Server, project: str, page: str = "questionnaire"):
        self.server, self.query, self.page = server, f"project={project}&lang=zh", page
        self.widgets: dict[str, Any] = {}
        self.kept: dict[str, ForwardMsg] = {}
        self.hash = ""

    async def __aenter__(self) -> Person:
        url = self.server.url.replace("http", "ws") + "/_stcore/stream"
        self.socket = await websockets.connect(url, origin=self.server.url, subprotocols=["streamlit"], max_size=None)  # type: ignore[arg-type]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def run(self, states: dict[str, Any] | None = None) -> float:
        """Ask for a run of the page with widgets set; returns the seconds until it is drawn."""
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string = self.query
        rerun.page_script_hash = self.hash
        rerun.page_name = "" if self.hash else self.page
        for id, value in (states or {}).items():
            state = rerun.widget_states.widgets.add()
            state.id = id
            if value is True:
                state.trigger_value = True
            elif isinstance(value, int):
                state.int_value = value
            elif isinstance(value, float):
                state.double_value = value
            elif isinstance(value, list):
                state.string_array_value.data.extend(value)
            else:
                state.string_value = value
        drawn: dict[str, Any] = {}
        begun = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        async with asyncio.timeout(LIMIT):
            while True:
                answer = ForwardMsg()
                answer.ParseFromString(await self.socket.recv())  # type: ignore[arg-type]
                if answer.WhichOneof("type") == "ref_hash":
                    answer = self.kept[answer.ref_hash]
                elif answer.hash:
                    self.kept[answer.hash] = answer
                kind = answer.WhichOneof("type")
                if kind == "navigation":
                    self.hash = answer.navigation.page_script_hash
                elif kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                    self._note(answer.delta.new_element, drawn)
                elif kind == "script_finished" and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    self.widgets = drawn
                    return time.perf_counter() - begun

    def _note(self, element: Any, drawn: dict[str, Any]) -> None:
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise RuntimeError(element.exception.message)
        widget = getattr(element, kind)
        if isinstance(id := getattr(widget, "id", None), str) and id:
            drawn[id] = widget

    def asked(self) -> str:
        return next((found[1] for id in self.widgets if (found := SAVE.search(id))), "")

    def states(self, value: Any) -> dict[str, Any]:
        """The widgets to set for an answer, and the button to press."""
        name = self.asked()
        fact = BASE.facts[name]
        kind = "unknown_" if value is None else "none_" if value == () else "save_"
        button = next(id for id in self.widgets if f"-{kind}" in id and id.endswith("_" + name))
        states: dict[str, Any] = {button: True}
        for id, widget in self.widgets.items() if kind == "save_" else ():
            if "-answer_" not in id or f"_{name}" not in id:
                continue
            if fact.kind == "number":
                states[id] = float(value)
            elif fact.kind == "many":
                role = id.rsplit("_", 1)[1]
                offered = [a.id for a in fact.answers if str(a.role) == role]
                states[id] = [option.content for option, a in zip(widget.options, offered, strict=True) if a in value]
            else:
                text = WORDS.answer(name, str(value).lower() if isinstance(value, bool) else value)
                states[id] = f"{value} {text}" if name == "zone" else text
        return states


async def interview(server: Server, project: str, facts: dict[str, Any], steps: int, think: float, seed: int) -> list[float]:
    """One person's steps, in seconds; the first drawing of the page is not a step."""
    rng, times = random.Random(seed), []
    async with Person(server, project) as person:
        await asyncio.sleep(rng.uniform(0, think))  # people do not all come at the same moment
        await person.run()
        for _ in range(steps):
            name = person.asked()
            if not name:
                break
            await asyncio.sleep(rng.expovariate(1 / think) if think else 0)
            times.append(await person.run(person.states(facts.get(name))))
            if person.asked() == name:
                raise RuntimeError(f"the answer to {name} was not taken")
    return times


async def one_result(server: Server, project: str) -> list[float]:
    """A result page, first with nothing remembered and then again."""
    async with Person(server, project, "results") as person:
        return [await person.run(), await person.run()]


def cpu_of(server: Server) -> float:
    """Seconds of processor time that the server has used: what stays true on a busy machine."""
    assert server.process
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle(server: Server) -> None:
    """Wait until what the server does by itself after its start is over."""
    while True:
        before = cpu_of(server)
        time.sleep(0.5)  # processor time is a rate: nothing tells it but a while between two looks
        if cpu_of(server) - before < 0.05:
            return


def quantile(times: list[float], at: float) -> float:
    return sorted(times)[min(len(times) - 1, round(at * (len(times) - 1)))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--steps", type=int, default=15)
    parser.add_argument("--think", type=float, default=5.0)
    parser.add_argument("--store", default="", help="a store other than SQLite in a folder of its own")
    options = parser.parse_args()
    rng = random.Random("people at the desk")
    answers = [dict(random_unit(rng, BASE, unknown=0.15, acts=False).facts) for _ in range(options.people + 2)]  # nobody has another's answers
    quarry = read_incoming("project.yaml", (case_folders()["maiziyu"] / "project.yaml").read_bytes(), BASE).draft
    (unit,) = quarry["units"]
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), options.store or None) as server:
        store = Store(server.store)
        begun = [store.create(blank(f"P{i}", "2026-03-01", "2028-12-31", [{"id": "U1", "area_ha": 9.0}]), "load") for i in range(options.people + 2)]
        ten = store.create({**quarry, "units": [{**unit, "id": f"U{i}", "facts": {**unit["facts"], "slope_deg": 5.0 * i}} for i in range(10)]}, "load")
        asyncio.run(interview(server, begun[-2], answers[-2], 1, 0, 0))  # what is done once a process is done before anything is measured
        idle(server)
        before = cpu_of(server)
        alone = asyncio.run(interview(server, begun[-1], answers[-1], options.steps, 0, 0))
        step_cpu = (cpu_of(server) - before) / (len(alone) + 1)

        async def all_at_once() -> list[list[float]]:
            return await asyncio.gather(*(interview(server, id, answers[i], options.steps, options.think, i) for i, id in enumerate(begun[:-2])))

        times = [t for person in asyncio.run(all_at_once()) for t in person]
        before = cpu_of(server)
        result = asyncio.run(one_result(server, ten))
        result_cpu = cpu_of(server) - before
        kept = sum(len(facts) for id in begun for part in ("facts", "parked") if (facts := store.get(id).draft["units"][0].get(part)))
        store.close()
    print(json.dumps({
        "people": options.people, "think_s": options.think, "steps": len(times), "answers_kept": kept, "answers_given": len(times) + len(alone) + 1,
        "step_p50_s": round(statistics.median(times), 3), "step_p95_s": round(quantile(times, 0.95), 3), "step_worst_s": round(max(times), 3),
        "step_alone_median_s": round(statistics.median(alone), 3), "step_alone_worst_s": round(max(alone), 3),
        "step_server_cpu_s": round(step_cpu, 3), "result_10_units_both_cpu_s": round(result_cpu, 3), "load_average": os.getloadavg()[0],
        "result_10_units_first_s": round(result[0], 3), "result_10_units_again_s": round(result[1], 3),
    }, indent=1))  # fmt: skip
    if len(times) + len(alone) + 1 != kept:
        sys.exit(1)


if __name__ == "__main__":
    main()
