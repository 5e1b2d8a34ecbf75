"""Nodes → entries: pydantic checks the shape, and its findings become problems at their place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine.source import Node, Problem, Source, near

RAW = ("when", "then", "facts")  # kept as nodes: their meaning depends on the whole rule base
Model = TypeVar("Model", bound=BaseModel)

_KINDS = {
    "int_parsing": "number", "int_type": "number", "int_from_float": "number", "float_parsing": "number", "float_type": "number", "finite_number": "number",
    "bool_parsing": "yesno", "bool_type": "yesno", "string_type": "text", "tuple_type": "list", "list_type": "list", "dict_type": "mapping",
    "model_type": "mapping", "model_attributes_type": "mapping", "date_from_datetime_parsing": "date", "date_parsing": "date", "date_type": "date",
    "is_instance_of": "mapping",
}  # fmt: skip


def plain(node: Node) -> Any:
    """The node as text, lists and dicts; `when` and `then` stay nodes."""
    if node.kind == "map":
        return {key: value if key in RAW else plain(value) for key, _, value in node.items()}
    if node.kind == "list":
        return [plain(part) for part in node.value]
    return None if node.empty else node.value


def entry(model: type[Model], node: Node, source: Source, problems: list[Problem], data: Any = None, **more: Any) -> Model | None:
    """The node as a `model`, or None with what is wrong added to `problems`."""
    if node.kind != "map":
        problems.append(source.problem(node.at, "E205", kind="mapping", text=node.text))
        return None
    try:
        return model.model_validate((plain(node) if data is None else data) | more)
    except ValidationError as error:
        problems.extend(_problems(model, error, node, source))
        return None


def _problems(model: type[BaseModel], error: ValidationError, node: Node, source: Source) -> Iterable[Problem]:
    found = error.errors(include_url=False)
    listed = {e["loc"][: i + 0] for e in found for i, part in enumerate(e["loc"]) if isinstance(part, str) and "[" in part}
    for e in found:
        if e["type"] == "string_type" and e["loc"][-1] == "str" and e["loc"][:-1] in listed:
            continue  # the other branch of a union was meant
        yield _problem(model, e, node, source)


def _problem(model: type[BaseModel], e: Any, node: Node, source: Source) -> Problem:
    at, key = _place(e["loc"], node)
    kind, ctx = e["type"], e.get("ctx") or {}
    name = str(e["loc"][-1]) if e["loc"] else ""
    text = at.text
    if kind == "extra_forbidden":
        return source.problem((key or at).at, "E201", near(name, field_names(model)), key=name)
    if kind == "missing":
        return source.problem(at.at, "E202", key=name)
    if kind == "literal_error":
        options = re.findall(r"'([^']+)'", ctx["expected"])
        return source.problem(at.at, "E203", near(text, options), text=text, options=", ".join(options))
    if kind in ("string_too_short", "too_short"):
        return source.problem(at.at, "E204", key=name)
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        bound = next(iter(ctx.values()))
        return source.problem(at.at, "E206", text=text, bound=f"{kind.replace('_', ' ')} {bound}")
    if kind == "string_pattern_mismatch":
        return source.problem(at.at, "E208", text=text)
    if kind == "value_error" and "month-day" in str(e["msg"]):
        return source.problem(at.at, "E207", text=text)
    return source.problem(at.at, "E205", kind=_KINDS.get(kind, kind.replace("_", " ")), text=text)


def _place(loc: tuple[int | str, ...], node: Node) -> tuple[Node, Node | None]:
    """The node that a pydantic location leads to, as far as it goes, and its key node."""
    key = None
    for part in loc:
        if isinstance(part, int) and node.kind == "list" and part < len(node.value):
            node = node.value[part]
        elif (child := node.get(str(part))) is not None:
            key, node = node.key(str(part)), child
    return node, key


@cache
def field_names(model: type[BaseModel]) -> frozenset[str]:
    """Every key that the model or a model inside it may have: the candidates for a mistyped one."""
    names: set[str] = set()
    todo, seen = [model], set()
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        names |= {f.alias or n for n, f in one.model_fields.items()}
        todo += [m for f in one.model_fields.values() for m in _models(f.annotation)]
    return frozenset(names)


def _models(annotation: Any) -> Iterable[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
