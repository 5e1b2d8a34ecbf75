"""The section 协调、许可与管护 of a plan's explanation: permits, departments, participation, monitoring, adaptive management."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.markdown import heading, table
from engine.plan import Plan
from engine.wording import Wording

Found = Mapping[str, Any]


def process(plan: Plan, w: Wording) -> Iterator[str]:
    """The whole section, as Markdown lines."""
    found = plan.process
    yield from heading(2, w["h_process"])
    for part in (_permits, _departments, _coordination, _participation, _monitoring, _adaptive):
        yield from part(found, w)


def _header(w: Wording, *keys: str) -> list[str]:
    return [w[key] for key in keys]


def _departments_named(ids: Iterable[str], w: Wording) -> str:
    return w["list"].join(w.base.departments[id].name[w.lang] for id in ids) or "—"


def _units(row: Found, w: Wording) -> str:
    """The units concerned, and those that may be with what they wait on."""
    waits = row.get("waits_on", {})
    perhaps = []
    for unit in row["possible_units"]:
        facts = w["list"].join([*(w.name(f) for f in waits.get(unit, ())[:4]), *(["…"] if len(waits.get(unit, ())) > 4 else [])])
        perhaps.append(w["units_waits"].format(units=unit, facts=facts) if facts else unit)
    listed = list(row["units"])
    return w["list"].join([*listed, w["units_possible"].format(units=w["list"].join(perhaps))] if perhaps else listed)


def _permits(found: Found, w: Wording) -> Iterator[str]:
    rows = []
    for p in found["permits"]:
        edition = p["edition"]
        title = " ".join(x for x in (edition["title"][w.lang], edition["number"]) if x) if edition else ""
        said = w["colon"].join(x for x in (title, p["note"][w.lang] if p["note"] else "") if x)
        changes = [w[f"change_{c['change']}"].format(date=c["date"], title=c["title"][w.lang]) + (f"{w['colon']}{c['says'][w.lang]}" if c["says"] else "") for c in p["changes"]]
        measures = w["list"].join(w.base.measures[m].name[w.lang] for m in p["measures"]) or "—"
        rows.append([
            p["name"][w.lang], _units(p, w), measures, _departments_named(p["authority"], w), w[f"due_{p['due']}"] if p["due"] else "—",
            p["obtain"][w.lang] if p["obtain"] else w["office"], said, w[f"force_{str(p['in_force']).lower()}"], w["list"].join(changes) or "—",
            p["because"][w.lang], w.cite(p["cite"]), w[f"layer_{p['layer']}"],
        ])  # fmt: skip
    if rows:
        yield from heading(3, w["h_permits"])
        header = _header(w, "h_permit", "h_due_units", "h_measures", "h_authority", "h_due", "h_obtain", "h_edition", "h_in_force", "h_changes", "h_reason", "h_clause", "h_layer")
        yield from table(header, rows)


def _departments(found: Found, w: Wording) -> Iterator[str]:
    yield from heading(3, w["h_departments"])
    rows = []
    for d in found["departments"]["project"]:
        leads, supports = (w["list"].join(dict.fromkeys(w.base.measures[t.split("/")[1]].name[w.lang] for t in d[key])) or "—" for key in ("leads", "supports"))
        rows.append([d["name"][w.lang], w[f"part_{d['role']}"], d["reviews"][w.lang], leads, supports, w.cite(d["cite"]), w[f"layer_{d['layer']}"]])
    yield from table(_header(w, "h_department", "h_takes_part", "h_reviews", "h_leads", "h_supports", "h_clause", "h_layer"), rows)


def _coordination(found: Found, w: Wording) -> Iterator[str]:
    coordination = found["coordination"]
    yield from heading(3, w["h_faults"])
    rows = [[f["name"][w.lang], f["text"][w.lang], w["list"].join(f["units"]) or w["none"], w.cite(f["cite"])] for f in coordination["faults"]]
    yield from table(_header(w, "h_fault", "h_definition", "h_raised", "h_clause"), rows)
    if coordination["given_up"]:
        yield from heading(3, w["h_given_up"])
        rows = [[g["unit"], w.base.measures[g["measure"]].name[w.lang], g["because"][w.lang], w.cite(g["cite"]), w[f"layer_{g['layer']}"]] for g in coordination["given_up"]]
        yield from table(_header(w, "h_unit", "h_measure", "h_reason", "h_clause", "h_layer"), rows)


def _participation(found: Found, w: Wording) -> Iterator[str]:
    part = found["participation"]
    yield from heading(3, w["h_participation"])
    names = {key: {e["id"]: e["name"][w.lang] for e in part[key]} for key in ("forms", "steps")}
    rows = []
    for p in part["parties"]:
        forms, steps = (w["list"].join(names[key][i] for i in p[key]) for key in ("forms", "steps"))
        rows.append([p["name"][w.lang], _units(p, w), forms, steps, p["because"][w.lang], w.cite(p["cite"]), w[f"layer_{p['layer']}"]])
    yield from table(_header(w, "h_party", "h_due_units", "h_forms", "h_steps", "h_reason", "h_clause", "h_layer"), rows)
    yield ""
    yield w["semicolon"].join(f"{e['name'][w.lang]}{w['colon']}{e['keep'][w.lang]}" for key in ("forms", "opinions") for e in part[key] if e["keep"])


def _monitoring(found: Found, w: Wording) -> Iterator[str]:
    monitoring = found["monitoring"]
    if not monitoring["indicators"]:
        return
    yield from heading(3, w["h_monitoring"])
    rows = []
    for i in monitoring["indicators"]:
        often = {p["phase"]: _often(p, w) for p in i["phases"]}
        by = _departments_named([i["by"]], w) if i["by"] else w["office"]
        rows.append([i["unit"], f"{i['name'][w.lang]} ({i['measured_in'][w.lang]})", by, *(often.get(p["id"], w["office"]) for p in monitoring["phases"]), w.cite(i["cite"])])
    yield from table([w["h_unit"], w["h_indicator"], w["h_by"], *(p["name"][w.lang] for p in monitoring["phases"]), w["h_clause"]], rows)
    yield ""
    yield w["semicolon"].join(f"{e['name'][w.lang]}{w['colon']}{e['text'][w.lang]}" for e in monitoring["links"] if e["text"])


def _often(phase: Found, w: Wording) -> str:
    if phase["times"] is None:
        return "—"
    years = phase["years"]
    span = "" if not years else str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
    return " ".join(x for x in (span, w[f"often_{phase['per']}"].format(n=phase["times"])) if x)


def _adaptive(found: Found, w: Wording) -> Iterator[str]:
    yield from heading(3, w["h_adaptive"])
    if not found["adaptive"]:
        yield w["no_readings"]
        return
    rows = []
    for a in found["adaptive"]:
        name = a["name"][w.lang] if a["name"] else a["indicator"]
        adjust, procedure = (w["list"].join(x["name"][w.lang] for x in a[key]) or "—" for key in ("adjust", "procedure"))
        reason = a["reason"][w.lang] if a["reason"] else "—"
        rows.append([a["unit"] or w["whole_project"], name, a["date"] or "—", a["verdict_name"][w.lang], reason, adjust, procedure, w.cite(a["cite"]), w[f"layer_{a['layer']}"]])
    yield from table(_header(w, "h_unit", "h_indicator", "h_date", "h_verdict", "h_reason", "h_adjust", "h_procedure", "h_clause", "h_layer"), rows)
