"""Towns and the zones that they lie in: what towns.yaml holds, by which the desk narrows the zones offered.

Table C.1 names zones and no towns.  Where a town lies is read off the zoning map; an office writes it down in a
towns.yaml of its own folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from engine.knowledge import KnowledgeBase
from engine.load import reference
from engine.messages import said
from engine.model import Cites, Ids, Layer, Named, Zone
from engine.source import Unusable, near


class Town(Named):
    district: str
    zones: Ids = Field(min_length=1)
    layer: Layer
    cite: Cites


SECTIONS = {"towns": Town}


@dataclass(frozen=True)
class Offered:
    """The zones to choose from, and the town whose zones they are, where one is known."""

    zones: tuple[Zone, ...]
    town: Town | None = None


def read_towns(base: KnowledgeBase) -> dict[str, Town]:
    """id → town.  Raises `Unusable` with every problem: zones that there are not, and zones that are none of the district."""
    parts, raw = reference(base, "towns.yaml", SECTIONS)
    towns: dict[str, Town] = parts["towns"]
    for town in towns.values():
        node = raw.sections["towns"][town.id]
        zones = node.get("zones") or node
        for written in zones.value if zones.kind == "list" else [zones]:
            zone = base.zones.get(written.text)
            if zone is None:
                raw.report(written, "E315", near(written.text, base.zones), name=written.text, what=said("what_zone"))
            elif zone.districts and town.district not in zone.districts:
                raw.report(written, "E345", near(town.district, zone.districts), zone=zone.id, district=town.district, options=", ".join(zone.districts))
    if raw.problems:
        raise Unusable(raw.problems)
    return towns


def offered(base: KnowledgeBase, towns: Mapping[str, Town], district: str | None, town: str | None) -> Offered:
    """The zones of the town where it is known, else those that the district has a part of, else all."""
    wanted = (town or "").strip().casefold()
    for known in towns.values():
        if wanted in (known.zh.casefold(), known.en.casefold()) and district in (known.district, None):
            return Offered(tuple(base.zones[id] for id in known.zones), known)
    return Offered(tuple(z for z in base.zones.values() if district in z.districts) or tuple(base.zones.values()))
