"""A changed place of a project and its value in words; an id is shown only where there is nothing but the id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.draft import Path, is_unknown
from engine.groundwork import titles_of
from ui.common import desk, label, t, w


def path_name(path: Path) -> str:
    """A changed place: the unit and the fact, or what else it is."""
    match path:
        case ("units", unit, "facts" | "parked" | "sources" as kind, _, *_):
            about = "" if kind == "facts" else t("of_parked" if kind == "parked" else "of_source")
            return " · ".join([unit, _part(path[:4]) + about, *(_part(path[:i]) for i in range(5, len(path) + 1))])
        case ("units", unit, *_):
            return " · ".join([unit, *(_part(path[:i]) for i in range(3, len(path) + 1))])
        case _:
            return " · ".join(_part(path[:i]) for i in range(1, len(path) + 1))


def _part(path: Path) -> str:
    """The last step of a path."""
    words, base, key = w(), desk().base, path[-1]
    match path:
        case ("units", _, "facts" | "parked" | "sources", _):
            return words.name(key)
        case ("units", _, "areas", _):
            return words.answer("mode", key)
        case ("units", _, "quantities", _):
            return words.answer("measures", key)
        case ("units", _, "attributes" as section, _) | ("survey" | "diagnosis" | "goals" as section, _):
            titles = titles_of(base, section)
            return titles[key][words.lang] if key in titles else label(key)
        case ("project", "crews", _) if key in base.elements:
            return base.elements[key][words.lang]
    return label(key)


def value_name(path: Path, value: Any) -> str:
    """A value: an answer that is not there, one not surveyed and one of nothing found are three things."""
    match path:
        case ("units", _, "facts" | "parked", fact):
            return _answer_name(fact, value)
        case ("units", _, "attributes", _):
            return t("not_answered") if value is None else w().answer("damage", str(value))
        case ("units", _, "decide", *_) if value is None:
            return t("as_rules_say")
    if value is None:
        return t("nothing")
    if isinstance(value, Mapping):
        return _entry_name(path, value)
    if isinstance(value, list):
        return "; ".join(value_name((*path, "-"), v) for v in value) or t("nothing")
    return _leaf_name(path, value)


def _answer_name(fact: str, value: Any) -> str:
    if value is None:
        return t("not_answered")
    if is_unknown(value):
        return w()["answer_unknown"]
    if value == []:
        return t("surveyed_none")
    return w().value(fact, float(value) if isinstance(value, int) and not isinstance(value, bool) else value)


def _entry_name(path: Path, value: Mapping[str, Any]) -> str:
    if set(value) == {"measure", "because"}:  # a measure added or dropped
        return f"{w().answer('measures', value['measure'])} — {value['because']}"
    return "; ".join(f"{_part((*path, str(k)))} {value_name((*path, str(k)), v)}" for k, v in value.items() if k != "facts") or "—"


def _leaf_name(path: Path, value: Any) -> str:
    words = w()
    match path[-1]:
        case "mode" | "damage" as decided:
            return words.answer(decided, str(value))
        case "indicator" if value in desk().base.indicators:
            return desk().base.indicators[value].name[words.lang]
        case "status" if path[0] == "survey":
            return words.words.get(f"status_{value}", str(value))
        case "geometry" if str(value).startswith("store:"):
            return t("boundary_kept")
    return f"{value:g}" if isinstance(value, float) else str(value)
