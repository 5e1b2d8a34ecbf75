"""JSON Schemas (draft-07) of every kind of knowledge file, of project files and of cases, for editors.

They are made from the entries' models and the loaded vocabulary, so that an editor offers the facts and answers that
there are.  ``python -m engine.schemas`` writes them to ``knowledge/schemas`` and puts the line that names its schema
at the head of every knowledge and case file; ``python -m engine.schemas knowledge local`` does so for a local folder.

A schema takes what the loader takes: a text may look like a number, and a number may be quoted.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from engine.adapt import ADAPTIVE, MONITORING
from engine.cases import DEFAULT as CASES
from engine.cases import Case
from engine.catalogue import ElementFile, _month_day
from engine.coverage import SHOWN, Statement
from engine.examples import BOUNDARIES, EXAMPLES, Pair
from engine.groundwork import SECTIONS
from engine.knowledge import KnowledgeBase
from engine.load import DEFAULT, LISTS, REFERENCE, SINGLES, load
from engine.model import DecisionEntry, Entry, _one_or_many
from engine.permits import SECTIONS as PERMITS
from engine.project_file import ProjectFile
from engine.properties import PropertyEntry
from engine.source import Unusable, read
from engine.towns import SECTIONS as TOWNS
from engine.vocabulary import Schema, Vocabulary

DRAFT = "http://json-schema.org/draft-07/schema#"
MARK = "# yaml-language-server: $schema="
# reference files → their sections; one that is not named here takes any sections
SHOWN_FILES: dict[str, Mapping[str, Any]] = {
    **SECTIONS, "monitoring.yaml": MONITORING, "adaptive.yaml": ADAPTIVE, "permits.yaml": PERMITS, "standard.yaml": {"statements": Statement},
    "examples.yaml": EXAMPLES, "boundaries.yaml": BOUNDARIES, "properties.yaml": {"properties": PropertyEntry}, "pairs.yaml": {"pairs": Pair}, "towns.yaml": TOWNS,
    **{name: sections for name, sections, *_ in SHOWN},
}  # fmt: skip
ANY_FILE: Schema = {"type": "object", "additionalProperties": {"type": ["array", "object", "string", "number", "boolean"]}}


class _Generator(GenerateJsonSchema):
    """pydantic's generator, told what our own validators accept and that conditions are filled in later."""

    def function_before_schema(self, schema: Any) -> Schema:
        inner = self.generate_inner(schema["schema"])
        if schema["function"]["function"] is _one_or_many:
            return {"anyOf": [inner, inner["items"]]}
        return {"type": "string", "pattern": r"^\d\d-\d\d$"} if schema["function"]["function"] is _month_day else inner

    def call_schema(self, schema: Any) -> Schema:
        return {}  # a Node


def schemas(base: KnowledgeBase) -> dict[str, Schema]:
    """Every schema by its file's name without ending: decisions, measures, project, case, and one a file at the top of the folder."""
    vocabulary = Vocabulary(base)
    made = {Path(name).stem: _lists(sections, vocabulary) for name, sections in {**LISTS, **SHOWN_FILES}.items()}
    made |= {Path(name).stem: _single(model, vocabulary) for name, model in SINGLES.items()}
    made |= {Path(name).stem: {"$schema": DRAFT, **ANY_FILE} for name in REFERENCE if Path(name).stem not in made}
    made["measures"] = _single(ElementFile, vocabulary)
    made["measures"]["definitions"]["ElementFile"]["properties"]["measures"]["items"] = _or_disabled({"$ref": "#/definitions/Measure"})
    made["decisions"] = vocabulary.conclusions(_single(DecisionEntry, vocabulary, placeholders=True))
    made["project"] = _single(ProjectFile, vocabulary)
    made["case"] = _single(Case, vocabulary)
    return dict(sorted(made.items()))


def _single(model: type[Entry], vocabulary: Vocabulary, placeholders: bool = False) -> Schema:
    refs, definitions = _definitions([model], vocabulary, placeholders)
    return {"$schema": DRAFT, "allOf": [refs[model]], "definitions": definitions}


def _lists(sections: Mapping[str, Any], vocabulary: Vocabulary) -> Schema:
    refs, definitions = _definitions(list(dict.fromkeys(sections.values())), vocabulary, PropertyEntry in sections.values())
    properties = {name: {"type": "array", "items": _or_disabled(refs[model]), **_described("", name)} for name, model in sections.items()}
    return {"$schema": DRAFT, "type": "object", "properties": properties, "additionalProperties": False, "definitions": definitions}


def _or_disabled(entry: Schema) -> Schema:
    """An entry, or the id of one that a local folder takes out."""
    out = {"properties": {"disabled": {"enum": [True, "true"]}}, "required": ["disabled"]}
    return {"if": out, "then": {"type": "object", "required": ["id"]}, "else": entry}


def _definitions(models: list[Any], vocabulary: Vocabulary, placeholders: bool) -> tuple[dict[Any, Schema], Schema]:
    refs, made = models_json_schema([(m, "validation") for m in models], ref_template="#/definitions/{model}", schema_generator=_Generator)
    definitions = {name: _completed(name, schema, vocabulary) for name, schema in made.get("$defs", {}).items()}
    definitions |= vocabulary.definitions(placeholders)
    found = {m: refs[m, "validation"] for m in models}
    used = _used([*found.values()], definitions)
    return found, {name: schema for name, schema in definitions.items() if name in used}


