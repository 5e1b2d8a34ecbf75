"""What must hold between the parts of a project file, and between it and the knowledge base.

These checks look at what is written, not at the entries made of it, and pass over what has another shape than it
should: that is reported already, and must not hide what else is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from datetime import date
from graphlib import CycleError, TopologicalSorter

from engine.groundwork import names_of
from engine.knowledge import KnowledgeBase
from engine.messages import said
from engine.project_file import FORMAT
from engine.source import Node, near

QUANTITIES = ("area_ha", "area_m2", "length_km", "count")
Report = Callable[..., None]  # (node, code, near="", **facts)


def check_project(root: Node, answered: Sequence[Collection[str]], base: KnowledgeBase, report: Report) -> None:
    """Report every name that nobody knows and every contradiction; `answered` are the facts that each unit answers, parked ones too."""
    _header(root, base, report)
    units = listed(root, "units")
    ids = [found.text if (found := _text(unit, "id")) else "" for unit in units]
    for position, (unit, facts) in enumerate(zip(units, answered, strict=True)):
        if ids[position] in ids[:position] and ids[position]:
            report(unit.get("id"), "E402", id=ids[position])
        for upper in _texts(unit, "downstream_of"):
            _known(upper, ids, "E404", report)
        _unit(unit, facts, base, report)
    _no_circle(units, report)
    for section in ("survey", "diagnosis", "goals"):
        _section(root, section, base, report)
    for section in ("targets", "readings"):
        for figure in listed(root, section):
            if (indicator := _text(figure, "indicator")) and indicator.text not in base.indicators:
                report(indicator, "E315", near(indicator.text, base.indicators), name=indicator.text, what=said("what_indicator"))
            if unit_of_it := _text(figure, "unit"):
                _known(unit_of_it, ids, "E404", report)


def listed(node: Node, key: str) -> tuple[Node, ...]:
    """The members of the list under a key."""
    found = node.get(key)
    return found.value if found is not None and found.kind == "list" else ()


def _text(node: Node, key: str) -> Node | None:
    found = node.get(key)
    return found if found is not None and found.kind == "scalar" and not found.empty else None


def _texts(node: Node, key: str) -> list[Node]:
    return [part for part in listed(node, key) if part.kind == "scalar"]


def _keys(node: Node, key: str) -> Iterator[tuple[Node, Node]]:
    """(key node, value) of the mapping under a key."""
    found = node.get(key)
    yield from ((name, value) for _, name, value in found.items()) if found is not None else ()


def _known(node: Node, known: Collection[str], code: str, report: Report) -> None:
    if node.text not in known:
        report(node, code, near(node.text, known), name=node.text)


def _header(root: Node, base: KnowledgeBase, report: Report) -> None:
    if (format_ := _text(root, "format")) and format_.text.isdecimal() and len(format_.text) < 10 and int(format_.text) > FORMAT:
        report(format_, "E406", format=format_.text, known=FORMAT)
    header = root.get("project") or root
    start, end = _text(header, "start"), _text(header, "end")
    with suppress(ValueError):
        if start and end and date.fromisoformat(end.text) < date.fromisoformat(start.text):
            report(end, "E405", start=start.text, end=end.text)
    for name, _ in _keys(header, "crews"):
        if name.text not in base.elements:
            report(name, "E315", near(name.text, base.elements), name=name.text, what=said("what_element"))


def _unit(unit: Node, answered: Collection[str], base: KnowledgeBase, report: Report) -> None:
    added, dropped = ([text for change in listed(unit, key) if (text := _text(change, "measure"))] for key in ("add", "drop"))
    for measure in (*added, *dropped):
        _known(measure, base.measures, "E407", report)
    for measure in dropped:
        if measure.text in [other.text for other in added]:
            report(measure, "E412", name=measure.text)
    for measure, quantities in _keys(unit, "quantities"):
        _known(measure, base.measures, "E407", report)
        for _, word, _ in quantities.items():
            if word.text not in QUANTITIES:
                report(word, "E414", near(word.text, QUANTITIES), name=word.text, options=", ".join(QUANTITIES))
    for fact, _ in _keys(unit, "sources"):
        _known(fact, base.facts, "E409", report)
        if fact.text in base.facts and fact.text not in answered:
            report(fact, "E413", name=fact.text)
    degrees = [a.id for a in base.facts["damage"].answers] if "damage" in base.facts else []
    if (decide := unit.get("decide")) and (damage := _text(decide, "damage")) and damage.text not in degrees:
        report(damage, "E302", near(damage.text, degrees), answer=damage.text, name="damage")
    _section(unit, "attributes", base, report)


def _section(node: Node, section: str, base: KnowledgeBase, report: Report) -> None:
    """The names in a section on survey, diagnosis, goals or attributes."""
    for name, _ in _keys(node, section):
        if name.text not in (known := names_of(base, section)):
            report(name, "E415", near(name.text, known), name=name.text, section=section)


def _no_circle(units: Sequence[Node], report: Report) -> None:
    lower = {id.text: unit for unit in units if (id := _text(unit, "id"))}
    try:
        TopologicalSorter({id: [upper.text for upper in _texts(unit, "downstream_of")] for id, unit in lower.items()}).prepare()
    except CycleError as error:
        cycle: list[str] = error.args[1]
        places = {id: lower[id].get("downstream_of") or lower[id] for id in cycle}
        path = tuple(said("edge_below", lower=below, upper=above, line=places[below].at.line) for above, below in zip(cycle, cycle[1:], strict=False))
        report(min(places.values(), key=lambda node: node.at), "E403", path=path)
