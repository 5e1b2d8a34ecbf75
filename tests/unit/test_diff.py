"""Two knowledge bases by meaning: what was edited, whose outcome moves, and for all units whether the new one is stricter or laxer."""

from __future__ import annotations

import io
import json
import random
import shutil
from collections.abc import Mapping
from functools import cache
from itertools import combinations, product
from math import prod
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from rich.console import Console
from support.bases import base
from support.small_bases import edited_base, random_base, random_facts
from typer.testing import CliRunner, Result

import engine.outcomes
from engine.cli import app
from engine.consult import MEASURES, consult_unit
from engine.diff import Diff, diff
from engine.edits import rule_edits
from engine.entries import entry_edits
from engine.everywhere import Everywhere
from engine.knowledge import KnowledgeBase
from engine.load import DEFAULT, load
from engine.outcomes import Comparing
from engine.patches import read_patches
from engine.project import Unit, known_of, unit_of
from engine.remembered import Remembered
from engine.semantics import infer
from engine.shared import Shared
from engine.show_knowledge import show_diff
from engine.source import Unusable

CASES = DEFAULT.parent / "cases"
CITY = Path(__file__).parents[1] / "overlays" / "other_city" / "knowledge"
MODES = ["conserve", "natural", "assisted", "reconstruct"]
Edits = tuple[tuple[str, str, str], ...]  # file, text in it, text in its place

CEILING: Edits = (("decisions/mode_ceiling.yaml", "then: natural", "then: assisted"),)
HERITAGE: Edits = (("decisions/barred.yaml", "    when: {heritage: true}\n", "    when: {heritage: true}\n    disabled: true\n"),)
SLOPE: Edits = (("measures/mine.yaml", "slope_deg: {below: 35}", "slope_deg: {below: 30}"),)
REASON: Edits = (("decisions/mode_ceiling.yaml", "城镇空间可以辅助再生，必要时重建", "城镇空间可辅助再生，必要时可以重建"),)
ANSWER: Edits = (("facts.yaml", "      - {id: midstream, zh: 中游, en: midstream}\n", ""),)


