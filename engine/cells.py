"""Cells of a decision table: conditions, answers and sources as text in a cell, and back to nodes.

A cell says what YAML's flow style says without its brackets: ``mine``, ``mine, forest``, ``not mine``,
``none_of a, b``, ``≥ 35``, ``≥ 15; < 35``.  What does not fit is written as YAML flow text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from openpyxl.utils import get_column_letter

from engine.messages import Phrase
from engine.source import Node, Problem, Source, Span, Unusable, parse

SIGNS = {"at_least": "≥", "below": "<"}
_OPERATOR = re.compile(r"^(?:(not|none_of|all_of|at_least|below)\s+|(≥|>=|<(?!=))\s*)(.*)$", re.S)
_PLAIN = re.compile(r"^[^\s\-?:,\[\]{}#&*!|>'\"%@`~][^,\[\]{}#:\n]*$|^[^\W\d][\w. §()-]*$")
NOTHING = ("", "~", "null")  # quoted, a text; plain, nothing
_LIST = re.compile(r"[,，]")
_PARTS = re.compile(r"[;；]")


class Cell(Span):
    """A place in a workbook: `file` is file and sheet, line and column are those of the cell."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self.file}!{get_column_letter(self.column)}{self.line}"


class Unfit(Exception):
    """A text that cannot be read as a cell of its column."""

    def __init__(self, code: str, **facts: Phrase):
        self.code, self.facts = code, facts
        super().__init__(code)


def flow(node: Node) -> str:
    """The node as YAML flow text on one line."""
    if node.kind == "map":
        return "{" + ", ".join(f"{_scalar(key)}: {flow(value)}" for key, value in node.value) + "}"
    if node.kind == "list":
        return "[" + ", ".join(flow(part) for part in node.value) + "]"
    return _scalar(node)


def _scalar(node: Node) -> str:
    text: str = node.value
    safe = bool(_PLAIN.match(text)) and text == text.strip() and (node.plain or text.casefold() not in NOTHING)
    return text if safe or (node.plain and re.match(r"^[-+.\w]*$", text)) else json.dumps(text, ensure_ascii=False)


def flow_node(text: str, at: Span) -> Node:
    """YAML flow text as a node, all of it at the cell.  Raises `Unfit`."""
    if text.startswith("@"):
        return Node("scalar", text, at)
    try:
        return _moved(parse(Source(at.file, text)), at)
    except Unusable as unusable:
        problem: Problem = unusable.problems[0]
        raise Unfit(problem.code, **dict(problem.facts)) from None


def _moved(node: Node, at: Span) -> Node:
    if node.kind == "map":
        return Node("map", tuple((_moved(k, at), _moved(v, at)) for k, v in node.value), at)
    if node.kind == "list":
        return Node("list", tuple(_moved(part, at) for part in node.value), at)
    return Node("scalar", node.value, at, node.plain)


def _simple(node: Node) -> str | None:
    """A scalar as it may stand in a comma list, or nothing."""
    text: str = node.text
    fits = node.kind == "scalar" and text == text.strip() and text and not re.search(r"[,，;；\n]", text) and not _OPERATOR.match(text) and text[0] not in "{["
    return text if fits else None


def listed(node: Node) -> str | None:
    """A scalar or a list of scalars as ``a, b``; nothing when it does not fit."""
    parts = [_simple(part) for part in (node.value if node.kind == "list" else (node,))]
    return ", ".join(p for p in parts if p is not None) if parts and None not in parts else None


def listed_node(text: str, at: Span, spell: Callable[[str], str] = str) -> Node:
    """``a, b`` as a list, ``a`` as a scalar."""
    parts = [Node("scalar", spelled := spell(part.strip()), at, spelled in ("true", "false")) for part in _LIST.split(text) if part.strip()]
    return parts[0] if len(parts) == 1 else Node("list", tuple(parts), at)


def condition(node: Node) -> str | None:
    """What a condition says about one attribute, as a cell; nothing when it does not fit."""
    if node.kind != "map":
        return listed(node)
    parts = []
    for operator, _, operand in node.items():
        said = condition(operand) if operator == "not" else listed(operand) if operator in ("none_of", "all_of") else _number(operand) if operator in SIGNS else None
        if said is None or (operator == "not" and ";" in said):
            return None
        parts.append(f"{SIGNS.get(operator, operator)} {said}")
    return "; ".join(parts) or None


def _number(node: Node) -> str | None:
    return node.text if node.kind == "scalar" and re.match(r"^\S+$", node.text) else None


def condition_node(text: str, at: Span, spell: Callable[[str], str] = str) -> Node:
    """A cell as the condition on its attribute; `spell` gives an answer its declared spelling.  Raises `Unfit`."""
    pairs: list[tuple[Node, Node]] = []
    parts = [part.strip() for part in _PARTS.split(text) if part.strip()]
    for part in parts:
        found = _OPERATOR.match(part)
        if found is None:
            if len(parts) > 1 or part[0] in "<>=≤≠!":
                raise Unfit("E655", text=text)
            return listed_node(part, at, spell)
        operator = found[1] or ("below" if found[2] == "<" else "at_least")
        if any(key.value == operator for key, _ in pairs):
            raise Unfit("E111", key=operator)
        if not (rest := found[3].strip()):
            raise Unfit("E655", text=text)
        pairs.append((Node("scalar", operator, at, True), _operand(operator, rest, at, spell)))
    if not pairs:
        raise Unfit("E655", text=text)
    return Node("map", tuple(pairs), at)


def _operand(operator: str, text: str, at: Span, spell: Callable[[str], str]) -> Node:
    if operator == "not":
        return condition_node(text, at, spell)
    if operator in SIGNS:
        return Node("scalar", text, at, True)
    node = listed_node(text, at, spell)
    return node if node.kind == "list" else Node("list", (node,), at)


def conclusion(node: Node) -> str:
    """A `then` as a cell: answers, or a selector as flow text."""
    return (None if node.kind == "map" else listed(node)) or flow(node)


def conclusion_node(text: str, at: Span, spell: Callable[[str], str] = str) -> Node:
    """A cell as a `then`.  Raises `Unfit`."""
    return flow_node(text, at) if text[0] in "{[" else listed_node(text, at, spell)


def placeholders_open(node: Node | None) -> Node | None:
    """A condition of an `each` row as a condition on any member: ``@id`` and the like may stand for every answer."""
    if node is None or node.kind == "scalar":
        return None if node is None or (node.text.startswith("@") and node.text != "@any") else node
    if node.kind == "map":
        return Node("map", tuple((key, _open_value(key.text, value)) for key, value in node.value), node.at)
    return node


def _open_value(key: str, value: Node) -> Node:
    if key in ("any", "all") and value.kind == "list":
        return Node("list", tuple(kept for part in value.value if (kept := placeholders_open(part)) is not None), value.at)
    if value.kind == "map":
        return Node("map", tuple((k, _open_value(k.text, v)) for k, v in value.value), value.at)
    if any(part.text.startswith("@") for part in _parts(value)):
        return Node("scalar", "@any", value.at)
    return value


def _parts(node: Node) -> Iterator[Node]:
    yield from node.value if node.kind == "list" else (node,)
