"""The command line.  Heavy modules are imported by the commands that need them, so that help is instant."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from engine import cli_knowledge, cli_reasoning
from engine.cli_common import DONE, FOUND, UNUSABLE, File, Json, Knowledge, Lang, Strict, base_of, check_lang, print_json

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True,
    help="山水 Shanshui：国土空间生态修复方案的规则推理与解释。\n\nRule-based decision support for ecological restoration plans.",
)  # fmt: skip
cases_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="案例：清单与详情。Case studies.")
app.add_typer(cases_app, name="cases")
table_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="决策表：与 Excel 往返。Decision tables, to Excel and back.")
app.add_typer(table_app, name="table")
app.add_typer(cli_reasoning.app)
app.add_typer(cli_knowledge.app)


@app.command()
def consult(
    file: File, unit: Annotated[str, typer.Option("--unit", metavar="ID", help="只看一个单元 one unit only")] = "",
    strict: Strict = False, json: Json = False, lang: Lang = "zh", knowledge: Knowledge = "",
) -> None:  # fmt: skip
    """各单元的结论与推理过程。Conclusions and explanation of each unit."""
    check_lang(lang)
    from engine.consult import consult_unit, knowledge_json
    from engine.project import read_project

    base = base_of(knowledge)
    project = read_project(file, base)
    if unit and unit not in project.units:
        from engine.source import near
        from engine.why import unusable

        raise unusable("E501", near(unit, project.units), name=unit, options=", ".join(project.units))
    consultations = [consult_unit(base, u) for id, u in project.units.items() if not unit or id == unit]
    if json:
        print_json({"units": [c.json() for c in consultations], "knowledge": knowledge_json(base)})
    else:
        from engine.show import console, show_consultation
        from engine.wording import Wording

        out, words = console(), Wording(base, lang)
        for consultation in consultations:
            show_consultation(out, consultation, words)
    if strict and any(c.stops() for c in consultations):
        raise typer.Exit(FOUND)


@app.command()
def plan(
    file: File, out: Annotated[Path, typer.Option("--out", metavar="DIR", help="写入的目录 folder to write")],
    strict: Strict = False, json: Json = False, lang: Lang = "zh", knowledge: Knowledge = "",
) -> None:  # fmt: skip
    """完整方案：结论、措施、次序、日期、费用、检查。The whole plan, written to a folder."""
    check_lang(lang)
    from engine.plan import make_plan
    from engine.project import read_project
    from engine.report import write_plan
    from engine.why import unusable

    base = base_of(knowledge)
    made = make_plan(base, read_project(file, base))
    try:
        written = write_plan(made, out)
    except OSError as error:
        raise unusable("E505", name=out, why=(error.strerror or "").lower()) from None
    if json:
        print_json(made.json())
    else:
        from engine.show import console, show_plan
        from engine.wording import Wording

        words, screen = Wording(base, lang), console()
        show_plan(screen, made, words)
        screen.print(words["written"].format(files=words["list"].join(str(path) for path in written)), markup=False)
    if strict and made.stops():
        raise typer.Exit(FOUND)


@app.command()
def why(
    file: File, unit: Annotated[str, typer.Option("--unit", metavar="ID", help="单元 unit")],
    about: Annotated[str, typer.Option("--about", metavar="TARGET", help="mode, mode:reconstruct, measure:ID, flag:ID, order:TASK,TASK, date:TASK")],
    negated: Annotated[bool, typer.Option("--not", help="为什么不 why not")] = False,
    json: Json = False, lang: Lang = "zh", knowledge: Knowledge = "",
) -> None:  # fmt: skip
    """为什么，或为什么不。Why, or why not."""
    check_lang(lang)
    from engine.project import read_project
    from engine.why import why as explain

    base = base_of(knowledge)
    found = explain(base, read_project(file, base), unit, about, negated)
    if json:
        print_json(found)
    else:
        from engine.show import console, show_why
        from engine.wording import Wording

        show_why(console(), base, found, Wording(base, lang))


@app.command()
def coverage(json: Json = False, lang: Lang = "zh", knowledge: Knowledge = "") -> None:
    """标准的每一条由什么落实。The standard's statements against what carries them out."""
    check_lang(lang)
    from engine.coverage import coverage as cover

    base = base_of(knowledge)
    covered = cover(base)
    if json:
        print_json({"statements": [c.json() for c in covered]})
    else:
        from engine.show import console, show_coverage
        from engine.wording import Wording

        show_coverage(console(), covered, Wording(base, lang))
    if any(c.missing for c in covered):
        raise typer.Exit(FOUND)


@cases_app.command("list")
def cases_list(json: Json = False, lang: Lang = "zh", knowledge: Knowledge = "") -> None:
    """案例清单。All case studies."""
    check_lang(lang)
    from engine.cases import case_folders, read_case

    cases = [read_case(folder) for folder in case_folders().values()]
    if json:
        print_json({"cases": [{"name": c.name, "title": c.title.model_dump(), "constructed": c.constructed, "units": len(c.expect)} for c in cases]})
    else:
        from engine.show import console, show_cases
        from engine.wording import Wording

        show_cases(console(), cases, Wording(base_of(knowledge), lang))


