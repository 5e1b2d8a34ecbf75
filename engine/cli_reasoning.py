"""The commands that reason about the rules: what would change, and the questionnaire."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli_common import File, Json, Knowledge, Lang, base_of, check_lang, print_json

app = typer.Typer()


@app.command()
def whatif(
    file: File, unit: Annotated[str, typer.Option("--unit", metavar="ID", help="单元 unit")],
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="FACT=VALUE", help="换一个答案（可多次） another answer, may be repeated")] = None,
    goal: Annotated[str, typer.Option("--goal", metavar="CONCLUSION=ANSWER", help="达到目标的最小改动 the smallest changes that get there; != for not")] = "",
    fact: Annotated[str, typer.Option("--fact", metavar="FACT", help="逐个答案看后果 what each answer would do")] = "",
    json: Json = False, lang: Lang = "zh", knowledge: Knowledge = "",
) -> None:  # fmt: skip
    """换一个答案会怎样；要达到目标须改什么。What would change, or would have to."""
    check_lang(lang)
    from engine.project import read_project
    from engine.source import near
    from engine.whatif import Goal, compare, each_answer, reach, read_answers
    from engine.why import unusable

    base = base_of(knowledge)
    project = read_project(file, base)
    if unit not in project.units:
        raise unusable("E501", near(unit, project.units), name=unit, options=", ".join(project.units))
    if sum(map(bool, (set_, goal, fact))) != 1:
        raise unusable("E507")
    if fact and fact not in base.facts:
        raise unusable("E409", near(fact, base.facts), name=fact)
    of = project.units[unit]
    found = compare(base, of, read_answers(base, set_)) if set_ else reach(base, of, Goal.read(base, goal)) if goal else each_answer(base, of, fact)
    if json:
        print_json(found)
    else:
        from engine.show import console
        from engine.show_reasoning import show_whatif
        from engine.wording import Wording

        show_whatif(console(), found, Wording(base, lang))


@app.command()
def ask(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="项目文件，没有就新建 project file, made where there is none")] = Path("project.yaml"),
    unit: Annotated[str, typer.Option("--unit", metavar="ID", help="单元 unit")] = "",
    lang: Lang = "zh", knowledge: Knowledge = "",
) -> None:  # fmt: skip
    """一步步问：只问还有用的。The guided questionnaire; it asks only what can still matter."""
    check_lang(lang)
    from engine.ask import ask_unit

    ask_unit(base_of(knowledge), file, unit, lang)
