"""YAML files edited in place: rows of a list changed, added, moved and taken out; every other line stays as it is.

A row that does not change keeps its text to the byte, comments above it go where it goes, and in a row that does
change ruamel keeps comments, quotes and the style of what is left alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

from engine.cells import flow
from engine.source import Node

ORDER = ("id", "each", "having", "lacking", "when", "then", "layer", "cite", "because", "disabled")
LONGEST = 170  # a condition in flow style
SHORT = 110
Path = tuple[str, ...]
Changes = Mapping[Path, Node | None]  # key, or key and key within → its new value; None takes it out
_NUMBER = re.compile(r"^[-+]?\d+(\.\d+)?$")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotBlock(Exception):
    """Rows that do not stand on lines of their own cannot be edited one by one; carries the line."""

    def __init__(self, line: int):
        self.line = line
        super().__init__(str(line))


@dataclass(frozen=True)
class Piece:
    """A row of the new file: the old one at `position`, with `changes`; without a position a new one."""

    position: int | None = None
    changes: Changes | None = None


def _ruamel() -> YAML:
    made = YAML()
    made.preserve_quotes = True
    made.width = 1_000_000
    made.brace_single_entry_mapping_in_flow_sequence = True
    made.indent(mapping=2, sequence=4, offset=2)
    return made


def dumped(data: Any) -> str:
    out = io.StringIO()
    _ruamel().dump(data, out)
    return out.getvalue()


def commented(node: Node, block: bool = False) -> Any:
    """The node as ruamel's data: flow style, or the outermost level as a block."""
    made: CommentedMap | CommentedSeq
    if node.kind == "map":
        made = CommentedMap()
        for key, value in node.value:
            made[key.value] = commented(value, block and value.kind == "list")
    elif node.kind == "list":
        made = CommentedSeq(commented(part) for part in node.value)
    else:
        if node.plain and node.value in ("true", "false"):
            return node.value == "true"
        if node.plain and _NUMBER.match(node.value):
            return float(node.value) if "." in node.value else int(node.value)
        return DoubleQuotedScalarString(node.value) if re.search(r": |:$| #|^[@%&*!|>'\"`\[{]", node.value) else node.value
    (made.fa.set_block_style if block else made.fa.set_flow_style)()
    return made


def styled(node: Node) -> Any:
    """The node as ruamel's data: what is short in flow style, the rest as blocks."""
    if node.kind == "scalar" or (len(flow(node)) < SHORT and not (node.kind == "list" and any(part.kind == "map" for part in node.value))):
        return commented(node)
    made = CommentedMap((key.value, styled(value)) for key, value in node.value) if node.kind == "map" else CommentedSeq(styled(part) for part in node.value)
    made.fa.set_block_style()
    return made


def _set(row: CommentedMap, path: Path, node: Node | None) -> None:
    """One change of a row; a mapping that a path leads into is made when it is not there."""
    key = path[0]
    if len(path) == 2:
        inside = row.get(key)
        if not isinstance(inside, CommentedMap):
            if node is None:
                return
            inside = CommentedMap()
            (inside.fa.set_block_style if key == "because" else inside.fa.set_flow_style)()
            _put(row, key, inside)
        if node is None:
            inside.pop(path[1], None)
            if not inside:
                row.pop(key, None)
        else:
            block = inside.fa.flow_style() is False and path[1] in ("any", "all") and key == "when"
            _replace(inside, path[1], commented(node, block))
    elif node is None:
        row.pop(key, None)
    elif key in row:
        _replace(row, key, commented(node, key == "because"))
    else:
        _put(row, key, commented(node, key == "because"))


def _replace(inside: CommentedMap, key: str, value: Any) -> None:
    before = inside.get(key)
    if isinstance(value, str) and isinstance(before, DoubleQuotedScalarString | SingleQuotedScalarString):
        value = type(before)(value)
    inside[key] = value


def _put(row: CommentedMap, key: str, value: Any) -> None:
    place = next((i for i, other in enumerate(row) if other in ORDER and ORDER.index(other) > ORDER.index(key)), len(row))
    row.insert(place, key, value)


def _shift(text: str, by: int) -> str:
    if by == 0:
        return text
    if by > 0:
        return "".join(" " * by + line if line.strip() else line for line in text.splitlines(keepends=True))
    return "".join(line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in text.splitlines(keepends=True))


def edited(text: str, changes: Changes) -> str:
    """The text of one row (``- id: …``, at any depth) with its changes."""
    depth = len(text) - len(text.lstrip(" "))
    data = _ruamel().load(_shift(text, 2 - depth))
    for path, node in changes.items():
        _set(data[0], path, node)
    return _shift(dumped(data), depth - 2)


