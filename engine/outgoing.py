"""What one can take away from the desk: the project with its geometries, and the whole plan, as files by name."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.draft import Draft, project_from, without_places
from engine.forms import write_form
from engine.geo import as_geopackage, zipped
from engine.incoming import as_json, as_yaml
from engine.knowledge import KnowledgeBase
from engine.messages import words
from engine.plan import Plan
from engine.report import write_plan

LAYER = "units.gpkg"


def file_name(draft: Draft) -> str:
    """A file name out of the project's name, safe on every system."""
    name = re.sub(r"[^\w\-]+", "_", str(draft["project"]["name"]), flags=re.UNICODE).strip("_")
    return name[:60] or "project"


def outward(draft: Draft, places: bool = True) -> Draft:
    """The draft as it leaves the store: geometries named in the layer beside it, or without `places` no coordinates at all."""
    if not places:
        return without_places(draft)
    units = [{**u, "geometry": f"{LAYER}#{u['id']}"} if str(u.get("geometry", "")).startswith("store:") else u for u in draft["units"]]
    return {**draft, "units": units}


def project_file(draft: Draft, kind: str, places: bool = True) -> bytes:
    """The project file as `yaml` or `json`."""
    out = outward(draft, places)
    return (as_yaml(out) if kind == "yaml" else as_json(out)).encode()


def form_file(base: KnowledgeBase, draft: Draft | None, lang: str) -> bytes:
    return write_form(base, draft, lang)


def plan_files(plan: Plan, draft: Draft, shapes: Mapping[str, Mapping[str, Any]], places: bool = True) -> bytes:
    """A zip file: the project, what `shanshui plan` writes, and where there are geometries the units with their modes."""
    files = {"project.yaml": project_file(draft, "yaml", places)}
    with tempfile.TemporaryDirectory() as folder:
        files |= {path.name: path.read_bytes() for path in write_plan(_outward_plan(plan, draft, places), Path(folder))}
    if shapes and places:
        files[LAYER] = layer_file(plan, draft, shapes)
    return zipped(files)


def _outward_plan(plan: Plan, draft: Draft, places: bool) -> Plan:
    """The plan with the boundaries as outsiders know them: in the layer beside it, or only that there are some."""
    out = outward(draft)
    if not places:
        withheld = " / ".join(words(lang)["geometry_withheld"] for lang in ("zh", "en"))
        out = {**out, "units": [{**u, "geometry": withheld} if u.get("geometry") else u for u in out["units"]]}
    return Plan(plan.base, project_from(plan.base, out), plan.consultations, plan.graph, plan.dates)


def layer_file(plan: Plan, draft: Draft, shapes: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The units with answers, mode and flags as a GeoPackage."""
    more = {id: {"mode": c.conclusions.get("mode"), "flags": ";".join(c.settled("flags"))} for id, c in plan.consultations.items()}
    return as_geopackage(draft, shapes, more)
