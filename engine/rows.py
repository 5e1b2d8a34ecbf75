"""Rows of a decision table as cells → what they say, every problem at its cell, and as changes of a row in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from engine.cells import Unfit, conclusion_node, condition_node, flow_node, listed_node, placeholders_open
from engine.compile import LAYERS, attribute, intervals
from engine.grammar import Grammar, spelling, thresholds
from engine.knowledge import Attribute, KnowledgeBase
from engine.messages import said
from engine.rewrite import Changes
from engine.source import Node, Span, near
from engine.tables import FIXED, ITEMS, NESTED, Key, Row, Table, cells_of
from engine.workbook import Book, SheetRow

Report = Callable[..., None]  # (at, code, near="", **facts)
Nodes = dict[str, Node]  # a row: key of the row → what it says


class Checker:
    """Reads the rows that an import will write; `nodes` has each row's content once `rows` has run."""

    def __init__(self, base: KnowledgeBase, table: Table, book: Book, report: Report):
        self.base, self.table, self.book, self.report = base, table, book, report
        self.attributes: dict[str, Attribute] = dict(base.attributes)
        if table.decision not in self.attributes:
            answers = tuple(id.text for part in dict(table.header)["answers"].value if isinstance(part, Node) and (id := part.get("id")))
            self.attributes[table.decision] = attribute(table.decision, "one" if table.first else "many", answers, "decision")
        self.nodes: dict[Key, Nodes] = {}

    def columns(self) -> None:
        """Every column is one of ours or an attribute."""
        for name in self.book.columns:
            if name not in FIXED and name not in self.attributes:
                self.report(self.book.at(1, name), "E301", near(name, self.attributes), name=name)

    def rows(self, rows: Mapping[Key, SheetRow]) -> None:
        for key, row in rows.items():
            self.nodes[key] = self.read(row)
        self._meet_thresholds()
        for key, row in rows.items():
            self._check(key[0], row, self.nodes[key])

    def _node(self, row: SheetRow, column: str, make: Callable[..., Node], *more: Any) -> Node | None:
        """The node of a cell; nothing when the cell is empty or cannot be read."""
        text = row.cells.get(column)
        if not text:
            return None
        at = self.book.at(row.number, column)
        try:
            return make(text, at, *more)
        except Unfit as unfit:
            self.report(at, unfit.code, **unfit.facts)
            return None

    def read(self, row: SheetRow) -> Nodes:
        """What the cells of a row say."""
        nodes: Nodes = {}
        text = lambda said, at: Node("scalar", said, at)  # noqa: E731

        def add(key: str, node: Node | None) -> None:
            if node is not None:
                nodes[key] = node

        add("id", self._node(row, "id", text))
        if row.cells["row"] == "each":
            add("each", self._node(row, "each", text))
            add("having", self._node(row, "having", flow_node))
            add("lacking", self._node(row, "lacking", flow_node))
        add("when", self._when(row))
        answers = self.attributes[self.table.decision].index
        add("then", self._node(row, "then", conclusion_node, lambda said: spelling(said, answers)))
        add("layer", self._node(row, "layer", text))
        cite = self._node(row, "cite", lambda said, at: flow_node(said, at) if said[0] == "[" else listed_node(said, at))
        add("cite", cite and (cite if cite.kind == "list" else Node("list", (cite,), cite.at)))
        zh, en = (self._node(row, f"because {lang}", text) for lang in ("zh", "en"))
        if zh and en:
            add("because", Node("map", tuple((Node("scalar", lang, said.at), said) for lang, said in (("zh", zh), ("en", en))), zh.at))
        elif zh and zh.text.startswith("@"):
            add("because", zh)
        if row.cells.get("disabled"):
            add("disabled", Node("scalar", "true", self.book.at(row.number, "disabled"), True))
        return nodes

    def _when(self, row: SheetRow) -> Node | None:
        """The condition: the cells of attributes, and what the column `when` adds."""
        pairs: list[tuple[Node, Node]] = []
        for column in self.book.columns:
            if column not in FIXED and column in self.attributes and row.cells.get(column):
                index = self.attributes[column].index
                node = self._node(row, column, condition_node, lambda said, index=index: spelling(said, index))
                if node is not None:
                    pairs.append((Node("scalar", column, node.at), node))
        rest = self._node(row, "when", flow_node)
        if rest is not None and rest.kind != "map":
            if pairs or not rest.text.startswith("@"):
                self.report(rest.at, "E304")
            return rest
        for key, value in rest.value if rest is not None else ():
            if any(key.value == other.value for other, _ in pairs):
                self.report(key.at, "E111", key=key.value)
            pairs.append((key, value))
        return Node("map", tuple(pairs), self.book.at(row.number, "when")) if pairs else None

    def _meet_thresholds(self) -> None:
        """Numbers that the base does not know yet become thresholds, so that conditions on them can be read."""
        for nodes in self.nodes.values():
            for name, number in thresholds(nodes.get("when")):
                a = self.attributes.get(name)
                if a is not None and a.kind == "number" and number not in a.thresholds:
                    cuts = tuple(sorted((*a.thresholds, number)))
                    self.attributes[name] = replace(attribute(name, "number", intervals(cuts), a.origin, cuts))

    def _check(self, kind: str, row: SheetRow, nodes: Nodes) -> None:
        def at(column: str) -> Span:
            return self.book.at(row.number, column)

        def on_node(node: Node, code: str, close: str = "", **facts: object) -> None:
            self.report(node.at, code, close, **facts)

        each = kind == "each"
        grammar = Grammar(self.attributes, on_node)
        when = nodes.get("when")
        grammar.condition(placeholders_open(when) if each else when)
        then = nodes.get("then")
        if then is None and not each and not row.cells.get("then"):
            self.report(at("then"), "E202", key="then")
        elif then is not None and then.kind != "map" and not (each and then.text.startswith("@")):
            found = grammar.answers(self.attributes[self.table.decision], then)
            if self.table.first and len(found) > 1:
                self.report(at("then"), "E312", id=row.cells["id"])
        layer = row.cells.get("layer", "")
        if layer not in LAYERS and not (each and layer == "@layer"):
            self.report(at("layer"), "E203", near(layer, LAYERS), text=layer, options=", ".join(LAYERS))
        if not row.cells.get("cite"):
            self.report(at("cite"), "E310", id=row.cells["id"])
        if "because" not in nodes:
            self.report(at("because en" if row.cells.get("because zh") else "because zh"), "E311", id=row.cells["id"])
        if each and row.cells.get("each") not in ITEMS:
            kind = row.cells.get("each", "")
            self.report(at("each"), "E203", near(kind, ITEMS), text=kind, options=", ".join(ITEMS))
        for column in ("each", "having", "lacking"):
            if not each and row.cells.get(column):
                self.report(at(column), "E201", key=column)
            elif column != "each" and column in nodes and nodes[column].kind != "map":
                self.report(at(column), "E205", kind=said("kind_mapping"), found=f"`{row.cells[column]}`")