def _row(changes: Changes) -> CommentedMap:
    row = CommentedMap()
    for path, node in changes.items():
        if node is not None:
            _set(row, path, node)
    when = row.get("when")
    if isinstance(when, CommentedMap) and len(dumped(CommentedMap(when=when))) > LONGEST:
        when.fa.set_block_style()
        for part in when.values():
            if isinstance(part, CommentedSeq) and part and isinstance(part[0], CommentedMap):
                part.fa.set_block_style()
    return row


def written(changes: Changes, depth: int = 2) -> str:
    """The text of a new row."""
    return _shift(dumped([_row(changes)]), depth - 2)


class Document:
    """The lines of a file whose top level is a mapping, some of whose keys hold rows."""

    def __init__(self, text: str):
        self.newline = "\r\n" if "\r\n" in text else "\n"
        self.mark = "\ufeff" if text.startswith("\ufeff") else ""
        self.text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        self.lines = self.text.splitlines(keepends=True)
        if self.lines and not self.lines[-1].endswith("\n"):
            self.lines[-1] += "\n"
        root: Any = yaml.compose(self.text, Loader=_Loader)
        self.keys = {key.value: (key, value) for key, value in root.value}
        self.edits: list[tuple[int, int, str]] = []

    def rows(self, section: str) -> list[tuple[int, int]]:
        """First line and the line after the last of every row.  Raises `NotBlock`."""
        if section not in self.keys:
            return []
        key, rows = self.keys[section]
        found = []
        for row in rows.value:
            first = row.start_mark.line
            if first == key.start_mark.line or not re.match(r"^ *- +\S", self.lines[first]):
                raise NotBlock(first + 1)
            found.append((first, self._end(row)))
        return found

    def _end(self, node: Any) -> int:
        """The line after the last that the node stands on."""
        last = max(mark.line + (mark.column > 0) for mark in _ends(node))
        while last > node.start_mark.line + 1 and not self.lines[last - 1].strip():
            last -= 1
        return last

    def replace(self, section: str, pieces: Sequence[Piece]) -> None:
        """Make the rows of a section those of the pieces."""
        rows = self.rows(section)
        depth = 2
        if rows:
            first = self.lines[rows[0][0]]
            depth = len(first) - len(first.lstrip(" "))
        made = []
        kept = {piece.position for piece in pieces}
        above = self.keys[section][0].start_mark.line + 1 if rows else 0
        starts = [above, *(end for _, end in rows)]
        lead = {i: "".join(self.lines[starts[i] : rows[i][0]]) for i in range(len(rows))}
        for i in range(len(rows)):  # comments above a row that goes are kept above the next
            if i not in kept and lead[i].strip() and i + 1 in lead:
                lead[i + 1] = lead[i] + lead[i + 1]
        for piece in pieces:
            if piece.position is None:
                made.append(written(piece.changes or {}, depth))
            else:
                text = "".join(self.lines[slice(*rows[piece.position])])
                made.append(lead[piece.position] + (edited(text, piece.changes) if piece.changes else text))
        if rows:
            start = above if made else above - 1
            self.edits.append((start, rows[-1][1], "".join(made)))
        elif made:
            if section in self.keys:  # an empty list
                at = self.keys[section][0].start_mark.line
                self.edits.append((at, at + 1, f"{section}:\n" + "".join(made)))
            else:
                at = self._before("each", "otherwise") if section == "rules" else self._before("otherwise")
                self.edits.append((at, at, f"{section}:\n" + "".join(made)))

    def replace_one(self, key: str, changes: Changes | None, new: bool) -> None:
        """Change, write (`new`) or, with no changes, take out the one row under a key."""
        if key not in self.keys:
            self.edits.append((len(self.lines), len(self.lines), dumped(CommentedMap({key: _row(changes or {})}))))
            return
        start, end = self.keys[key][0].start_mark.line, self._end(self.keys[key][1])
        if changes is None:
            self.edits.append((start, end, ""))
        elif new:
            self.edits.append((start, end, dumped(CommentedMap({key: _row(changes)}))))
        else:
            data = _ruamel().load("".join(self.lines[start:end]))
            for path, node in changes.items():
                _set(data[key], path, node)
            self.edits.append((start, end, dumped(data)))

    def _before(self, *keys: str) -> int:
        return min((self.keys[k][0].start_mark.line for k in keys if k in self.keys), default=len(self.lines))

    def result(self) -> str:
        """The new text, with the line ends of the old."""
        made, done = [], 0
        for start, end, text in sorted(self.edits, key=lambda e: e[0]):
            made += [*self.lines[done:start], text]
            done = end
        text = "".join([*made, *self.lines[done:]])
        return self.mark + text.replace("\n", self.newline)


def _ends(node: Any) -> Iterator[Any]:
    """The end of everything in a node that has one of its own: a block mapping ends only where the next thing begins."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style:
        yield node.end_mark
    else:
        for part in node.value:
            for inner in part if isinstance(part, tuple) else (part,):
                yield from _ends(inner)
