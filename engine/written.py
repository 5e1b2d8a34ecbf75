"""Rows that the loader writes: one for every measure, problem, season, zone or requirement.

A row under `each:` is an ordinary rule in which ``@name`` stands for something of the item, so that what the
system does with every measure is itself written in the knowledge folder, where an expert can read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.model import EachEntry, Measure, Season, Text, Zone, ZoneTerm
from engine.source import Node, Source, Span

Value = Node | str | tuple[str, ...]


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
    source: Source
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


def chosen(row: EachEntry, item: Item) -> bool:
    """Whether the row is written for this item."""

    def has(key: str, wanted: str) -> bool:
        value = item.values.get(key, ())
        return wanted == value if isinstance(value, str) else isinstance(value, tuple) and wanted in value

    return all(has(k, v) for k, v in row.having.items()) and not any(has(k, v) for k, v in row.lacking.items())


def measure_items(measures: Mapping[str, Measure], places: Mapping[str, tuple[Span, Source]]) -> Iterator[Item]:
    for m in measures.values():
        values: dict[str, Value] = {"id": m.id, "modes": m.modes, "problems": m.problems, "when": m.when, "effects": m.effects, "element": m.element, "role": m.role}
        yield Item(m.id, m.name, values, m.layer, m.cite, m.because, *places[m.id], words={})


def problem_items(problems: Mapping[str, Text], measures: Mapping[str, Measure], at: Span, source: Source) -> Iterator[Item]:
    for id, name in problems.items():
        answering = tuple(m.id for m in measures.values() if id in m.problems)
        yield Item(id, name, {"id": id, "measures": answering}, "expert", (), name, at, source, words={})


def season_items(seasons: Mapping[str, Season], places: Mapping[str, tuple[Span, Source]]) -> Iterator[Item]:
    for s in seasons.values():
        yield Item(s.id, s.name, {"id": s.id, "when": s.when}, s.layer, s.cite, s.because, *places[s.id], words={})


def zone_items(zones: Mapping[str, Zone], terms: Mapping[str, ZoneTerm], places: Mapping[str, tuple[Span, Source]]) -> Iterator[Item]:
    for z in zones.values():
        main = tuple(dict.fromkeys(mode for t in z.main for mode in terms[t].modes))
        auxiliary = tuple(dict.fromkeys(mode for t in z.auxiliary for mode in terms[t].modes))

        def listed(ids: tuple[str, ...]) -> Text:
            return Text(zh="、".join(terms[t].zh for t in ids) or "—", en=", ".join(terms[t].en for t in ids) or "—")

        words = {"main": listed(z.main), "auxiliary": listed(z.auxiliary)}
        yield Item(z.id, z.name, {"id": z.id, "main": main, "auxiliary": auxiliary}, "standard", z.cite, z.name, *places[z.id], words=words)


def requirement_items(zones: Mapping[str, Zone], places: Mapping[str, tuple[Span, Source]]) -> Iterator[Item]:
    for z in zones.values():
        for r in z.requirements:
            id = requirement_id(z, r.id)
            name = Text(zh=r.zh, en=r.en)
            values: dict[str, Value] = {"id": id, "zone": z.id, "when": r.when, "duties": r.duties}
            yield Item(id, name, values, "standard", (f"C.1 {z.id} ({r.id})",), r.how, *places[z.id], words={"how": r.how})


def requirement_id(zone: Zone, number: int) -> str:
    return f"{zone.id}.{number}"
