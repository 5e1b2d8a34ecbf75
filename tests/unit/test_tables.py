"""A decision goes to Excel and comes back: nothing is lost, only what was changed is written, what is wrong is shown in its cell."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from support.bases import base
from support.small_bases import CUTS, _condition
from typer.testing import CliRunner

from engine.cells import Cell, condition, condition_node
from engine.cli import app
from engine.compile import attribute, intervals
from engine.conditions import All, Condition
from engine.grammar import Grammar
from engine.imports import Outcome, Rejected, import_table
from engine.knowledge import KnowledgeBase
from engine.load import DEFAULT, load
from engine.rewrite import Document, edited, written
from engine.rows import Checker, changes_between, every_change
from engine.source import Node, Source, Span, parse
from engine.tables import FIXED, Key, Row, Table, digest, export_table, read_table, rows_of
from engine.workbook import HIDDEN, TABLE, VOCABULARY, Book, SheetRow, read

DECISIONS = sorted(path.stem for path in (DEFAULT / "decisions").glob("*.yaml"))
Edit = Callable[[Worksheet], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped knowledge."""
    return Path(shutil.copytree(DEFAULT, tmp_path / "knowledge"))


def place(sheet: Worksheet, id: str, column: str) -> tuple[int, int]:
    """Row and column of a cell, by the rule's id and the column's heading."""
    columns = {cell.value: cell.column for cell in sheet[1]}
    row = next(r for r in range(1, sheet.max_row + 1) if sheet.cell(r, columns["id"]).value == id) if id else 1
    return row, columns[column]


def put(id: str, /, **cells: str | float | bool | None) -> Edit:
    def edit(sheet: Worksheet) -> None:
        for column, value in cells.items():
            sheet.cell(*place(sheet, id, column.replace("_", " ") if column.startswith("because") else column)).value = value

    return edit


def add(after: str, /, **cells: str) -> Edit:
    """A new row below another."""

    def edit(sheet: Worksheet) -> None:
        row, _ = place(sheet, after, "id")
        sheet.insert_rows(row + 1)
        for column, value in cells.items():
            sheet.cell(row + 1, place(sheet, "", column.replace("_", " ") if column.startswith("because") else column)[1]).value = value

    return edit


def take_out(id: str) -> Edit:
    return lambda sheet: sheet.delete_rows(place(sheet, id, "id")[0])


def over(folders: list[Path]) -> KnowledgeBase:
    """The shipped base as if read from the folders, which saves loading their copies."""
    return replace(base(), folders=tuple(folders))


def there_and_back(folders: list[Path], decision: str, *edits: Edit, file: Path | None = None) -> Outcome:
    file = file or folders[-1].parent / f"{decision}.xlsx"
    export_table(over(folders), decision, file)
    return back(folders, decision, file, *edits)


def back(folders: list[Path], decision: str, file: Path, *edits: Edit) -> Outcome:
    book = load_workbook(file)
    for edit in edits:
        edit(book[TABLE])
    book.save(file)
    return import_table(over(folders), decision, file)


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that only one of two texts has."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def text(folder: Path, decision: str) -> str:
    return (folder / "decisions" / f"{decision}.yaml").read_text("utf-8")


def rejected(folders: list[Path], decision: str, *edits: Edit) -> dict[str, tuple[str, str]]:
    """The problems of an import by place in the sheet: code and near miss.  The YAML must be untouched."""
    files = {path: path.read_bytes() for folder in folders for path in folder.rglob("*.yaml")}
    with pytest.raises(Rejected) as caught:
        there_and_back(folders, decision, *edits)
    assert {path: path.read_bytes() for folder in folders for path in folder.rglob("*.yaml")} == files
    return {str(p.at).rsplit("!", 1)[-1]: (p.code, p.near) for p in caught.value.problems}


