"""Draw the README's picture: the plan of Maiziyu quarry as the terminal shows it.

Run by hand from the checkout: `uv run tests/pictures/draw.py`.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from rich.console import Console
from rich.terminal_theme import MONOKAI

from engine.load import load
from engine.plan import make_plan
from engine.project import read_project
from engine.report import task_name, waited_text
from engine.show import table
from engine.wording import Wording

# Rich's own frame fetches a font from the network; this one uses what the reader has.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>.{unique_id}-matrix {{ font-family: "Noto Sans Mono CJK SC", "Microsoft YaHei Mono", monospace; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
<rect fill="#0c0c0c" width="{width}" height="{height}" rx="8"/>
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g></svg>
"""


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    base = load()
    plan = make_plan(base, read_project(root / "cases/maiziyu/project.yaml", base))
    words = Wording(base, "zh")
    out = Console(record=True, width=150, file=io.StringIO())
    out.print("[bold green]$[/] shanshui plan cases/maiziyu/project.yaml --out out/maiziyu\n")
    consultation = plan.consultations["U1"]
    steps = {name: step for step in consultation.trail for name in step.concludes}
    rows = [
        [words.name(n), words.value(n, v), steps[n].because["zh"], words.cite(steps[n].cite), words[f"layer_{steps[n].layer}"]] for n, v in consultation.conclusions.items() if not isinstance(v, list)
    ]
    out.print(table(words["h_conclusions"], [words[k] for k in ("h_conclusion", "h_value", "h_reason", "h_clause", "h_layer")], rows))
    rows = [
        [task_name(plan, p.task.id, "zh"), words[f"role_{p.task.role}"], str(p.start), str(p.end), words["critical"] if p.slack_days == 0 else str(p.slack_days or "—"), waited_text(plan, p, words)]
        for p in plan.tasks
    ]
    out.print(table(words["h_schedule"], [words[k] for k in ("h_task", "h_role", "h_start", "h_end", "h_slack", "h_waited")], rows))
    drawn = out.export_svg(title="shanshui", theme=MONOKAI, code_format=FRAME)
    drawn = re.sub(r' textLength="[^"]*"', "", drawn)  # rich gives a Chinese character the width of one cell, and it takes two
    (root / "tests/pictures/plan.svg").write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