def _used(roots: list[Any], definitions: Schema) -> set[str]:
    """The names of all definitions that the roots lead to."""
    used: set[str] = set()
    todo: list[Any] = list(roots)
    while todo:
        part = todo.pop()
        if isinstance(part, dict):
            name = str(part.get("$ref", "")).removeprefix("#/definitions/")
            if name and name not in used:
                used.add(name)
                todo.append(definitions[name])
            todo += part.values()
        elif isinstance(part, list):
            todo += part
    return used


def _completed(model: str, schema: Schema, vocabulary: Vocabulary) -> Schema:
    """A model's schema with conditions, the names that may stand in each field, and what each field means."""
    if schema.get("type") != "object":
        return _relaxed(schema)
    properties = {}
    for name, written in schema.get("properties", {}).items():
        special = vocabulary.field(model, name)
        relaxed = _relaxed(written) if special is None else special if "$ref" not in special else {"allOf": [special]}
        if (names := vocabulary.names(model, name)) is not None:
            relaxed = _naming(relaxed, names)
        if "$ref" in relaxed:
            relaxed = {"allOf": [relaxed]}  # draft-07 reads nothing beside a $ref
        properties[name] = {**relaxed, **_described(model, name)}
    rest = {key: value for key, value in schema.items() if key not in ("properties", "title", "description")}
    return {**_relaxed(rest), "properties": properties} if properties else _relaxed(rest)


def _described(model: str, name: str) -> Schema:
    """What a field means, in Chinese with the English in parentheses."""
    texts = _meanings()
    said = texts.get(f"{model}_{name}") or texts.get(name)
    return {"description": said} if said else {}


@cache
def _meanings() -> dict[str, str]:
    _, root = read(Path(__file__).with_name("fields.yaml"))
    return {key: f"{zh.text}（{en.text}）" for key, _, entry in root.items() if (zh := entry.get("zh")) and (en := entry.get("en"))}


def _relaxed(schema: Any) -> Any:
    """A schema without pydantic's titles and defaults, for values that are text to the loader."""
    if isinstance(schema, list):
        return [_relaxed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in ("title", "default")}
    made = {key: _relaxed(value) if key not in ("enum", "required", "properties") else value for key, value in kept.items()}
    if "properties" in kept:
        made["properties"] = {name: _relaxed(value) for name, value in kept["properties"].items()}
    if "anyOf" in made and "minLength" in made:
        made["minItems"] = made["minLength"]  # one text or several: neither may be empty
    if "prefixItems" in made:
        made["items"] = made.pop("prefixItems")
    match made.get("type"):
        case "string" if "enum" not in made and "format" not in made and "const" not in made and made.get("pattern") != r"^\d\d-\d\d$":
            made["type"] = ["string", "number", "boolean"]
        case "number" | "integer" as kind:
            made |= {"type": [kind, "string"], "pattern": r"^\s*[-+]?\d+(\.0*)?\s*$" if kind == "integer" else r"^\s*[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"}
        case "boolean":
            return {"enum": [True, False, "true", "false", "yes", "no"], **{k: v for k, v in made.items() if k != "type"}}
    return made


def _naming(schema: Any, names: Schema) -> Any:
    """The schema with every text in it one of the names."""
    if isinstance(schema, list):
        return [_naming(part, names) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "string" in schema.get("type", ()) and "number" in schema["type"]:
        return names
    return {key: _naming(value, names) if key in ("items", "anyOf", "additionalProperties") else value for key, value in schema.items()}


def schema_of(path: Path, folder: Path) -> str:
    """The line that names the schema of a knowledge file."""
    depth = len(path.relative_to(folder).parts) - 1
    kind = path.stem if depth == 0 else path.relative_to(folder).parts[0]
    return f"{MARK}{'../' * depth}schemas/{kind}.json"


def headings(folder: Path, cases: Path | None = None) -> dict[Path, str]:
    """Every knowledge file of a folder, and the files of cases, with the line that belongs at its head."""
    lines = {path: schema_of(path, folder) for path in sorted(folder.rglob("*.yaml"))}
    for path in sorted(cases.glob("*/*.yaml")) if cases else ():
        if path.name in ("project.yaml", "case.yaml"):
            lines[path] = f"{MARK}../../{folder.name}/schemas/{path.stem}.json"
    return lines


def _put_heading(path: Path, line: str) -> bool:
    """Make the line the file's first; whether that changed it."""
    before = path.read_bytes().decode("utf-8-sig")
    body = re.sub(rf"\A{re.escape(MARK)}[^\n]*\n", "", before)
    if (after := f"{line}\n{body}") == before:
        return False
    path.write_bytes(after.encode())
    return True


def dumped(schema: Schema) -> str:
    """The schema as text, lists of plain values on one line."""
    text = json.dumps(schema, ensure_ascii=False, indent=1)
    return re.sub(r"\[\n\s+([^\[\]{}]*?)\n\s*\]", lambda found: "[" + re.sub(r",\n\s+", ", ", found[1]) + "]", text) + "\n"


def write(folders: Iterable[Path]) -> list[Path]:
    """Write schemas and headings for the last folder (and for the cases, when it is the shipped one); returns what changed."""
    base = load(*folders)
    folder = base.folders[-1]
    changed = []
    (folder / "schemas").mkdir(exist_ok=True)
    for name, schema in schemas(base).items():
        path = folder / "schemas" / f"{name}.json"
        if not path.exists() or path.read_text("utf-8") != dumped(schema):
            path.write_text(dumped(schema), "utf-8", newline="\n")
            changed.append(path)
    shipped = folder.resolve() == DEFAULT
    return changed + [path for path, line in headings(folder, CASES if shipped else None).items() if _put_heading(path, line)]


if __name__ == "__main__":
    try:
        print(*write([Path(name) for name in sys.argv[1:]]), sep="\n")
    except Unusable as unusable:
        sys.exit(str(unusable))
