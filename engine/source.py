"""YAML with positions, and the one way to report what is wrong in a file.

Files are read as events of libyaml's parser into `Node` trees: scalars stay text (what a value means is
decided by the declared kind, never by YAML's guess), every node knows its line and column, aliases are
refused and depth and size are bounded, so that no file can hurt the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from engine.messages import Phrase, Said, message, printable, said, words
from engine.yaml_trouble import json_as_yaml, trouble

LARGEST_BYTES = 8_000_000
DEEPEST = 40
_UNREADABLE: dict[type[OSError], str] = {FileNotFoundError: "why_missing", IsADirectoryError: "why_folder", PermissionError: "why_permission"}
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Span(NamedTuple):
    """A place in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at a place: a code of the message catalogue with what its text needs, and perhaps a near miss."""

    at: Span
    code: str
    facts: tuple[tuple[str, Phrase], ...] = ()
    near: str = ""
    line: str = field(default="", compare=False)

    def message(self, lang: str = "en") -> str:
        return printable(message(self.code, self.facts, lang))

    def hint(self, lang: str = "en") -> str:
        return words(lang)["did_you_mean"].format(near=self.near) if self.near else ""

    def render(self, lang: str = "en") -> str:
        """``file:line:col: CODE: message``, the source line with a caret, and the hint where one is known."""
        lines = [f"{self.at}: {self.code}: {self.message(lang)}"]
        if self.line:
            lines += [f"  {self.line}", f"  {_blank(self.line[: self.at.column - 1])}^"]
        if self.near:
            lines.append(f"  hint: {self.hint(lang)}")
        return printable("\n".join(lines))


def _blank(text: str) -> str:
    """As wide on a terminal as the text: Chinese characters take two columns, and tabs stay tabs."""
    return "".join("\t" if c == "\t" else "  " if "⺀" <= c <= "￠" else " " for c in text)


class Unusable(Exception):
    """A file that cannot be used; carries all that is wrong with it."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.at, p.code, p.message())))
        super().__init__("\n".join(p.render() for p in self.problems))


