"""Each property can be broken: for each a rule base is kept in which it does not hold, and a unit that a consultation confirms."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache

import pytest
from support.bases import base
from support.units import random_unit

from engine.consult import consult_unit
from engine.knowledge import KnowledgeBase
from engine.load import DEFAULT, LISTS, assemble, read_folders
from engine.overlay import Raw
from engine.project import known_of
from engine.proof import Units, hole, satisfies
from engine.properties import Property, prove, read_properties
from engine.remembered import Remembered
from engine.semantics import holds, infer, resting_on
from engine.source import Source, Unusable, parse

Edit = tuple[str, str, str, str]  # file, text before the place, what is replaced there, by what
CEILING, MODE, MODES, NEED = (f"decisions/{name}.yaml" for name in ("mode_ceiling", "mode", "modes", "needed_mode"))
BARRED, FLAGS, WHOLE, RECOMMENDED = (f"decisions/{name}.yaml" for name in ("barred", "flags", "against_whole", "recommended"))

BROKEN: dict[str, list[Edit]] = {
    "core-at-most-natural": [(CEILING, "ceiling.reserve-core", "then: natural", "then: assisted")],
    "core-modes": [(MODES, "modes.reserve-core", "[conserve, natural]", "[conserve]")],
    "core-no-works": [(BARRED, "bar.reserve-core", "[earthworks, ", "["), ("measures/farmland.yaml", "id: ecological_ditch", "modes: [", "modes: [natural, ")],
    "core-no-building": [(BARRED, "bar.reserve-core", "builds, ", ""), ("measures/species.yaml", "id: wildlife_crossing", "modes: [", "modes: [natural, ")],
    "core-no-planting": [(BARRED, "bar.reserve-core", "plants, ", ""), ("measures/farmland.yaml", "id: farmland_shelterbelt", "modes: [", "modes: [natural, ")],
    "redline-at-most-assisted": [(CEILING, "ceiling.redline-other", "then: assisted", "then: reconstruct")],
    "redline-natural-open": [(MODES, "modes.redline-other", "then: natural", "then: assisted")],
    "redline-no-production": [(BARRED, "bar.redline-builds", "space_class: redline_other", "space_class: urban")],
    "general-space-unlimited": [(CEILING, "ceiling.agricultural", "then: reconstruct", "then: assisted")],
    "never-more-than-needed": [(MODE, "mode.natural-as-needed", "then: natural", "then: assisted")],
    "sound-is-conserved": [(NEED, "need.none", "then: conserve", "then: natural")],
    "more-damage-not-less-care": [(NEED, "need.severe-weak", "then: reconstruct", "then: assisted")],
    "strong-recovers": [(NEED, "need.severe-strong", "then: assisted", "then: reconstruct")],
    "one-answer": [(NEED, "need.slight-medium", "{damage: slight, recovery: medium}", "{damage: slight, recovery: strong}")],
    "survey-prevails": [(FLAGS, "flag.damage-disputed", "- {surveyed_damage: severe, damage_by_gaps: {not: severe}}", "")],
    "farmland-stays-farmland": [(BARRED, "bar.permanent-farmland\n", "permanent_farmland: true", "permanent_farmland: false")],
    "farmland-no-forest": [(BARRED, "bar.permanent-farmland-planting", "permanent_farmland: true", "permanent_farmland: false")],
    "bars-hold": [(RECOMMENDED, "id: recommend", ', barred: {none_of: ["@id"]}', "")],
    "within-the-modes": [("decisions/admitted.yaml", "id: admit", '{mode: "@modes"}', '{needed_mode: "@modes"}')],
    "measures-answer-problems": [("measures/urban.yaml", "id: cool_surfaces", "problems: [heat_island]", "problems: [soil_erosion]")],
    "no-problem-left-silent": [(RECOMMENDED, "id: recommend", "{proposed:", "{hazard: low, proposed:"), (FLAGS, "flag.unanswered", 'unanswered: "@any"', "unanswered: overuse")],
    "answered-by-a-measure": [("decisions/answered.yaml", "id: answer", "{chosen:", "{proposed:")],
    "risk-control-before-function": [(RECOMMENDED, "each: measure\n", "", "    lacking: {element: soil}\n")],
    "contaminated-not-planted": [(BARRED, "bar.heavy-contamination", ", plants]", "]"), (NEED, "need.heavy-contamination", "then: natural", "then: assisted")],
    "contamination-is-told": [(FLAGS, "flag.heavy-contamination", "contamination: heavy", "contamination: light")],
    "water-source-no-chemicals": [(BARRED, "bar.water-source-secondary", "[quasi, secondary]", "[secondary]")],
    "sites-no-chemicals": [(BARRED, "bar.water-sites", "{bird_site: true}, ", "")],
    "overdraft-no-new-forest": [(WHOLE, "whole.planting-on-overdraft", "[plain_afforestation, ", "[")],
    "fields-before-greening": [(WHOLE, "whole.greening-before-ploughing", "reclaimable: true", "reclaimable: false")],
    "nothing-given-up-silently": [(FLAGS, "flag.whole", 'given_up: "@any"', "given_up: dredging")],
    "never-stops-itself": [(FLAGS, "flag.farmland\n", 'farmland_taken: "@any"', "permanent_farmland: true")],
    "ceiling-is-told": [(FLAGS, "flag.mode-above-ceiling", "needed_mode: [assisted, reconstruct]", "needed_mode: [reconstruct]")],
    "divergence-is-told": [(FLAGS, "flag.zone-divergence", "zone_fit: outside", "zone_fit: auxiliary")],
    "repetition-is-told": [(FLAGS, "flag.repeated", "existing_project: true", "existing_project: false")],
    "seasons-of-life": [("calendar.yaml", "id: fish_spawning", "fish_spawning: true", "bird_site: true")],
    "requirements-of-their-zone": [("decisions/requirements.yaml", "id: require", '{all: [{zone: "@zone"}, "@when"]}', '"@when"')],
    "heritage-is-left-as-it-is": [(BARRED, "bar.heritage", "heritage: true", "heritage: false")],
    "source-no-unrelated-building": [(BARRED, "bar.water-source-primary", "water_source: primary", "water_source: quasi")],
    "rare-habitat-no-building": [(BARRED, "bar.rare-habitat", "rare_habitat: true", "rare_habitat: false")],
    "contaminated-not-dug": [(BARRED, "bar.heavy-contamination", "[earthworks, ", "["), (NEED, "need.heavy-contamination", "then: natural", "then: assisted")],
    "reserve-land-stays-open": [(BARRED, "bar.reserve-land", "reserve_land: true", "reserve_land: false")],
}  # fmt: skip


@cache
def raw() -> Raw:
    return read_folders()


def edited(*edits: Edit) -> KnowledgeBase:
    """The shipped base with texts of its files replaced, loaded although a table may have a hole."""
    made = replace(raw(), sections={k: dict(v) for k, v in raw().sections.items()}, decisions=dict(raw().decisions), sources=dict(raw().sources), problems=[], of_rules=[])
    texts: dict[str, str] = {}
    for name, before, old, new in edits:
        text = texts.get(name) or (DEFAULT / name).read_text("utf-8")
        at = text.index(before) + len(before)
        at = text.index(old, at)
        texts[name] = text[:at] + new + text[at + len(old) :]
    for name, text in texts.items():
        source = made.sources[f"knowledge/{name}"] = Source(f"knowledge/{name}", text)
        root = parse(source)
        if name.startswith("decisions/"):
            del made.decisions[name.removeprefix("decisions/").removesuffix(".yaml")]
            made.read_decision(root, source, set())
        elif name.startswith("measures/"):
            made.read_measures(root, set())
        else:
            made.read_lists(LISTS[name], root, {})
    return assemble(made, [])


def property_of(knowledge: KnowledgeBase, id: str) -> Property:
    return next(p for p in read_properties(knowledge) if p.id == id)


def test_every_property_has_a_base_that_breaks_it() -> None:
    properties = read_properties(base())
    assert {p.id for p in properties} == set(BROKEN) and len(properties) >= 20
    assert all(p.entry.cite and p.entry.because.zh and p.entry.because.en for p in properties)


def test_all_hold_in_the_shipped_base() -> None:
    assert [p.property.id for p in prove(base(), read_properties(base())) if not p.holds] == []


@pytest.mark.parametrize("id", BROKEN)
def test_a_property_is_broken_by_its_base_and_a_consultation_shows_it(id: str) -> None:
    knowledge = edited(*BROKEN[id])
    (proved,) = prove(knowledge, [property_of(knowledge, id)])
    assert not proved.holds and proved.unit is not None and proved.json()["counterexample"] is not None
    unit = proved.unit
    assert unit.written.decide is None and not unit.written.add and not unit.written.drop
    if proved.conclusion:  # a table with a hole: nothing comes out
        assert Remembered(knowledge).infer(known_of(knowledge, unit), [proved.conclusion])[proved.conclusion] == 0
        assert consult_unit(base(), unit).settled(proved.conclusion)
        return
    breach = next(s.breach for s in proved.property.said if s.item == proved.item)
    assert holds(breach, consult_unit(knowledge, unit).state) is True
    shipped = property_of(base(), id)
    here = next(s.breach for s in shipped.said if s.item == proved.item)
    assert holds(here, consult_unit(base(), unit).state) is not True


ROWS = ("decisions/damage.yaml", "damage.severe", "damage_by_gaps: severe"), ("decisions/needed_mode.yaml", "need.moderate-medium", "damage: moderate")
HOLES: dict[str, tuple[str, Edit, bool]] = {  # the table, what is asked for besides in one of its rows, whether the unit has a surveyed damage
    "damage no longer read off the gaps": ("damage", (*ROWS[0], "damage_by_gaps: moderate"), False),
    "damage by gaps but for a place": ("damage", (*ROWS[0], "damage_by_gaps: severe, surveyed_damage: unanswered, any: [{recovery: [strong, medium]}, {heritage: true}, {bird_site: true}]"), False),
    "mode needed where the survey says another damage than the gaps": ("needed_mode", (*ROWS[1], "damage: moderate, damage_by_gaps: moderate"), True),
    "mode needed for damage by gaps": ("needed_mode", (*ROWS[1], "damage: moderate, surveyed_damage: moderate"), False),
}


@pytest.mark.parametrize("name", HOLES)
def test_a_hole_is_shown_by_a_unit_that_really_meets_no_row(name: str) -> None:
    """An answer may stand in the place of a table further up, never in that of the table with the hole."""
    table, edit, surveyed = HOLES[name]
    knowledge = edited(edit)
    (proved,) = prove(knowledge, [property_of(knowledge, "one-answer")])
    assert not proved.holds and proved.conclusion == table and proved.unit is not None
    assert ("damage" in proved.unit.facts) is surveyed
    state = infer(knowledge, known_of(knowledge, proved.unit))
    assert state[table] == 0 and all(state[d.id] != 0 for d in knowledge.decisions.values() if d.id != table and d.id in resting_on(knowledge, [table]))
    assert not any(holds(rule.when, state) for rule in knowledge.decisions[table].every_rule)


@pytest.mark.parametrize("edit", [(*ROWS[0], "damage_by_gaps: severe, surveyed_damage: unanswered"), (*ROWS[1], "damage: moderate, surveyed_damage: [unanswered, moderate]")])
def test_where_a_row_fails_only_for_units_that_cannot_be_there_is_no_hole(edit: Edit) -> None:
    """A surveyed damage stands in the place of the table, and is the damage that other tables read."""
    knowledge = edited(edit)
    (proved,) = prove(knowledge, [property_of(knowledge, "one-answer")])
    assert proved.holds and proved.unit is None


@pytest.mark.parametrize("name", ["damage", "mode"])
def test_a_table_without_a_hole_has_none(name: str) -> None:
    assert hole(base(), base().decisions[name]) is None


def test_random_units_break_no_property() -> None:
    """What was proved for all units is so for those at hand: two readings that share nothing with the solver agree with it."""
    import random

    rng, remembered, properties = random.Random("properties"), Remembered(base()), read_properties(base())
    for _ in range(150):
        state = remembered.infer(known_of(base(), random_unit(rng, base(), unknown=rng.choice((0.0, 0.1, 0.3)), acts=False)))
        for p in properties:
            assert not any(holds(s.breach, state) is True for s in p.said), (p.id, state)


def test_the_solver_finds_every_kind_of_unit() -> None:
    """No answer of a fact is out of its reach, an unanswered damage among them, nor what planners do."""
    units = Units(base(), acts=True)
    for name, attribute in base().attributes.items():
        if attribute.origin in ("fact", "planner") and len(attribute.answers) < 60:
            for i in range(len(attribute.answers)):
                assert units.some(units.side.bit(name, i)), (name, attribute.answers[i])
    bare = Units(base())
    planner = base().attributes["decided_mode"]
    assert not any(bare.some(bare.side.bit("decided_mode", i)) for i in range(1, len(planner.answers)))
    assert not bare.some(bare.side.bit("added", 0)) and not bare.some(bare.side.bit("dropped", 0))


def test_a_unit_that_is_found_is_shown_with_few_answers() -> None:
    from engine.conditions import All, Within

    attributes = base().attributes
    wanted = All((Within("mode", attributes["mode"].bits("natural")), Within("redline", attributes["redline"].bits("reserve_core"))))
    unit = Units(base()).unit(wanted)
    assert unit is not None and satisfies(base(), unit, wanted) and len(unit.facts) <= 5
    assert Units(base()).unit(All((Within("mode", attributes["mode"].bits("reconstruct")), Within("redline", attributes["redline"].bits("reserve_core"))))) is None


FAULTY = {
    "  - {id: x, zh: 一, en: one, layer: expert, cite: [x], because: {zh: 一, en: one}}": "E341",
    "  - {id: x, zh: 一, en: one, layer: expert, cite: [x], because: {zh: 一, en: one}, never: {mode: wrong}}": "E302",
    "  - {id: x, zh: 一, en: one, layer: expert, cite: [x], because: {zh: 一, en: one}, never: {mod: natural}}": "E301",
    "  - {id: x, zh: 一, en: one, layer: expert, cite: [x], because: {zh: 一, en: one}, never: {slope_deg: {at_least: 17}}}": "E342",
    "  - {id: x, zh: 一, en: one, layer: expert, cite: [x], because: {zh: 一, en: one}, settles: [moode]}": "E509",
    "  - {id: x, zh: 一, layer: expert, cite: [x], because: {zh: 一, en: one}, never: {mode: natural}}": "E202",
    "  - {id: x, zh: 一, en: one, layer: expert, cite: [], because: {zh: 一, en: one}, never: {mode: natural}}": "E204",
    '  - {id: x, zh: 一, en: one, layer: expert, cite: [x], because: {zh: 一, en: one}, each: measure, having: {effects: melts}, never: {recommended: "@id"}}': "E315",
    '  - {id: x, zh: 一, en: one, layer: expert, cite: [x], because: {zh: 一, en: one}, each: measure, never: {recommended: "@ident"}}': "E328",
}  # fmt: skip


@pytest.mark.parametrize("text", FAULTY)
def test_what_is_wrong_in_the_file_is_reported_at_its_line(text: str, tmp_path: object) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    (tmp_path / "properties.yaml").write_text(f"properties:\n{text}\n", "utf-8")
    local = copy.copy(base())
    object.__setattr__(local, "folders", (*base().folders, tmp_path))
    with pytest.raises(Unusable) as caught:
        read_properties(local)
    assert FAULTY[text] in {p.code for p in caught.value.problems}
    assert all(p.at.file.endswith("/properties.yaml") and p.at.line == 2 for p in caught.value.problems)
