"""Knowledge folders → a `KnowledgeBase`, or all their problems.

Later folders lie over earlier ones: an entry with the same id replaces the earlier one, `disabled: true`
removes it.  Nothing in a file is evaluated.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.compile import Compiler, RawDecision
from engine.model import (
    About,
    ActEntry,
    CheckEntry,
    Cost,
    DecisionEntry,
    Department,
    Fact,
    Group,
    Indicator,
    KnowledgeBase,
    Measure,
    ModeEntry,
    RuleEntry,
    Season,
    StagesFile,
    Text,
    Topic,
    Zone,
    ZoneTerm,
)  # fmt: skip
from engine.references import check_references
from engine.source import Node, Problem, Source, Span, Unusable, near, read
from engine.validate import entry

# file → its sections → the kind of entry in each list
LISTS: dict[str, dict[str, Any]] = {
    "facts.yaml": {"topics": Topic, "facts": Fact},
    "modes.yaml": {"modes": ModeEntry, "zone_terms": ZoneTerm},
    "zones.yaml": {"groups": Group, "zones": Zone},
    "calendar.yaml": {"seasons": Season},
    "costs.yaml": {"costs": Cost},
    "indicators.yaml": {"indicators": Indicator},
    "departments.yaml": {"departments": Department},
    "checks.yaml": {"checks": CheckEntry, "acts": ActEntry},
}
# files that rules do not read: what they hold is read by the module that shows it (see `read_reference`)
REFERENCE = (
    "adaptive.yaml", "attributes.yaml", "examples.yaml", "goals.yaml", "monitoring.yaml", "outline.yaml", "pairs.yaml", "permits.yaml", "properties.yaml",
    "standard.yaml", "survey.yaml", "table_b1.yaml",
)  # fmt: skip
SINGLES: dict[str, Any] = {"about.yaml": About, "stages.yaml": StagesFile}
DEFAULT = Path(__file__).resolve().parent.parent / "knowledge"


@dataclass
class Raw:
    """Entries as nodes, merged over all folders: section → id → (node, its source)."""

    folders: tuple[Path, ...] = ()
    sections: dict[str, dict[str, tuple[Node, Source]]] = field(default_factory=dict)
    decisions: dict[str, RawDecision] = field(default_factory=dict)
    elements: dict[str, Text] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, section: str, id: str, node: Node, source: Source, own: set[str]) -> None:
        if id in own:
            self.problems.append(source.problem(node.at, "E209", id=id))
        own.add(id)
        disabled = node.get("disabled")
        if disabled is not None and disabled.text == "true":
            self.sections.setdefault(section, {}).pop(id, None)
        else:
            self.sections.setdefault(section, {})[id] = (node, source)


def _read_folder(folder: Path, raw: Raw) -> None:
    if not folder.is_dir():
        raise Unusable([Problem(Span(str(folder)), "E112")])
    own: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        shown = f"{folder.name}/{name}"
        if name in REFERENCE:
            raw.digest.update(name.encode() + b"\0" + path.read_bytes())
            continue
        try:
            source, root = read(path, shown)
        except Unusable as unusable:
            raw.problems += unusable.problems
            continue
        raw.digest.update(name.encode() + b"\0" + source.text.encode())
        if root.kind != "map":
            raw.problems.append(source.problem(root.at, "E205", kind="mapping", text=root.text))
        elif name in LISTS:
            _read_lists(LISTS[name], root, source, raw, own)
        elif name in SINGLES:
            raw.sections[name] = {name: (root, source)}
        elif name.startswith("decisions/"):
            _read_decision(root, source, raw, own.setdefault("decisions", set()))
        elif name.startswith("measures/"):
            _read_measures(root, source, raw, own.setdefault("measures", set()))
        elif "/" not in name:
            raw.problems.append(source.problem(Span(source.file), "E113", near(name, [*LISTS, *SINGLES, *REFERENCE]), name=name))


def _id(node: Node) -> str:
    id = node.get("id")
    return id.text if id is not None and id.kind == "scalar" else ""


def _read_lists(sections: Mapping[str, Any], root: Node, source: Source, raw: Raw, own: dict[str, set[str]]) -> None:
    for section, key, entries in root.items():
        if section not in sections:
            raw.problems.append(source.problem(key.at, "E201", near(section, sections), key=section))
        elif entries.kind != "list":
            raw.problems.append(source.problem(entries.at, "E205", kind="list", text=entries.text))
        else:
            for node in entries.value:
                raw.add(section, _id(node), node, source, own.setdefault(section, set()))


def _read_measures(root: Node, source: Source, raw: Raw, own: set[str]) -> None:
    for key, key_node, _ in root.items():
        if key not in ("element", "zh", "en", "measures"):
            raw.problems.append(source.problem(key_node.at, "E201", near(key, ("element", "measures")), key=key))
    names = {key: value.text for key, _, value in root.items() if key != "measures"}
    for key in ("element", "zh", "en"):
        if not names.get(key):
            raw.problems.append(source.problem(root.at, "E202", key=key))
            return
    raw.elements[names["element"]] = Text(zh=names["zh"], en=names["en"])
    entries = root.get("measures")
    for node in entries.value if entries is not None and entries.kind == "list" else ():
        element = Node("scalar", names["element"], node.at)
        if node.kind == "map" and node.get("element") is None:
            node = Node("map", (*node.value, (Node("scalar", "element", node.at), element)), node.at)
        raw.add("measures", _id(node), node, source, own)


def _read_decision(root: Node, source: Source, raw: Raw, own: set[str]) -> None:
    name = root.get("decision")
    if name is None:
        raw.problems.append(source.problem(root.at, "E202", key="decision"))
        return
    if name.text in own:
        raw.problems.append(source.problem(name.at, "E209", id=name.text))
    own.add(name.text)
    entry_ = entry(DecisionEntry, root, source, raw.problems)
    if entry_ is None:
        return
    before = raw.decisions.get(name.text)
    header = _over(before.entry, entry_) if before else entry_
    for key in ("zh", "en", "hit", "answers"):
        if not getattr(header, key):
            raw.problems.append(source.problem(root.at, "E202", key=key))
            return
    rows = dict(before.rows) if before else {}
    seen: set[str] = set()
    for row, node in _rows(entry_, root):
        if row.id in seen:
            raw.problems.append(source.problem(node.at, "E209", id=row.id))
        seen.add(row.id)
        rows[row.id] = (row, node, source)
    otherwise = (entry_.otherwise, root.get("otherwise") or root, source) if entry_.otherwise else before.otherwise if before else None
    rows = {id: row for id, row in rows.items() if not row[0].disabled}
    raw.decisions[name.text] = RawDecision(header, root, source, rows, otherwise)


def _over(before: DecisionEntry, after: DecisionEntry) -> DecisionEntry:
    """The earlier decision with what the later one says; its own answers are added to the earlier ones."""
    said: dict[str, Any] = {key: getattr(after, key) for key in after.model_fields_set}
    if isinstance(before.answers, tuple) and isinstance(after.answers, tuple):
        said["answers"] = tuple(({a.id: a for a in before.answers} | {a.id: a for a in after.answers}).values())
    return before.model_copy(update=said)


def _rows(decision: DecisionEntry, root: Node) -> Iterable[tuple[RuleEntry, Node]]:
    for key, entries in (("rules", decision.rules), ("each", decision.each)):
        section = root.get(key)
        yield from zip(entries, section.value if section is not None else (), strict=True)


class _Entries:
    """The raw entries checked one by one, with the place of each."""

    def __init__(self, raw: Raw, *kinds: Mapping[str, Any]):
        self.raw, self.problems = raw, raw.problems
        self.places: dict[tuple[str, str], tuple[Span, Source]] = {}
        self.parts: dict[str, dict[str, Any]] = {}
        for sections in kinds:
            for name, model in sections.items():
                self.parts[name] = self._section(name, model)

    def _section(self, name: str, model: Any) -> dict[str, Any]:
        result = {}
        for id, (node, source) in self.raw.sections.get(name, {}).items():
            made = entry(model, node, source, self.problems)
            if made is not None:
                result[id] = made
                self.places[name, id] = (node.at, source)
        return result

    def report(self, section: str, id: str, path: Sequence[str | int], code: str, close: str = "", /, **facts: object) -> None:
        """Report at `path` within an entry: keys and list positions, as far as they lead."""
        node, source = self.raw.sections[section][id]
        for part in path:
            if isinstance(part, int):
                node = node.value[part] if node.kind == "list" and part < len(node.value) else node
            else:
                node = node.get(part) or node
        self.problems.append(source.problem(node.at, code, close, **facts))


def load(*folders: Path | str) -> KnowledgeBase:
    """The knowledge base of the folders, the shipped one when none is given; raises `Unusable` with every problem."""
    return assemble(read_folders(*folders))


def read_folders(*folders: Path | str) -> Raw:
    """Every entry of the folders as a node, later folders over earlier ones; raises `Unusable` where a file cannot be read."""
    raw = Raw(folders=tuple(Path(f) for f in folders) or (DEFAULT,))
    for folder in raw.folders:
        _read_folder(folder, raw)
    _stop(raw)
    return raw


def assemble(raw: Raw) -> KnowledgeBase:
    """The knowledge base that the entries make; raises `Unusable` with every problem."""
    entries = _Entries(raw, *LISTS.values(), {"measures": Measure}, SINGLES)
    for name in SINGLES:
        if not entries.parts[name] and not raw.problems:
            raw.problems.append(Problem(Span(name), "E114", (("name", name),)))
    _stop(raw)
    check_references(entries.parts, entries.report)
    _stop(raw)
    compiled = Compiler(entries.parts, entries.places, raw.decisions, raw.problems)
    decisions = compiled.decisions()
    _stop(raw)
    parts = entries.parts
    places = {key: at for key, (at, _) in entries.places.items()}
    places |= {("decisions", d.id): d.at for d in decisions.values()}
    return KnowledgeBase(
        about=parts["about.yaml"]["about.yaml"], digest=raw.digest.hexdigest(), topics=tuple(parts["topics"].values()), facts=parts["facts"],
        attributes=compiled.attributes, decisions=decisions, measures=parts["measures"], elements=raw.elements, modes=parts["modes"],
        zone_terms=parts["zone_terms"], zones=parts["zones"], groups=parts["groups"], requirements=compiled.requirements, seasons=parts["seasons"],
        stages=parts["stages.yaml"]["stages.yaml"], costs=parts["costs"], indicators=parts["indicators"], departments=parts["departments"],
        checks=parts["checks"], acts=parts["acts"], places=places, folders=raw.folders,
    )  # fmt: skip


def read_reference(base: KnowledgeBase, name: str, sections: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The entries of a reference file over all folders of the base: section → id → entry of the given model.

    Entries have an `id`.  Raises `Unusable` with every problem found.
    """
    raw = Raw()
    for folder in base.folders:
        path = folder / name
        if path.is_file():
            source, root = read(path, f"{folder.name}/{name}")
            _read_lists(sections, root, source, raw, {})
    entries = _Entries(raw, sections)
    _stop(raw)
    return entries.parts


def _stop(raw: Raw) -> None:
    if raw.problems:
        raise Unusable(raw.problems)
