"""Nodes → entries: pydantic checks the shape, and its findings become problems at their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine.messages import said
from engine.source import Node, Problem, Source, Span, near

RAW = ("when", "then", "holds", "never", "facts")  # kept as nodes: their meaning depends on the whole rule base
Model = TypeVar("Model", bound=BaseModel)

_KINDS = {
    "int_parsing": "whole", "int_type": "whole", "int_from_float": "whole", "int_parsing_size": "whole", "float_parsing": "number", "float_type": "number",
    "finite_number": "number", "bool_parsing": "yesno", "bool_type": "yesno", "string_type": "text", "tuple_type": "list", "list_type": "list", "dict_type": "mapping",
    "model_type": "mapping", "model_attributes_type": "mapping", "is_instance_of": "mapping", "a_date": "date", "date_type": "date",
}  # fmt: skip


def plain(node: Node) -> Any:
    """The node as text, lists and dicts; `when` and `then` stay nodes."""
    if node.kind == "map":
        return {key: value if key in RAW else plain(value) for key, _, value in node.items()}
    if node.kind == "list":
        return [plain(part) for part in node.value]
    return None if node.empty else node.value


def wrong_kind(source: Source, node: Node, kind: str) -> Problem:
    """Another kind of thing was expected at the node: mapping, list, text, number, whole, yesno or date."""
    return source.problem(node.at, "E205", kind=said(f"kind_{kind}"), found=node.found)


def entry(model: type[Model], node: Node, source: Source, problems: list[Problem], data: Any = None, **more: Any) -> Model | None:
    """The node as a `model`, or None with what is wrong added to `problems`."""
    if node.kind != "map":
        problems.append(wrong_kind(source, node, "mapping"))
        return None
    try:
        return model.model_validate((plain(node) if data is None else data) | more)
    except ValidationError as error:
        problems.extend(_problems(model, error, node, source))
        return None


def _problems(model: type[BaseModel], error: ValidationError, node: Node, source: Source) -> Iterator[Problem]:
    found = [(e, *_place(e["loc"], node)) for e in error.errors(include_url=False)]
    choices: dict[Span, list[str]] = {}  # of all branches of a union
    for e, at, _ in found:
        if e["type"] == "literal_error":
            choices.setdefault(at.at, []).extend(re.findall(r"'([^']+)'", e["ctx"]["expected"]))
    for e, at, key in found:
        if not _of_another_branch(e["loc"], at) and not (e["type"] == "too_short" and at.kind == "list" and at.value):  # of a list's members each is reported
            yield _problem(model, e, at, key, source, [*dict.fromkeys(choices.get(at.at, ()))])


def _of_another_branch(loc: tuple[int | str, ...], at: Node) -> bool:
    """Whether what was written speaks against this branch of a union: text and a list of texts, or text and a text in both languages."""
    branch = str(loc[-1]) if loc else ""
    return at.kind != "scalar" if branch == "str" else at.kind == "scalar" and (branch == "Text" or branch.startswith("tuple["))


def _problem(model: type[BaseModel], e: Any, at: Node, key: Node | None, source: Source, choices: list[str]) -> Problem:
    kind, ctx, name = e["type"], e.get("ctx") or {}, str(e["loc"][-1]) if e["loc"] else ""
    if name == "[key]" and key is not None:
        at = key
    if kind == "extra_forbidden":
        return source.problem((key or at).at, "E201", near(name, _keys(model, e["loc"][:-1])), key=name)
    if kind == "too_long" or (kind == "missing" and isinstance(e["loc"][-1], int)):  # of a pair
        return source.problem(at.at, "E205", kind=said("kind_entries", n=ctx.get("max_length", 2)), found=said("found_count", n=len(at.value)))
    if kind == "missing":
        return source.problem(at.at, "E202", key=name)
    if kind == "literal_error" and at.kind == "scalar":
        return source.problem(at.at, "E203", near(at.text, choices), text=at.text, options=", ".join(choices))
    if kind in ("string_too_short", "too_short"):
        return source.problem(at.at, "E204", key=name)
    if kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
        bound = next(iter(ctx.values()))
        return source.problem(at.at, "E206", text=at.text, bound=said(f"bound_{kind}", n=bound if isinstance(bound, date) else f"{bound:g}"))
    if kind == "far_away":
        return source.problem(at.at, "E401", name=name, text=at.text, **ctx)
    if kind == "string_pattern_mismatch":
        return source.problem(at.at, "E208", text=at.text)
    if kind == "value_error" and at.kind == "scalar":
        return source.problem(at.at, "E207", text=at.text)
    return wrong_kind(source, at, _KINDS.get(kind, "text"))


def _place(loc: tuple[int | str, ...], node: Node) -> tuple[Node, Node | None]:
    """The node that a pydantic location leads to, as far as it goes, and its key node."""
    key = None
    for part in loc:
        if isinstance(part, int) and node.kind == "list" and part < len(node.value):
            node = node.value[part]
        elif (child := node.get(str(part))) is not None:
            key, node = node.key(str(part)), child
    return node, key


def _keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that may be written where a pydantic location leads to: the candidates for a mistyped one."""
    for part in loc:
        inner = next((field for name, field in model.model_fields.items() if part == (field.alias or name)), None)
        if inner is not None:
            model = next(iter(_models(inner.annotation)), model)
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
