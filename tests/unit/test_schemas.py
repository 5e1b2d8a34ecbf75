"""Editors get schemas that take every shipped file and point at a mistyped key or answer."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from support.bases import base

from engine.cases import DEFAULT as CASES
from engine.load import DEFAULT, LISTS, REFERENCE, SINGLES, load
from engine.schemas import MARK, dumped, headings, schemas, write

AGAIN = "run `python -m engine.schemas`"
FILES = {path: line for path, line in headings(DEFAULT, CASES).items() if path.stat().st_size}


class Plain(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors read it: true and false alone are yes and no, dates are text, keys are text."""


Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))


def as_an_editor_reads(path: Path) -> Any:
    def keys_as_text(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): keys_as_text(part) for key, part in value.items()}
        return [keys_as_text(part) for part in value] if isinstance(value, list) else value

    return keys_as_text(yaml.load(path.read_text("utf-8"), Loader=Plain))


@cache
def validator(kind: str) -> Draft7Validator:
    return Draft7Validator(json.loads((DEFAULT / "schemas" / f"{kind}.json").read_text("utf-8")))


def wrong(kind: str, content: Any) -> list[str]:
    """Where a content breaks the schema of its kind."""
    return ["/".join(map(str, error.absolute_path)) for error in validator(kind).iter_errors(content)]


def test_the_files_on_disk_are_those_that_the_generator_makes() -> None:
    made = {name: dumped(schema) for name, schema in schemas(base()).items()}
    on_disk = {path.stem: path.read_text("utf-8") for path in (DEFAULT / "schemas").iterdir()}
    assert sorted(made) == sorted(on_disk), AGAIN
    assert [name for name in made if made[name] != on_disk[name]] == [], AGAIN


def test_every_kind_has_a_schema_of_draft_7() -> None:
    kinds = {Path(name).stem for name in (*LISTS, *SINGLES, *REFERENCE)} | {"decisions", "measures", "project", "case"}
    found = schemas(base())
    assert set(found) == kinds
    for schema in found.values():
        assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
        Draft7Validator.check_schema(schema)


def test_every_file_begins_with_the_line_that_names_its_schema() -> None:
    firsts = {path: path.read_text("utf-8").split("\n", 1)[0] for path in FILES}
    assert {path.name: line for path, line in firsts.items() if line != FILES[path]} == {}, AGAIN
    for path, line in firsts.items():
        assert (path.parent / line.removeprefix(MARK)).resolve().is_file()


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_files_are_valid(path: Path) -> None:
    kind = Path(FILES[path].removeprefix(MARK)).stem
    assert wrong(kind, as_an_editor_reads(path)) == []


def test_fields_are_described_in_chinese_and_english() -> None:
    for kind, schema in schemas(base()).items():
        for name, part in {kind: schema, **schema.get("definitions", {})}.items():
            if name.startswith(("about_", "condition", "facts")):
                continue
            for field, written in part.get("properties", {}).items():
                assert re.search(r"[一-鿿].*（[^（）]*[A-Za-z]", written.get("description", "")), f"{kind}: {name}.{field} needs `{field}` in engine/fields.yaml"


BARRED, MINE, CASE = (as_an_editor_reads(path) for path in (DEFAULT / "decisions/barred.yaml", DEFAULT / "measures/mine.yaml", CASES / "maiziyu/case.yaml"))
PROJECT, ZONES, SEASONS = (as_an_editor_reads(path) for path in (CASES / "maiziyu/project.yaml", DEFAULT / "zones.yaml", DEFAULT / "calendar.yaml"))
RULE = ("rules", 0)


