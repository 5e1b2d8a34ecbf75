"""The contract's sections 3 and 4, read by hand into plain sets; nothing of the engine is used.

What may be concluded is the set of answers still possible; for several answers at once `Members`, those that
are in and those that may be.  Every function looks at all combinations of what its own decision reads;
combinations across decisions are not followed (design, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

DEGREES = ("none", "slight", "moderate", "severe")
MODES = ("conserve", "natural", "assisted", "reconstruct")
YES_NO = (True, False)
GAPS = ("composition_gap", "structure_gap", "function_gap", "exchange_gap")

# Section 3.  A number is given by its range.
FACTS: dict[str, Collection[Any]] = {
    "spatial_type": ("ecological", "agricultural", "urban"),
    "redline": ("reserve_core", "redline_other", "outside"),
    "zone": (
        "I-1-1", "I-1-2", "I-1-3", "I-1-4", "I-2-1", "I-2-2", "I-2-3", "I-3-1", "I-3-2", "I-3-3",
        "II-1-1", "II-1-2", "II-1-3", "II-1-4", "III-1-1", "III-1-2", "III-1-3", "III-1-4",
    ),
    "ecosystems": {
        "forest", "shrubland", "grassland", "wetland", "river", "lake_reservoir", "farmland", "orchard", "urban_green", "mine", "vacated_land",
        "unused_land", "built_up",
    },
    "problems": {
        "geohazard", "soil_erosion", "point_pollution", "nonpoint_pollution", "internal_pollution", "soil_contamination", "groundwater_overdraft",
        "flow_deficit", "waterlogging", "flooding", "illegal_occupation", "overuse", "human_disturbance", "invasive_species", "heat_island",
        "landform_damage", "soil_degradation", "degraded_forest", "sparse_vegetation", "degraded_grassland", "degraded_wetland", "degraded_river",
        "poor_water_quality", "river_disconnection", "habitat_fragmentation", "biodiversity_decline", "degraded_farmland", "idle_vacated_land",
        "green_space_deficit", "blocked_ventilation", "degraded_landscape",
    },
    "damage": DEGREES,
    "composition_gap": DEGREES,
    "structure_gap": DEGREES,
    "function_gap": DEGREES,
    "exchange_gap": DEGREES,
    "recovery": ("strong", "medium", "weak"),
    "hazard": ("low", "medium", "high"),
    "hazard_types": {"rainstorm_flood", "waterlogging", "collapse_landslide", "debris_flow", "drought", "fire"},
    "contamination": ("none", "light", "heavy"),
    "water_source": ("none", "quasi", "secondary", "primary"),
    "permanent_farmland": YES_NO,
    "rare_habitat": YES_NO,
    "bird_site": YES_NO,
    "fish_spawning": YES_NO,
    "reclaimable": YES_NO,
    "reserve_land": YES_NO,
    "heritage": YES_NO,
    "existing_project": YES_NO,
    "slope_deg": range(91),
    "soil_depth_cm": range(501),
    "water_position": ("upstream", "midstream", "downstream"),
}  # fmt: skip

# Table C.1: what each zone is mainly for, and what comes second; and what the words mean in modes (section 4).
PROTECT, NATURE, ARTIFICIAL, CONSOLIDATE, RESHAPE = "保护保育", "自然恢复", "人工修复", "生态整治", "生态重塑"
ZONES = {
    "I-1-1": ([PROTECT, NATURE], [ARTIFICIAL, CONSOLIDATE]),
    "I-1-2": ([PROTECT, NATURE], [ARTIFICIAL, CONSOLIDATE]),
    "I-1-3": ([PROTECT], [NATURE, ARTIFICIAL, CONSOLIDATE]),
    "I-1-4": ([PROTECT, NATURE], [ARTIFICIAL, CONSOLIDATE]),
    "I-2-1": ([PROTECT, NATURE], [ARTIFICIAL, CONSOLIDATE]),
    "I-2-2": ([PROTECT, NATURE], [ARTIFICIAL]),
    "I-2-3": ([PROTECT, NATURE], [ARTIFICIAL]),
    "I-3-1": ([PROTECT], [NATURE]),
    "I-3-2": ([PROTECT], [NATURE, ARTIFICIAL]),
    "I-3-3": ([PROTECT, NATURE], [ARTIFICIAL]),
    "II-1-1": ([CONSOLIDATE, ARTIFICIAL], [PROTECT, NATURE]),
    "II-1-2": ([CONSOLIDATE, ARTIFICIAL], [PROTECT, NATURE]),
    "II-1-3": ([CONSOLIDATE], [NATURE, ARTIFICIAL]),
    "II-1-4": ([ARTIFICIAL, CONSOLIDATE], [PROTECT, NATURE]),
    "III-1-1": ([RESHAPE, ARTIFICIAL], [NATURE]),
    "III-1-2": ([CONSOLIDATE, RESHAPE], [ARTIFICIAL]),
    "III-1-3": ([RESHAPE, CONSOLIDATE], [PROTECT, ARTIFICIAL]),
    "III-1-4": ([RESHAPE, CONSOLIDATE], [PROTECT, ARTIFICIAL]),
}
MEANS = {PROTECT: {"conserve"}, NATURE: {"natural"}, ARTIFICIAL: {"assisted", "reconstruct"}, CONSOLIDATE: {"assisted"}, RESHAPE: {"reconstruct"}}

CEILING = {"reserve_core": "natural", "redline_other": "assisted", "general_ecological": "reconstruct", "agricultural": "reconstruct", "urban": "reconstruct"}
NEEDED = {
    ("slight", "strong"): "natural", ("slight", "medium"): "natural", ("slight", "weak"): "assisted",
    ("moderate", "strong"): "natural", ("moderate", "medium"): "assisted", ("moderate", "weak"): "assisted",
    ("severe", "strong"): "assisted", ("severe", "medium"): "reconstruct", ("severe", "weak"): "reconstruct",
}  # fmt: skip

GRADES = {
    "mode_above_ceiling": "argue", "decided_above_ceiling": "stop", "excessive_restoration": "argue", "zone_divergence": "argue",
    "heavy_contamination": "argue", "damage_disputed": "argue", "farmland_bottom_line": "stop", "barred_added": "stop", "repeated_restoration": "argue",
    "pseudo_restoration": "argue", "unanswered_problem": "argue", "overall_goal_prevails": "remind",
}  # fmt: skip


@dataclass(frozen=True)
class Members:
    """Members that are in, and all that are or may be."""

    yes: frozenset[str]
    may: frozenset[str]

    def verdict(self, member: str) -> bool | None:
        return True if member in self.yes else None if member in self.may else False


@dataclass(frozen=True)
class Given:
    """What is known of a unit: its answers, and the planner's own acts."""

    facts: Mapping[str, Any]
    mode: str | None = None
    damage: str | None = None
    added: Collection[str] = ()
    dropped: Collection[str] = ()

    def possible(self, fact: str) -> Collection[Any]:
        return {self.facts[fact]} if fact in self.facts else FACTS[fact]

    def has(self, fact: str, member: str) -> set[bool]:
        return {member in self.facts[fact]} if fact in self.facts else {True, False}


