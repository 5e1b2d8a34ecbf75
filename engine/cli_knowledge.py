"""The commands about a knowledge base itself: whether it is sound, and how two of them differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli_common import FOUND, Json, Knowledge, Lang, base_of, check_lang, print_json

if TYPE_CHECKING:
    from engine.knowledge import KnowledgeBase

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


@app.command()
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="旧知识目录，可写 DIR,DIR the old knowledge folders")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="新知识目录，可写 DIR,DIR the new knowledge folders")],
    cases: Annotated[Path | None, typer.Option("--cases", metavar="DIR", help="案例目录 folder of cases; default: those shipped")] = None,
    patches: Annotated[Path | None, typer.Option("--patches", metavar="FILE", help="图斑表，CSV 或 Parquet table of patches; default: a sample")] = None,
    json: Json = False, lang: Lang = "zh",
) -> None:  # fmt: skip
    """两个知识库的差别：改了什么，谁的结论变了，对一切单元更严还是更宽。How two knowledge bases differ."""
    check_lang(lang)
    before, after = _both(old, new)
    from engine.diff import diff as compare

    found = compare(before, after, cases, patches)
    if json:
        print_json(found.json())
    else:
        from engine.show import console
        from engine.show_knowledge import show_diff

        show_diff(console(), found, lang)
    if found:
        raise typer.Exit(FOUND)


def _both(old: str, new: str) -> tuple[KnowledgeBase, KnowledgeBase]:
    """The two bases; raises `Unusable` with the problems of both."""
    from engine.source import Problem, Unusable

    bases: list[KnowledgeBase] = []
    problems: list[Problem] = []
    for folders in (old, new):
        try:
            bases.append(base_of(folders))
        except Unusable as unusable:
            problems += unusable.problems
    if problems:
        raise Unusable(problems)
    return bases[0], bases[1]