def test_without_a_change_every_file_stays_as_it_was(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    for decision in DECISIONS:
        export_table(over([folder]), decision, file := folder.parent / f"{decision}.xlsx")
        done = import_table(over([folder]), decision, file)
        assert (done.added, done.changed, done.removed) == ([], [], [])
    assert {path: path.read_bytes() for path in folder.rglob("*.yaml")} == before


@pytest.mark.parametrize("decision", DECISIONS)
def test_cells_say_all_that_rows_say(decision: str, tmp_path: Path) -> None:
    """Written anew from its cells alone, every row reads as it did, and its condition is the one that was loaded."""
    file = tmp_path / "t.xlsx"
    export_table(base(), decision, file)
    table = read_table([DEFAULT], decision)
    book = read(file)
    assert table is not None
    wanted: dict[Key, SheetRow] = {key: SheetRow(r.number, r.cells) for key, r in zip(table.rows, book.rows, strict=True)}
    problems: list[object] = []
    checker = Checker(base(), table, book, lambda *found, **facts: problems.append((found, facts)))
    checker.columns()
    checker.rows(wanted)
    assert problems == []
    for key, row in table.rows.items():
        assert digest(wanted[key].cells) == digest(row.cells)
        assert changes_between(row, checker.nodes[key]) == {}
        again = parse(Source("again", "rules:\n" + written(every_change(checker.nodes[key])))).get("rules")
        assert again is not None
        (made,) = rows_of(parse(Source("again", "rules:\n" + written(every_change(checker.nodes[key])))))
        assert {k: v for k, v in made.cells.items() if k != "row"} == {k: v for k, v in row.cells.items() if k != "row"}


def test_ruamel_keeps_every_row_as_it_is() -> None:
    """So that a change of one cell changes no other line of its row."""
    for decision in DECISIONS:
        document = Document(text(DEFAULT, decision))
        for section in ("rules", "each"):
            for first, end in document.rows(section):
                row = "".join(document.lines[first:end])
                assert edited(row, {}) == row


def test_one_cell_changes_one_line(folder: Path) -> None:
    before = text(folder, "needed_mode")
    done = there_and_back([folder], "needed_mode", put("need.slight-weak", recovery="weak, medium"))
    assert done.changed == ["need.slight-weak"]
    gone, new = changed_lines(before, text(folder, "needed_mode"))
    assert (gone, new) == (["    when: {damage: slight, recovery: weak}"], ["    when: {damage: slight, recovery: [weak, medium]}"])
    assert load(folder).rules["need.slight-weak"].when != base().rules["need.slight-weak"].when


def test_every_column_can_be_changed(folder: Path) -> None:
    before = text(folder, "barred")
    edits = put("bar.heritage", then="pocket_park", layer="standard", cite="5.5.2 d", because_zh="另一理由：甲", because_en="another reason: a", disabled=True)
    land = put("bar.reserve-land", then="{effects: [builds, plants]}", problems="flooding, overuse")
    there_and_back([folder], "barred", edits, land, put("bar.water-sites", when="{any: [{bird_site: true}, {fish_spawning: true}]}"))
    gone, new = changed_lines(before, text(folder, "barred"))
    assert len(gone) == 7  # `layer: standard` stands elsewhere too
    assert new == [
        "    when: {any: [{bird_site: true}, {fish_spawning: true}]}",
        "    when: {reserve_land: true, problems: [flooding, overuse]}",
        "    then: {effects: [builds, plants]}",
        "    then: pocket_park",
        "    cite: [5.5.2 d]",
        "      zh: 另一理由：甲",
        '      en: "another reason: a"',
        "    disabled: true",
    ]
    assert "bar.heritage" not in load(folder).rules


def test_a_rule_is_added_where_the_sheet_has_it(folder: Path) -> None:
    before = text(folder, "needed_mode")
    new = add("need.none", id="need.steep", damage="moderate", slope_deg="≥ 42; < 60", then="assisted", layer="expert", cite="4.2.2 §1", because_zh="坡陡", because_en="steep")
    columns = lambda sheet: sheet.insert_cols(4) or setattr(sheet.cell(1, 4), "value", "slope_deg")  # noqa: E731
    done = there_and_back([folder], "needed_mode", columns, new)
    assert done.added == ["need.steep"]
    rows = [row.id for row in read_table([folder], "needed_mode").rows.values()]  # type: ignore[union-attr]
    assert rows.index("need.steep") == 1
    gone, came = changed_lines(before, text(folder, "needed_mode"))
    assert gone == [] and "    when: {damage: moderate, slope_deg: {at_least: 42, below: 60}}" in came
    assert 42.0 in load(folder).attributes["slope_deg"].thresholds


def test_a_rule_is_taken_out_with_its_lines_alone(folder: Path) -> None:
    before = text(folder, "flags")
    done = there_and_back([folder], "flags", take_out("flag.reserve-zoning"))
    assert done.removed == ["flag.reserve-zoning"]
    assert before.startswith(text(folder, "flags").rstrip("\n"))
    assert before.count("\n") - text(folder, "flags").count("\n") == 8


def test_comments_and_order_stay(folder: Path) -> None:
    file = folder / "decisions" / "space_class.yaml"
    written_by_hand = file.read_text("utf-8").replace("  - id: space.agricultural\n", "  # the plain\n\n  - id: space.agricultural   # fields\n")
    written_by_hand = written_by_hand.replace("    then: agricultural\n", "    then: agricultural  # as planned\n")
    file.write_text(written_by_hand, "utf-8")
    there_and_back([folder], "space_class", put("space.agricultural", cite="5.5.2 d, P5"), put("space.urban", layer="expert"))
    expected = written_by_hand.replace("    cite: [5.5.2 d]\n", "    cite: [5.5.2 d, P5]\n")
    head, tail = expected.rsplit("    layer: standard\n", 1)
    assert file.read_text("utf-8") == head + "    layer: expert\n" + tail


def test_rows_of_an_ordered_table_move_with_what_stands_above_them(folder: Path) -> None:
    file = folder / "decisions" / "space_class.yaml"
    file.write_text(file.read_text("utf-8").replace("  - id: space.urban\n", "  # towns\n  - id: space.urban\n"), "utf-8")

    def move(sheet: Worksheet) -> None:
        row, _ = place(sheet, "space.urban", "id")
        values = [cell.value for cell in sheet[row]]
        sheet.delete_rows(row)
        sheet.insert_rows(3)
        for i, value in enumerate(values, 1):
            sheet.cell(3, i).value = value

    there_and_back([folder], "space_class", move)
    assert next(iter(read_table([folder], "space_class").rows)) == ("rule", "space.urban")  # type: ignore[union-attr]
    assert "rules:\n  # towns\n  - id: space.urban\n" in file.read_text("utf-8")


def test_sorting_a_collect_table_changes_nothing(folder: Path) -> None:
    before = text(folder, "barred")

    def turn_round(sheet: Worksheet) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
        for number, values in enumerate(reversed([r for r in rows if any(r)]), 3):
            for i, value in enumerate(values, 1):
                sheet.cell(number, i).value = value

    there_and_back([folder], "barred", turn_round)
    assert text(folder, "barred") == before


def test_otherwise_and_each_rows_can_be_changed(folder: Path) -> None:
    there_and_back([folder], "zone_fit", put("fit.outside", because_en="no match"), put("fit.main", cite="@cite, 4.1.3 b, 5.3 §1"))
    new = text(folder, "zone_fit")
    assert changed_lines(text(DEFAULT, "zone_fit"), new)[1] == ['    cite: ["@cite", 4.1.3 b, 5.3 §1]', "    en: no match"]
    assert load(folder).decisions["zone_fit"].otherwise.because.en == "no match"  # type: ignore[union-attr]


def test_line_ends_of_windows_stay(folder: Path) -> None:
    file = folder / "decisions" / "modes.yaml"
    windows = b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n")
    file.write_bytes(windows)
    there_and_back([folder], "modes")
    assert file.read_bytes() == windows
    there_and_back([folder], "modes", put("modes.natural", cite="5.5.2 §1, P1"))
    assert file.read_bytes() == windows.replace(b"then: natural\r\n    layer: standard\r\n    cite: [5.5.2 \xc2\xa71]", b"then: natural\r\n    layer: standard\r\n    cite: [5.5.2 \xc2\xa71, P1]", 1)


def test_ids_and_headings_are_checked_first_all_of_them(folder: Path) -> None:
    found = rejected([folder], "needed_mode", put("need.moderate-strong", id="need.none"), put("need.moderate-medium", id=None), put("", recovery="recovry"))
    assert sorted(found.values()) == [("E202", ""), ("E209", ""), ("E301", "recovery")]


def test_problems_of_cells_have_place_code_and_near_miss(folder: Path) -> None:
    found = rejected(
        [folder], "needed_mode",
        put("need.none", damage="nome", layer="expret"),
        put("need.slight-strong", then="natral", cite=None, recovery="≥ 3"),
        put("need.slight-medium", because_en=None, when="{any: [{hazrd: high}]}"),
        put("need.slight-weak", when="{any: [", damage="slight; weak"),
    )  # fmt: skip
    columns = {name: Cell("", 3, i) for name, i in read(folder.parent / "needed_mode.xlsx").columns.items()}

    def at(row: int, column: str) -> str:
        return str(Cell("", row, columns[column].column)).strip("!")

    assert found == {
        at(3, "damage"): ("E302", "none"), at(3, "layer"): ("E203", "expert"),
        at(5, "then"): ("E302", "natural"), at(5, "cite"): ("E310", ""), at(5, "recovery"): ("E303", ""),
        at(6, "because en"): ("E311", ""), at(6, "when"): ("E301", "hazard"),
        at(7, "when"): ("E106", ""), at(7, "damage"): ("E655", ""),
    }  # fmt: skip


def test_problems_are_written_into_a_copy_as_red_cells(folder: Path) -> None:
    rejected([folder], "needed_mode", put("need.none", damage="nome"))
    copy = load_workbook(folder.parent / "needed_mode.errors.xlsx")
    cell = copy[TABLE].cell(*place(copy[TABLE], "need.none", "damage"))
    assert cell.fill.fgColor.rgb == "FFFF7C80"
    assert cell.comment and "E302" in cell.comment.text and "did you mean `none`" in cell.comment.text and "没有答案" in cell.comment.text


def test_what_only_the_whole_base_can_tell_is_traced_to_its_cell(folder: Path) -> None:
    """A gap in the table, a rule id used elsewhere, a cycle and an unknown effect are found by loading everything."""
    assert rejected([folder], "space_class", take_out("space.urban")) == {"B1": ("E314", "")}
    assert list(rejected([folder], "modes", put("modes.natural", id="space.urban")).values()) == [("E209", "")]
    ((place_, (code, _)),) = rejected([folder], "barred", put("bar.heritage", then="{elemnts: [river]}")).items()
    book = read(folder.parent / "barred.xlsx")
    row = next(r.number for r in book.rows if r.cells["id"] == "bar.heritage")
    assert (place_, code) == (str(book.at(row, "then")).rsplit("!", 1)[1], "E201")
    ((place_, (code, _)),) = rejected([folder], "space_class", put("space.urban", when="{mode: natural}")).items()
    assert code == "E313"


def test_formulas_dates_and_columns_without_a_name_are_refused(folder: Path) -> None:
    import datetime

    def beside(sheet: Worksheet) -> None:
        sheet.cell(3, sheet.max_column + 3).value = "note"

    found = rejected([folder], "modes", put("modes.natural", then="=A1"), put("modes.assisted", cite=datetime.date(2026, 5, 1)), beside)  # type: ignore[arg-type]
    assert sorted(code for code, _ in found.values()) == ["E654", "E654", "E661"]


def test_excel_turns_words_into_booleans_and_numbers(folder: Path) -> None:
    """TRUE, 是 and yes are the answer true; a number in a cell is read as its text."""
    there_and_back([folder], "duties", put("duty.bird-watch", bird_site=True), put("duty.heritage-consultation", heritage="是"))
    assert text(folder, "duties") == text(DEFAULT, "duties")
    found = rejected([folder], "barred", put("bar.heritage", cite=5.3, heritage=1))
    assert list(found.values()) == [("E302", "")]


def test_a_change_in_the_file_meanwhile_is_kept_or_named(folder: Path) -> None:
    file = folder.parent / "modes.xlsx"
    export_table(over([folder]), "modes", file)
    path = folder / "decisions" / "modes.yaml"
    path.write_text(path.read_text("utf-8").replace("en: natural recovery is always open in other red-line land", "en: natural recovery is open there"), "utf-8")
    done = back([folder], "modes", file, put("modes.natural", cite="5.5.2 §1, P1"))
    assert done.changed == ["modes.natural"] and "natural recovery is open there" in path.read_text("utf-8")
    assert back([folder], "modes", file).changed == []  # the same workbook once more: nothing left to do
    with pytest.raises(Rejected) as caught:
        back([folder], "modes", file, put("modes.redline-other", cite="5.5.2 b, P1"))
    assert [p.code for p in caught.value.problems] == ["E656"]


def test_only_the_last_folder_is_written(folder: Path, tmp_path: Path) -> None:
    """A changed rule, a new one and a removed one go into the local folder, which had nothing of the decision."""
    local = tmp_path / "local"
    local.mkdir()
    new = add("modes.redline-other", id="modes.urban", space_class="urban", then="natural", layer="expert", cite="5.5.2 e", because_zh="城里", because_en="in town")
    folders = [folder, local]
    done = there_and_back(folders, "modes", put("modes.natural", cite="P1"), new, take_out("modes.conserve"))
    assert (done.added, done.changed, done.removed) == (["modes.urban"], ["modes.natural"], ["modes.conserve"])
    assert text(folder, "modes") == text(DEFAULT, "modes")
    both = load(*folders)
    assert both.rules["modes.natural"].cite == ("P1",) and "modes.conserve" not in both.rules and "modes.urban" in both.rules
    assert {row.id for row in rows_of(parse(Source("local", text(local, "modes"))))} == {"modes.natural", "modes.urban", "modes.conserve"}
    written_once = text(local, "modes")
    there_and_back(folders, "modes")
    assert text(local, "modes") == written_once
    there_and_back(folders, "modes", put("modes.conserve", disabled=None), take_out("modes.urban"))
    both = load(*folders)
    assert "modes.conserve" in both.rules and "modes.urban" not in both.rules


def test_a_local_folder_cannot_put_a_rule_before_those_of_the_base(folder: Path, tmp_path: Path) -> None:
    local = tmp_path / "local"
    local.mkdir()
    new = add("need.none", id="need.new", damage="slight", then="natural", layer="expert", cite="4.2.2 §1", because_zh="理由", because_en="reason")
    assert [code for code, _ in rejected([folder, local], "needed_mode", new).values()] == ["E657"]
    assert not list(local.rglob("*.yaml"))


def test_a_decision_can_be_made_from_its_workbook_alone(folder: Path) -> None:
    """Names, hit policy, answers and what is public come with the workbook."""
    file = folder.parent / "against_whole.xlsx"
    export_table(over([folder]), "duties", file)
    path = folder / "decisions" / "duties.yaml"
    before = base().decisions["duties"]
    path.unlink()
    done = import_table(over([folder]), "duties", file)
    after = load(folder).decisions["duties"]
    assert len(done.added) == len(rows_in(before))
    assert (after.zh, after.en, after.hit, after.public, after.answers) == (before.zh, before.en, before.hit, before.public, before.answers)
    assert [(r.id, r.when, r.then, r.cite, r.because) for r in after.every_rule] == [(r.id, r.when, r.then, r.cite, r.because) for r in before.every_rule]


def rows_in(decision: object) -> set[str]:
    return {rule.id.split(":")[0] for rule in decision.every_rule}  # type: ignore[attr-defined]


def test_the_workbook_is_comfortable(tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    export_table(base(), "needed_mode", file)
    book = load_workbook(file)
    sheet = book[TABLE]
    assert sheet.freeze_panes == "C3" and book[HIDDEN].sheet_state == "hidden"
    comments = {cell.value: cell.comment.text for cell in sheet[1] if cell.comment}
    assert base().facts["recovery"].question.zh in comments["recovery"] and "5.4.1" in comments["recovery"]
    lists = {str(v.sqref).split(":")[0].rstrip("0123456789"): v.formula1 for v in sheet.data_validations.dataValidation}
    letters = {cell.value: cell.column_letter for cell in sheet[1]}
    assert lists[letters["layer"]] == '"law,standard,expert"'
    assert {letters["then"], letters["recovery"], letters["damage"]} <= set(lists)
    reference = lists[letters["recovery"]].split("!")[1].replace("$", "")
    assert [cell.value for (cell,) in book[VOCABULARY][reference]] == ["strong", "medium", "weak"]
    assert sheet.column_dimensions["B"].number_format == "@"


@pytest.mark.parametrize(
    ("written_", "same"),
    [
        ("mine", "mine"), ("mine，forest", "mine, forest"), ("not mine", "not mine"), ("none_of a,b", "none_of a, b"), ("all_of a, b", "all_of a, b"), (">=35", "≥ 35"), ("at_least 35", "≥ 35"),
        ("<15", "< 15"), ("≥ 15；< 35", "≥ 15; < 35"), ("not none_of a", "not none_of a"), ("all_of a; none_of b, c", "all_of a; none_of b, c"), ("@any", "@any"), ("nothing", "nothing"),
    ],
)  # fmt: skip
def test_conditions_in_cells(written_: str, same: str) -> None:
    assert condition(condition_node(written_, Span("cell"))) == same


def test_commands(folder: Path) -> None:
    run = CliRunner().invoke
    file = str(folder.parent / "t.xlsx")
    assert run(app, ["table", "export", "mode", file, "--knowledge", str(folder)]).exit_code == 0
    done = run(app, ["table", "import", "mode", file, "--knowledge", str(folder), "--json"])
    assert done.exit_code == 0 and '"changed": []' in done.stdout
    with pytest.raises(Rejected, match=r"t\.xlsx:1:1: E653"):
        run(app, ["table", "import", "modes", file, "--knowledge", str(folder)], catch_exceptions=False)
    with pytest.raises(Exception, match="did you mean `needed_mode`"):
        run(app, ["table", "export", "neded_mode", file], catch_exceptions=False)
    Path(file).write_text("no workbook", "utf-8")
    with pytest.raises(Rejected, match="E651"):
        run(app, ["table", "import", "mode", file], catch_exceptions=False)


KINDS = {"p": ("many", ("p0", "p1", "p2")), "o": ("one", ("a0", "a1", "a2")), "y": ("one", ("true", "false")), "n": ("number", ()), "q": ("one", ("none", "yes", "1"))}
TEXTS = ("plain", "with: colon", "# hash", "- dash", "a, b", "'q'", '"dq"', "理由：甲", "yes", "null", "5.3", "a #b", "{x}", "@at", "two\nlines", "%p", "!x", "?", "~", "*a", "&a", "end:")
CLAUSES = ("5.5.2 a", "P1", "5.3", "C.1 I-2-3 (2)", "1 §1")


def random_row(rng: random.Random) -> dict[str, Any]:
    """A rule with any condition that can be written, and texts that YAML might take for something else."""
    then = rng.choice(["p0", ["p0", "p1"], {"effects": ["builds"], "except": ["a", "b"]}])
    row = {"id": "r.1", "when": _condition(rng, KINDS, rng.choice((0, 0, 1, 2))), "then": then, "layer": "expert", "cite": rng.sample(CLAUSES, rng.randint(1, 3))}
    row["because"] = {"zh": rng.choice(TEXTS), "en": rng.choice(TEXTS)}
    return row | ({"disabled": True} if rng.random() < 0.2 else {})


@pytest.mark.parametrize("seed", range(6))
def test_any_row_can_be_written_and_turned_into_any_other(seed: int) -> None:
    """Cells → YAML → cells is the identity, for new rows and for rows edited in place, and the condition keeps its meaning."""
    cuts = tuple(map(float, CUTS))
    numbers = attribute("n", "number", intervals(cuts), "fact", cuts)
    attributes = {name: numbers if kind == "number" else attribute(name, kind, answers, "fact") for name, (kind, answers) in KINDS.items()}
    problems: list[object] = []
    grammar = Grammar(attributes, lambda *found, **facts: problems.append((found, facts)))
    book = Book(Path("b"), {}, {name: i for i, name in enumerate((*KINDS, *FIXED), 1)}, ())
    table = Table("p", (("hit", Node("scalar", "collect", Span("x"))),), {})
    checker = Checker(replace(base(), attributes=attributes), table, book, lambda *found, **facts: problems.append((found, facts)))
    rng = random.Random(seed)

    def in_file(text: str) -> Row:
        (row,) = rows_of(parse(Source("file", "rules:\n" + text)))
        return row

    def meaning(row: Row) -> set[Condition]:
        condition = grammar.condition(row.node.get("when"))
        return set(condition.parts) if isinstance(condition, All) else {condition}

    for _ in range(100):
        by_hand, other = (in_file("  - " + json.dumps(random_row(rng), ensure_ascii=False) + "\n") for _ in range(2))
        new = in_file(written(every_change(checker.read(SheetRow(3, by_hand.cells)))))
        assert (new.cells, meaning(new)) == (by_hand.cells, meaning(by_hand))
        for start in (by_hand.node, new.node):
            text = written({(key,): value for key, _, value in start.items()})
            nodes = checker.read(SheetRow(3, other.cells))
            turned = in_file(edited(text, changes_between(in_file(text), nodes)))
            assert {k: v for k, v in turned.cells.items() if k != "when"} == {k: v for k, v in other.cells.items() if k != "when"}
            assert meaning(turned) == meaning(other)
    assert problems == []