@cases_app.command("show")
def cases_show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="案例名称 name of the case")],
    instructor: Annotated[bool, typer.Option("--instructor", help="含教师说明 with notes for the instructor")] = False,
    json: Json = False, lang: Lang = "zh", knowledge: Knowledge = "",
) -> None:  # fmt: skip
    """一个案例的经过、应得结果与思考题。One case: its story, what must come out, and questions."""
    check_lang(lang)
    from engine.cases import case_folders, read_case
    from engine.source import near
    from engine.why import unusable

    folders = case_folders()
    if name not in folders:
        raise unusable("E504", near(name, folders), name=name)
    case = read_case(folders[name])
    if json:
        shown = case.model_dump(mode="json", exclude=None if instructor else {"notes"})
        print_json(shown | {"project": f"cases/{name}/project.yaml"})
    else:
        from engine.show import console, show_case
        from engine.wording import Wording

        show_case(console(), case, Wording(base_of(knowledge), lang), instructor)


Decision = Annotated[str, typer.Argument(metavar="DECISION", help="决策编号 id of a decision, such as needed_mode")]
Workbook = Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="Excel 工作簿 workbook")]


@table_app.command("export")
def table_export(decision: Decision, file: Workbook, lang: Lang = "zh", knowledge: Knowledge = "") -> None:
    """把一项决策写成 Excel 决策表。A decision as an Excel decision table."""
    check_lang(lang)
    from engine.messages import words
    from engine.tables import export_table

    export_table(base_of(knowledge), decision, file)
    print(words(lang)["written"].format(files=file))


@table_app.command("import")
def table_import(decision: Decision, file: Workbook, json: Json = False, lang: Lang = "zh", knowledge: Knowledge = "") -> None:
    """把改过的决策表写回知识目录（最后一个）。A changed decision table back into the last knowledge folder."""
    check_lang(lang)
    from engine.imports import Rejected, import_table
    from engine.messages import words

    base = base_of(knowledge)
    try:
        done = import_table(base, decision, file)
    except Rejected as rejected:
        if rejected.copy:
            print(words(lang)["table_marked"].format(file=rejected.copy), file=sys.stderr)
        raise
    if json:
        print_json(done.json())
    else:
        counts = {"added": len(done.added), "changed": len(done.changed), "removed": len(done.removed)}
        print(words(lang)["table_imported" if any(counts.values()) else "table_same"].format(file=done.file, **counts))


store_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="项目库：备份与恢复。The store of projects: back-up and restore.")
app.add_typer(store_app, name="store")
StoreUrl = Annotated[str, typer.Option("--store", metavar="URL", envvar="SHANSHUI_STORE", help="项目库 store, such as postgresql://… ; default: SQLite in your data folder")]
Backup = Annotated[Path, typer.Argument(metavar="FILE", help="备份文件 back-up file")]


@store_app.command("backup")
def store_backup(file: Backup, store: StoreUrl = "", lang: Lang = "zh") -> None:
    """把全部项目写进一个文件。All projects into one file."""
    check_lang(lang)
    from engine.backup import backup
    from engine.source import words
    from engine.store import Store

    print(words(lang)["backed_up"].format(count=backup(Store(store or None), file), file=file))


@store_app.command("restore")
def store_restore(
    file: Backup, replace: Annotated[bool, typer.Option("--replace", help="替换库里现有的项目 in the place of what is there")] = False,
    store: StoreUrl = "", lang: Lang = "zh",
) -> None:  # fmt: skip
    """从备份文件恢复，要么全部，要么不动。Back from such a file: all of it or nothing."""
    check_lang(lang)
    from engine.backup import restore
    from engine.source import words
    from engine.store import Store

    print(words(lang)["restored"].format(count=restore(Store(store or None), file, replace)))


@app.command()
def ui(
    port: Annotated[int, typer.Option("--port", metavar="N", min=1, max=65535, help="端口 port")] = 8501,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="监听地址；0.0.0.0 为对内网开放 address; 0.0.0.0 opens it to the network")] = "127.0.0.1",
    store: StoreUrl = "", knowledge: Knowledge = "",
) -> None:  # fmt: skip
    """浏览器里的工作台。The planner's desk in the browser."""
    if store:
        os.environ["SHANSHUI_STORE"] = store
    if knowledge:
        os.environ["SHANSHUI_KNOWLEDGE"] = knowledge
    base = base_of(knowledge)  # what is wrong with the rules or the store is said here, not in a browser
    from engine.store import Store

    kept = Store(store or None)
    from ui.serve import serve

    serve(host, port, base, kept)


def _lang_of(arguments: list[str]) -> str:
    """The language asked for, also when the command line could not be carried out."""
    for i, argument in enumerate(arguments):
        if argument == "--lang" and i + 1 < len(arguments):
            return "en" if arguments[i + 1] == "en" else "zh"
        if argument.startswith("--lang="):
            return "en" if argument == "--lang=en" else "zh"
    return "en" if os.environ.get("SHANSHUI_LANG") == "en" else "zh"


def main() -> None:
    """Run the command line; a file that cannot be used ends in its problems on standard error and exit code 2."""
    gc.disable()  # a command is over before a collection would pay
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except Exception as error:
        from engine.source import Unusable

        if not isinstance(error, Unusable):
            raise
        lang = _lang_of(sys.argv[1:])
        for problem in error.problems:
            print(problem.render(lang), file=sys.stderr)
        sys.exit(UNUSABLE)


if __name__ == "__main__":
    main()
