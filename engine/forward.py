"""Reading 1: experta.  The consultation runs here.

One experta fact stands for one attribute and carries what is known of it.  Every prime implicant of a
decision is an experta rule over those facts; salience lets a decision's rules fire before its closing rule,
which declares what they left possible, and that before any rule of a later decision.  Only positive
patterns are used, nothing is retracted, and the order among rules of one decision changes nothing.
"""

from __future__ import annotations

import collections
import collections.abc
import logging
from collections.abc import Callable, Mapping
from typing import Any

from engine.conditions import Known, State, reads
from engine.implicants import IN, Box, in_and_out, ruled_out
from engine.knowledge import Attribute, Decision, KnowledgeBase

if not hasattr(collections, "Mapping"):  # frozendict 1.2, which experta pins, still looks for it here
    collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
_handlers = list(logging.root.handlers)
from experta import Fact, KnowledgeEngine, P, Rule  # noqa: E402
from experta.abstract import Matcher, Strategy  # noqa: E402
from experta.matchers.rete import ReteMatcher  # noqa: E402
from experta.matchers.rete.check import FeatureCheck, SameContextCheck, TypeCheck  # noqa: E402
from experta.matchers.rete.nodes import BusNode, ConflictSetNode, FeatureTesterNode, OrdinaryMatchNode  # noqa: E402
from experta.matchers.rete.token import Token  # noqa: E402

logging.root.handlers[:] = _handlers  # importing experta configures the root logger; undo that


OWN = -1
Implicants = dict[tuple[tuple[str, int, int], ...], int]  # (attribute, group, allowed) … → the answers that they speak of


class _Order(Strategy):
    """A total order of activations: salience, then rank.  The default strategy can keep a removed activation; nothing is removed here."""

    def _update_agenda(self, agenda: Any, added: list[Any], removed: list[Any]) -> None:
        if added:
            for activation in added:
                activation.key = (activation.rule.salience, -activation.rule.rank)
            agenda.activations.extend(added)
            agenda.activations.sort(key=lambda a: a.key)


class _Bus(BusNode):
    """A root that hands a fact only to the patterns of its type."""

    def add(self, fact: Any) -> None:
        token = Token.valid(fact)
        for callback in self.by_type.get(type(fact), ()):
            callback(token)

    def index(self) -> None:
        self.by_type: dict[type, list[Callable[[Any], None]]] = {}
        for child in self.children:
            self.by_type.setdefault(child.node.matcher.fact_type, []).append(child.callback)


class _Tester(FeatureTesterNode):
    """A node that tests a fact and hands on the token as it is: our patterns bind nothing, so there is no context to copy."""

    def activate(self, token: Any) -> None:
        if self.matcher(next(iter(token.data))):
            for child in self.children:
                child.callback(token)


class _Join(OrdinaryMatchNode):
    """A join that takes its tokens without copying them, for the same reason."""

    def activate_left(self, token: Any) -> None:
        self._activate_left(token)

    def activate_right(self, token: Any) -> None:
        self._activate_right(token)


