"""What the knowledge folder holds, as written: facts, rules, decisions and zones (pydantic); the catalogue has a room of its own.

Entries are frozen and refuse unknown keys.  A `when` or `then` stays a `Node` here: its meaning depends on
the attributes of the whole rule base and is settled by the loader.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from engine.source import Node

Layer = Literal["law", "standard", "expert"]
Mode = Literal["conserve", "natural", "assisted", "reconstruct"]
Role = Literal["stress", "function"]
Stage = Literal["landform", "soil", "vegetation", "landscape", "biodiversity"]
Effect = Literal["converts_farmland", "earthworks", "builds", "in_channel", "plants", "chemicals"]
Grade = Literal["stop", "argue", "remind"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)
MODES: tuple[Mode, ...] = ("conserve", "natural", "assisted", "reconstruct")


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Ids = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
Cites = Annotated[Ids, Field(min_length=1)]


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, defer_build=True, allow_inf_nan=False)


class Text(Entry):
    """The same said in Chinese and in English."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def __getitem__(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh

    def fill(self, **names: Text) -> Text:
        return Text(zh=self.zh.format(**{k: v.zh for k, v in names.items()}), en=self.en.format(**{k: v.en for k, v in names.items()}))


class Named(Entry):
    id: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def name(self) -> Text:
        return Text(zh=self.zh, en=self.en)


class Answer(Named):
    """An answer of a fact or decision; the later fields belong to problems and to flags."""

    role: Literal["stress", "deficit"] | None = None
    carries: bool = False
    cause: Literal["climate", "land_use", "pollution", "exploitation", "invasion"] | None = None
    cite: Ids = ()
    text: Text | None = None
    grade: Grade | None = None
    about: Ids = ()
    message: Text | None = None


class Topic(Named):
    """A page of the questionnaire."""


class Fact(Named):
    """What is asked of a unit."""

    topic: str
    kind: Literal["one", "many", "yesno", "number"]
    changeable: bool
    layer: Layer
    cite: Cites
    question: Text
    hint: Text
    guidance: Text
    answers: tuple[Answer, ...] = ()
    unit: Text | None = None
    min: float | None = None
    max: float | None = None


class RuleEntry(Entry):
    """A rule as written; `then` may be left out by `each` rows, which conclude their own item."""

    id: str
    when: Node | None = None
    then: Node | None = None
    layer: str
    cite: Ids
    because: Text | str
    disabled: bool = False

    @model_validator(mode="before")
    @classmethod
    def _nothing_more_where_disabled(cls, data: Any) -> Any:
        """A rule that is switched off needs its id only."""
        if isinstance(data, dict) and str(data.get("disabled")).lower() == "true":
            return {"layer": "expert", "cite": (), "because": ""} | data
        return data


class EachEntry(RuleEntry):
    """One row written for every item of a kind: a measure, a problem, a season, a zone or a zone's requirement."""

    each: Literal["measure", "problem", "season", "zone", "requirement"]
    having: dict[str, str] = {}
    lacking: dict[str, str] = {}


class DecisionEntry(Entry):
    """A decision as written; in a folder that lies over another, what is left out stays as it was there."""

    decision: str
    zh: str = ""
    en: str = ""
    hit: Literal["first", "collect"] | None = None
    public: bool = False
    answers: str | tuple[Answer, ...] | None = None  # or whose answers: measures, problems, seasons, requirements, modes, a fact
    prevail: Ids = ()  # rows of a first table that go before those below on purpose, so that no overlap is reported
    rules: tuple[RuleEntry, ...] = ()
    each: tuple[EachEntry, ...] = ()
    otherwise: RuleEntry | None = None


class ModeEntry(Named):
    text: Text
    cite: Cites


class ZoneTerm(Named):
    """A word of table C.1 for what is done, and the modes that it stands for."""

    modes: tuple[Mode, ...] = Field(min_length=1)
    layer: Layer
    cite: Cites
    because: Text


class Requirement(Entry):
    id: int
    zh: str
    en: str
    when: Node
    measures: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    how: Text
    layer: Layer | None = None  # where it is not that of its zone
    cite: Ids = ()  # where it is not the zone's row of table C.1


class Group(Named):
    pass


class Zone(Named):
    group: str
    main: tuple[str, ...]
    auxiliary: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    layer: Layer = "standard"
    cite: Cites
    requirements: tuple[Requirement, ...]


class About(Entry):
    """Which edition of which standard this knowledge base carries out."""

    version: str
    standard: Text
    edition: Text
    undated: tuple[str, ...] = ()  # standards cited without a date: the latest edition applies, and somebody must look it up


class CheckEntry(Named):
    """A check of the dated plan, with a message."""

    grade: Grade
    layer: Layer
    cite: Cites
    message: Text


class ActEntry(Entry):
    """How a planner's own act (an answer in place of a conclusion, a decision, an added measure) appears in the trail."""

    id: str
    layer: Layer
    cite: Cites
    because: Text
