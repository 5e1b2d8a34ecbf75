"""Take the README's pictures of the desk: python tests/pictures/desk.py.  Look at them before they are kept."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]
from support import planner  # noqa: E402
from support.bases import base  # noqa: E402
from support.desk import chromium, serving  # noqa: E402

from engine.desk import Desk  # noqa: E402
from engine.draft import Edit, apply  # noqa: E402
from engine.incoming import read_incoming  # noqa: E402
from engine.store import Store  # noqa: E402

DAMAGE = (("北坡", "severe", "weak"), ("南坡", "moderate", "medium"), ("沟谷", "slight", "strong"), ("库岸", "none", "strong"))


def main() -> None:
    quarry = read_incoming("project.yaml", planner.QUARRY.read_bytes(), base()).draft
    asked = apply(quarry, [Edit(("units", "U1", part, fact), None) for fact in ("zone", "recovery") for part in ("facts", "sources")])
    asked = apply(asked, Desk(base()).answer(asked, "U1", {"reclaimable": False}))
    (unit,) = quarry["units"]
    facts = {k: v for k, v in unit["facts"].items() if k not in ("damage", "recovery")}
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server, chromium() as browser:
        store = Store(server.store)
        units = []
        for i, (name, damage, recovery) in enumerate(DAMAGE):
            west, south = 115.93 + 0.021 * (i % 2), 39.98 + 0.014 * (i // 2)
            ring = [[west, south], [west + 0.017, south - 0.002], [west + 0.019, south + 0.009], [west + 0.006, south + 0.011], [west, south]]
            place = store.put_shape({"type": "Polygon", "coordinates": [ring]})
            units.append({"id": f"U{i + 1}", "name": name, "area_ha": 9.0, "geometry": place, "facts": {**facts, "damage": damage, "recovery": recovery}})
        kept = {"question": store.create(asked, "王工"), "result": store.create(quarry, "王工"), "map": store.create({**quarry, "units": units}, "王工")}
        store.close()
        planner.PICTURES = str(HERE)
        window = planner.Planner(browser, server)
        window.page.goto(f"{server.url}/questionnaire?project={kept['question']}")
        window.wait_for_question()
        window.picture("desk_question")
        for project, views in (("result", ("unit", "dates")), ("map", ("map",))):
            window.page.goto(f"{server.url}/results?project={kept[project]}")
            window.ready()
            window.page.wait_for_selector(".st-key-mode")
            for view in views:
                if view != "unit":
                    window.show(f"result_{view}")
                    window.page.wait_for_selector("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")
                window.picture({"unit": "desk_result"}.get(view, f"desk_{view}"))


if __name__ == "__main__":
    main()
