"""Readable output about a knowledge base itself: how two of them differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape

from engine.consult import LISTED
from engine.diff import Diff
from engine.edits import CHANGED, Edit
from engine.everywhere import EQUAL, STRICTER, Verdict, Witness
from engine.messages import words
from engine.outcomes import Moves
from engine.show import table
from engine.wording import Wording

MOST = 40  # rows of a table of entries
SHOWN = 6  # names of a list
FAULTS = 3  # problems of a file
LONGEST = 240  # characters of what was said before or after
DECISION = {shown: name for name, shown in LISTED.items()}


def show_diff(out: Console, d: Diff, lang: str) -> None:
    """Three sections: what was edited, whose outcome moves, what holds for all units."""
    w = words(lang)
    if not d:
        out.print(escape(w["diff_same"]))
    shown = _Shown(out, d, lang)
    shown.rules()
    shown.entries()
    shown.moved()
    shown.unreadable()
    shown.everywhere()


class _Shown:
    def __init__(self, out: Console, d: Diff, lang: str):
        self.out, self.d, self.lang = out, d, lang
        self.old, self.new = Wording(d.old, lang), Wording(d.new, lang)
        self.w = self.new.words

    def _line(self, text: str, style: str | None = None) -> None:
        self.out.print(escape(text), style=style)

    def rules(self) -> None:
        self.out.rule(escape(self.w["h_diff_rules"]), align="left")
        if not self.d.rules and not self.d.entries:
            self._line(self.w["diff_no_rules"])
        lines: dict[tuple[str, str], list[Edit]] = {}
        for edit in self.d.rules:  # of rows that the loader wrote for what is new or gone, one line a row
            lines.setdefault((edit.change, edit.row if edit.change != CHANGED else edit.id), []).append(edit)
        for edits in list(lines.values())[:MOST]:
            self._rule(edits)
        self._more(len(lines) - MOST)

    def _rule(self, edits: list[Edit]) -> None:
        edit, items = edits[0], tuple(item for e in edits for item in e.items)
        rule, at = edit.rules[1] or edit.rules[0], edit.at[1] or edit.at[0]
        assert rule is not None
        name = edit.id if len(items) < 2 else self.w["diff_items"].format(id=edit.row, count=len(items), names=self._names(items))
        self._line(f"{self.w[f'diff_{edit.change}']} {name}  {rule.because[self.lang]}", "bold")
        self._line(f"    {self.new.cite(rule.cite)}  {self.w[f'layer_{rule.layer}']}  {_line_of(at)}")
        for line in self._fields(edit):
            self._line(f"    {_short(line)}")

    def _fields(self, edit: Edit) -> Iterator[str]:
        """What differs, field by field; of a rule that is only in one base its condition and conclusion."""
        was, now = edit.rules
        if was is None or now is None:
            rule, w = (now, self.new) if now is not None else (was, self.old)
            assert rule is not None
            yield f"{w.condition(rule.when)} → {w.name(rule.decision)} = {self._answers(w, rule.decision, rule.then)}"
            return
        for key in dict.fromkeys((*edit.before, *edit.after)):
            label = self.w[f"diff_field_{key}"] + self.w["colon"]
            if key == "when":
                yield f"{label}{self.old.condition(was.when)} ⇒ {self.new.condition(now.when)}"
            elif key == "then":
                yield label + self._apart(was.decision, was.then, now.then)
            elif key == "because":
                yield f"{label}{was.because[self.lang]} ⇒ {now.because[self.lang]}"
            elif key == "position":
                yield label + " ⇒ ".join(self.w["diff_position"].format(n=side[key]) for side in (edit.before, edit.after))
            else:
                yield f"{label}{_short(edit.before.get(key))} ⇒ {_short(edit.after.get(key))}"

    def _answers(self, w: Wording, decision: str, answers: Iterable[str]) -> str:
        listed = list(answers)
        shown = w["list"].join(w.answer(decision, a) for a in listed[:SHOWN])
        return shown + (f" … ({len(listed)})" if len(listed) > SHOWN else "")

    def _names(self, ids: tuple[str, ...]) -> str:
        return self.w["list"].join(ids[:SHOWN]) + (" …" if len(ids) > SHOWN else "")

    def _apart(self, decision: str, before: Iterable[str], after: Iterable[str]) -> str:
        """Members that left and joined, or the one answer before and after."""
        was, now = list(before), list(after)
        hit = (self.d.new.decisions.get(decision) or self.d.old.decisions[decision]).hit
        if hit == "first":
            return f"{self._answers(self.old, decision, was) or '—'} ⇒ {self._answers(self.new, decision, now) or '—'}"
        joined, left = [a for a in now if a not in was], [a for a in was if a not in now]
        parts = [self.w["diff_joined"].format(names=self._answers(self.new, decision, joined))] if joined else []
        parts += [self.w["diff_left"].format(names=self._answers(self.old, decision, left))] if left else []
        return "  ".join(parts)

    def entries(self) -> None:
        rows = [
            [self.w[f"diff_{e.change}"], e.kind, e.id, _short(e.before) if e.change == "changed" else "", _short(e.after) if e.change == "changed" else "", _line_of(e.at[1] or e.at[0])]
            for e in self.d.entries
        ]
        if rows:
            self.out.print(table("", [self.w[k] for k in ("h_change", "h_kind", "h_entry", "h_before", "h_after", "h_place")], rows[:MOST]))
            self._more(len(rows) - MOST)
        for found in self.d.only_in:
            names = f": {self.w['list'].join(found['answers'][:SHOWN])}{' …' if len(found['answers']) > SHOWN else ''}" if found["answers"] else ""
            self._line(f"{self.w['diff_only_in_' + found['base']]}{self.w['colon']}{self.w['diff_kind_' + found['kind']]} {found['id']}{names}")

    def _more(self, count: int) -> None:
        if count > 0:
            self._line(self.w["diff_more"].format(count=count))

    def moved(self) -> None:
        o = self.d.outcomes
        self.out.rule(escape(self.w["h_diff_moved"]), align="left")
        self._line(self.w["diff_counts"].format(cases=o.cases, units=o.units))
        self._line(self.w["diff_patches" if o.patches else "diff_sample"].format(patches=o.patches, profiles=o.profiles, compared=o.compared))
        if not o.moves:
            self._line(self.w["diff_no_moves"])
        whole = [m for m in o.moves if not m.drawn]
        for unit in whole[:MOST]:
            self._line(f"{unit.case} {unit.unit}", "bold")
            for line in self._moves(unit):
                self._line(f"    {line}")
        self._more(len(whole) - MOST)
        drawn = [m for m in o.moves if m.drawn]
        if drawn:
            counts = Counter(m.name for unit in drawn for m in unit.moved)
            often = (self.w["diff_times"].format(name=self.new.name(name), count=count) for name, count in counts.most_common())
            self._line(self.w["diff_drawn"].format(count=len(drawn), units=self._names(tuple(u.unit for u in drawn)), list=self.w["list"].join(often)))

    def _moves(self, unit: Moves) -> Iterator[str]:
        for m in unit.moved:
            said = self._apart(m.name, m.before.settled, m.after.settled) if m.joined or m.left else ""
            may = [a for a in m.after.possible if a not in m.before.possible], [a for a in m.before.possible if a not in m.after.possible]
            if not said:
                signs = zip(("diff_joined", "diff_left"), (self.new, self.old), may, strict=True)
                said = self.w["diff_open"].format(names="  ".join(self.w[key].format(names=self._answers(w, m.name, some)) for key, w, some in signs if some))
            yield f"{self.new.name(m.name)}{self.w['colon']}{said}"

    def unreadable(self) -> None:
        if self.d.outcomes.unreadable:
            self.out.rule(escape(self.w["h_diff_unreadable"]), align="left")
        for one in self.d.outcomes.unreadable[:MOST]:
            self._line(f"{one.case} {one.unit or ''} {self.w['diff_base_' + one.base]}", "bold")
            for problem in one.problems[:FAULTS]:
                self._line(f"    {problem.at}: {problem.code}: {problem.message(self.lang)}")
            self._more(len(one.problems) - FAULTS)
        self._more(len(self.d.outcomes.unreadable) - MOST)

    def everywhere(self) -> None:
        self.out.rule(escape(self.w["h_diff_everywhere"]), align="left")
        rows = [row for v in self.d.everywhere if v.relation != EQUAL for row in self._verdict(v)]
        if rows:
            self.out.print(table("", [self.w[k] for k in ("h_conclusion", "h_relation", "h_before", "h_after", "h_witness")], rows))
        if same := [v for v in self.d.everywhere if v.relation == EQUAL]:
            self._line(f"{self.w['diff_equal']}{self.w['colon']}{self.w['list'].join(self._conclusion(v.conclusion) for v in same)}")

    def _conclusion(self, name: str) -> str:
        decision, _, grade = name.partition(":")
        return self.new.name(DECISION.get(decision, decision)) + (f" ({self.w[f'grade_{grade}']})" if grade else "")

    def _verdict(self, v: Verdict) -> Iterator[list[str]]:
        decision = DECISION.get(v.conclusion.partition(":")[0], v.conclusion.partition(":")[0])
        for i, witness in enumerate(v.witnesses):
            relation = self.w[f"diff_{v.relation}"] if not i else ""
            if len(v.witnesses) > 1:
                relation += ("\n" if relation else "") + self.w["diff_stricter" if witness.shows == STRICTER else "diff_laxer"]
            before, after = self._sides(decision, witness)
            facts = self.w["semicolon"].join(self._fact(witness, name) for name in witness.enough)
            yield ["" if i else self._conclusion(v.conclusion), relation, before, after, facts]

    def _fact(self, witness: Witness, name: str) -> str:
        """The answer; where each base has its own, both."""
        sides = [(w, facts[name]) for w, facts in zip((self.old, self.new), witness.facts, strict=True) if name in facts]
        return f"{self.new.name(name)} = {' / '.join(dict.fromkeys(w.value(name, value) for w, value in sides))}"

    def _sides(self, decision: str, witness: Witness) -> tuple[str, str]:
        """The one answer of each base, or the members that only one of them has."""
        if isinstance(witness.before, str):
            return self.old.answer(decision, witness.before), self.new.answer(decision, witness.after)
        gone, come = ([a for a in one if a not in other] for one, other in ((witness.before, witness.after), (witness.after, witness.before)))
        return self._answers(self.old, decision, gone) or "—", self._answers(self.new, decision, come) or "—"


def _line_of(at: Any) -> str:
    return f"{at.file}:{at.line}" if at else ""


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
