"""A file spoiled in every single place: each value replaced by odd ones, or left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ODD: tuple[Any, ...] = (None, "odd", "NaN", -1, ["odd"], {"odd": "odd"})
Way = tuple[str | int, ...]


def written(path: Path) -> Any:
    """A YAML file as mappings, lists and text; nothing but null is converted, as in the engine's own reader."""
    return _nulls(yaml.load(path.read_text("utf-8"), Loader=yaml.CBaseLoader))


def _nulls(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _nulls(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_nulls(value) for value in tree]
    return None if tree == "null" else tree


def spoiled(tree: Any) -> Iterator[tuple[str, str]]:
    """(what was done, the text of the file) for every place and every odd value; JSON, which is YAML.

    Of places that differ in a position within a list only, the first stands for all.
    """
    firsts = {tuple("" if isinstance(part, int) else part for part in path): path for path in reversed(list(places(tree)))}
    for path in reversed(firsts.values()):
        where = ".".join(map(str, path))
        yield f"{where} left out", _text(tree, path, ...)
        for odd in ODD:
            yield f"{where} = {json.dumps(odd)}", _text(tree, path, odd)


def places(tree: Any, path: Way = ()) -> Iterator[Way]:
    """The way to every value within the tree."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield (*path, key)
        yield from places(value, (*path, key))


def _text(tree: Any, path: Way, value: Any) -> str:
    return json.dumps(_changed(tree, path, value), ensure_ascii=False, indent=1)


def _changed(tree: Any, path: Way, value: Any) -> Any:
    key, rest = path[0], path[1:]
    parts = dict(tree) if isinstance(tree, dict) else dict(enumerate(tree))
    if rest:
        parts[key] = _changed(parts[key], rest, value)
    elif value is ...:
        del parts[key]
    else:
        parts[key] = value
    return parts if isinstance(tree, dict) else list(parts.values())
