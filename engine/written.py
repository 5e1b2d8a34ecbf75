"""Rows that the loader writes: one for every measure, problem, season, zone or requirement.

A row under `each:` is an ordinary rule in which ``@name`` stands for something of the item, so that what the
system does with every measure is itself written in the knowledge folder, where an expert can read it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any, Protocol

from engine.catalogue import Measure, Season
from engine.messages import said
from engine.model import Requirement, Text, Zone, ZoneTerm
from engine.source import Node, Span, near

Report = Callable[..., None]  # (node, code, near="", **facts)
Value = Node | str | tuple[str, ...]


class Selecting(Protocol):
    """A row that is written for some of the items, with a reason that may name them."""

    @property
    def having(self) -> Mapping[str, str]: ...
    @property
    def lacking(self) -> Mapping[str, str]: ...
    @property
    def because(self) -> Text | str: ...


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a row is written for; `values` are what ``@name`` stands for."""

    id: str
    name: Text
    values: Mapping[str, Value]
    layer: str
    cite: tuple[str, ...]
    because: Text
    at: Span
    words: Mapping[str, Text]


def substitute(node: Node, values: Mapping[str, Value]) -> Node:
    """The node with every ``@name`` replaced; an unknown name is left as it is and found by the grammar."""
    if node.kind == "map":
        return Node("map", tuple((key, substitute(value, values)) for key, value in node.value), node.at)
    if node.kind == "list":
        return Node("list", tuple(substitute(part, values) for part in node.value), node.at)
    if not node.value.startswith("@") or (value := values.get(node.value[1:])) is None:
        return node
    if isinstance(value, Node):
        return value
    if isinstance(value, str):
        return Node("scalar", value, node.at)
    return Node("list", tuple(Node("scalar", v, node.at) for v in value), node.at)


def chosen(row: Selecting, item: Item) -> bool:
    """Whether the row is written for this item."""

    def has(key: str, wanted: str) -> bool:
        value = item.values.get(key, ())
        return wanted == value if isinstance(value, str) else isinstance(value, tuple) and wanted in value

    return all(has(k, v) for k, v in row.having.items()) and not any(has(k, v) for k, v in row.lacking.items())


def check_row(row: Selecting, node: Node, items: Sequence[Item], known: Mapping[str, Collection[str]], report: Report) -> bool:
    """Report what `having` and `lacking` ask of no item and what the reason names in vain; whether the reason can be filled in.

    `known` are the values of those keys that have a closed list.
    """
    if not items:
        return False
    keys = [key for key, value in items[0].values.items() if not isinstance(value, Node)]
    for asked in (node.get("having"), node.get("lacking")):
        for key, key_node, value in asked.items() if asked else ():
            if key not in keys:
                report(key_node, "E201", near(key, keys), key=key)
            elif value.text not in (values := known.get(key) or {v for item in items for v in _texts(item.values[key])}):
                report_unknown(value, key, values, report)
    if not isinstance(row.because, Text):
        return False
    names = [f"{{{name}}}" for name in ("name", *items[0].words)]
    fits = [_fits(node, lang, row.because[lang], names, report) for lang in ("zh", "en")]
    return all(fits)


def report_unknown(node: Node, key: str, known: Collection[str], report: Report) -> None:
    """Nothing has this value under the key."""
    if key in ("effects", "element", "elements"):
        report(node, "E315", near(node.text, known), name=node.text, what=said("what_effect" if key == "effects" else "what_element"))
    else:
        report(node, "E302", near(node.text, known), answer=node.text, name=key)


def _texts(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else () if isinstance(value, Node) else value


def _fits(node: Node, lang: str, text: str, names: list[str], report: Report) -> bool:
    """Whether every ``{name}`` in one language of the reason stands for something."""
    at = (node.get("because") or node).get(lang) or node
    try:
        used = [f"{{{name}}}" for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError:
        report(at, "E329", brace="{")
        return False
    for name in used:
        if name not in names:
            report(at, "E328", near(name, names), text=name, options=", ".join(names))
    return set(used) <= set(names)


def measure_items(measures: Mapping[str, Measure], places: Mapping[str, Span]) -> Iterator[Item]:
    for m in measures.values():
        values: dict[str, Value] = {"id": m.id, "modes": m.modes, "problems": m.problems, "when": m.when, "effects": m.effects, "element": m.element, "role": m.role}
        yield Item(m.id, m.name, values, m.layer, m.cite, m.because, places[m.id], words={})


def problem_items(problems: Mapping[str, Text], measures: Mapping[str, Measure], at: Span) -> Iterator[Item]:
    for id, name in problems.items():
        answering = tuple(m.id for m in measures.values() if id in m.problems)
        yield Item(id, name, {"id": id, "measures": answering}, "expert", (), name, at, words={})


def season_items(seasons: Mapping[str, Season], places: Mapping[str, Span]) -> Iterator[Item]:
    for s in seasons.values():
        yield Item(s.id, s.name, {"id": s.id, "when": s.when}, s.layer, s.cite, s.because, places[s.id], words={})


def zone_items(zones: Mapping[str, Zone], terms: Mapping[str, ZoneTerm], places: Mapping[str, Span]) -> Iterator[Item]:
    for z in zones.values():
        main = tuple(dict.fromkeys(mode for t in z.main if t in terms for mode in terms[t].modes))
        auxiliary = tuple(dict.fromkeys(mode for t in z.auxiliary if t in terms for mode in terms[t].modes))

        def listed(ids: tuple[str, ...]) -> Text:
            known = [terms[t] for t in ids if t in terms]
            return Text(zh="、".join(t.zh for t in known) or "—", en=", ".join(t.en for t in known) or "—")

        words = {"main": listed(z.main), "auxiliary": listed(z.auxiliary)}
        yield Item(z.id, z.name, {"id": z.id, "main": main, "auxiliary": auxiliary}, z.layer, z.cite, z.name, places[z.id], words=words)


def requirement_items(zones: Mapping[str, Zone], places: Mapping[str, Span]) -> Iterator[Item]:
    for z in zones.values():
        for r in z.requirements:
            id = requirement_id(z, r.id)
            name = Text(zh=r.zh, en=r.en)
            values: dict[str, Value] = {"id": id, "zone": z.id, "when": r.when, "duties": r.duties}
            yield Item(id, name, values, r.layer or z.layer, requirement_cite(z, r), r.how, places[z.id], words={"how": r.how})


def items_of(parts: Mapping[str, Any], problems: Mapping[str, Text], places: Mapping[tuple[str, str], Span]) -> dict[str, list[Item]]:
    """The items of every kind, from the measures, seasons, zones and terms of table C.1 in `parts`; `places` by (section, id)."""

    def at(section: str) -> dict[str, Span]:
        return {id: places[section, id] for id in parts[section]}

    measures, zones = parts["measures"], parts["zones"]
    return {
        "measure": list(measure_items(measures, at("measures"))),
        "problem": list(problem_items(problems, measures, places["facts", "problems"])),
        "season": list(season_items(parts["seasons"], at("seasons"))),
        "zone": list(zone_items(zones, parts["zone_terms"], at("zones"))),
        "requirement": list(requirement_items(zones, at("zones"))),
    }


def requirement_cite(zone: Zone, requirement: Requirement) -> tuple[str, ...]:
    """Its own clause or source, else its place in table C.1; in a zone that is none of the standard's, the zone's own source."""
    if requirement.cite or zone.layer != "standard":
        return requirement.cite or zone.cite
    return (f"C.1 {zone.id} ({requirement.id})",)


def requirement_id(zone: Zone, number: int) -> str:
    return f"{zone.id}.{number}"
