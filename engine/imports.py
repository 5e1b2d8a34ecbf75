"""A workbook back into the decision's YAML file: what changed, checked cell by cell, written row by row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine import workbook
from engine.cells import Cell, flow_node
from engine.grammar import NO, YES
from engine.knowledge import KnowledgeBase
from engine.load import load
from engine.rewrite import Changes, Document, NotBlock, Piece, dumped, styled
from engine.rows import Checker, changes_between, every_change, overlaid
from engine.source import Node, Problem, Source, Span, Unusable, parse
from engine.tables import FIXED, ROWS, Key, Row, Table, digest, key_of, read_table, rows_of
from engine.workbook import TABLE, Book, SheetRow

REQUIRED = tuple(name for name in FIXED if name not in ("row", "each", "having", "lacking"))
TRUE = Node("scalar", "true", Span("disabled"), True)


class Rejected(Unusable):
    """What is wrong with a workbook; `copy` is the marked copy beside it, where a problem lies in a cell."""

    def __init__(self, unusable: Unusable, copy: Path | None):
        super().__init__(unusable.problems)
        self.copy = copy


@dataclass
class Outcome:
    """What an import did to the file: ids of rows."""

    file: Path
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def json(self) -> dict[str, object]:
        return {"file": str(self.file), "added": self.added, "changed": self.changed, "removed": self.removed}


def import_table(base: KnowledgeBase, decision: str, path: Path) -> Outcome:
    """Carry a workbook's changes into the base's last folder; raises `Rejected` with every problem, the YAML untouched."""
    try:
        return _Import(base, decision, workbook.read(path)).run()
    except Unusable as unusable:
        raise Rejected(unusable, workbook.mark(path, unusable.problems)) from None


class _Import:
    def __init__(self, base: KnowledgeBase, decision: str, book: Book):
        self.base, self.folders, self.book = base, base.folders, book
        self.problems: list[Problem] = []
        self.exported: dict[Key, str] = {(kind, id): said for kind, id, said in (json.loads(row) for row in book.hidden.get("row", ()))}
        found = (book.hidden.get("decision") or [""])[0]
        if found != decision:
            raise Unusable([Problem(Span(str(book.path)), "E653", (("found", found), ("name", decision)))])
        table = read_table(self.folders, decision)
        if table is None:
            self.exported = {}
        self.table = table or Table(decision, tuple(_header(book)), {})
        self.earlier = read_table(self.folders[:-1], decision)
        self.last = len(self.folders) - 1
        self.file = self.table.files.get(self.last) or self.folders[-1] / "decisions" / f"{decision}.yaml"
        self.outcome = Outcome(self.file)

    def problem(self, at: Span, code: str, near: str = "", **facts: object) -> None:
        self.problems.append(Source(at.file, "").problem(at, code, near, **facts))

    def stop(self) -> None:
        if self.problems:
            raise Unusable(self.problems)

    def run(self) -> Outcome:
        for name in REQUIRED:
            if name not in self.book.columns:
                self.problem(Cell(f"{self.book.path}!{TABLE}", 1, 1), "E202", key=name)
        self.stop()
        wanted = self._wanted()
        work = self._work(wanted)
        checker = Checker(self.base, self.table, self.book, self.problem)
        checker.columns()
        checker.rows({key: wanted[key] for key, what in work.items() if what in ("new", "changed")})
        self.stop()
        pieces, one = self._pieces(wanted, work, checker)
        self.stop()
        self._write(pieces, one)
        return self.outcome

    def _wanted(self) -> dict[Key, SheetRow]:
        """The rows of the sheet by key."""
        wanted: dict[Key, SheetRow] = {}
        ids: set[str] = set()
        for row in self.book.rows:
            cells = dict(row.cells)
            kind = cells.setdefault("row", "rule")
            if kind not in ROWS.values():
                self.problem(self.book.at(row.number, "row"), "E203", text=kind, options=", ".join(ROWS.values()))
            said = cells.pop("disabled", "").casefold()
            if said in YES:
                cells["disabled"] = "true"
            elif said and said not in NO:
                self.problem(self.book.at(row.number, "disabled"), "E203", text=said, options="true, false")
            id = cells.get("id", "")
            key = key_of(kind, id)
            if not id:
                self.problem(self.book.at(row.number, "id"), "E202", key="id")
            elif id in ids or key in wanted:
                self.problem(self.book.at(row.number, "id"), "E209", id=id)
            else:
                ids.add(id)
                wanted[key] = SheetRow(row.number, cells)
        return wanted

    def _work(self, wanted: Mapping[Key, SheetRow]) -> dict[Key, str]:
        """What is to be done with each row: new, changed, same, removed; clashes with the file become problems."""
        work: dict[Key, str] = {}
        for key, row in wanted.items():
            now, was, said = self.table.rows.get(key), self.exported.get(key), digest(row.cells)
            current = digest(now.cells) if now else None
            if current == said or (was == said and now):
                work[key] = "same"
            elif was == current:
                work[key] = "new" if now is None else "changed"
            elif was != said:
                self.problem(self.book.at(row.number, "id"), "E656", id=row.cells["id"])
        for key, was in self.exported.items():
            if key not in wanted and (now := self.table.rows.get(key)):
                if was == digest(now.cells):
                    work[key] = "removed"
                else:
                    self.problem(self.book.at(1, "id"), "E656", id=now.id)
        return work

    def _pieces(self, wanted: Mapping[Key, SheetRow], work: Mapping[Key, str], checker: Checker) -> tuple[dict[str, list[Piece]], tuple[Changes | None, bool] | None]:
        """The rows of each section of the new file, and what happens to the row under `otherwise`: its changes (None: it goes) and whether it is new."""
        mine = {key: row for key, row in self.table.rows.items() if row.folder == self.last}
        made: dict[Key, Piece] = {key: Piece(row.position) for key, row in mine.items()}
        below = self.earlier.rows if self.earlier else {}
        for key, what in work.items():
            now = self.table.rows.get(key)
            id = wanted[key].cells["id"] if key in wanted else now.id if now else ""
            if what == "new":
                made[key] = Piece(None, every_change(checker.nodes[key]))
                self.outcome.added.append(id)
            elif what == "changed" and now:
                made[key] = Piece(now.position, changes_between(now, checker.nodes[key])) if key in mine else Piece(None, overlaid(now, checker.nodes[key]))
                self.outcome.changed.append(id)
            elif what == "removed" and now:
                self._remove(key, now, key in below, made)
                self.outcome.removed.append(id)
        order = {kind: self._order(kind, list(wanted), made) for kind in ("rule", "each")}
        if self.table.first:
            self._check_order(wanted, [*below, *order["rule"], *order["each"], *[k for k in made if k[0] == "otherwise"]])
        one = None
        if (key := ("otherwise", "")) in made and made[key] != Piece(mine[key].position if key in mine else None):
            one = (made[key].changes, made[key].position is None)
        elif key in mine and key not in made:
            one = (None, False)
        return {section: [made[key] for key in order[kind]] for section, kind in ROWS.items() if kind in order}, one

    def _remove(self, key: Key, now: Row, below: bool, made: dict[Key, Piece]) -> None:
        """Take a row out; one of an earlier folder is disabled instead."""
        if not below:
            made.pop(key)
        elif key[0] == "otherwise":
            self.problem(self.book.at(1, "id"), "E659", id=now.id)
        elif now.folder == self.last:
            made[key] = Piece(now.position, {("disabled",): TRUE})
        else:
            as_written: Changes = {(name,): value for name, _, value in now.node.items()}
            made[key] = Piece(None, {**as_written, ("disabled",): TRUE})

    def _order(self, kind: str, sheet: list[Key], made: Mapping[Key, Piece]) -> list[Key]:
        """The keys of a section in their new order: the sheet's where order counts, else the file's with new rows where the sheet has them."""
        in_sheet = [key for key in sheet if key in made and key[0] == kind]
        in_file = [key for key in self.table.rows if key in made and key[0] == kind and made[key].position is not None]
        in_file.sort(key=lambda key: self.table.rows[key].position)
        leading, following = (in_sheet, in_file) if self.table.first else (in_file, in_sheet)
        order = list(leading)
        before = None
        for key in following:
            if key not in order:
                order.insert(0 if before is None else order.index(before) + 1, key)
            before = key
        return order + [key for key in made if key[0] == kind and key not in order]

    def _check_order(self, wanted: Mapping[Key, SheetRow], order: list[Key]) -> None:
        """In a *first* table rows must stand as the loader will read them: earlier folders first, rules before `each`, `otherwise` last."""
        read = [key for key in dict.fromkeys(order) if key in wanted and key[0] != "otherwise"] + [key for key in wanted if key[0] == "otherwise"]
        for key, expected in zip([key for key in wanted if key in read], read, strict=True):
            if key != expected:
                self.problem(self.book.at(wanted[key].number, "id"), "E657", id=wanted[key].cells["id"])
                return

    def _write(self, pieces: Mapping[str, Sequence[Piece]], one: tuple[Changes | None, bool] | None) -> None:
        old = self.file.read_bytes() if self.last in self.table.files else None
        document = Document(old.decode("utf-8") if old is not None else self._new_file())
        try:
            for section, rows in pieces.items():
                document.replace(section, rows)
        except NotBlock as error:
            self.problem(Span(str(self.file), error.line), "E658")
        self.stop()
        if one:
            document.replace_one("otherwise", *one)
        text = document.result()
        if old is None and not any((self.outcome.added, self.outcome.changed, self.outcome.removed)):
            return
        if old is None or text.encode() != old:
            self._try(text, old)

    def _try(self, text: str, old: bytes | None) -> None:
        """Write the file and load everything; put it back when that fails."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_bytes(text.encode())
        except OSError as error:
            raise Unusable([Problem(Span(str(self.file)), "E505", (("name", str(self.file)), ("why", (error.strerror or "").lower())))]) from None
        good = False
        try:
            load(*self.folders)
            good = True
        except Unusable as unusable:
            raise Unusable(self._in_cells(unusable.problems, text)) from None
        finally:
            if not good:
                if old is None:
                    self.file.unlink()
                else:
                    self.file.write_bytes(old)

    def _new_file(self) -> str:
        depth = len(self.file.relative_to(self.folders[-1]).parts) - 1
        line = f"# yaml-language-server: $schema={'../' * depth}schemas/decisions.json\n" if (self.folders[-1] / "schemas").is_dir() else ""
        return line + "".join(dumped({name: styled(value)}) for name, value in self.table.header)

    def _in_cells(self, problems: Sequence[Problem], text: str) -> list[Problem]:
        """Problems of the file as written, at the cells that they come from."""
        shown = f"{self.folders[-1].name}/{self.file.relative_to(self.folders[-1]).as_posix()}"
        rows = sorted(rows_of(parse(Source(shown, text))), key=lambda row: row.node.at)
        numbers = {key_of(row.cells.get("row", "rule"), row.cells.get("id", "")): row.number for row in self.book.rows}
        moved = []
        for p in problems:
            if p.at.file != shown:
                moved.append(p)
                continue
            row = next((r for r in reversed(rows) if r.node.at <= p.at), None)
            number = numbers.get(row.key) if row else None
            at = self.book.at(number, _column(row.node, p.at, self.book)) if row and number else self.book.at(1, "id")
            moved.append(Problem(at, p.code, p.facts, p.near))
        return moved


def _column(row: Node, at: Span, book: Book) -> str:
    """The column that a place within a row as written belongs to."""
    name, inside = "id", None
    for key, key_node, value in row.items():
        if key_node.at <= at:
            name, inside = key, value
    if name in ("when", "because") and inside is not None:
        part = next((key for key, key_node, _ in reversed(list(inside.items())) if key_node.at <= at), "zh")
        name = f"because {part}" if name == "because" else part if part in book.columns and part not in FIXED else "when"
    return name


def _header(book: Book) -> list[tuple[str, Node]]:
    """The decision's own keys as the workbook keeps them, for a decision that no folder has."""
    at = Span(str(book.path))
    header = []
    for name, texts in book.hidden.items():
        if name.startswith("header "):
            nodes = tuple(flow_node(text, at) for text in texts)
            header.append((name.removeprefix("header "), Node("list", nodes, at) if nodes[0].kind == "map" else nodes[0]))
    return header
