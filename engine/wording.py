"""Names of facts, decisions, answers and rules' conditions in one language."""

from __future__ import annotations

from typing import Any

from engine.compile import surveyed
from engine.conditions import Condition, text
from engine.knowledge import KnowledgeBase
from engine.messages import words


class Wording:
    """How one language says what the knowledge base holds."""

    def __init__(self, base: KnowledgeBase, lang: str):
        self.base, self.lang, self.words = base, lang, words(lang)
        self._names: dict[str, str] = {f.id: f.name[lang] for f in base.facts.values()}
        self._names |= {d.id: d.zh if lang == "zh" else d.en for d in base.decisions.values()}
        self._names |= {surveyed(id): self._names[id] for id in base.decisions if id in base.facts}

    def __getitem__(self, key: str) -> str:
        return self.words[key]

    def name(self, attribute: str) -> str:
        return self._names.get(attribute) or self.words.get(f"attribute_{attribute}", attribute)

    def answer(self, attribute: str, answer: str) -> str:
        """The wording of one answer; numbers and ids that have none stand for themselves."""
        if answer in ("true", "false", "unanswered", "undecided", "unknown"):
            return self.words[f"answer_{answer}"]
        for key in (attribute, attribute.removeprefix("surveyed_"), "mode" if attribute == "decided_mode" else attribute):
            if found := self.base.answer_names.get((key, answer)):
                return found[self.lang]
        if found_measure := self.base.measures.get(answer):
            return found_measure.name[self.lang]
        return answer

    def value(self, attribute: str, value: Any) -> str:
        if isinstance(value, list | tuple):
            return self.words["list"].join(self.answer(attribute, str(v)) for v in value) or self.words["none"]
        if isinstance(value, float):
            unit = self.base.facts[attribute].unit if attribute in self.base.facts else None
            return f"{value:g} {unit[self.lang] if unit else ''}".strip()
        return self.answer(attribute, str(value).lower() if isinstance(value, bool) else str(value))

    def condition(self, condition: Condition) -> str:
        def answer(attribute: str, i: int) -> str:
            return self.answer(attribute, self.base.attributes[attribute].answers[i])

        return text(condition, self.name, answer, self.words)

    def cite(self, cites: tuple[str, ...] | list[str]) -> str:
        return self.words["list"].join(cites)
