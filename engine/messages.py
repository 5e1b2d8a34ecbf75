"""The program's own wording (words.yaml), in both languages; words within messages; nothing that a terminal would obey."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

# control characters, and marks that turn the direction of writing
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\r(?!\n)")


@cache
def words(lang: str) -> dict[str, str]:
    """The program's own wording in `lang` (zh or en): messages by code, joints of sentences, headings."""
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # texts only: nothing is converted
    catalogue = yaml.load(Path(__file__).with_name("words.yaml").read_text("utf-8"), Loader=loader)
    return {key: both[lang] for key, both in catalogue.items() if lang in both}


@dataclass(frozen=True, slots=True)
class Said:
    """Words of the catalogue within a message: a key, with what its text needs."""

    key: str
    facts: tuple[tuple[str, str], ...] = ()

    def __call__(self, lang: str) -> str:
        return words(lang)[self.key].format(**dict(self.facts))


Phrase = str | Said | tuple[Said, ...]  # what a user wrote, our own words, or several of them


def said(key: str, **facts: object) -> Said:
    return Said(key, tuple((name, str(value)) for name, value in facts.items()))


def message(code: str, facts: tuple[tuple[str, Phrase], ...], lang: str) -> str:
    """The text of a message with its facts filled in."""
    return words(lang)[code].format(**{key: _spoken(phrase, lang) for key, phrase in facts})


def _spoken(phrase: Phrase, lang: str) -> str:
    if isinstance(phrase, tuple):
        return words(lang)["semicolon"].join(part(lang) for part in phrase)
    return phrase(lang) if isinstance(phrase, Said) else phrase


def printable(text: str) -> str:
    return _CONTROL.sub("�", text)