class _Matcher(ReteMatcher):
    """experta's RETE, asked only for the activations of rules that the new facts can touch."""

    def __init__(self, engine: KnowledgeEngine):
        Matcher.__init__(self, engine)
        self.root_node = _Bus()
        self.build_network()
        self.root_node.index()
        self._nodes = _nodes(self.root_node)
        self._touched: dict[type, list[Any]] = {}
        for node in self._nodes:
            if isinstance(node, ConflictSetNode):
                for pattern in node.rule:
                    self._touched.setdefault(type(pattern), []).append(node)

    @staticmethod
    def prepare_ruleset(engine: KnowledgeEngine) -> set[Any]:
        """The rules as they are: each is a conjunction of patterns, which is what preparing would make of it."""
        return set(engine.get_rules())

    @staticmethod
    def build_alpha_part(ruleset: set[Any], root_node: Any) -> dict[Any, Any]:
        """One chain of tests a pattern: its type, then its fields; patterns that begin alike share nodes."""
        nodes: dict[tuple[int, Any], Any] = {}
        ends = {}
        for pattern in dict.fromkeys(pattern for rule in sorted(ruleset, key=lambda r: r.rank) for pattern in rule):
            node = root_node
            for check in (TypeCheck(type(pattern)), *(FeatureCheck(name, value) for name, value in pattern.items())):
                key = (id(node), check)
                if key not in nodes:
                    nodes[key] = _Tester(check)
                    node.add_child(nodes[key], nodes[key].activate)
                node = nodes[key]
            ends[pattern] = node
        return ends

    @staticmethod
    def build_beta_part(ruleset: set[Any], alpha_terminals: Mapping[Any, Any]) -> None:
        """Join the patterns of each rule from left to right; rules that begin alike share their joins."""
        joins: dict[tuple[int, int], Any] = {}
        for rule in sorted(ruleset, key=lambda r: r.rank):
            node = alpha_terminals[rule[0]]
            for pattern in rule[1:]:
                right = alpha_terminals[pattern]
                key = (id(node), id(right))
                if key not in joins:
                    join = joins[key] = _Join(SameContextCheck())
                    node.add_child(join, join.activate_left)
                    right.add_child(join, join.activate_right)
                node = joins[key]
            end = ConflictSetNode(rule)
            node.add_child(end, end._activate)

    def reset(self) -> None:
        for node in self._nodes:
            node._reset()

    def changes(self, adding: Any = None, deleting: Any = None) -> tuple[list[Any], list[Any]]:
        added: list[Any] = []
        for fact in adding or ():
            self.root_node.add(fact)
        for kind in {type(fact) for fact in adding or ()}:
            for node in self._touched.get(kind, ()):
                if node.added:
                    added.extend(node.get_activations()[0])
        return added, []


def _nodes(root: Any) -> list[Any]:
    """Every node of the network once."""
    found: dict[int, Any] = {}
    todo = [root]
    while todo:
        node = todo.pop()
        if id(node) not in found:
            found[id(node)] = node
            todo += [child.node for child in node.children]
    return list(found.values())


