"""A decision as an Excel decision table, there and back (contract §1: `shanshui table`).

One row of the sheet is a rule, one column an attribute that conditions read.  Rows are compared as text by
cell: with the workbook as it was exported (its digests are hidden in it) and with the files as they are now, so
that what somebody else changed in the meantime is kept, or named where it clashes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine import workbook
from engine.cells import conclusion, condition, flow, listed
from engine.compile import LAYERS
from engine.knowledge import KnowledgeBase
from engine.messages import words
from engine.source import Node, Problem, Span, Unusable, near, read
from engine.wording import Wording
from engine.workbook import Column, clean

ROWS = {"rules": "rule", "each": "each", "otherwise": "otherwise"}  # section of the file → kind of row
BEFORE = ("row", "id", "each", "having", "lacking")
AFTER = ("when", "then", "layer", "cite", "because zh", "because en", "disabled")
FIXED = (*BEFORE, *AFTER)
NESTED = ("any", "all", "not")
ITEMS = ("measure", "problem", "season", "zone", "requirement")
Key = tuple[str, str]  # kind and id; the one row under `otherwise` goes by its kind alone


@dataclass(frozen=True)
class Row:
    """A row of a decision as written in a file: its place there and its cells."""

    kind: str
    id: str
    cells: Mapping[str, str]
    folder: int
    position: int
    node: Node

    @property
    def key(self) -> Key:
        return key_of(self.kind, self.id)


@dataclass(frozen=True)
class Table:
    """A decision over all folders; `files` has the file of each folder that writes it."""

    decision: str
    header: tuple[tuple[str, Node], ...]
    rows: Mapping[Key, Row]
    files: Mapping[int, Path] = field(default_factory=dict)

    @property
    def first(self) -> bool:
        return dict(self.header)["hit"].text == "first"


def key_of(kind: str, id: str) -> Key:
    return (kind, "" if kind == "otherwise" else id)


def digest(cells: Mapping[str, str]) -> str:
    """The digest of a row's text, whatever the order of columns."""
    said = sorted((name, text) for name, text in cells.items() if text and name != "row")
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]


def cells_of(kind: str, node: Node) -> dict[str, str]:
    """A row as written → its text by column; only columns that say something."""
    cells = {"row": kind}
    left: list[tuple[Node, Node]] = []
    for name, _, value in node.items():
        if name == "when":
            if value.kind != "map":
                cells["when"] = value.text
            for attribute, part_key, part in value.items():
                said = condition(part) if attribute not in (*NESTED, *FIXED) else None
                if said is None:
                    left.append((part_key, part))
                else:
                    cells[attribute] = said
        elif name == "then":
            cells["then"] = conclusion(value)
        elif name == "cite":
            cells["cite"] = listed(value) or flow(value)
        elif name == "because":
            if value.kind == "map":
                cells |= {f"because {lang}": text.text for lang, _, text in value.items()}
            else:
                cells["because zh"] = value.text
        elif name == "disabled":
            cells["disabled"] = "true" if value.text == "true" else ""
        else:
            cells[name] = value.text if value.kind == "scalar" else flow(value)
    if left:
        cells["when"] = flow(Node("map", tuple(left), node.at))
    return {name: text for name, written in cells.items() if (text := clean(written))}


def _decision_file(folder: Path, decision: str) -> tuple[Path, Node] | None:
    """The file of a folder that writes the decision."""
    paths = sorted((folder / "decisions").rglob("*.yaml"), key=lambda p: (p.stem != decision, p))
    for path in paths:
        _, root = read(path)
        if (name := root.get("decision")) is not None and name.text == decision:
            return path, root
    return None


def rows_of(root: Node, folder: int = 0) -> Iterator[Row]:
    """The rows of a decision's file, in its order."""
    for section, kind in ROWS.items():
        node = root.get(section)
        if node is None:
            continue
        for position, row in enumerate(node.value if node.kind == "list" else (node,)):
            cells = cells_of(kind, row)
            yield Row(kind, cells.get("id", ""), cells, folder, position, row)


def read_table(folders: Sequence[Path], decision: str) -> Table | None:
    """The decision's rows over all folders, disabled ones included; None when no folder writes it."""
    header: tuple[tuple[str, Node], ...] = ()
    rows: dict[Key, Row] = {}
    files: dict[int, Path] = {}
    for i, folder in enumerate(folders):
        if found := _decision_file(folder, decision):
            files[i], root = found
            header = tuple((name, value) for name, _, value in root.items() if name not in ROWS)
            for row in rows_of(root, i):
                rows[row.key] = row
    if not files:
        return None
    ordered = sorted(rows.items(), key=lambda item: item[0][0] == "otherwise")
    return Table(decision, header, dict(ordered), files)


def _reads(when: Node | None) -> Iterator[str]:
    for name, _, value in when.items() if when is not None else ():
        if name in ("any", "all") and value.kind == "list":
            for part in value.value:
                yield from _reads(part)
        elif name == "not":
            yield from _reads(value)
        else:
            yield name


def _columns(base: KnowledgeBase, table: Table) -> Iterator[Column]:
    zh, en = words("zh"), words("en")
    each = any(row.kind == "each" for row in table.rows.values())
    offered = {"row": ("rule", "each", "otherwise") if each else ("rule", "otherwise"), "layer": (*LAYERS, "@layer") if each else LAYERS, "disabled": ("true",), "each": ITEMS}

    def fixed(name: str) -> Column:
        key = "table_" + name.replace(" ", "_")
        answers = table.decision if name == "then" else ""
        return Column(name, f"{zh[key]} {en[key]}", f"{zh[key + '_help'].format()}\n{en[key + '_help'].format()}", offered.get(name, ()), answers)

    yield from (fixed(name) for name in BEFORE if each or name in ("row", "id"))
    attributes = dict.fromkeys(name for row in table.rows.values() for name in (*_reads(row.node.get("when")), *row.cells) if name in base.attributes and name not in FIXED)
    names = Wording(base, "zh"), Wording(base, "en")
    for name in attributes:
        fact = base.facts.get(name)
        asked = [fact.question.zh, fact.question.en, "; ".join(fact.cite)] if fact else [f"{zh['table_concluded']} {en['table_concluded']}"]
        one = base.attributes[name].kind == "one"
        yield Column(name, " ".join(w.name(name) for w in names), "\n".join([*asked, zh["table_condition_help"], en["table_condition_help"]]), answers_of=name if one else "")
    yield from (fixed(name) for name in AFTER)


def export_table(base: KnowledgeBase, decision: str, path: Path) -> None:
    """Write a decision as a workbook; raises `Unusable` when there is no such decision or the file cannot be written."""
    table = read_table(base.folders, decision)
    if table is None:
        raise Unusable([Problem(Span(str(path)), "E650", (("name", decision),), near(decision, base.decisions))])
    hidden = [("format", "1"), ("decision", decision)]
    for name, node in table.header:
        if node.kind == "list":
            hidden += [(f"header {name}", flow(part)) for part in node.value]
        else:
            hidden.append((f"header {name}", flow(node)))
    for i, file in table.files.items():
        hidden += [("file", f"{base.folders[i].name}/{file.relative_to(base.folders[i]).as_posix()}"), ("digest", hashlib.sha256(file.read_bytes()).hexdigest())]
    hidden += [("row", json.dumps([*row.key, digest(row.cells)], ensure_ascii=False)) for row in table.rows.values()]
    workbook.write(base, _columns(base, table), [row.cells for row in table.rows.values()], hidden, path)
