"""Small random rule bases, written as knowledge folders and loaded as any other.

They have a few facts of every kind and decisions of both kinds that read facts and one another through every
operator of the condition language, rows written for every problem, and a fact whose answer takes the place of
a decision.  `Small` keeps what was written, so that a test can read it without the loader.
"""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.knowledge import KnowledgeBase
from engine.load import DEFAULT, load

SAME_AS_SHIPPED = ("about.yaml", "stages.yaml", "departments.yaml", "checks.yaml")
WORDS = {"zh": "字", "en": "word"}
SOURCE = {"layer": "expert", "cite": ["5.5.2 §1"]}
CUTS = (10, 20.5, 30)
PROBLEMS = ("p0", "p1", "p2", "p3")
GRADES = ("low", "mid", "high")
Written = dict[str, Any]
Kinds = dict[str, tuple[str, tuple[str, ...]]]  # attribute → its kind (yes/no is one of two) and answers


@dataclass(frozen=True)
class Small:
    """A rule base and its decisions as written; rows under `each` are already written out for every problem."""

    base: KnowledgeBase
    decisions: dict[str, Written]
    files: tuple[list[Written], list[Written]] = ([], [])  # the facts and decisions of the folder


def fact(id: str, kind: str, answers: tuple[str, ...] = (), **more: Any) -> Written:
    """A fact as written."""
    asked = {"topic": "all", "changeable": True, **SOURCE, "question": WORDS, "hint": WORDS, "guidance": WORDS}
    listed = {"answers": [{"id": a, **WORDS} for a in answers]} if answers else {}
    return {"id": id, **WORDS, "kind": kind, **asked, **listed, **more}


def row(id: str, when: Written | None, then: Any = None) -> Written:
    """A rule as written."""
    return {"id": id, **({"when": when} if when else {}), **({"then": then} if then else {}), **SOURCE, "because": WORDS}


def decision(id: str, hit: str, answers: tuple[str, ...] | str, rules: list[Written], **more: Any) -> Written:
    """A decision as written; `answers` may name the fact whose answers they are."""
    listed = answers if isinstance(answers, str) else [{"id": a, **WORDS} for a in answers]
    return {"decision": id, **WORDS, "hit": hit, "public": True, "answers": listed, "rules": rules, **more}