class Forward(KnowledgeEngine):
    """A rule base compiled to experta rules once; `infer` runs one unit."""

    __matcher__ = _Matcher
    __strategy__ = _Order

    def __init__(self, base: KnowledgeBase):
        self.base = base
        self._types = {name: type(name, (Fact,), {}) for name in base.attributes}
        self._patterns: dict[Any, Any] = {}
        self._given: State = {}
        self._noted: dict[tuple[str, str], int] = {}
        self._state: dict[str, Known] = {}
        self._rules: list[Any] = []
        for i, decision in enumerate(base.decisions.values()):
            self._compile(decision, 2 * (len(base.decisions) - i))
        super().__init__()

    def get_rules(self) -> list[Any]:
        return self._rules

    def _compile(self, decision: Decision, salience: int) -> None:
        name, attributes = decision.id, self.base.attributes
        every, many = attributes[name].all, decision.hit == "collect"
        ins: Implicants = {}
        outs: Implicants = {}
        if many:
            for bits, concluding, ruling_out in in_and_out(decision, attributes):
                self._gather(ins, name, bits, concluding)
                self._gather(outs, name, bits, ruling_out)
        else:
            for bits, ruling_out in ruled_out(decision, attributes).items():
                self._gather(outs, name, bits, ruling_out)
        always, never = ins.pop((), 0), outs.pop((), 0)
        self._match(ins, salience + 1, name, "has")
        self._match(outs, salience + 1, name, "lacks")
        read = dict.fromkeys(a for r in decision.every_rule for a in reads(r.when))

        def close(session: Forward) -> None:
            if name not in session._given:
                may = every & ~(never | session._noted.get((name, "lacks"), 0))
                known = (always | session._noted.get((name, "has"), 0), may) if many else may
                session._state[name] = known
                session.declare(session._fact(name, known))

        self._add(f"{name} closed", salience, [self._pattern(a, {}) for a in read] or [self._pattern("decided_mode", {})], close)

    def _gather(self, found: Implicants, name: str, bits: int, boxes: list[Box]) -> None:
        """Put together implicants that differ only in the answer they speak of, so that one rule serves all these answers.

        A dimension that is the very member concluded (`proposed` of a measure, for `recommended` of that measure)
        is kept as OWN: the rule then takes all members at once.
        """
        answers = self.base.attributes[name].answers
        single = not bits & (bits - 1)
        for box in boxes:
            shape = sorted((attribute, OWN if single and group == bits and self.base.attributes[attribute].answers == answers else group, allowed) for (attribute, group), allowed in box.items())
            found[tuple(shape)] = found.get(tuple(shape), 0) | bits

    def _match(self, implicants: Implicants, salience: int, name: str, kind: str) -> None:
        """One experta rule for each implicant; firing, it notes the answers it concludes."""
        for i, (shape, bits) in enumerate(implicants.items()):
            by_attribute: dict[str, dict[int, int]] = {}
            for attribute, group, allowed in shape:
                groups = by_attribute.setdefault(attribute, {})
                if group != OWN:
                    groups[group] = allowed
            own = [(attribute, allowed == IN) for attribute, group, allowed in shape if group == OWN]

            def note(session: Forward, bits: int = bits, own: list[tuple[str, bool]] = own) -> None:
                for attribute, is_in in own:
                    yes, may = session._state[attribute]  # type: ignore[misc]
                    bits &= yes if is_in else ~may
                session._noted[name, kind] = session._noted.get((name, kind), 0) | bits

            self._add(f"{name} {kind} {i}", salience, [self._pattern(a, groups) for a, groups in by_attribute.items()], note)

    def _add(self, name: str, salience: int, patterns: list[Any], action: Callable[[Forward], None]) -> None:
        def act(session: Forward) -> None:
            action(session)

        act.__name__ = name
        act.rank = len(self._rules)  # type: ignore[attr-defined]
        self._rules.append(Rule(*patterns, salience=salience)(act))

    def _pattern(self, name: str, groups: Mapping[int, int]) -> Any:
        """The pattern for what a box says of one attribute; patterns alike are one object, and so one node."""
        key = (name, tuple(sorted(groups.items())))
        if key not in self._patterns:
            self._patterns[key] = self._types[name](**_fields(self.base.attributes[name], groups))
        return self._patterns[key]

    def _fact(self, name: str, known: Known) -> Any:
        return self._types[name](yes=known[0], may=known[1]) if isinstance(known, tuple) else self._types[name](may=known)

    def run(self, steps: float = float("inf")) -> None:
        """Fire the agenda; matching is asked only when a rule has declared something, which closing rules alone do."""
        self.running = True
        while steps > 0 and (self.facts.added or self.agenda.activations):
            if self.facts.added:
                self.strategy.update_agenda(self.agenda, *self.get_activations())
            if (activation := self.agenda.get_next()) is not None:
                activation.rule(self)
            steps -= 1
        self.running = False

    def infer(self, known: State) -> dict[str, Known]:
        """The state of every attribute; same meaning as `semantics.infer`."""
        self._given, self._noted = known, {}
        self._state = dict(known)
        self.reset()
        self.declare(*(self._fact(name, value) for name, value in known.items()))
        self.run()
        return self._state


def _fields(attribute: Attribute, groups: Mapping[int, int]) -> dict[str, Any]:
    if not groups:
        return {}
    if attribute.kind != "many":
        outside = attribute.all & ~groups[0]
        return {"may": P(lambda may: not may & outside)}
    ins = [group for group, allowed in groups.items() if allowed == IN]
    outs = sum(group for group, allowed in groups.items() if allowed != IN)
    fields = {}
    if ins:
        fields["yes"] = P(lambda yes: all(yes & group for group in ins))
    if outs:
        fields["may"] = P(lambda may: not may & outs)
    return fields
