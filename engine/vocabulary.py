"""The loaded vocabulary as JSON Schema: what may be written in a condition, a conclusion, a unit's answers, and wherever a name stands."""

from __future__ import annotations

import re
from typing import Any

from engine.compile import LAYERS, SELECTORS
from engine.grammar import NO, YES
from engine.knowledge import Attribute, KnowledgeBase
from engine.model import Fact
from engine.project import UNKNOWN
from engine.project_checks import QUANTITIES
from engine.references import OFFICE

Schema = dict[str, Any]
PLACEHOLDERS = ("@id", "@when", "@modes", "@problems", "@measures", "@effects", "@element", "@role", "@zone", "@main", "@auxiliary", "@duties")
YESNO: Schema = {"enum": [True, False, *YES, *NO]}
NUMBER: Schema = {"type": "number"}


def ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _one_or_more(one: Schema) -> Schema:
    return {"anyOf": [one, {"type": "array", "items": one}]}


def _object(properties: Schema, **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


class Vocabulary:
    """What a knowledge base has names for."""

    def __init__(self, base: KnowledgeBase):
        self.base = base
        self._sets: dict[tuple[str, ...], str] = {}  # a list of answers → the definition that lists them
        for attribute in base.attributes.values():
            if attribute.kind != "number":
                self._sets.setdefault(attribute.answers, f"answers_{attribute.name}")
        problems = base.problems.values()
        self._lists: dict[str, list[str]] = {
            "topics": [t.id for t in base.topics], "facts": list(base.facts), "problems": list(base.problems), "measures": list(base.measures), "groups": list(base.groups),
            "stresses": [p.id for p in problems if p.role == "stress"], "deficits": [p.id for p in problems if p.role == "deficit"], "zone_terms": list(base.zone_terms), "zones": list(base.zones),
            "opening_seasons": [s.id for s in base.seasons.values() if s.opens], "costs": [*base.costs, OFFICE], "indicators": list(base.indicators),
            "departments": list(base.departments), "elements": list(base.elements), "phases": [p.id for p in base.stages.phases], "rules": list(base.rules),
            **{name: [a.id for a in base.decisions[name].answers] if name in base.decisions else [] for name in ("duties", "flags")},
        }  # fmt: skip

    def definitions(self, placeholders: bool) -> Schema:
        """All definitions that fields refer to; with `placeholders`, what an `each` row may write in place of an answer."""
        made: Schema = {name: self._answers(answers) for answers, name in self._sets.items()}
        made |= {f"names_{name}": {"enum": ids} for name, ids in self._lists.items() if ids}
        made["condition"] = self._condition(placeholders)
        stand_ins = ["@any", *PLACEHOLDERS] if placeholders else ["@any"]
        for attribute in self.base.attributes.values():
            made[f"about_{attribute.name}"] = self._about(attribute, stand_ins)
        made["facts"] = {"type": ["object", "null"], "properties": {f.id: self._fact(f) for f in self.base.facts.values()}, "additionalProperties": False}
        return made

    def _answers(self, answers: tuple[str, ...]) -> Schema:
        if "true" in answers:
            return YESNO
        listed: Schema = {"enum": list(answers)}
        roman = any(re.match(r"^I{1,3}-", a) for a in answers)
        return {"anyOf": [listed, {"type": "string", "pattern": "[Ⅰ-Ⅴ]"}]} if roman else listed

    def _condition(self, placeholders: bool) -> Schema:
        condition = ref("condition")
        parts: Schema = {"type": "array", "items": condition}
        properties: Schema = {name: {**ref(f"about_{name}")} for name in self.base.attributes}
        made = _object({"any": parts, "all": parts, "not": condition, **properties})
        return {"anyOf": [made, {"enum": ["@when"]}]} if placeholders else {"anyOf": [made, {"type": "null"}]}

    def _about(self, a: Attribute, stand_ins: list[str]) -> Schema:
        itself = ref(f"about_{a.name}")
        described = self._name(a.name)
        if a.kind == "number":
            return _object({"at_least": NUMBER, "below": NUMBER, "not": itself}, minProperties=1, **described)
        answer = {"anyOf": [ref(self._sets[a.answers]), {"enum": stand_ins}]}
        some = _one_or_more(answer)
        operators: Schema = {"none_of": some, "not": itself} | ({"all_of": some} if a.kind == "many" else {})
        return {"anyOf": [*some["anyOf"], _object(operators, minProperties=1)], **described}

    def _name(self, attribute: str) -> Schema:
        """The name of an attribute, and its question."""
        if (fact := self.base.facts.get(attribute)) is not None:
            return {"description": f"{fact.zh}：{fact.question.zh}（{fact.en}: {fact.question.en}）"}
        decision = self.base.decisions.get(attribute)
        return {"description": f"{decision.zh}（{decision.en}）"} if decision else {}

    def _fact(self, fact: Fact) -> Schema:
        """A unit's answer to a question; nothing, or unknown, where it is not surveyed yet."""
        if fact.kind == "number":
            answer: Schema = {"type": "number", "minimum": fact.min, "maximum": fact.max}
        else:
            one = YESNO if fact.kind == "yesno" else self._answers(tuple(a.id for a in fact.answers))
            answer = {"type": "array", "items": one} if fact.kind == "many" else one
        return {"anyOf": [answer, {"type": "null"}, {"enum": list(UNKNOWN)}], **self._name(fact.id)}

    def names(self, model: str, field: str) -> Schema | None:
        """The names that may stand in a field, where a field holds names."""
        known = _NAMES.get((model, field))
        return ref(f"names_{known}") if known and self._lists[known] else None

    def field(self, model: str, field: str) -> Schema | None:
        """What may stand in a field that the models leave open."""
        base = self.base
        match model, field:
            case "PropertyEntry", "settles":
                return {"type": "array", "items": {"enum": list(base.decisions)}}
            case ("UnitEntry", "facts") | (("Example" | "Boundary"), "given"):
                return ref("facts")
            case (_, "when") | ("PropertyEntry", "holds" | "never"):
                return ref("condition")
            case _, "then":
                return {"type": ["string", "array", "object", "boolean"]}
            case (("RuleEntry" | "EachEntry"), "layer"):
                return {"enum": list(LAYERS) + (["@layer"] if model == "EachEntry" else [])}
            case (("RuleEntry" | "EachEntry"), "cite"):
                text: Schema = {"type": ["string", "number"]}
                return {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]}
            case (("RuleEntry" | "EachEntry"), "because"):
                return {"anyOf": [ref("Text"), {"enum": ["@because"]}]} if model == "EachEntry" else ref("Text")
            case "DecisionEntry", "answers":
                return {"anyOf": [{"enum": ["requirements", "problems", "measures", "seasons", "modes", *base.facts]}, {"type": "array", "items": ref("Answer")}]}
            case "Expectation", "conclusions":
                return _object({d.id: ref(self._sets[base.attributes[d.id].answers]) for d in base.decisions.values()})
            case ("Example", "concludes") | ("Boundary", "concludes" | "excludes"):
                return _object({d.id: _one_or_more(ref(self._sets[base.attributes[d.id].answers])) for d in base.decisions.values()})
            case "UnitEntry", "quantities":
                return _object({m: _object(dict.fromkeys(QUANTITIES, NUMBER)) for m in base.measures})
            case "UnitEntry", "sources":
                return _object({f: ref("AnswerSource") for f in base.facts})
            case "Header", "crews":
                return _object({e: {"type": "integer", "minimum": 0} for e in base.elements})
            case "Decide", "damage" if "damage" in base.facts:
                return {"enum": [a.id for a in base.facts["damage"].answers]}
        return None

    def conclusions(self, schema: Schema) -> Schema:
        """The schema of a decision's file, in which `then` takes the answers of the decision that the file names."""
        by_answers: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for d in self.base.decisions.values():
            by_answers.setdefault((self.base.attributes[d.id].answers, d.hit), []).append(d.id)
        for (answers, hit), decisions in by_answers.items():
            one: Schema = {"anyOf": [ref(self._sets[answers]), {"enum": ["@any", *PLACEHOLDERS]}]}
            schema["definitions"][self._sets[answers]] = self._answers(answers)
            takes = [*_one_or_more(one)["anyOf"]] if hit == "collect" else [one, {"type": "array", "items": one, "maxItems": 1}]
            if answers == tuple(self.base.measures):
                takes.append(self._selector(schema))
            row: Schema = {"properties": {"then": {"anyOf": takes}}}
            rows = {"properties": {"rules": {"items": row}, "each": {"items": row}, "otherwise": row}}
            schema["allOf"].append({"if": {"properties": {"decision": {"enum": decisions}}, "required": ["decision"]}, "then": rows})
        return schema

    def _selector(self, schema: Schema) -> Schema:
        """Measures by effect, by element or one by one."""
        measures = ref(self._sets[tuple(self.base.measures)])
        effects = {"enum": sorted({e for m in self.base.measures.values() for e in m.effects})}
        takes: dict[str, Schema] = {"effects": effects, "elements": {"enum": list(self.base.elements)}, "measures": measures, "except": measures}
        return _object({key: _one_or_more(takes[key]) for key in SELECTORS})


