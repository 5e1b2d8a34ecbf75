"""The same rules in CLIPS: every prime implicant as a defrule over facts for single answers.

CLIPS has no operations on bits, so what is known is spelled out.  Of an input: ``(zone-may (is 2))`` for an
answer still possible, ``(problems-yes (is 7))`` for a member that is in, ``(known (what zone))`` once all is
said.  Of a decision: ``(modes-yes (is 1))`` and ``(mode-lacks (is 3))``, which are only ever added, so that the
result does not hang on the order of firing and no salience is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import clips

from engine.conditions import Known, members
from engine.forward import OWN, Forward, Implicants
from engine.implicants import IN, in_and_out, ruled_out
from engine.knowledge import Decision

Shape = tuple[tuple[str, int, int], ...]


class InClips:
    """A rule base as a CLIPS program; `infer` runs one unit, `state` reads what it left."""

    def __init__(self, experta: Forward):
        self.base, self._experta = experta.base, experta
        self.environment = clips.Environment()
        self.rules = 0
        for name in self.base.attributes:
            for relation in ("may", "yes", "lacks", "answer"):
                self.environment.build(f"(deftemplate {name}-{relation} (slot is (type INTEGER)))")
        for relation in ("known", "asked"):  # an input of which all is said; a decision that nothing takes the place of
            self.environment.build(f"(deftemplate {relation} (slot what (type SYMBOL)))")
        for decision in self.base.decisions.values():
            self._decision(decision)

    def _decision(self, decision: Decision) -> None:
        name, attributes = decision.id, self.base.attributes
        yes: Implicants = {}
        lacks: Implicants = {}
        if decision.hit == "collect":
            for bits, ins, outs in in_and_out(decision, attributes):
                self._experta._gather(yes, name, bits, ins)
                self._experta._gather(lacks, name, bits, outs)
        else:
            for bits, outs in ruled_out(decision, attributes).items():
                self._experta._gather(lacks, name, bits, outs)
        stated = [*_facts(f"{name}-yes", yes.pop((), 0)), *_facts(f"{name}-lacks", lacks.pop((), 0))]
        for relation, implicants in (("yes", yes), ("lacks", lacks)):
            for shape, bits in implicants.items():
                premises = self._premises(name, shape, bits)
                if any(p.startswith(f"({name}-answer") for p in premises):
                    stated += [f for f in _facts(f"{name}-answer", bits) if f not in stated]
                own = any(group == OWN for _, group, _ in shape)
                concluded = f"({name}-{relation} (is ?m))" if own else " ".join(_facts(f"{name}-{relation}", bits))
                self.environment.build(f"(defrule r{self.rules} (asked (what {name})) {' '.join(premises)} => (assert {concluded}))")
                self.rules += 1
        if stated:
            self.environment.build(f"(deffacts {name} {' '.join(stated)})")

    def _premises(self, name: str, shape: Shape, bits: int) -> list[str]:
        """The patterns of one implicant; one that speaks of the very member concluded binds it as ``?m``."""
        patterns = [f"(known (what {a}))" for a in dict.fromkeys(a for a, _, _ in shape) if a not in self.base.decisions]
        own = [f"({a}-yes (is {{m}}))" if allowed == IN else f"({a}-lacks (is {{m}}))" for a, group, allowed in shape if group == OWN and (allowed == IN or a in self.base.decisions)]
        absent = [f"(not ({a}-may (is ?m)))" for a, group, allowed in shape if group == OWN and allowed != IN and a not in self.base.decisions]
        if absent and not own:
            own = [f"({name}-answer (is {{m}}))"]
        every = self.base.attributes[name].all
        patterns += [pattern.format(m="?m" if i or bits == every else f"?m&{_any_of(bits)}") for i, pattern in enumerate(own)]
        return patterns + absent + [pattern for a, group, allowed in shape if group != OWN for pattern in self._about(a, group, allowed)]

    def _about(self, name: str, group: int, allowed: int) -> list[str]:
        many = self.base.attributes[name].kind == "many"
        if many and allowed == IN:
            return [f"(exists ({name}-yes (is {_any_of(group)})))"]
        outside = group if many else self.base.attributes[name].all & ~allowed
        return _facts(f"{name}-lacks", outside) if name in self.base.decisions else [f"(not ({name}-may (is {_any_of(outside)})))"]

    def infer(self, known: Mapping[str, Known]) -> None:
        self.environment.reset()
        self.environment.load_facts(" ".join(self._given(known)))
        self.environment.run()

    def _given(self, known: Mapping[str, Known]) -> Iterator[str]:
        for name, what in known.items():
            yes, may = what if isinstance(what, tuple) else (0, what)
            yield from _facts(f"{name}-yes", yes)
            if name in self.base.decisions:
                yield from _facts(f"{name}-lacks", self.base.attributes[name].all & ~may)
            else:
                yield from _facts(f"{name}-may", may)
                yield f"(known (what {name}))"
        for name in self.base.decisions:
            if name not in known:
                yield f"(asked (what {name}))"

    def state(self) -> dict[str, Known]:
        """What is known of every attribute, in the engine's own terms."""
        bits = {(name, relation): 0 for name in self.base.attributes for relation in ("yes", "may", "lacks", "answer")}
        for fact in self.environment.facts():
            name, _, relation = fact.template.name.rpartition("-")
            if (name, relation) in bits:
                bits[name, relation] |= 1 << fact["is"]
        known: dict[str, Known] = {}
        for name, attribute in self.base.attributes.items():
            may = attribute.all & ~bits[name, "lacks"] if name in self.base.decisions else bits[name, "may"]
            known[name] = (bits[name, "yes"], may) if attribute.kind == "many" else may
        return known


def _facts(relation: str, bits: int) -> list[str]:
    return [f"({relation} (is {i}))" for i in members(bits)]


def _any_of(bits: int) -> str:
    return "|".join(str(i) for i in members(bits))
