"""Find an example for every rule that has none and add it to knowledge/examples.yaml.

Run by hand after new rules: `uv run tests/long/make_examples.py`, then read what it added.  Examples that are
there stay as they are: they are what a later change is held against.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import yaml

from engine.conditions import All, negate
from engine.examples import candidates, read_examples
from engine.knowledge import KnowledgeBase, Rule
from engine.load import load
from engine.probe import facts_for
from engine.project import plain_facts

# What only a planner's act can raise, or what the search takes too long for, written by hand.
GAPS = {"damage": "none", "composition_gap": "severe", "structure_gap": "severe", "function_gap": "none", "exchange_gap": "none"}
OUTSIDE = {"zone": "III-1-3", "redline": "reserve_core", "damage": "moderate", "recovery": "strong", "problems": []}
OVERUSED = {"given": {"problems": ["overuse"], "ecosystems": []}, "dropped": ["closure"]}
BY_HAND: dict[str, dict[str, Any]] = {
    "flag.decided-above-ceiling": {"given": {"redline": "redline_other"}, "decided": "reconstruct", "concludes": {"flags": ["decided_above_ceiling"]}},
    "flag.excessive": {"given": {"damage": "none"}, "decided": "reconstruct", "concludes": {"flags": ["excessive_restoration"]}},
    "flag.farmland": {"given": {"permanent_farmland": True}, "added": ["farmland_to_wetland"], "concludes": {"flags": ["farmland_bottom_line"]}},
    "flag.barred-added": {"given": {"redline": "reserve_core"}, "added": ["dredging"], "concludes": {"flags": ["barred_added"]}},
    "flag.pseudo": {"given": {"problems": []}, "added": ["dredging"], "concludes": {"flags": ["pseudo_restoration"]}},
    "flag.zone-divergence": {"given": OUTSIDE, "concludes": {"flags": ["zone_divergence"]}},
    "flag.damage-disputed": {"given": GAPS, "concludes": {"flags": ["damage_disputed"]}},
    "flag.unanswered": OVERUSED | {"concludes": {"flags": ["unanswered_problem"]}},
    "unanswered:overuse": OVERUSED | {"concludes": {"unanswered": ["overuse"]}},
    "fit.outside": {"given": OUTSIDE, "concludes": {"zone_fit": "outside"}},
    "choose-added:drip_irrigation": {"given": {}, "added": ["drip_irrigation"], "concludes": {"chosen": ["drip_irrigation"]}},
    "farmland-taken:farmland_to_wetland": {"given": {"permanent_farmland": True}, "added": ["farmland_to_wetland"], "concludes": {"farmland_taken": ["farmland_to_wetland"]}},
    "barred-chosen:dredging": {"given": {"redline": "reserve_core"}, "added": ["dredging"], "concludes": {"barred_chosen": ["dredging"]}},
    "barred-chosen-elsewhere:farmland_to_wetland": {
        "given": {"redline": "reserve_core", "permanent_farmland": False}, "added": ["farmland_to_wetland"], "concludes": {"barred_chosen": ["farmland_to_wetland"]},
    },
    "idle-added:dredging": {"given": {"problems": []}, "added": ["dredging"], "concludes": {"idle_added": ["dredging"]}},
}  # fmt: skip


def found(base: KnowledgeBase, rule: Rule) -> dict[str, Any] | None:
    """An example with few facts for which the rule is true and, in a *first* table, comes first."""
    decision = base.decisions[rule.decision]
    condition = rule.when
    if decision.hit == "first":
        earlier = decision.every_rule[: decision.every_rule.index(rule)]
        condition = All((condition, *(negate(r.when, lambda name: len(base.attributes[name].answers)) for r in earlier)))
    facts = facts_for(base, condition, few=True)
    if facts is None:
        return None
    given = plain_facts(facts)
    return {"id": rule.id, "given": given, "concludes": {rule.decision: list(rule.then) if decision.hit == "collect" else rule.then[0]}}


def main() -> int:
    base = load()
    have = read_examples(base)
    added, without = [], []
    for name, rules in candidates(base).items():
        if any(rule.id in have for rule in rules):
            continue
        ready = next((rule.id for rule in rules if rule.id in BY_HAND), None)
        entry = {"id": ready} | BY_HAND[ready] if ready else next(filter(None, (found(base, rule) for rule in rules)), None)
        (added if entry else without).append(entry or name)
    path = Path(__file__).resolve().parents[2] / "knowledge" / "examples.yaml"
    with path.open("a", encoding="utf-8") as out:
        if not have:
            out.write("# For each rule a unit for which it decides.  `given` are the unit's answers, `concludes` what must come out.\nexamples:\n")
        for entry in added:
            out.write("  - " + yaml.safe_dump(entry, default_flow_style=True, allow_unicode=True, sort_keys=False, width=100_000))
    print(f"{len(added)} examples added, {len(have)} kept, no unit found for {len(without)}: {', '.join(without)}")
    return 1 if without else 0


if __name__ == "__main__":
    sys.exit(main())
