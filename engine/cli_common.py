"""What the commands share: their common options, exit codes, and ways to print."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from engine.knowledge import KnowledgeBase

DONE, FOUND, UNUSABLE = 0, 1, 2

File = Annotated[Path, typer.Argument(metavar="FILE", help="项目文件 project file (YAML or JSON)")]
Knowledge = Annotated[str, typer.Option("--knowledge", metavar="DIR[,DIR]", help="知识目录，后者覆盖前者 knowledge folders, later over earlier")]
Lang = Annotated[str, typer.Option("--lang", metavar="zh|en", envvar="SHANSHUI_LANG", help="语言 language")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON print one JSON document")]
Strict = Annotated[bool, typer.Option("--strict", help="有（或可能有）禁止项时退出码为 1 exit 1 on a stop, also a possible one")]


def base_of(knowledge: str) -> KnowledgeBase:
    from engine.load import load

    return load(*(part for part in knowledge.split(",") if part))


def print_json(data: Any) -> None:
    import json

    json.dump(data, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def check_lang(lang: str) -> None:
    from engine.source import Problem, Span, Unusable

    if lang not in ("zh", "en"):
        raise Unusable([Problem(Span("shanshui"), "E506", (("name", lang),))])