def copied(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """A copy of the shipped folder with some text changed."""
    place = folder / "changed"
    shutil.copytree(DEFAULT, place)
    for file, before, after in edits:
        text = (place / file).read_text("utf-8")
        assert before in text
        (place / file).write_text(text.replace(before, after, 1), "utf-8")
    return place


@cache
def everywhere(old: KnowledgeBase, new: KnowledgeBase) -> dict[str, dict[str, Any]]:
    return {v.conclusion: v.json() for v in Everywhere(Shared(old, new)).verdicts()}


def relations(found: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The conclusions that are not equal."""
    return {name: verdict["relation"] for name, verdict in found.items() if verdict["relation"] != "equal"}


def concluded(kb: KnowledgeBase, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a consultation says, of facts as `--json` prints them."""
    c = consult_unit(kb, unit_of(kb, {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()}))
    return {**c.conclusions, "measures": c.settled(MEASURES), "barred": c.settled("barred"), "flags": c.settled("flags")}


def both(new: KnowledgeBase, witness: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the shipped and the new base conclude of a witness, as a user would find it."""
    assert witness["facts_before"] == {}
    return concluded(base(), witness["facts"]), concluded(new, witness["facts"])


def test_a_raised_ceiling_is_laxer_and_a_unit_shows_it(tmp_path: Path) -> None:
    new = load(copied(tmp_path, *CEILING))
    (edit,) = rule_edits(base(), new)
    assert edit.json()["id"] == "ceiling.reserve-core"
    assert (edit.change, edit.before, edit.after) == ("changed", {"then": ["natural"]}, {"then": ["assisted"]})
    assert edit.json()["at"]["after"] == "changed/decisions/mode_ceiling.yaml:9:5"
    found = everywhere(base(), new)
    apart = relations(found)
    assert (apart["mode_ceiling"], apart["mode"], apart["modes"], apart["measures"]) == ("laxer",) * 4
    assert not {"needed_mode", "space_class", "damage", "barred", "flags:stop"} & set(apart)
    for name in ("mode_ceiling", "mode"):
        (witness,) = found[name]["witnesses"]
        before, after = both(new, witness)
        assert (before[name], after[name]) == (witness["before"], witness["after"])
        assert MODES.index(after[name]) > MODES.index(before[name])
        assert witness["facts"]["redline"] == "reserve_core"
        assert "redline" in witness["enough"]
        only = {fact: witness["facts"][fact] for fact in witness["enough"]}
        assert (concluded(base(), only)[name], concluded(new, only)[name]) == (witness["before"], witness["after"])


def test_a_bar_that_is_gone_is_laxer_on_bars_and_measures(tmp_path: Path) -> None:
    new = load(copied(tmp_path, *HERITAGE))
    (edit,) = rule_edits(base(), new)
    assert (edit.id, edit.change, edit.after) == ("bar.heritage", "removed", {})
    assert edit.before["when"] == {"heritage": True}
    found = everywhere(base(), new)
    assert relations(found) == {"barred": "laxer", "measures": "laxer"}
    (bars,), (measures,) = found["barred"]["witnesses"], found["measures"]["witnesses"]
    before, after = both(new, bars)
    assert set(after["barred"]) < set(before["barred"])
    before, after = both(new, measures)
    assert set(after["measures"]) > set(before["measures"])


def test_a_threshold_that_moved_is_seen_between_the_old_and_the_new_one(tmp_path: Path) -> None:
    new = load(copied(tmp_path, *SLOPE))
    (edit,) = rule_edits(base(), new)  # no other rule on the slope, though there is one interval more
    assert edit.id.startswith("propose:")
    assert (edit.before["when"]["slope_deg"], edit.after["when"]["slope_deg"]) == ({"below": 35}, {"below": 30})
    (slope,) = entry_edits(base(), new)
    assert 30 in set(slope.after["thresholds"]) - set(slope.before["thresholds"])
    found = everywhere(base(), new)
    assert relations(found) == {"measures": "stricter"}
    (witness,) = found["measures"]["witnesses"]
    assert 30 <= witness["facts"]["slope_deg"] < 35
    before, after = both(new, witness)
    assert set(after["measures"]) < set(before["measures"])


def test_a_reason_alone_moves_nothing(tmp_path: Path) -> None:
    new = load(copied(tmp_path, *REASON))
    (edit,) = rule_edits(base(), new)
    assert (edit.id, list(edit.before), list(edit.after["because"])) == ("ceiling.urban", ["because"], ["zh"])
    assert relations(everywhere(base(), new)) == {}
    comparing = Comparing(Shared(base(), new))
    comparing.cases(CASES)
    assert comparing.found.units > 20
    assert (comparing.found.moves, comparing.found.unreadable) == ([], [])


def test_an_answer_that_is_gone_is_told_and_the_cases_that_use_it_are_listed(tmp_path: Path) -> None:
    new = load(copied(tmp_path, *ANSWER))
    assert rule_edits(base(), new) == []
    (fact,) = entry_edits(base(), new)
    assert (fact.kind, fact.id, fact.change, fact.after["answers"]) == ("facts", "water_position", "changed", {"midstream": None})
    shared = Shared(base(), new)
    assert shared.only_in() == [{"base": "old", "kind": "answer", "id": "water_position", "answers": ["midstream"]}]
    assert relations(everywhere(base(), new)) == {}
    comparing = Comparing(shared)
    comparing.cases(CASES)
    unreadable = {(u.case, u.base): [p.code for p in u.problems] for u in comparing.found.unreadable}
    assert unreadable["dali_mines", "new"][0] == "E302"
    assert {side for _, side in unreadable} == {"new"}
    assert "midstream" in (CASES / "dali_mines" / "project.yaml").read_text("utf-8")


def test_an_answer_added_changes_no_rule_that_only_excludes_others(tmp_path: Path) -> None:
    """`none_of` reads on, though it now holds for one answer more."""
    more: Edits = (("facts.yaml", "      - {id: midstream, zh: 中游, en: midstream}\n", "      - {id: midstream, zh: 中游, en: midstream}\n      - {id: estuary, zh: 河口, en: estuary}\n"),)
    excluding = (("decisions/urgent.yaml", "water_position: upstream}", "water_position: {none_of: [downstream]}}"),)
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old, new = load(copied(tmp_path / "old", *excluding)), load(copied(tmp_path / "new", *excluding, *more))
    assert rule_edits(old, new) == []


def flow(value: Any) -> str:
    """YAML laid out otherwise: keys in reverse order, everything quoted, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(value[key])}" for key in reversed(value)) + "}"
    return "[" + ", ".join(map(flow, value)) + "]" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)