def near(text: str, known: Iterable[str]) -> str:
    """The known name closest to a mistyped one, or nothing."""
    folded = {k.casefold(): k for k in known}
    close = get_close_matches(text.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else ""


class Node(NamedTuple):
    """A YAML node: `value` is text, a tuple of nodes, or a tuple of (key node, node) pairs."""

    kind: str  # scalar, list, map
    value: Any
    at: Span
    plain: bool = False

    @property
    def text(self) -> str:
        return self.value if self.kind == "scalar" else self.kind

    @property
    def found(self) -> Phrase:
        """What was written here, in words."""
        if self.kind != "scalar":
            return said(f"found_{self.kind}")
        return said("found_nothing") if self.empty else f"`{_short(self.value)}`"

    @property
    def empty(self) -> bool:
        """Nothing was written here: a null."""
        return self.kind == "scalar" and self.plain and self.value in ("", "~", "null", "Null", "NULL")

    def items(self) -> Iterator[tuple[str, Node, Node]]:
        """(key, key node, value node) of a mapping; nothing for other kinds."""
        if self.kind == "map":
            for key, value in self.value:
                yield key.value, key, value

    def get(self, key: str) -> Node | None:
        return next((value for name, _, value in self.items() if name == key), None)

    def key(self, key: str) -> Node | None:
        return next((node for name, node, _ in self.items() if name == key), None)


class Source:
    """One file's text with the problems found in it so far."""

    def __init__(self, file: str, text: str):
        self.file, self.text = file, text
        self._lines: list[str] | None = None

    def line(self, number: int) -> str:
        if self._lines is None:
            self._lines = self.text.splitlines()
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def problem(self, at: Span, code: str, near: str = "", /, **facts: object) -> Problem:
        """The problem with its source line; what users wrote is cut to a length that can be read."""
        shown = self.line(at.line)
        return Problem(at, code, tuple((key, _phrase(key, value)) for key, value in facts.items()), near, shown if len(shown) <= 200 else "")


def _phrase(key: str, value: object) -> Phrase:
    return value if isinstance(value, Said | tuple) else str(value) if key == "found" else _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "…"


def read(path: Path, shown: str | None = None) -> tuple[Source, Node]:
    """The file's text and tree.

    Raises `Unusable` when it cannot be read, is not UTF-8, is empty, too large, too deep, uses aliases, has a
    key twice, or is not YAML (or JSON, for a file named so).
    """
    file = shown or str(path)
    try:
        if path.stat().st_size > LARGEST_BYTES:
            megabytes = path.stat().st_size / 1e6
            raise Unusable([Problem(Span(file), "E104", (("size", f"{megabytes:.3g}"), ("limit", f"{LARGEST_BYTES / 1e6:.0f}")))])
        raw = path.read_bytes()
    except OSError as error:
        why = _UNREADABLE.get(type(error))
        raise Unusable([Problem(Span(file), "E101", (("why", said(why) if why else (error.strerror or "").lower()),))]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Unusable([Problem(Span(file, line), "E102" if _is_gbk(raw) else "E103")]) from None
    source = Source(file, text)
    return source, parse(source, as_json=path.suffix.lower() == ".json")


def _is_gbk(raw: bytes) -> bool:
    try:
        raw.decode("gbk")
    except UnicodeDecodeError:
        return False
    return True


def parse(source: Source, as_json: bool = False) -> Node:
    """The tree of a source; raises `Unusable` with every problem found."""
    if not source.text.strip():
        raise Unusable([source.problem(Span(source.file), "E105")])
    problems: list[Problem] = []
    try:
        try:
            root = _tree(source, source.text, problems)
        except yaml.YAMLError:
            if not (as_json and (laid_out := json_as_yaml(source.text))):
                raise
            problems.clear()
            root = _tree(source, laid_out, problems)
    except yaml.YAMLError as error:
        line, column, why = trouble(error, source.text)
        raise Unusable([*problems, source.problem(Span(source.file, line, column), "E106", why=said(why))]) from None
    if problems:
        raise Unusable(problems)
    return root


def _tree(source: Source, text: str, problems: list[Problem]) -> Node:
    """Build the tree of a text from the parser's events, without recursion."""
    file = source.file
    root: Node | None = None
    open_nodes: list[tuple[str, list[Node], Span]] = []
    loader = _Loader(text)
    next_event = loader.get_event
    while (event := next_event()) is not None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            mark = event.start_mark
            done = Node("scalar", event.value, Span(file, mark.line + 1, mark.column + 1), event.implicit[0])
            if event.style == '"' and not event.value.isprintable() and printable(event.value) != event.value:  # written as an escape
                problems.append(source.problem(done.at, "E106", why=said("yaml_control")))
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            mark = event.start_mark
            at = Span(file, mark.line + 1, mark.column + 1)
            if len(open_nodes) >= DEEPEST:
                raise Unusable([*problems, source.problem(at, "E107", limit=DEEPEST)])
            open_nodes.append(("map" if kind is yaml.MappingStartEvent else "list", [], at))
            continue
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            shape, parts, at = open_nodes.pop()
            done = Node(shape, _pairs(source, parts, problems) if shape == "map" else tuple(parts), at)
        elif kind is yaml.AliasEvent:
            mark = event.start_mark
            raise Unusable([*problems, source.problem(Span(file, mark.line + 1, mark.column + 1), "E108", name=event.anchor)])
        elif kind is yaml.DocumentStartEvent and root is not None:
            raise Unusable([*problems, source.problem(Span(file, event.start_mark.line + 1, 1), "E109")])
        else:
            continue
        if open_nodes:
            open_nodes[-1][1].append(done)
        else:
            root = done
    if root is None:
        raise Unusable([source.problem(Span(file), "E105")])
    return root


def _pairs(source: Source, parts: list[Node], problems: list[Problem]) -> tuple[tuple[Node, Node], ...]:
    pairs, seen = [], set()
    for key, value in zip(parts[::2], parts[1::2], strict=True):
        if key.kind != "scalar":
            problems.append(source.problem(key.at, "E110"))
        elif key.value in seen:
            problems.append(source.problem(key.at, "E111", key=key.value))
        else:
            seen.add(key.value)
            pairs.append((key, value))
    return tuple(pairs)
