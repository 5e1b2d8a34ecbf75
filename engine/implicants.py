"""Prime implicants: the smallest conditions that conclude something, and the smallest that rule it out.

What is known of a unit is a box: for every attribute a set of possible answers.  A conclusion holds in every
combination exactly when that box lies within the region where it holds, and a box lies within a region
exactly when it lies within one of the region's largest boxes, its prime implicants.  So matching prime
implicants, one by one, against what is known is exact for one decision, however its table is written.

A dimension of a box is ``(attribute, 0)`` with the allowed answers as bits, or for a many-answer attribute
``(attribute, group)`` with IN (at least one member of the group) or OUT (none).  Groups are the coarsest
that tell the conditions of one decision apart, so a condition on any of forty measures is one dimension.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from engine.conditions import All, Any, Condition, Lacks, Shares, Within, leaves
from engine.knowledge import Attribute, Decision

Dimension = tuple[str, int]
Box = Mapping[Dimension, int]
IN, OUT, EITHER = 1, 2, 3


class Space:
    """The dimensions of a set of conditions, and boxes in them."""

    def __init__(self, conditions: Iterable[Condition], attributes: Mapping[str, Attribute]):
        self.attributes = attributes
        groups: dict[str, list[int]] = {}
        for condition in conditions:
            for leaf in leaves(condition):
                if not isinstance(leaf, Within):
                    groups[leaf.attribute] = _refine(groups.get(leaf.attribute, []), leaf.bits)
        self.groups = groups

    def full(self, dimension: Dimension) -> int:
        return EITHER if dimension[1] else self.attributes[dimension[0]].all

    def boxes(self, condition: Condition) -> list[Box]:
        """Boxes that together are the condition's region."""
        match condition:
            case Within(attribute, bits):
                whole = self.attributes[attribute].all
                return [{}] if bits == whole else [{(attribute, 0): bits}] if bits else []
            case Shares(attribute, bits):
                return [{(attribute, group): IN} for group in self.groups[attribute] if group & bits]
            case Lacks(attribute, bits):
                return [{(attribute, group): OUT for group in self.groups[attribute] if group & bits}]
            case All(parts):
                result: list[Box] = [{}]
                for part in parts:
                    result = self.product(result, self.boxes(part))
                return result
            case Any(parts):
                return absorb([box for part in parts for box in self.boxes(part)])

    def product(self, left: Sequence[Box], right: Sequence[Box]) -> list[Box]:
        """The boxes of the intersection of two regions."""
        result = []
        for a in left:
            for b in right:
                box = dict(a)
                for dimension, allowed in b.items():
                    both = box.get(dimension, allowed) & allowed
                    if not both:
                        break
                    box[dimension] = both
                else:
                    result.append(box)
        return absorb(result)

    def outside(self, boxes: Sequence[Box]) -> list[Box]:
        """The prime implicants of the region outside the boxes.

        The outside of a box is a union of slabs, one a dimension; multiplying these unions out and keeping
        only largest boxes gives every prime implicant, whichever boxes described the region (Nelson 1955).
        """
        result: list[Box] = [{}]
        for box in sorted(boxes, key=len):
            slabs = [{d: self.full(d) & ~allowed} for d, allowed in box.items()]
            result = self.product(result, slabs)
        return result


def _refine(groups: list[int], bits: int) -> list[int]:
    refined = []
    for group in groups:
        refined += [part for part in (group & bits, group & ~bits) if part]
        bits &= ~group
    return [*refined, bits] if bits else refined


def absorb(boxes: Iterable[Box]) -> list[Box]:
    """The boxes that lie in no other one."""
    kept: list[Box] = []
    for box in sorted(boxes, key=len):
        if not any(_within(box, other) for other in kept):
            kept = [other for other in kept if len(other) < len(box) or not _within(other, box)]
            kept.append(box)
    return kept


def _within(inner: Box, outer: Box) -> bool:
    for dimension, allowed in outer.items():
        if (mine := inner.get(dimension)) is None or mine & ~allowed:
            return False
    return True


def ruled_out(decision: Decision, attributes: Mapping[str, Attribute]) -> dict[int, list[Box]]:
    """For a *first* table: bits of answers → the prime implicants under which the answer is impossible."""
    space = Space([r.when for r in decision.every_rule], attributes)
    regions: dict[str, list[Box]] = {}
    left: list[Box] = [{}]
    for rule in decision.every_rule:
        here = space.boxes(rule.when)
        regions.setdefault(rule.then[0], []).extend(space.product(left, here))
        left = space.product(left, space.outside(here))
    return {1 << i: space.outside(absorb(regions.get(a.id, []))) for i, a in enumerate(decision.answers)}


def in_and_out(decision: Decision, attributes: Mapping[str, Attribute]) -> list[tuple[int, list[Box], list[Box]]]:
    """For a *collect* decision: bits of the members with the same rules, what concludes them, what rules them out."""
    same: dict[tuple[Condition, ...], int] = {}
    for i, answer in enumerate(decision.answers):
        key = tuple(r.when for r in decision.rules_for[answer.id])
        same[key] = same.get(key, 0) | 1 << i
    result = []
    for conditions, bits in same.items():
        space = Space(conditions, attributes)
        out = space.outside(space.boxes(Any(conditions)))
        result.append((bits, space.outside(out), out))
    return result
