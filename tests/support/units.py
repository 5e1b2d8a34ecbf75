"""Random units: plausible ones, odd ones, and states that no single unit has but on which the readings must agree."""

from __future__ import annotations

import random
from typing import Any

from engine.compile import UNANSWERED, surveyed
from engine.conditions import Known, Shares, Within, leaves, members
from engine.knowledge import Attribute, KnowledgeBase
from engine.model import MODES, Fact
from engine.project import Unit, unit_of

SIZES = (0, 1, 1, 2, 2, 3, 3, 4, 6, 9)  # members of a many-answer fact: mostly few, as in real units
GAPS = ("composition_gap", "structure_gap", "function_gap", "exchange_gap")
LEFT_OUT = {"damage only": GAPS, "gaps only": ("damage",), "neither": ("damage", *GAPS), "both": ()}


def random_unit(rng: random.Random, base: KnowledgeBase, unknown: float = 0.3, acts: bool = True) -> Unit:
    """A unit in which every fact is unknown with the given chance; with `acts`, now and then the planner decides, adds and drops.

    Half of the units are aimed: a few rules are picked and what they ask is answered so that they may hold, since
    independent answers hardly ever meet a rule that asks for several things at once.
    """
    facts = {name: random_answer(rng, base, fact) for name, fact in base.facts.items()}
    if rng.random() < 0.5:
        for _ in range(rng.randint(1, 3)):
            _aim(rng, base, facts)
    left_out = LEFT_OUT[rng.choice(list(LEFT_OUT))]
    facts = {name: answer for name, answer in facts.items() if name not in left_out and rng.random() >= unknown}
    return unit_of(base, facts, **(_acts(rng, base) if acts else {}))


def random_answer(rng: random.Random, base: KnowledgeBase, fact: Fact) -> Any:
    """An answer to one question; numbers lie at, below and above the thresholds that rules name."""
    if fact.kind == "yesno":
        return rng.random() < 0.3
    if fact.kind == "number":
        cuts = base.attributes[fact.id].thresholds
        return rng.choice([fact.min, fact.max, *cuts, *(c - 0.5 for c in cuts), *(c + 0.5 for c in cuts)])
    ids = [a.id for a in fact.answers]
    if fact.kind == "one":
        return rng.choice(ids)
    size = len(ids) if rng.random() < 0.02 else min(len(ids), rng.choice(SIZES))
    return tuple(sorted(rng.sample(ids, size), key=ids.index))


def _aim(rng: random.Random, base: KnowledgeBase, facts: dict[str, Any]) -> None:
    """Answer what one random rule asks of facts so that it is likely to hold."""
    rule = rng.choice(rng.choice(list(base.decisions.values())).every_rule)
    for leaf in leaves(rule.when):
        attribute = base.attributes[leaf.attribute]
        if attribute.origin != "fact" or attribute.kind == "number" or not leaf.bits:
            continue
        answer = attribute.answers[rng.choice(list(members(leaf.bits)))]
        if isinstance(leaf, Shares):
            facts[leaf.attribute] = tuple(dict.fromkeys((*facts[leaf.attribute][:3], answer)))
        elif isinstance(leaf, Within):
            facts[leaf.attribute] = answer == "true" if base.facts[leaf.attribute].kind == "yesno" else answer


def _acts(rng: random.Random, base: KnowledgeBase) -> dict[str, Any]:
    """Sometimes a decision of the planner, measures added and measures dropped."""
    acts: dict[str, Any] = {}
    if "mode" in base.decisions and rng.random() < 0.25:
        decide = {"mode": rng.choice(MODES), "damage": rng.choice(["none", "slight", "moderate", "severe"])}
        decide.pop(rng.choice(["mode", "damage", ""]), None)
        acts["decide"] = decide | {"because": "专家论证意见"}
    if base.measures and rng.random() < 0.35:
        changed = rng.sample(list(base.measures), rng.randint(1, min(5, len(base.measures))))
        cut = rng.randint(0, len(changed))
        acts["add"] = tuple({"measure": m, "because": "村民要求"} for m in changed[:cut])
        acts["drop"] = tuple({"measure": m, "because": "资金不足"} for m in changed[cut:])
    return acts


def random_known(rng: random.Random, base: KnowledgeBase, unknown: float = 0.3) -> dict[str, Known]:
    """A state of every fact and planner attribute, with some answers ruled out and some members settled, as no unit file can say."""
    known = {name: random_state(rng, a, unknown) for name, a in base.attributes.items() if a.origin != "decision"}
    for decision in base.decisions:
        if (asked := base.attributes.get(surveyed(decision))) is not None:
            answer = rng.choice((UNANSWERED, rng.choice(asked.answers[1:])))
            known[asked.name] = asked.known(answer)
            if answer != UNANSWERED:  # an answer takes the place of the decision
                known[decision] = base.attributes[decision].known(answer)
    return known


def random_state(rng: random.Random, attribute: Attribute, unknown: float = 0.3) -> Known:
    """Something that may be known of an attribute: nothing, all, or a part."""
    if rng.random() < unknown:
        return attribute.unknown
    if attribute.kind == "many":
        yes, may = _some(rng, attribute.all, 0.15), _some(rng, attribute.all, 0.15) if rng.random() < 0.5 else 0
        return (yes, yes | may)
    return 1 << rng.randrange(len(attribute.answers)) | (_some(rng, attribute.all, 0.5) if rng.random() < 0.5 else 0)


def _some(rng: random.Random, bits: int, chance: float) -> int:
    return sum(1 << i for i in members(bits) if rng.random() < chance)