def every_change(nodes: Nodes) -> Changes:
    """The changes that make a new row."""
    return {(key,): node for key, node in nodes.items()}


def overlaid(now: Row, nodes: Nodes) -> Changes:
    """The changes that make a new row which replaces one of an earlier folder: what reads alike is written alike."""
    changed = {path[0] for path in changes_between(now, nodes)}
    return {(key,): node if key in changed else now.node.get(key) for key, node in nodes.items()}


def changes_between(now: Row, nodes: Nodes) -> Changes:
    """The changes that make the row as written say what the nodes say; what reads alike in its cell is left alone."""
    before = now.cells
    pairs = tuple((Node("scalar", key, node.at), node) for key, node in nodes.items())
    after = cells_of(now.kind, Node("map", pairs, now.node.at))
    changed = [column for column in dict.fromkeys((*before, *after)) if column != "row" and before.get(column) != after.get(column)]
    changes: dict[tuple[str, ...], Node | None] = {}
    old_when, new_when = now.node.get("when"), nodes.get("when")
    whole = any(when is not None and when.kind != "map" for when in (old_when, new_when))
    for column in changed:
        if column == "when" and not whole:
            for when, keep in ((old_when, False), (new_when, True)):
                for key, _, value in when.items() if when is not None else ():
                    if key in NESTED or column_of(key, value, now.kind) == "when":
                        changes["when", key] = value if keep else None
        elif column == "when" or (whole and column not in FIXED):
            changes["when",] = new_when
        elif column not in FIXED:
            changes["when", column] = new_when.get(column) if new_when is not None else None
        elif column.startswith("because "):
            lang, old = column.split()[1], now.node.get("because")
            both = old is not None and old.kind == "map" and nodes["because"].kind == "map"
            changes[("because", lang) if both else ("because",)] = nodes["because"].get(lang) if both else nodes["because"]
        else:
            changes[column,] = nodes.get(column)
    return changes


def column_of(key: str, value: Node, kind: str) -> str:
    """The column in which a part of a condition stands."""
    said = cells_of(kind, Node("map", ((Node("scalar", "when", value.at), Node("map", ((Node("scalar", key, value.at), value),), value.at)),), value.at))
    return "when" if "when" in said else key
