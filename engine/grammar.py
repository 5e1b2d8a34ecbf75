"""`when` and `then` as written → conditions and answers, with every problem reported at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isfinite

from engine.conditions import ALWAYS, All, Any, Condition, Shares, Within, negate
from engine.knowledge import Attribute
from engine.messages import said
from engine.source import Node, near

Report = Callable[..., None]  # (node, code, near="", **facts)
YES, NO = ("true", "yes", "是"), ("false", "no", "否")
_ROMAN = str.maketrans({"Ⅰ": "I", "Ⅱ": "II", "Ⅲ": "III", "Ⅳ": "IV", "Ⅴ": "V"})
OPERATORS = ("all_of", "none_of", "not", "at_least", "below")


def spelling(text: str, answers: Mapping[str, int] | tuple[str, ...]) -> str:
    """The declared spelling of an answer: Roman numerals to ASCII, 是 to true, and so on."""
    text = text.translate(_ROMAN)
    if text not in answers and "true" in answers:
        lower = text.casefold()
        return "true" if lower in YES else "false" if lower in NO else text
    return text


def finite(text: str) -> float | None:
    """The number that is written, nothing for what is no number or has no end."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def thresholds(node: Node | None) -> Iterator[tuple[str, float]]:
    """Every (attribute, number) of an `at_least` or `below` in a condition as written; what is no number is passed over."""
    if node is None:
        return
    for key, _, value in node.items():
        if key in ("all", "any", "not") and value.kind == "list":
            for part in value.value:
                yield from thresholds(part)
        elif key == "not":
            yield from thresholds(value)
        else:
            parts = [value]
            while (inner := parts[-1].get("not")) is not None:
                parts.append(inner)
            for part in parts:
                for operator, _, number in part.items():
                    if operator in ("at_least", "below") and (at := finite(number.text)) is not None:
                        yield key, at


class Grammar:
    """Reads conditions over the given attributes; problems go to `report`.

    `stands` are the names that stand for something after an ``@`` where a row is written for every item.
    """

    def __init__(self, attributes: Mapping[str, Attribute], report: Report, stands: tuple[str, ...] = ()):
        self.attributes, self.report, self.stands = attributes, report, stands

    def condition(self, node: Node | None) -> Condition:
        if node is None or node.empty:
            return ALWAYS
        if node.kind != "map":
            self.report(node, "E304")
            return ALWAYS
        parts = [self._entry(key, key_node, value) for key, key_node, value in node.items()]
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _entry(self, key: str, key_node: Node, value: Node) -> Condition:
        if key in ("any", "all") and key not in self.attributes:
            if value.kind != "list":
                self.report(value, "E305", key=key)
                return ALWAYS
            parts = tuple(self.condition(part) for part in value.value)
            return Any(parts) if key == "any" else All(parts)
        if key == "not":
            return self._negated(self.condition(value))
        attribute = self.attributes.get(key)
        if attribute is None:
            self.report(key_node, "E301", near(key, self.attributes), name=key)
            return ALWAYS
        return self._about(attribute, value)

    def _negated(self, condition: Condition) -> Condition:
        return negate(condition, lambda name: len(self.attributes[name].answers))

    def _about(self, attribute: Attribute, value: Node) -> Condition:
        if value.kind != "map":
            if attribute.kind == "number":
                self.report(value, "E303", name=attribute.name, operators="at_least, below")
                return ALWAYS
            return self._any_of(attribute, value)
        parts = [self._operator(attribute, op, op_node, operand) for op, op_node, operand in value.items()]
        if not parts:
            self.report(value, "E306", name=attribute.name)
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _operator(self, attribute: Attribute, operator: str, node: Node, operand: Node) -> Condition:
        fits = ("at_least", "below", "not") if attribute.kind == "number" else ("none_of", "not") if attribute.kind == "one" else ("all_of", "none_of", "not")
        if operator not in fits:
            self.report(node, "E303" if operator in OPERATORS else "E307", near(operator, fits), name=attribute.name, operators=", ".join(fits), operator=operator)
            return ALWAYS
        if operator == "not":
            return self._negated(self._about(attribute, operand))
        if operator == "none_of":
            return self._negated(self._any_of(attribute, operand))
        if operator == "all_of":
            return All(tuple(Shares(attribute.name, 1 << attribute.index[a]) for a in self.answers(attribute, operand)))
        if operand.kind != "scalar":
            self.report(operand, "E205", kind=said("kind_number"), found=operand.found)
            return ALWAYS
        number = finite(operand.text)
        if number is None:
            self.report(operand, "E308", text=operand.text)
            return ALWAYS
        from_here = sum(1 << i for i in range(attribute.thresholds.index(number) + 1, len(attribute.answers)))
        return Within(attribute.name, from_here if operator == "at_least" else attribute.all & ~from_here)

    def _any_of(self, attribute: Attribute, value: Node) -> Condition:
        bits = attribute.bits(*self.answers(attribute, value))
        return Shares(attribute.name, bits) if attribute.kind == "many" else Within(attribute.name, bits)

    def answers(self, attribute: Attribute, value: Node) -> list[str]:
        """The answers named by a scalar or a list; ``@any`` names them all, unknown ones are reported and left out."""
        if value.text == "@any":
            return list(attribute.answers)
        known = []
        for node in value.value if value.kind == "list" else (value,):
            text = spelling(node.text, attribute.index)
            if text in attribute.index:
                known.append(text)
            else:
                self._unknown(node, text, attribute)
        return known

    def _unknown(self, node: Node, text: str, attribute: Attribute) -> None:
        if node.kind != "scalar":
            self.report(node, "E205", kind=said("kind_text"), found=node.found)
        elif node.text.startswith("@"):
            stands = [f"@{name}" for name in self.stands]
            self.report(node, "E328", near(node.text, stands), text=node.text, options=", ".join(stands))
        else:
            self.report(node, "E302", near(text, attribute.answers), answer=node.text, name=attribute.name)