class Sheet(Protocol):
    """What the contract asks of a measure's fact sheet."""

    @property
    def problems(self) -> Collection[str]: ...
    @property
    def modes(self) -> Collection[str]: ...
    @property
    def effects(self) -> Collection[str]: ...


@dataclass(frozen=True)
class Conclusions:
    """The answers still possible of each conclusion with a fixed meaning; `gaps` is what the four gaps alone add up to."""

    space_class: set[str]
    gaps: set[str]
    damage: set[str]
    heavy: set[bool]
    needed_mode: set[str]
    mode_ceiling: set[str]
    mode: set[str]
    modes: Members
    zone_fit: set[str]


def conclusions(given: Given) -> Conclusions:
    space = {_space(r, s) for r, s in product(given.possible("redline"), given.possible("spatial_type"))}
    gaps = {_gaps(degrees) for degrees in product(*(given.possible(g) for g in GAPS))}
    damage = {given.damage} if given.damage else {given.facts["damage"]} if "damage" in given.facts else gaps
    heavy = {present and how == "heavy" for present, how in product(given.has("problems", "soil_contamination"), given.possible("contamination"))}
    needed = {_needed(d, r, h) for d, r, h in product(damage, given.possible("recovery"), heavy)}
    ceiling = {CEILING[s] for s in space}
    mode = {given.mode} if given.mode else {min(n, c, key=MODES.index) for n, c in product(needed, ceiling)}
    modes = _members(_modes(m, s) for m, s in product(mode, space))
    fit = {_fit(z, m) for z, m in product(given.possible("zone"), mode)}
    return Conclusions(space, gaps, damage, heavy, needed, ceiling, mode, modes, fit)


def _space(redline: str, spatial_type: str) -> str:
    if redline != "outside":
        return redline
    return "general_ecological" if spatial_type == "ecological" else spatial_type


def _gaps(degrees: Collection[str]) -> str:
    grades = [DEGREES.index(d) for d in degrees]
    severe, moderate, slight = (sum(g >= least for g in grades) for least in (3, 2, 1))
    return "severe" if severe >= 2 else "moderate" if severe or moderate >= 2 else "slight" if slight else "none"


def _needed(damage: str, recovery: str, heavy: bool) -> str:
    if damage == "none":
        return "conserve"
    return "natural" if heavy else NEEDED[damage, recovery]