def written_base(facts: list[Written], decisions: list[Written]) -> KnowledgeBase:
    """The rule base of a folder with these facts and decisions."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        for name in SAME_AS_SHIPPED:
            shutil.copy(DEFAULT / name, place)
        (place / "decisions").mkdir()
        files = {"facts": {"topics": [{"id": "all", **WORDS}], "facts": facts}, **{f"decisions/{d['decision']}": d for d in decisions}}
        for name, content in files.items():
            (place / f"{name}.yaml").write_text(json.dumps(content, ensure_ascii=False), "utf-8")  # JSON is YAML
        return load(place)


def random_base(rng: random.Random, facts: list[Written] | None = None) -> Small:
    """A rule base of three to seven decisions over a few facts of each kind, or over given ones."""
    facts = facts or random_facts(rng)
    known: Kinds = {f["id"]: (f["kind"], tuple(a["id"] for a in f.get("answers", ()))) for f in facts if f["id"] != "grade"}
    known |= {f["id"]: ("one", ("true", "false")) for f in facts if f["kind"] == "yesno"}
    known["surveyed_grade"] = ("one", ("unanswered", *GRADES))
    decisions = []
    names = [f"d{i}" for i in range(rng.randint(2, 6))]
    names.insert(rng.randint(0, len(names)), "grade")
    for name in names:
        first = name == "grade" or rng.random() < 0.5
        answers = GRADES if name == "grade" else PROBLEMS if not first and rng.random() < 0.4 else tuple(f"x{i}" for i in range(rng.randint(2, 4)))
        decisions.append(_table(rng, name, answers, known) if first else _collection(rng, name, answers, known))
        known[name] = ("one" if first else "many", answers)
    return Small(written_base(facts, decisions), {d["decision"]: _written_out(d) for d in decisions}, (facts, decisions))


def edited_base(rng: random.Random, small: Small) -> KnowledgeBase:
    """The rule base with one rule changed or taken out."""
    facts, decisions = copy.deepcopy(small.files)
    made = rng.choice(decisions)
    rule, of = rng.choice(made["rules"]), made["answers"]
    answers = PROBLEMS if of == "problems" else GRADES if of == "grade" else [a["id"] for a in of]
    gapless = made["hit"] == "collect" or "otherwise" in made
    if gapless and len(made["rules"]) > 1 and rng.random() < 0.3:
        made["rules"].remove(rule)
    elif gapless and "when" in rule and rng.random() < 0.3:
        rule["when"] = {"not": rule["when"]}
    else:
        rule["then"] = rng.choice(answers) if made["hit"] == "first" else list(answers)
    return written_base(facts, decisions)


def random_facts(rng: random.Random) -> list[Written]:
    """A few facts of every kind."""

    def ids(letter: str, least: int, most: int) -> tuple[str, ...]:
        return tuple(f"{letter}{i}" for i in range(rng.randint(least, most)))

    facts = [fact("problems", "many", PROBLEMS), fact("grade", "one", GRADES)]
    facts += [fact(f"one{i}", "one", ids("a", 2, 5)) for i in range(rng.randint(1, 3))]
    facts += [fact(f"many{i}", "many", ids("m", 2, 4)) for i in range(rng.randint(0, 1))]
    facts += [fact(f"yes{i}", "yesno") for i in range(rng.randint(1, 2))]
    facts += [fact(f"number{i}", "number", min=0, max=50) for i in range(rng.randint(0, 2))]
    return facts


def _table(rng: random.Random, name: str, answers: tuple[str, ...], known: Kinds) -> Written:
    """A *first* table; it ends in `otherwise`, or in a row for each answer of something."""
    of = "grade" if answers == GRADES else answers
    rules = [row(f"{name}.{i}", _condition(rng, known, 2), rng.choice(answers)) for i in range(rng.randint(1, 4))]
    if rng.random() < 0.7:
        return decision(name, "first", of, rules, otherwise=row(f"{name}.otherwise", None, rng.choice(answers)))
    over = rng.choice([n for n, (kind, _) in known.items() if kind == "one"])
    return decision(name, "first", of, rules + [row(f"{name}.{a}", {over: a}, rng.choice(answers)) for a in known[over][1]])


def _collection(rng: random.Random, name: str, answers: tuple[str, ...], known: Kinds) -> Written:
    """A *collect* decision; one over problems may have a row written for every problem."""
    rules = []
    for i in range(rng.randint(1, 4)):
        when = _condition(rng, known, 2) if rng.random() < 0.95 else None
        rules.append(row(f"{name}.{i}", when, rng.sample(answers, rng.randint(1, len(answers)))))
    if answers != PROBLEMS:
        return decision(name, "collect", answers, rules)
    alike = [n for n, (_, its) in known.items() if its == PROBLEMS]
    others = {n: k for n, k in known.items() if n not in alike}
    own = {n: rng.choice(["@id", {"none_of": ["@id"]}, {"not": "@id"}]) for n in rng.sample(alike, rng.randint(1, min(2, len(alike))))}
    each = row(f"{name}.each", own | _condition(rng, others, 1))
    return decision(name, "collect", "problems", rules, each=[each | {"each": "problem"}])


def _condition(rng: random.Random, known: Kinds, depth: int) -> Written:
    """A random condition as an expert may write it, nested up to `depth`."""
    if depth and rng.random() < 0.55:
        parts = [_condition(rng, known, depth - 1) for _ in range(rng.randint(1, 3))]
        return rng.choice([{"any": parts}, {"any": parts}, {"all": parts}, {"not": parts[0]}, {**_condition(rng, known, 0), "any": parts}])
    names = rng.sample(list(known), min(len(known), rng.choice((1, 1, 1, 2))))
    return {name: _about(rng, *known[name]) for name in names}


def _about(rng: random.Random, kind: str, answers: tuple[str, ...]) -> Any:
    if kind == "number":
        low, high = rng.choice(CUTS), rng.choice(CUTS)
        return rng.choice([{"at_least": low}, {"below": high}, {"at_least": low, "below": high}, {"not": {"at_least": low}}, {"not": {"below": high}}])
    some = rng.sample(answers, rng.randint(1, max(1, len(answers) - 1)))
    one = rng.choice(answers)
    if kind == "many":
        return rng.choice([one, some, {"all_of": some}, {"none_of": some}, {"not": one}, {"not": {"all_of": some}}, {"all_of": [one], "none_of": some}, "@any"])
    return rng.choice([one, some, {"none_of": some}, {"not": one}, {"not": {"none_of": some}}])


def _written_out(made: Written) -> Written:
    """The decision with a row for every problem in place of each `each` row."""

    def put(value: Any, problem: str) -> Any:
        if isinstance(value, dict):
            return {k: put(v, problem) for k, v in value.items()}
        return [put(v, problem) for v in value] if isinstance(value, list) else problem if value == "@id" else value

    written = [{**put(row, problem), "then": problem} for row in made.get("each", ()) for problem in PROBLEMS]
    return {**made, "rules": [*made["rules"], *written]}


def concludes(made: Written, unit: Mapping[str, Any]) -> set[str]:
    """What the decision concludes for one unit of which everything is known, read off the rows as written."""
    rows = [*made["rules"], *([made["otherwise"]] if "otherwise" in made else [])]
    true = [row["then"] if isinstance(row["then"], list) else [row["then"]] for row in rows if satisfies(row.get("when", {}), unit)]
    return set(true[0]) if made["hit"] == "first" else {answer for answers in true for answer in answers}


def satisfies(when: Written, unit: Mapping[str, Any]) -> bool:
    """Whether the unit meets a condition as written: an answer is text or a number, several are a set of texts."""
    for key, value in when.items():
        if key == "any":
            met = any(satisfies(part, unit) for part in value)
        elif key == "all":
            met = all(satisfies(part, unit) for part in value)
        elif key == "not":
            met = not satisfies(value, unit)
        else:
            met = _meets(unit[key], value)
        if not met:
            return False
    return True


def _meets(answer: Any, asked: Any) -> bool:
    if isinstance(asked, dict):
        tests = {
            "not": lambda x: not _meets(answer, x),
            "all_of": lambda x: set(x) <= answer,
            "none_of": lambda x: not _meets(answer, x),
            "at_least": lambda x: answer >= x,
            "below": lambda x: answer < x,
        }
        return all(tests[operator](operand) for operator, operand in asked.items())
    if isinstance(answer, set):
        return bool(answer) if asked == "@any" else bool(answer & set([asked] if isinstance(asked, str) else asked))
    return answer in (asked if isinstance(asked, list) else [asked])
