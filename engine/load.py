"""Knowledge folders → a `KnowledgeBase`, or all their problems.

Later folders lie over earlier ones: an entry with the same id replaces the earlier one, `disabled: true`
removes it.  Nothing in a file is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.catalogue import Cost, Department, Indicator, Measure, Season, StagesFile
from engine.compile import Compiler
from engine.knowledge import KnowledgeBase
from engine.model import About, ActEntry, CheckEntry, Fact, Group, ModeEntry, Topic, Zone, ZoneTerm
from engine.overlay import Raw
from engine.references import check_references
from engine.source import Problem, Span, Unusable, near, read
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
    "adaptive.yaml", "attributes.yaml", "boundaries.yaml", "examples.yaml", "goals.yaml", "monitoring.yaml", "outline.yaml", "pairs.yaml", "permits.yaml", "properties.yaml",
    "standard.yaml", "survey.yaml", "table_b1.yaml", "towns.yaml",
)  # fmt: skip
SINGLES: dict[str, Any] = {"about.yaml": About, "stages.yaml": StagesFile}
DEFAULT = Path(__file__).resolve().parent.parent / "knowledge"


def load(*folders: Path | str) -> KnowledgeBase:
    """The knowledge base of the folders, the shipped one when none is given; raises `Unusable` with every problem."""
    return assemble(read_folders(*folders))


def read_folders(*folders: Path | str) -> Raw:
    """Every entry of the folders as a node, later folders over earlier ones; raises `Unusable` where a file cannot be read."""
    raw = Raw(folders=tuple(Path(f) for f in folders) or (DEFAULT,))
    for folder, shown in zip(raw.folders, shown_names(raw.folders), strict=True):
        _read_folder(folder, shown, raw)
    return raw


def shown_names(folders: Sequence[Path]) -> list[str]:
    """How each folder is named to people: by its own name, or by all of its path where two are named alike."""
    names = [folder.resolve().name for folder in folders]
    return [name if names.count(name) == 1 else str(folder) for folder, name in zip(folders, names, strict=True)]


def _read_folder(folder: Path, shown: str, raw: Raw) -> None:
    if not folder.is_dir():
        raise Unusable([Problem(Span(str(folder)), "E112")])
    own: dict[str, set[str]] = {}
    ours = folder.resolve() == DEFAULT  # its reference files are proved by tests; reading them here would cost every command time
    for path in sorted(folder.rglob("*.y*ml")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(".") or "/." in name:
            continue
        if ours and name in REFERENCE:
            raw.digest.update(name.encode() + b"\0" + path.read_bytes())
            continue
        try:
            source, root = read(path, f"{shown}/{name}")
        except Unusable as unusable:
            raw.problems += unusable.problems
            continue
        raw.sources[source.file] = source
        raw.digest.update(name.encode() + b"\0" + source.text.encode())
        if root.kind != "map":
            raw.report_kind(root, "mapping")
        elif name in REFERENCE:
            continue
        elif name in LISTS:
            raw.read_lists(LISTS[name], root, own)
        elif name in SINGLES:
            raw.sections[name] = {name: root}
        elif name.startswith("decisions/") and path.suffix == ".yaml":
            raw.read_decision(root, source, own.setdefault("decisions", set()))
        elif name.startswith("measures/") and path.suffix == ".yaml":
            raw.read_measures(root, own.setdefault("measures", set()))
        else:
            raw.problems.append(source.problem(Span(source.file), "E113", near(name, [*LISTS, *SINGLES, *REFERENCE]), name=name))


class _Entries:
    """The raw entries checked one by one, with the place of each."""

    def __init__(self, raw: Raw, *kinds: Mapping[str, Any]):
        self.raw, self.problems = raw, raw.problems
        self.places: dict[tuple[str, str], Span] = {}
        self.parts: dict[str, dict[str, Any]] = {}
        for sections in kinds:
            for name, model in sections.items():
                self.parts[name] = self._section(name, model)

    def _section(self, name: str, model: Any) -> dict[str, Any]:
        result = {}
        for id, node in self.raw.sections.get(name, {}).items():
            made = entry(model, node, self.raw.sources[node.at.file], self.problems)
            if made is None:
                self.raw.unread.add(id)
            else:
                result[id] = made
                self.places[name, id] = node.at
        return result

    def report(self, section: str, id: str, path: Sequence[str | int], code: str, close: str = "", /, **facts: object) -> None:
        """Report at `path` within an entry: keys and list positions, as far as they lead."""
        node = self.raw.sections[section][id]
        for part in path:
            if isinstance(part, int):
                node = node.value[part] if node.kind == "list" and part < len(node.value) else node
            else:
                node = node.get(part) or node
        self.raw.report(node, code, close, **facts)


def assemble(raw: Raw, holes: list[Problem] | None = None) -> KnowledgeBase:
    """The knowledge base that the entries make; raises `Unusable` with every problem.

    Where a list for `holes` is given, tables that leave cases uncovered are put there instead, so that the rest can be looked at.
    """
    whole = not raw.problems  # every name that is used may be looked for
    entries = _Entries(raw, *LISTS.values(), {"measures": Measure}, SINGLES)
    parts = entries.parts
    if not whole or not _has_all(raw, parts):
        raise Unusable([*raw.problems, *raw.of_rules])
    check_references(parts, _duties(raw), raw.unread, entries.report)
    compiled = Compiler(parts, entries.places, raw.decisions, raw.sources, raw.unread, raw.problems)
    decisions = compiled.decisions(complete=not raw.of_rules)
    (raw.problems if holes is None else holes).extend(compiled.holes)
    if raw.problems or raw.of_rules:
        raise Unusable([*raw.problems, *raw.of_rules])
    return KnowledgeBase(
        about=parts["about.yaml"]["about.yaml"], digest=raw.digest.hexdigest(), topics=tuple(parts["topics"].values()), facts=parts["facts"],
        attributes=compiled.attributes, decisions=decisions, measures=parts["measures"], elements=raw.elements, modes=parts["modes"],
        zone_terms=parts["zone_terms"], zones=parts["zones"], groups=parts["groups"], requirements=compiled.requirements, seasons=parts["seasons"],
        stages=parts["stages.yaml"]["stages.yaml"], costs=parts["costs"], indicators=parts["indicators"], departments=parts["departments"],
        checks=parts["checks"], acts=parts["acts"], places=entries.places | {("decisions", d.id): d.at for d in decisions.values()}, folders=raw.folders,
    )  # fmt: skip


def _duties(raw: Raw) -> tuple[str, ...]:
    answers = raw.decisions["duties"].entry.answers if "duties" in raw.decisions else ()
    return tuple(a.id for a in answers) if isinstance(answers, tuple) else ()


def _has_all(raw: Raw, parts: Mapping[str, Any]) -> bool:
    """Whether the rules can be read: every file that all need is there, and so is the list of problems."""
    here = shown_names(raw.folders)[0]
    missing = [name for name, section in (("facts.yaml", "facts"), *((name, name) for name in SINGLES)) if not raw.sections.get(section)]
    raw.problems += [Problem(Span(f"{here}/{name}"), "E114", (("name", name),)) for name in missing]
    if "facts.yaml" not in missing and "problems" not in raw.sections["facts"]:
        raw.problems.append(Problem(Span(f"{here}/facts.yaml"), "E409", (("name", "problems"),)))
    return not missing and "problems" in parts["facts"]


def read_reference(base: KnowledgeBase, name: str, sections: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The entries of a reference file over all folders of the base: section → id → entry of the given model.

    Entries have an `id`.  Raises `Unusable` with every problem found.
    """
    return reference(base, name, sections)[0]


def reference(base: KnowledgeBase, name: str, sections: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], Raw]:
    """The entries of a reference file as in `read_reference`, with their nodes, where conditions in them are still to be read."""
    raw = Raw()
    for folder, shown in zip(base.folders, shown_names(base.folders), strict=True):
        path = folder / name
        if path.is_file():
            source, root = read(path, f"{shown}/{name}")
            raw.sources[source.file] = source
            raw.read_lists(sections, root, {})
    entries = _Entries(raw, sections)
    if raw.problems:
        raise Unusable(raw.problems)
    return entries.parts, raw