@pytest.mark.parametrize(
    ("kind", "content", "path", "value"),
    [
        ("decisions", BARRED, (*RULE, "when"), {"space_clas": "reserve_core"}),
        ("decisions", BARRED, (*RULE, "when"), {"space_class": "reserve_cor"}),
        ("decisions", BARRED, (*RULE, "when"), {"space_class": {"non_of": ["urban"]}}),
        ("decisions", BARRED, (*RULE, "when"), {"any": [{"slope_deg": {"at_last": 15}}]}),
        ("decisions", BARRED, (*RULE, "when"), {"slope_deg": 15}),
        ("decisions", BARRED, (*RULE, "when"), {"space_class": {"all_of": ["urban"]}}),
        ("decisions", BARRED, (*RULE, "then"), "pocket_prak"),
        ("decisions", BARRED, (*RULE, "then"), {"effects": ["bulds"]}),
        ("decisions", BARRED, (*RULE, "then"), {"effect": ["builds"]}),
        ("decisions", BARRED, (*RULE, "layer"), "law of nature"),
        ("decisions", BARRED, (*RULE, "becuase"), "x"),
        ("decisions", BARRED, (*RULE, "because"), "in one language"),
        ("decisions", BARRED, (*RULE, "cite"), []),
        ("decisions", BARRED, ("hit",), "frist"),
        ("decisions", BARRED, ("each", 0, "each"), "measures"),
        ("measures", MINE, ("measures", 0, "relieves"), ["geohazrd"]),
        ("measures", MINE, ("measures", 0, "restores"), ["geohazard"]),
        ("measures", MINE, ("measures", 0, "lead"), "nobody"),
        ("measures", MINE, ("measures", 0, "duration"), {"days": 0}),
        ("measures", MINE, ("measures", 0, "modes"), ["assited"]),
        ("measures", MINE, ("measures", 0, "colour"), "green"),
        ("measures", MINE, ("measures", 0, "cite"), []),
        ("zones", ZONES, ("zones", 0, "main"), ["protecton"]),
        ("zones", ZONES, ("zones", 0, "requirements", 0, "duties"), ["nothing"]),
        ("calendar", SEASONS, ("seasons", 0, "dates"), [["6-1", "09-15"]]),
        ("calendar", SEASONS, ("seasons", 0, "closes"), ["in_chanel"]),
        ("project", PROJECT, ("units", 0, "facts", "damage"), "sever"),
        ("project", PROJECT, ("units", 0, "facts", "problems"), "geohazard"),
        ("project", PROJECT, ("units", 0, "facts", "slope_deg"), 95),
        ("project", PROJECT, ("units", 0, "facts", "slop"), 5),
        ("project", PROJECT, ("units", 0, "add"), [{"measure": "pocket_prak", "because": "x"}]),
        ("project", PROJECT, ("units", 0, "quantities"), {"slope_stabilisation": {"area": 1}}),
        ("project", PROJECT, ("project", "crews"), {"mines": 2}),
        ("project", PROJECT, ("project", "start"), 2026),
        ("case", CASE, ("expect", 0, "measures"), ["pocket_prak"]),
        ("case", CASE, ("expect", 0, "conclusions"), {"mode": "rebuild"}),
        ("case", CASE, ("questions", 0, "stage"), "modes"),
    ],
)  # fmt: skip
def test_a_mistyped_key_or_answer_is_found(kind: str, content: Any, path: tuple[str | int, ...], value: Any) -> None:
    assert wrong(kind, content) == []
    changed = copy.deepcopy(content)
    inside = changed
    for part in path[:-1]:
        inside = inside[part]
    inside[path[-1]] = value
    assert wrong(kind, changed) != []


@pytest.mark.parametrize(
    ("kind", "content", "path", "value"),
    [
        ("decisions", BARRED, (*RULE, "when"), {"problems": "@any", "bird_site": "是", "all": [{"slope_deg": {"not": {"below": 3.5}}}, {"zone": "Ⅰ-2-2"}]}),
        ("decisions", BARRED, (*RULE, "cite"), 5.3),
        ("decisions", BARRED, (*RULE, "disabled"), True),
        ("measures", MINE, ("measures", 0), {"id": "hazard_warning_isolation", "disabled": True}),
        ("calendar", SEASONS, ("seasons", 0), {"id": "flood", "disabled": True}),
        ("measures", MINE, ("measures", 0, "duration"), {"days": "10"}),
        ("project", PROJECT, ("units", 0, "facts", "heritage"), "否"),
        ("project", PROJECT, ("units", 0, "facts", "damage"), None),
        ("project", PROJECT, ("units", 0, "facts", "problems"), "unknown"),
        ("project", PROJECT, ("units", 0, "facts", "zone"), "Ⅰ-2-2"),
        ("project", PROJECT, ("units", 0, "name"), 12),
    ],
)  # fmt: skip
def test_what_the_loader_takes_is_valid(kind: str, content: Any, path: tuple[str | int, ...], value: Any) -> None:
    changed = copy.deepcopy(content)
    inside = changed
    for part in path[:-1]:
        inside = inside[part]
    inside[path[-1]] = value
    assert wrong(kind, changed) == []


def test_an_editor_offers_the_answers_of_the_decision(tmp_path: Path) -> None:
    """`then` takes the answers of the decision that the file names, and no other's."""
    modes = as_an_editor_reads(DEFAULT / "decisions/modes.yaml")
    modes["decision"] = "zone_fit"
    assert wrong("decisions", modes) != []


def test_a_local_folder_gets_schemas_of_its_own(tmp_path: Path) -> None:
    local = tmp_path / "local"
    (local / "decisions").mkdir(parents=True)
    (local / "calendar.yaml").write_text("seasons:\n  - {id: flood, disabled: true}\n", "utf-8")
    changed = write([DEFAULT, local])
    assert local / "calendar.yaml" in changed and all(local in path.parents for path in changed)
    assert (local / "calendar.yaml").read_text("utf-8") == f"{MARK}schemas/calendar.json\nseasons:\n  - {{id: flood, disabled: true}}\n"
    assert write([DEFAULT, local]) == []
    seasons = json.loads((local / "schemas/decisions.json").read_text("utf-8"))["definitions"]["answers_seasons"]["enum"]
    assert "flood" not in seasons and "frost" in seasons
    assert load(DEFAULT, local).seasons.keys() == base().seasons.keys() - {"flood"}