_NAMES = {
    ("Fact", "topic"): "topics",
    ("Measure", "relieves"): "stresses", ("Measure", "restores"): "deficits", ("Measure", "after"): "measures", ("Measure", "seasons"): "opening_seasons",
    ("Measure", "cost"): "costs", ("Measure", "lead"): "departments", ("Measure", "support"): "departments", ("Measure", "indicators"): "indicators",
    ("Zone", "group"): "groups", ("Zone", "main"): "zone_terms", ("Zone", "auxiliary"): "zone_terms", ("Requirement", "measures"): "measures", ("Requirement", "duties"): "duties",
    ("Town", "zones"): "zones", ("StageEntry", "phase"): "phases", ("SideTask", "lead"): "departments", ("Upstream", "elements"): "elements", ("Upstream", "restores"): "problems",
    ("Change", "measure"): "measures", ("Target", "indicator"): "indicators", ("Reading", "indicator"): "indicators",
    ("Expectation", "measures"): "measures", ("Expectation", "not_measures"): "measures", ("Expectation", "flags"): "flags", ("Expectation", "not_flags"): "flags",
    ("SurveyItem", "asks"): "facts", ("Pointer", "asks"): "facts", ("Pointer", "problems"): "problems", ("Assessment", "indicators"): "indicators",
    ("GoalAspect", "problems"): "problems", ("GoalAspect", "measures"): "measures", ("GoalAspect", "indicators"): "indicators", ("Scope", "indicators"): "indicators",
    ("Routine", "indicators"): "indicators", ("Routine", "by"): "departments", ("Example", "id"): "rules", ("Example", "added"): "measures", ("Example", "dropped"): "measures",
    ("Boundary", "added"): "measures", ("Boundary", "dropped"): "measures",
}  # fmt: skip
