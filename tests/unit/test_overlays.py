"""A local folder over the base replaces, takes out and adds, entry by entry; and so another city can be consulted on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.bases import base

from engine.consult import Consultation, consult_unit
from engine.knowledge import KnowledgeBase
from engine.load import DEFAULT, load
from engine.project import read_project, unit_of
from engine.source import Unusable

CITY = Path(__file__).parents[1] / "overlays" / "other_city"
REASON = {"zh": "本地", "en": "local"}


def written(file: str) -> Any:
    """A shipped file as text, lists and mappings."""

    def nulls(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: nulls(part) for key, part in value.items()}
        return [nulls(part) for part in value] if isinstance(value, list) else None if value == "null" else value

    return nulls(yaml.load((DEFAULT / file).read_text("utf-8"), Loader=yaml.BaseLoader))


def entry(file: str, section: str, id: str) -> dict[str, Any]:
    return dict(next(e for e in written(file)[section] if e["id"] == id))


def overlaid(folder: Path, **files: Any) -> KnowledgeBase:
    """The shipped base with a local folder over it; `decisions__mode` is decisions/mode.yaml."""
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")  # JSON is YAML
    return load(DEFAULT, folder)


def head(decision: str) -> dict[str, Any]:
    return {key: value for key, value in written(f"decisions/{decision}.yaml").items() if key not in ("rules", "each", "otherwise")}


def concluded(over: KnowledgeBase, facts: Mapping[str, Any]) -> dict[str, Any]:
    consultation: Consultation = consult_unit(over, unit_of(over, facts))
    return dict(consultation.json()["conclusions"])


def test_a_rule_is_replaced(tmp_path: Path) -> None:
    unit = {"damage": "slight", "recovery": "medium", "problems": ()}
    rule = entry("decisions/needed_mode.yaml", "rules", "need.slight-medium") | {"then": "assisted", "because": REASON}
    over = overlaid(tmp_path, decisions__needed_mode=head("needed_mode") | {"rules": [rule]})
    assert (concluded(base(), unit)["needed_mode"], concluded(over, unit)["needed_mode"]) == ("natural", "assisted")
    assert [r.id for r in over.decisions["needed_mode"].rules] == [r.id for r in base().decisions["needed_mode"].rules]


def test_a_rule_is_taken_out(tmp_path: Path) -> None:
    rule = entry("decisions/barred.yaml", "rules", "bar.heritage") | {"disabled": True}
    over = overlaid(tmp_path, decisions__barred=head("barred") | {"rules": [rule]})
    assert set(base().rules) - set(over.rules) == {"bar.heritage"}


def test_a_rule_is_added(tmp_path: Path) -> None:
    rule = {"id": "modes.urban", "when": {"space_class": "urban"}, "then": "natural", "layer": "expert", "cite": ["5.5.2 e"], "because": REASON}
    over = overlaid(tmp_path, decisions__modes=head("modes") | {"rules": [rule]})
    unit = {"redline": "outside", "spatial_type": "urban", "damage": "severe", "recovery": "weak", "problems": ()}
    assert (concluded(base(), unit)["modes"], concluded(over, unit)["modes"]) == (["reconstruct"], ["natural", "reconstruct"])


def test_a_rule_taken_out_of_an_ordered_table_leaves_a_gap_that_is_reported(tmp_path: Path) -> None:
    rule = entry("decisions/space_class.yaml", "rules", "space.urban") | {"disabled": True}
    with pytest.raises(Unusable, match="E314"):
        overlaid(tmp_path, decisions__space_class=head("space_class") | {"rules": [rule]})


def test_a_measure_is_replaced_taken_out_and_added(tmp_path: Path) -> None:
    file = written("measures/urban.yaml")
    names = {key: file[key] for key in ("element", "zh", "en")}
    park = next(dict(m) for m in file["measures"] if m["id"] == "pocket_park")
    longer = park | {"duration": {"days": 99}}
    new = park | {"id": "roof_garden", "zh": "屋顶绿化", "en": "roof garden", "after": []}
    over = overlaid(tmp_path, measures__town=names | {"measures": [longer, new]})
    assert over.measures["pocket_park"].duration.days == 99 != base().measures["pocket_park"].duration.days
    assert set(over.measures) - set(base().measures) == {"roof_garden"} and over.measures["roof_garden"].element == "urban"
    assert "roof_garden" in over.attributes["proposed"].answers
    unused = next(m for m in base().measures if not any(m in text for text in uses()))
    element = base().elements[base().measures[unused].element]
    out = {"element": base().measures[unused].element, "zh": element.zh, "en": element.en, "measures": [{"id": unused, "disabled": True}]}
    assert set(base().measures) - set(overlaid(tmp_path / "other", measures__out=out).measures) == {unused}


@cache
def uses() -> tuple[str, ...]:
    """The texts in which a measure may be named by others: rules, zones and what comes after it."""
    named = [str(written(f"decisions/{path.name}")) for path in (DEFAULT / "decisions").glob("*.yaml")]
    return (*named, str(written("zones.yaml")), *(str(m.after) for m in base().measures.values()))


def test_a_measure_that_others_name_cannot_vanish_unnoticed(tmp_path: Path) -> None:
    element = written("measures/mine.yaml")
    out = {key: element[key] for key in ("element", "zh", "en")} | {"measures": [{"id": "hazard_rock_removal", "disabled": True}]}
    with pytest.raises(Unusable, match=r"E315.*hazard_rock_removal"):
        overlaid(tmp_path, measures__out=out)


def test_a_season_is_replaced_taken_out_and_added(tmp_path: Path) -> None:
    flood = entry("calendar.yaml", "seasons", "flood") | {"dates": [["05-01", "10-31"]], "years": {}, "when": {}}
    storm = flood | {"id": "storm", "zh": "台风期", "en": "typhoon season", "closes": ["works"], "when": {"hazard_types": "rainstorm_flood"}}
    over = overlaid(tmp_path, calendar={"seasons": [flood, {"id": "frost", "disabled": True}, storm]})
    assert over.seasons["flood"].dates == (((5, 1), (10, 31)),)
    assert set(over.seasons) == (set(base().seasons) - {"frost"}) | {"storm"}
    unit = {"hazard_types": ("rainstorm_flood",), "bird_site": False, "fish_spawning": False}
    assert "storm" in concluded(over, unit)["seasons"] and "frost" not in concluded(over, unit)["seasons"]
    assert "frost" in concluded(base(), unit)["seasons"]


def test_an_answer_is_added_to_a_fact_and_one_is_taken_out(tmp_path: Path) -> None:
    """A fact is one entry: its answers are replaced with it, and what is gone must not be asked for any more."""
    fact = entry("facts.yaml", "facts", "hazard_types")
    karst = {"id": "karst_collapse", "zh": "岩溶塌陷", "en": "karst collapse"}
    more = overlaid(tmp_path / "more", facts={"facts": [fact | {"answers": [*fact["answers"], karst]}]})
    assert "karst_collapse" in more.attributes["hazard_types"].answers
    assert list(more.facts) == list(base().facts)
    with pytest.raises(Unusable, match=r"E302.*`collapse_landslide`"):
        overlaid(tmp_path / "less", facts={"facts": [fact | {"answers": [a for a in fact["answers"] if a["id"] != "collapse_landslide"]}]})


def test_the_later_folder_prevails_and_the_digest_tells(tmp_path: Path) -> None:
    flood = entry("calendar.yaml", "seasons", "flood") | {"years": {}, "when": {}}
    first = overlaid(tmp_path / "a", calendar={"seasons": [flood | {"dates": [["05-01", "10-31"]]}]})
    overlaid(tmp_path / "b", calendar={"seasons": [flood | {"dates": [["04-01", "11-30"]]}]})
    both = load(DEFAULT, tmp_path / "a", tmp_path / "b")
    assert both.seasons["flood"].dates == (((4, 1), (11, 30)),)
    assert len({base().digest, first.digest, both.digest}) == 3


def test_another_city_is_consulted_with_its_own_zones(tmp_path: Path) -> None:
    over = load(DEFAULT, CITY / "knowledge")
    assert [z.split("-")[0] for z in over.zones] == ["E", "E", "E"] and set(over.groups) == {"E-1", "E-2"}
    assert over.attributes["zone"].answers == ("E-1-1", "E-1-2", "E-2-1")
    assert set(over.measures) - set(base().measures) == {"pond_dyke_repair"}
    project = read_project(CITY / "project.yaml", over)
    found = consult_unit(over, project.units["P1"]).json()
    conclusions = found["conclusions"]
    assert (conclusions["mode"], conclusions["zone_fit"], conclusions["requirements"]) == ("assisted", "main", ["E-1-2.1"])
    assert "pond_dyke_repair" in [m["id"] for m in found["measures"]]
    assert "flood" in conclusions["seasons"] and "frost" not in conclusions["seasons"]


def test_another_city_passes_nothing_of_its_own_off_as_the_standard() -> None:
    over = load(DEFAULT, CITY / "knowledge")
    project = read_project(CITY / "project.yaml", over)
    trail = consult_unit(over, project.units["P1"]).json()["trail"]
    own = [step for step in trail if step["rule"].startswith(("require:E", "fit.main:E", "propose:pond_dyke", "season:flood"))]
    assert len(own) == 4
    assert all(step["layer"] == "expert" and any("虚构" in cite for cite in step["cite"]) for step in own)
    for path in CITY.rglob("*.yaml"):
        assert path.read_text("utf-8").startswith("# INVENTED EXAMPLE")


def test_zones_of_the_base_are_unknown_in_another_city(tmp_path: Path) -> None:
    over = load(DEFAULT, CITY / "knowledge")
    project = tmp_path / "p.yaml"
    project.write_text((CITY / "project.yaml").read_text("utf-8").replace("zone: E-1-2", "zone: I-2-2"), "utf-8")
    with pytest.raises(Unusable, match=r"p\.yaml:\d+:\d+: E302"):
        read_project(project, over)


def test_a_requirement_may_carry_a_layer_and_a_source_of_its_own(tmp_path: Path) -> None:
    zone = entry("zones.yaml", "zones", "I-1-1")
    first, second, *rest = zone["requirements"]
    local = first | {"layer": "law", "cite": ["示例条例第三条"]}
    over = overlaid(tmp_path, zones={"zones": [zone | {"requirements": [local, second, *rest]}]})
    written_of = {rule.item: (rule.layer, rule.cite) for rule in over.decisions["requirements"].rules}
    assert written_of[f"I-1-1.{first['id']}"] == ("law", ("示例条例第三条",))
    assert written_of[f"I-1-1.{second['id']}"] == ("standard", (f"C.1 I-1-1 ({second['id']})",))


def test_the_last_row_of_a_table_may_be_taken_out_where_other_rows_cover_every_case(tmp_path: Path) -> None:
    assert base().decisions["zone_fit"].otherwise is not None
    without = {"decision": "zone_fit", "otherwise": {"disabled": True}}
    with pytest.raises(Unusable, match="E314: table `zone_fit`"):
        overlaid(tmp_path / "gap", decisions__zone_fit=without)
    last = {"id": "fit.rest", "when": {}, "then": "outside", "layer": "expert", "cite": ["5.5.2"], "because": REASON}
    covered = overlaid(tmp_path / "covered", decisions__zone_fit=without | {"rules": [last]}).decisions["zone_fit"]
    assert covered.otherwise is None and covered.rules[-1].id == "fit.rest"


def test_what_is_taken_out_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(Unusable) as caught:
        overlaid(
            tmp_path, decisions__flags={"decision": "flags", "rules": [{"id": "flag.red-line-mines", "disabled": True}]},
            calendar={"seasons": [{"id": "forst", "disabled": True}]},
        )  # fmt: skip
    assert [(p.code, p.near) for p in caught.value.problems] == [("E210", "frost"), ("E210", "flag.red-line-mine")]
