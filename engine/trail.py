"""Why, and why not: computed from rules and the final state, never logged on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.compile import surveyed
from engine.conditions import All, Condition, Lacks, Leaf, Shares, State, Within, members
from engine.conditions import Any as AnyOf
from engine.knowledge import Decision, KnowledgeBase, Rule
from engine.model import Text
from engine.project import Unit
from engine.semantics import first_answers, holds

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Premise:
    """One thing that a rule asks for: met, failed or unknown, with what is known of it and where that comes from."""

    fact: str
    value: Any
    source: str  # answer, conclusion, planner, possible, unknown
    met: bool | None
    wanted: Leaf
    lacks: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """`lacks` are members that must be absent, `value` then those of them that are there; an open attribute, all of
        whose `possible` answers meet the premise, is as unknown as any other that is open."""
        if self.source == "possible":
            return {"fact": self.fact, "value": UNKNOWN, "source": self.source, "possible": self.value}
        result = {"fact": self.fact, "value": self.value, "source": self.source}
        return result | {"lacks": list(self.lacks)} if self.lacks else result


@dataclass(frozen=True)
class Step:
    """A true rule of a settled conclusion; `others` are rules that may turn out to be the one instead."""

    rule: str
    concludes: Mapping[str, Any]
    premises: tuple[Premise, ...]
    cite: tuple[str, ...]
    layer: str
    because: Text
    others: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        result = {
            "rule": self.rule, "concludes": dict(self.concludes), "from": [p.json() for p in self.premises],
            "cite": list(self.cite), "layer": self.layer, "because": self.because.model_dump(),
        }  # fmt: skip
        return result | {"or": list(self.others)} if self.others else result


class Explainer:
    """Explains one consultation."""

    def __init__(self, base: KnowledgeBase, unit: Unit, given: State, state: State):
        self.base, self.unit, self.given, self.state = base, unit, given, state
        self._answered = {surveyed(name): name for name in base.decisions if name in base.facts}

    def trail(self) -> list[Step]:
        """Every true rule of every settled conclusion; each premise is concluded before it is used."""
        steps: list[Step] = list(self._changes())
        for decision in self.base.decisions.values():
            if decision.id in self.given:
                steps.append(self._taken(decision))
            elif decision.hit == "first":
                steps.extend(self._first(decision))
            else:
                steps.extend(self._collect(decision))
        return steps

    def _first(self, decision: Decision) -> Iterator[Step]:
        possible = self.state[decision.id]
        assert isinstance(possible, int)
        if possible & (possible - 1):
            return
        answer = decision.answers[possible.bit_length() - 1].id
        met = first_answers(decision.every_rule, self.state)
        first, *others = [r for r in decision.every_rule if r in met and r.then[0] == answer]  # others are ruled out across decisions
        yield self._step(first, {decision.id: answer}, others)

    def _collect(self, decision: Decision) -> Iterator[Step]:
        yes, _ = self.state[decision.id]
        if not yes:
            return
        concluded: dict[str, list[str]] = {}
        others: dict[str, list[Rule]] = {}
        verdicts = {r.id: holds(r.when, self.state) for r in decision.rules}
        for i in members(yes):
            answer = decision.answers[i].id
            rules = decision.rules_for[answer]
            true = [r for r in rules if verdicts[r.id]]
            if not true:
                first, *rest = [r for r in rules if verdicts[r.id] is None]
                known = others.setdefault(first.id, [])
                known += [r for r in rest if r not in known]
                true = [first]
            for rule in true:
                concluded.setdefault(rule.id, []).append(answer)
        for rule in decision.rules:
            if rule.id in concluded:
                yield self._step(rule, {decision.id: concluded[rule.id]}, others.get(rule.id, []))

    def _step(self, rule: Rule, concludes: Mapping[str, Any], others: list[Rule]) -> Step:
        return Step(rule.id, concludes, tuple(self.premises(rule.when)), rule.cite, rule.layer, rule.because, tuple(r.id for r in others))

    def _taken(self, decision: Decision) -> Step:
        """The step of a decision whose place an answer or the planner has taken."""
        possible = self.state[decision.id]
        assert isinstance(possible, int)
        answer = decision.answers[possible.bit_length() - 1].id
        decide = self.unit.written.decide
        decided = decide is not None and getattr(decide, decision.id, None) is not None
        act = self.base.acts["decided" if decided else "surveyed"]
        because = _filled(act.because, decide.because) if decided and decide else act.because
        wanted = Within(decision.id, possible)
        premise = Premise(decision.id, answer, "planner" if decided else "answer", True, wanted)
        return Step(f"{decision.id}.{act.id}", {decision.id: answer}, (premise,), act.cite, act.layer, because)

    def _changes(self) -> Iterator[Step]:
        """The measures that the planner added or dropped, each with the reason given."""
        for kind, changes in (("added", self.unit.written.add), ("dropped", self.unit.written.drop)):
            act = self.base.acts[kind]
            for change in changes:
                wanted = Shares(kind, 1 << self.base.attributes[kind].index[change.measure])
                premise = Premise(kind, [change.measure], "planner", True, wanted)
                yield Step(f"{kind}:{change.measure}", {kind: [change.measure]}, (premise,), act.cite, act.layer, _filled(act.because, change.because))

    def premises(self, condition: Condition, every: bool = False) -> Iterator[Premise]:
        """The leaves that carry the condition: of alternatives only those that hold, or with `every` all of them."""
        match condition:
            case All(parts):
                for part in parts:
                    yield from self.premises(part, every)
            case AnyOf(parts):
                verdicts = [holds(p, self.state) for p in parts]
                wanted = True if True in verdicts else None
                for part, verdict in zip(parts, verdicts, strict=True):
                    if every or verdict is wanted:
                        yield from self.premises(part, every)
            case leaf:
                yield self._premise(leaf)

    def _premise(self, leaf: Leaf) -> Premise:
        attribute = self.base.attributes[leaf.attribute]
        met = holds(leaf, self.state)
        known = self.state[leaf.attribute]
        name, source = leaf.attribute, {"fact": "answer", "decision": "conclusion", "planner": "planner"}[attribute.origin]
        if name in self._answered:
            name, source = self._answered[name], "answer"
        if isinstance(known, tuple):
            lacks = tuple(attribute.answers[i] for i in members(leaf.bits)) if isinstance(leaf, Lacks) else ()
            if met is None:
                return Premise(name, UNKNOWN, UNKNOWN, met, leaf, lacks)
            return Premise(name, [attribute.answers[i] for i in members(known[0] & leaf.bits)], source, met, leaf, lacks)
        if not known & (known - 1):
            value: Any = self.unit.facts.get(name) if attribute.origin == "fact" else attribute.answers[known.bit_length() - 1]
            if value is None:  # a number of which no rule tells two values apart
                return Premise(name, UNKNOWN, UNKNOWN, met, leaf)
            return Premise(name, value, source, met, leaf)
        if met is None:
            return Premise(name, UNKNOWN, UNKNOWN, met, leaf)
        return Premise(name, [attribute.answers[i] for i in members(known)], "possible", met, leaf)

    def why(self, decision: Decision, answer: str) -> list[tuple[Rule, bool | None, list[Premise]]]:
        """Every rule that concludes the answer, with its verdict and each premise met, failed or unknown; nearest first."""
        result = []
        for rule in decision.rules_for[answer]:
            premises = list(self.premises(rule.when, every=True))
            result.append((rule, holds(rule.when, self.state), premises))
        return sorted(result, key=lambda r: ({True: 0, None: 1, False: 2}[r[1]], sum(p.met is False for p in r[2])))

    def support(self, names: set[str]) -> list[Step]:
        """The steps that lead to conclusions on the named attributes, in order."""
        steps, wanted = [], set(names)
        for step in reversed(self.trail()):
            if wanted & set(step.concludes):
                steps.append(step)
                wanted |= {p.fact for p in step.premises if p.source in ("conclusion", "possible")}
        return steps[::-1]


def _filled(text: Text, because: str) -> Text:
    return Text(zh=text.zh.replace("{because}", because), en=text.en.replace("{because}", because))
