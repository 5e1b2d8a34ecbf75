"""The section 基础与目标 of a plan's explanation: survey, diagnosis, causes, priority, extent and goals as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.markdown import heading, plain, table
from engine.plan import Plan
from engine.wording import Wording

Found = Mapping[str, Any]


def groundwork(plan: Plan, w: Wording) -> Iterator[str]:
    """The whole section, as lines."""
    found = plan.process
    yield from heading(2, w["h_groundwork"])
    for part in (_survey, _diagnosis, _gaps, _causes, _priority, _extent, _goals, _indicators):
        yield from part(found, w)


def _header(w: Wording, *keys: str) -> list[str]:
    return [w[key] for key in keys]


def _by_unit(found: Mapping[str, list[str]], w: Wording) -> str:
    """`U1：a、b；U2：c`, with the names of facts and conclusions."""
    joined = (f"{unit}{w['colon']}{w['list'].join(w.name('chosen' if n == 'measures' else n) for n in names)}" for unit, names in found.items())
    return w["semicolon"].join(joined) or "—"


def _survey(found: Found, w: Wording) -> Iterator[str]:
    yield from heading(3, w["h_survey"])
    counts = found["survey"]["counts"]
    yield w["list"].join(f"{w[f'status_{status}']} {n}" for status, n in counts.items())
    yield ""
    rows = [
        [i["part"]["name"][w.lang], i["name"][w.lang], w[f"status_{i['status']}"], w["list"].join(str(x) for x in (i["source"], i["date"], i["note"]) if x) or "—",
         i["collect"][w.lang] if i["status"] != "at_hand" else "—", _by_unit(i["unanswered"], w), _by_unit(i["waiting"], w), w.cite(i["cite"])]
        for i in found["survey"]["items"]
    ]  # fmt: skip
    yield from table(_header(w, "h_part", "h_item", "h_status", "h_source", "h_collect", "h_unanswered", "h_waiting", "h_clause"), rows)


def _diagnosis(found: Found, w: Wording) -> Iterator[str]:
    yield from heading(3, w["h_large_scale"])
    rows = []
    for a in found["diagnosis"]["large"]:
        metrics = w["list"].join(m[w.lang] for m in a["metrics"])
        indicators = w["list"].join(w.base.indicators[i].name[w.lang] for i in a["indicators"])
        rows.append([a["name"][w.lang], a["text"] or f"{w['to_write']}{w['colon']}{a['assess'][w.lang]}", metrics, indicators, w.cite(a["cite"])])
    yield from table(_header(w, "h_assessment", "h_text", "h_metrics", "h_indicators", "h_clause"), rows)


def _gaps(found: Found, w: Wording) -> Iterator[str]:
    yield from heading(3, w["h_gaps"])
    rows = []
    for unit in found["diagnosis"]["units"]:
        for gap in unit["gaps"]:
            said = w[f"gap_{gap['source'] or 'missing'}"]
            if gap["differs"] and gap["value"] is not None:
                said += w["gap_differs"].format(grade=w.answer(gap["fact"], gap["worst"]))
            value = w.answer(gap["fact"], gap["value"]) if gap["value"] else w["answer_unknown"]
            open_ = w["list"].join(a["name"][w.lang] for a in gap["open"]) if gap["source"] is None else ""
            rows.append([unit["unit"], w.name(gap["fact"]), value, said, open_ or "—"])
    yield from table(_header(w, "h_unit", "h_gap", "h_value", "h_source", "h_ask"), rows)
    for unit in found["diagnosis"]["units"]:
        if any(gap["source"] == "derived" for gap in unit["gaps"]):
            rule = unit["rule"]
            yield ""
            yield f"{unit['unit']}{w['colon']}{rule['because'][w.lang]} [{w.cite(rule['cite'])}; {w['layer_' + rule['layer']]}]"
        for pointer in unit["pointers"]:
            if pointer["unmatched"]:
                yield ""
                yield w["pointer_unmatched"].format(unit=unit["unit"], name=pointer["name"][w.lang], problems=w.value("problems", pointer["possible"]))


def _causes(found: Found, w: Wording) -> Iterator[str]:
    causes = found["causes"]
    yield from heading(3, w["h_causes"])
    rows = [
        [c["name"][w.lang], w["semicolon"].join(f"{w.answer('problems', p)}{w['colon']}{w['list'].join(units)}" for p, units in c["problems"].items()) or "—", c["ask"][w.lang], w.cite(c["cite"])]
        for c in causes["classes"]
    ]
    yield from table(_header(w, "h_cause", "h_problems", "h_ask", "h_clause"), rows)
    yield ""
    yield w["causes_note"]
    for link in causes["carried"]:
        yield ""
        yield w["carried_line"].format(problem=w.answer("problems", link["problem"]), upper=link["from"], lower=link["to"])
    if causes["unsurveyed"]:
        yield ""
        yield w["problems_unsurveyed"].format(units=w["list"].join(causes["unsurveyed"]))


def _priority(found: Found, w: Wording) -> Iterator[str]:
    yield from heading(3, w["h_priority"])
    rows = []
    for unit in found["priority"]["units"]:
        for row in unit["problems"]:
            grade = w[f"class_{row['class']}"] + (w["may_be_urgent"].format(facts=w["list"].join(w.name(f) for f in unit["waits_on"])) if row["may_be_urgent"] else "")
            for reason in row["reasons"]:
                because = [reason["because"][w.lang], w.cite(reason["cite"]), w[f"layer_{reason['layer']}"]]
                rows.append([unit["unit"], str(row["rank"]), w.answer("problems", row["problem"]), grade, *because])
    yield from table(_header(w, "h_unit", "h_rank", "h_problem", "h_class", "h_reason", "h_clause", "h_layer"), rows)


def _extent(found: Found, w: Wording) -> Iterator[str]:
    extent = found["extent"]
    yield from heading(3, w["h_extent"])
    area = f"{extent['area_ha']:g}"
    yield f"{w['extent_district']}{w['colon']}{plain(extent['district'] or w['missing'])}{w['semicolon']}{w['extent_area'].format(area=area)}"
    yield ""
    rows = [[u["unit"], f"{u['area_ha']:g}", *(u[k] or w["missing"] for k in ("town", "village", "geometry"))] for u in extent["units"]]
    yield from table(_header(w, "h_unit", "h_area_ha", "extent_town", "extent_village", "extent_geometry"), rows)
    yield ""
    rows = [[s["name"][w.lang], s["text"][w.lang], w["list"].join(missing_name(m, w) for m in s["missing"]) or w["none"], w.cite(s["cite"])] for s in extent["steps"]]
    yield from table(_header(w, "h_step", "h_text", "h_missing", "h_clause"), rows)


def missing_name(missing: str, w: Wording) -> str:
    """`U1/town` in words; what is no field of the extent is a fact."""
    unit, _, need = missing.rpartition("/")
    return f"{unit} {w.words.get(f'extent_{need}') or w.name(need)}".strip()


def _goals(found: Found, w: Wording) -> Iterator[str]:
    goals = found["goals"]
    yield from heading(3, w["h_goals"])
    if goals["overall"]["typed"]:
        yield plain(" ".join(goals["overall"]["typed"].split()))
        yield ""
    rows = [[p["name"][w.lang], p["typed"] or ("—" if p["written"] else f"{w['to_write']}{w['colon']}{p['text'][w.lang]}"), w.cite(p["cite"])] for p in goals["overall"]["parts"]]
    yield from table(_header(w, "h_overall", "h_text", "h_clause"), rows)
    yield ""
    rows = []
    for a in goals["aspects"]:
        measures = w["list"].join(w["in_units"].format(name=w.base.measures[m].name[w.lang], units=w["list"].join(units)) for m, units in a["measures"].items())
        indicators = w["list"].join(w.base.indicators[i].name[w.lang] for i in a["indicators"])
        problems = w.value("problems", list(a["problems"]))
        rows.append([a["name"][w.lang], a["typed"] or f"{w['to_write']}{w['colon']}{a['text'][w.lang]}", problems, measures or "—", indicators or "—", w.cite(a["cite"])])
    yield from table(_header(w, "h_aspect", "h_text", "h_problems", "h_measures", "h_indicators", "h_clause"), rows)


def _indicators(found: Found, w: Wording) -> Iterator[str]:
    yield from heading(3, w["h_performance"])
    rows = []
    for i in found["goals"]["indicators"]:
        said = [_target(t, w) for t in i["targets"]]
        missing = [_gap(m, w) for m in i["missing"]]
        rows.append(
            [w.words.get(f"scope_{i['scope']}", "—"), i["name"][w.lang], i["measured_in"][w.lang], i["measured"][w.lang], w["semicolon"].join(said) or "—", w["semicolon"].join(missing) or w["none"]]
        )
    yield from table(_header(w, "h_scope", "h_indicator", "h_measured_in", "h_measured", "h_targets", "h_missing"), rows)


def _target(t: Found, w: Wording) -> str:
    values = [f"{w['baseline']} {t['baseline']:g}"] if t["baseline"] is not None else []
    values += [f"{year} {value:g}" for year, value in t["targets"].items()]
    note = w["backwards"].format(years=w["list"].join(str(y) for y in t["backwards"])) if t["backwards"] else ""
    source = f" [{t['source']}]" if t["source"] else ""
    return f"{t['unit'] or w['whole_project']}{w['colon']}{w['list'].join(values)}{source}{note}"


def _gap(missing: Found, w: Wording) -> str:
    what = ([w["baseline"]] if missing["baseline"] else []) + [str(y) for y in missing["years"]]
    return f"{missing['unit'] or w['whole_project']}{w['colon']}{w['list'].join(what)}"