def _modes(mode: str, space: str) -> set[str]:
    return {mode} | {"reserve_core": {"conserve", "natural"}, "redline_other": {"natural"}}.get(space, set())


def _fit(zone: str, mode: str) -> str:
    main, second = ({m for word in words for m in MEANS[word]} for words in ZONES[zone])
    return "main" if mode in main else "auxiliary" if mode in second else "outside"


def _members(cases: Iterable[Collection[str]]) -> Members:
    sets = [frozenset(case) for case in cases]
    return Members(frozenset.intersection(*sets), frozenset.union(*sets))


@dataclass(frozen=True)
class Catalogue:
    """What the catalogue's own rules say of this unit's measures: these lists the contract leaves to the knowledge folder."""

    proposed: Members
    barred: Members
    against_whole: Members


@dataclass(frozen=True)
class Measures:
    admitted: Members
    recommended: Members
    listed: Members  # what `measures` shows: recommended and not dropped, or added


def measures(given: Given, concluded: Conclusions, catalogue: Catalogue, sheets: Mapping[str, Sheet]) -> Measures:
    """A measure is recommended when it is proposed, admitted and not barred."""

    def admitted(m: str) -> bool | None:
        fits = set(sheets[m].modes)
        if concluded.mode <= fits or concluded.modes.yes & fits:
            return True
        return None if concluded.mode & fits or concluded.modes.may & fits else False

    admits = _where(sheets, admitted)
    recommended = _where(sheets, lambda m: _and(catalogue.proposed.verdict(m), admits.verdict(m), _not(catalogue.barred.verdict(m))))
    listed = _where(sheets, lambda m: m in given.added or _and(recommended.verdict(m), m not in given.dropped))
    return Measures(admits, recommended, listed)


def flags(given: Given, concluded: Conclusions, catalogue: Catalogue, chosen: Measures, sheets: Mapping[str, Sheet]) -> tuple[Members, dict[str, Members]]:
    """The fixed flags that are raised or may be, and for those that list measures or problems, which."""
    problems = given.facts.get("problems")
    farmland = given.facts.get("permanent_farmland")
    added = set(given.added)

    def takes_farmland(m: str) -> bool | None:
        return farmland if "converts_farmland" in sheets[m].effects else False

    def answered(p: str) -> bool | None:
        return _or(*(chosen.listed.verdict(m) for m in sheets if p in sheets[m].problems))

    about = {
        "farmland_bottom_line": _where(added, takes_farmland),
        "barred_added": _where(added, lambda m: _and(catalogue.barred.verdict(m), _not(takes_farmland(m)))),
        "pseudo_restoration": _where(added, lambda m: None if problems is None else not set(problems) & set(sheets[m].problems)),
        "unanswered_problem": _where(FACTS["problems"] if problems is None else problems, lambda p: _and(problems is not None or None, _not(answered(p)))),
        "overall_goal_prevails": _where(sheets, lambda m: _and(catalogue.against_whole.verdict(m), catalogue.proposed.verdict(m), chosen.admitted.verdict(m))),
    }
    raised = {
        "mode_above_ceiling": _verdict(_above(n, c) for n, c in product(concluded.needed_mode, concluded.mode_ceiling)),
        "decided_above_ceiling": _verdict(given.mode is not None and _above(given.mode, c) for c in concluded.mode_ceiling),
        "excessive_restoration": _verdict(given.mode is not None and _above(given.mode, n) for n in concluded.needed_mode),
        "zone_divergence": _verdict(fit == "outside" for fit in concluded.zone_fit),
        "heavy_contamination": _verdict(concluded.heavy),
        "damage_disputed": _verdict("damage" in given.facts and given.facts["damage"] != d for d in concluded.gaps),
        "repeated_restoration": given.facts.get("existing_project"),
    }
    raised |= {flag: True if m.yes else None if m.may else False for flag, m in about.items()}
    return _where(raised, lambda flag: raised[flag]), about


def _above(mode: str, other: str) -> bool:
    return MODES.index(mode) > MODES.index(other)


def _verdict(cases: Iterable[bool]) -> bool | None:
    found = set(cases)
    return found.pop() if len(found) == 1 else None


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _and(*values: bool | None) -> bool | None:
    return False if False in values else None if None in values else True


def _or(*values: bool | None) -> bool | None:
    return _not(_and(*map(_not, values)))


def _where(names: Iterable[str], verdict: Callable[[str], bool | None]) -> Members:
    """The names for which the verdict is true, and those for which it is not false."""
    verdicts = {name: verdict(name) for name in names}
    return Members(frozenset(n for n, v in verdicts.items() if v), frozenset(n for n, v in verdicts.items() if v is not False))
