"""The commands of those who write rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli_common import FOUND, Json, Knowledge, Lang, check_lang, print_json

app = typer.Typer()


@app.command()
def check(
    json: Json = False, lang: Lang = "zh", knowledge: Knowledge = "",
    cases: Annotated[Path | None, typer.Option("--cases", metavar="DIR", help="案例目录 folder of case studies")] = None,
    every: Annotated[bool, typer.Option("--all", help="逐条列出，不合并 list every warning")] = False,
) -> None:  # fmt: skip
    """检查知识库：载入、规则毛病、性质证明、例子、案例。Load, lint, prove and test the knowledge base."""
    check_lang(lang)
    from engine.cases import DEFAULT
    from engine.check import check as look

    done = look(*(part for part in knowledge.split(",") if part), cases=cases or DEFAULT)
    if json:
        print_json(done.json(lang))
    else:
        from engine.show import console
        from engine.show_check import show_check

        show_check(console(), done, lang, every)
    if done.failed:
        raise typer.Exit(FOUND)