def test_another_layout_another_order_and_another_file_are_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.outcomes, "SAMPLE", 3)
    place = copied(tmp_path, ("measures/mine.yaml", "hazard: [medium, high], slope_deg: {below: 35}", "slope_deg: {below: 35.0}, hazard: [high, medium]"))
    ceiling, bars = (yaml.load((place / name).read_text("utf-8"), Loader=yaml.BaseLoader) for name in ("decisions/mode_ceiling.yaml", "decisions/barred.yaml"))
    bars["rules"].reverse()  # a collect decision has no order
    for name, content in (("decisions/ceiling_of_modes.yaml", ceiling), ("decisions/barred.yaml", bars)):
        (place / name).write_text(flow(content), "utf-8")
    (place / "decisions/mode_ceiling.yaml").unlink()
    done = run(DEFAULT, place, "--cases", str(one_case(tmp_path)), "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (found["rules"], found["moved"], found["unreadable"], found["only_in"]) == ([], [], [], [])
    assert {v["relation"] for v in found["everywhere"]} == {"equal"}
    assert [e["id"] for e in found["entries"]] == []


def test_a_row_that_moved_within_a_first_table_is_a_change_of_its_place(tmp_path: Path) -> None:
    text = (DEFAULT / "decisions/mode_ceiling.yaml").read_text("utf-8")
    start, end = text.index("  - id: ceiling.reserve-core"), text.index("  - id: ceiling.redline-other")
    new = load(copied(tmp_path, ("decisions/mode_ceiling.yaml", text[start:], text[end:].rstrip("\n") + "\n" + text[start:end])))
    (edit,) = rule_edits(base(), new)
    assert (edit.id, edit.before, edit.after) == ("ceiling.reserve-core", {"position": 1}, {"position": 5})


def test_rows_written_for_every_measure_that_change_alike_are_one_change(tmp_path: Path) -> None:
    new = load(copied(tmp_path, ("decisions/chosen.yaml", "采用推荐的", "采用")))
    (edit,) = rule_edits(base(), new)
    assert (edit.id, len(edit.items)) == ("choose", len(base().measures))
    assert edit.at[1] is not None
    assert edit.at[1].file == "changed/decisions/chosen.yaml"


def test_another_effect_of_a_measure_changes_the_bars_that_go_by_effects_and_its_fact_sheet(tmp_path: Path) -> None:
    text = (DEFAULT / "measures/mine.yaml").read_text("utf-8")
    start = text.index("  - id: hazard_warning_isolation")
    sheet = text[start : text.index("  - id:", start + 5)]
    new = load(copied(tmp_path, ("measures/mine.yaml", sheet, sheet.replace("effects: []", "effects: [chemicals]"))))
    edits = {e.id: e for e in rule_edits(base(), new)}
    assert {"bar.reserve-core", "bar.water-source-primary", "bar.water-sites", "effect:hazard_warning_isolation"} <= set(edits)
    assert set(edits["bar.water-sites"].after["then"]) - set(edits["bar.water-sites"].before["then"]) == {"hazard_warning_isolation"}
    (entry,) = entry_edits(base(), new)
    assert (entry.kind, entry.id, entry.before, entry.after) == ("measures", "hazard_warning_isolation", {"effects": []}, {"effects": ["chemicals"]})


def test_an_overlay_adds_replaces_and_takes_out(tmp_path: Path) -> None:
    new = load(DEFAULT, CITY)
    edits = {e.id: e for e in rule_edits(base(), new)}
    assert edits["propose:pond_dyke_repair"].change == "added"
    assert edits["require:I-1-1.1"].change == "removed"
    assert set(edits["season:flood"].before) == {"layer", "cite", "because"}
    entries = {(e.kind, e.id): e for e in entry_edits(base(), new)}
    assert (entries["measures", "pond_dyke_repair"].change, entries["zones", "I-1-1"].change, entries["about", "about"].change) == ("added", "removed", "changed")
    assert entries["seasons", "flood"].before["dates"] == [[[6, 1], [9, 15]]]
    assert ("measures", "slope_stabilisation") not in entries
    zones = {(u["base"], u["kind"], u["id"]): u["answers"] for u in Shared(base(), new).only_in()}
    assert "I-1-1" in zones["old", "answer", "zone"]
    assert "E-1-1" in zones["new", "answer", "zone"]


def test_files_that_rules_do_not_read_are_compared_too(tmp_path: Path) -> None:
    """Examples and properties: what is asked for, not how it is laid out."""
    given = ("examples.yaml", "given: {problems: [groundwater_overdraft]}", "given: {problems: [groundwater_overdraft, overuse]}")
    laid_out = ("properties.yaml", "    never: {mode: [assisted, reconstruct]}", "    never:\n      mode: [reconstruct, assisted]")
    more = ("properties.yaml", "    never: {modes: [assisted, reconstruct]}", "    never: {modes: [reconstruct]}")
    new = load(copied(tmp_path, given, laid_out, more))
    found = {(e.kind, e.id): e for e in entry_edits(base(), new)}
    assert {key: list(e.after) for key, e in found.items()} == {("examples", "whole.planting-on-overdraft"): ["given"], ("properties", "core-modes"): ["never"]}
    at = found["properties", "core-modes"].at[1]
    assert at is not None
    assert at.file == "changed/properties.yaml"


# The command.


def run(old: Path | str, new: Path | str, *more: str) -> Result:
    return CliRunner().invoke(app, ["diff", str(old), str(new), *more])


def one_case(folder: Path, name: str = "lingshan_core") -> Path:
    cases = folder / "cases"
    (cases / name).mkdir(parents=True)
    shutil.copy(CASES / name / "project.yaml", cases / name)
    return cases


def test_the_command_prints_what_the_contract_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine.outcomes, "SAMPLE", 8)
    kept: list[Diff] = []
    monkeypatch.setattr("engine.diff.diff", lambda *given: kept.append(diff(*given)) or kept[0])
    done = run(DEFAULT, copied(tmp_path, *CEILING), "--cases", str(one_case(tmp_path)), "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    (rule,) = found["rules"]
    assert {"id", "change", "before", "after"} <= set(rule)
    moved = {(m["case"], m["unit"], m["conclusion"]): m for m in found["moved"]}
    row = moved["lingshan_core", "B1", "mode"]
    assert (row["before"], row["after"], row["added"], row["removed"]) == ("natural", "assisted", ["assisted"], ["natural"])
    joined = moved["lingshan_core", "B1", "measures"]
    assert joined["added"] == [m for m in joined["after"] if m not in joined["before"]] != []
    assert {m["unit"] for m in found["moved"] if m["case"] == "sample"} == set(found["sample"])
    assert {"entries", "everywhere", "unreadable", "only_in"} <= set(found)
    for lang, word in (("zh", "更宽"), ("en", "laxer")):
        out = Console(file=io.StringIO(), width=140)
        show_diff(out, kept[0], lang)
        shown = out.file.getvalue()  # type: ignore[attr-defined]
        assert [part for part in ("ceiling.reserve-core", "5.5.2 a", "changed/decisions/mode_ceiling.yaml:9", "lingshan_core B1", word) if part not in shown] == []


def test_problems_of_both_bases_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one = copied(tmp_path, ("decisions/mode_ceiling.yaml", "then: natural", "then: naturall"))
    other = copied(tmp_path / "other", ("decisions/barred.yaml", "heritage: true", "heritige: true"))
    problems = run(one, other).exception
    assert isinstance(problems, Unusable)
    assert sorted(p.code for p in problems.problems) == ["E301", "E302"]
    missing = run(DEFAULT, tmp_path / "nothing").exception
    assert isinstance(missing, Unusable)
    assert [p.code for p in missing.problems] == ["E112"]
    nobody = run(DEFAULT, DEFAULT, "--cases", str(tmp_path)).exception
    assert isinstance(nobody, Unusable)
    assert [p.code for p in nobody.problems] == ["E522"]


# Patches.

TABLE = """patch_id,redline,spatial_type,damage,recovery,problems,owner
p1,reserve_core,ecological,severe,weak,geohazard;soil_erosion,甲
p2,reserve_core,ecological,severe,weak,geohazard;soil_erosion,乙
p3,outside,urban,none,strong,[],丙
p4,reserve_core,ecological,,,,丁
p5,inside,urban,none,strong,,戊
"""


def compared(new: KnowledgeBase, table: Path) -> Comparing:
    comparing = Comparing(Shared(base(), new))
    comparing.patches(read_patches(table))
    return comparing


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig"])
def test_patches_of_a_table_move_as_their_answers_say(tmp_path: Path, encoding: str) -> None:
    table = tmp_path / "patches.csv"
    table.write_bytes(TABLE.encode(encoding))
    found = compared(load(copied(tmp_path, *CEILING)), table).found
    moved = {(row["unit"], row["conclusion"]): row for m in found.moves for row in m.json()}
    assert {m.unit for m in found.moves} == {"p1", "p2", "p4"}
    assert (moved["p2", "mode"]["before"], moved["p2", "mode"]["after"], moved["p2", "mode"]["case"]) == ("natural", "assisted", "patches.csv")
    assert (moved["p4", "mode"]["before"], moved["p4", "mode"]["after"]) == (None, None)
    assert "assisted" in set(moved["p4", "mode"]["possible_after"]) - set(moved["p4", "mode"]["possible_before"])
    assert [(u.case, u.unit, u.base, [p.code for p in u.problems]) for u in found.unreadable] == [("patches.csv", "p5", side, ["E302"]) for side in ("old", "new")]
    assert str(found.unreadable[0].problems[0].at) == f"{table}:6:2"
    assert (found.patches, found.profiles, found.compared) == (5, 4, 3)


def test_a_parquet_table_says_the_same(tmp_path: Path) -> None:
    rows = pd.DataFrame({"patch_id": [1, 2], "redline": ["reserve_core", None], "problems": [["geohazard"], []], "heritage": [True, False], "slope_deg": [12.5, None]})
    rows.to_parquet(tmp_path / "patches.parquet")
    table = read_patches(tmp_path / "patches.parquet")
    facts = [table.facts(row, base()) for row in table.rows]
    assert [row.id for row in table.rows] == ["1", "2"]
    assert facts == [({"redline": "reserve_core", "problems": ("geohazard",), "heritage": True, "slope_deg": 12.5}, []), ({"problems": (), "heritage": False}, [])]


def test_a_fact_that_only_the_new_base_asks_goes_to_that_alone(tmp_path: Path) -> None:
    karst = {"id": "karst", "zh": "岩溶", "en": "karst", "kind": "yesno", "topic": base().topics[0].id, "changeable": False, "layer": "expert", "cite": ["5.4.1 §1"]}
    asked = {**karst, **{key: {"zh": "岩溶区？", "en": "karst?"} for key in ("question", "hint", "guidance")}}
    local = tmp_path / "local"
    (local / "decisions").mkdir(parents=True)
    (local / "facts.yaml").write_text(json.dumps({"facts": [asked]}, ensure_ascii=False), "utf-8")
    bar = {"id": "bar.karst", "when": {"karst": True}, "then": ["pit_backfill"], "layer": "expert", "cite": ["5.4.1 §1"], "because": {"zh": "岩溶区不回填", "en": "no backfill on karst"}}
    (local / "decisions" / "barred.yaml").write_text(json.dumps({"decision": "barred", "rules": [bar]}, ensure_ascii=False), "utf-8")
    new = load(DEFAULT, local)
    found = everywhere(base(), new)
    assert (found["barred"]["relation"], found["mode"]["relation"]) == ("stricter", "equal")
    (witness,) = found["barred"]["witnesses"]
    assert witness["facts"]["karst"] is True
    assert "karst" in witness["enough"]
    assert Shared(base(), new).only_in() == [{"base": "new", "kind": "fact", "id": "karst", "answers": []}]
    (tmp_path / "karst.csv").write_text("patch_id,karst\nk1,true\nk2,perhaps\n", "utf-8")
    outcomes = compared(new, tmp_path / "karst.csv").found
    assert [(m.unit, x.joined) for m in outcomes.moves for x in m.moved if x.name == "barred"] == [("k1", ("pit_backfill",))]
    assert [(u.unit, u.base) for u in outcomes.unreadable] == [("k2", "new")]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("a.csv", "id,redline\n1,outside\n", "E521"), ("a.xlsx", "x", "E810"), ("a.parquet", "no parquet", "E520"), ("a.csv", "", "E520"), ("a.csv", "patch_id\n1\n1\n", "E209")],
)
def test_a_table_that_cannot_be_used_is_told(tmp_path: Path, name: str, content: str, code: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(Unusable) as refused:
        read_patches(tmp_path / name)
    assert {p.code for p in refused.value.problems} == {code}
    with pytest.raises(Unusable):
        read_patches(tmp_path / "missing.csv")


# Against brute force.

NUMBERS = (0.0, 10.0, 20.5, 30.0, 50.0)


def answers(old: KnowledgeBase, new: KnowledgeBase) -> dict[str, list[Any]]:
    """Every answer to every fact that each base which knows the fact can read; None for unanswered."""
    found: dict[str, list[Any]] = {}
    for id in {*old.facts, *new.facts}:
        facts = [kb.facts[id] for kb in (old, new) if id in kb.facts]
        ids = [a.id for a in facts[0].answers if all(a.id in [x.id for x in f.answers] for f in facts)]
        match facts[0].kind:
            case "many":
                found[id] = [some for n in range(len(ids) + 1) for some in combinations(ids, n)]
            case "one":
                found[id] = [*ids, *([None] if id == "grade" else [])]
            case "yesno":
                found[id] = [True, False]
            case "number":
                found[id] = list(NUMBERS)
    return found


def how_many(fact: Mapping[str, Any]) -> int:
    """How many answers a fact as written may have."""
    n = len(fact.get("answers", ()))
    return {"many": 2**n, "one": n + (fact["id"] == "grade"), "yesno": 2, "number": len(NUMBERS)}[fact["kind"]]


def settled(kb: KnowledgeBase, state: Mapping[str, Any], name: str) -> set[str]:
    """The answers that a unit has of which everything is known."""
    bits = state[name][0] if isinstance(state[name], tuple) else state[name]
    return {a for i, a in enumerate(kb.attributes[name].answers) if bits >> i & 1}


def told(old: KnowledgeBase, new: KnowledgeBase, every: Mapping[str, list[Any]]) -> dict[str, str]:
    """The relation of every conclusion, by looking at every unit."""
    names = [d.id for d in old.decisions.values() if d.id in new.decisions and new.decisions[d.id].hit == d.hit]
    shown: dict[str, set[str]] = {name: set() for name in names}
    readings = [(kb, Remembered(kb)) for kb in (old, new)]
    written = unit_of(old, {}).written
    for values in product(*every.values()):
        facts = {name: value for name, value in zip(every, values, strict=True) if value is not None}
        states = [r.infer(known_of(kb, Unit(written, {k: v for k, v in facts.items() if k in kb.facts}))) for kb, r in readings]
        for name in names:
            held = [settled(kb, state, name) for (kb, _), state in zip(readings, states, strict=True)]
            if old.decisions[name].hit == "first":
                shown[name] |= {"incomparable"} if held[0] != held[1] else set()
            else:
                shown[name] |= ({"stricter"} if held[1] - held[0] else set()) | ({"laxer"} if held[0] - held[1] else set())
    return {name: "equal" if not s else s.pop() if len(s) == 1 else "incomparable" for name, s in shown.items()}


def fewer(rng: random.Random, facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The facts less one, and less an answer of another where one has three."""
    kept = [dict(f) for f in facts]
    kept.remove(rng.choice([f for f in kept if f["id"] not in ("problems", "grade")]))
    for f in kept:
        if f["id"] not in ("problems", "grade") and len(f.get("answers", ())) > 2:
            f["answers"] = f["answers"][1:]
    return kept


def test_what_is_told_of_all_units_is_what_every_unit_shows() -> None:
    """Bases with one rule changed, bases over the same facts, and bases of which one knows fewer facts and answers."""
    rng, kinds = random.Random("everywhere"), set()
    for i in (0, 0, 0, 0, 1, 2) * 4:
        facts = random_facts(rng)
        while prod(map(how_many, facts)) > 800:
            facts = random_facts(rng)
        small = random_base(rng, facts)
        new = edited_base(rng, small) if i == 0 else random_base(rng, facts if i == 1 else fewer(rng, facts)).base
        every = answers(small.base, new)
        verdicts = everywhere(small.base, new)
        expected = told(small.base, new, every)
        assert {name: v["relation"] for name, v in verdicts.items()} == expected
        kinds |= {(i, relation) for relation in expected.values()}
        for name, v in verdicts.items():
            for w in v["witnesses"]:
                was, now = (settled(kb, infer(kb, known_of(kb, unit_of(kb, _facts(kb, w, side)))), name) for side, kb in enumerate((small.base, new)))
                assert {"stricter": now - was, "laxer": was - now, "different": now ^ was}[w["shows"]]
    assert {relation for _, relation in kinds} == {"equal", "stricter", "laxer", "incomparable"}
    assert {i for i, _ in kinds} == {0, 1, 2}


def _facts(kb: KnowledgeBase, witness: Mapping[str, Any], side: int) -> dict[str, Any]:
    facts = {**witness["facts"], **(witness["facts_before"] if side == 0 else {})}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items() if k in kb.facts}


def test_the_same_base_is_no_difference(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine.outcomes, "SAMPLE", 3)
    found: Diff = diff(base(), base(), one_case(tmp_path))
    assert not found
    assert found.outcomes.units == 3
