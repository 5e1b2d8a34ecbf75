"""Why, drawn: a sentence, then the tree of rules and premises, then why not the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import streamlit as st

from engine.consult import Consultation
from engine.report import premise_text
from engine.trail import Premise
from engine.tree import Leaf, Tree, against, sentence, tree
from ui.common import md, t, w
from ui.flags import listed

MARKS = {True: "✓", False: "✗", None: "?"}


def because(consultation: Consultation, name: str) -> str:
    """The reasons of a conclusion as one sentence."""
    words = w()
    reasons = [text[words.lang].rstrip("。.；;") for text in sentence(consultation, name)]
    return t("because_joint").join(md(reason) for reason in reasons[:4])


def why(consultation: Consultation, name: str, answer: str | None = None) -> None:
    """The whole tree of a conclusion."""
    lines = [line for one in tree(consultation, name, answer) for line in _lines(one, 0)]
    st.markdown("\n".join(lines) or t("not_settled"))


def _lines(one: Tree, depth: int) -> Iterator[str]:
    words, step, pad = w(), one.step, "    " * depth
    concluded = words["list"].join(f"{words.name(n)} = {_value(n, v)}" for n, v in step.concludes.items())
    yield f"{pad}- **{md(concluded)}** — {md(step.because[words.lang])}  "
    yield f"{pad}  :small[{t('rule')} `{step.rule}` · {md(words[f'layer_{step.layer}'])} · {md(words.cite(step.cite))}]"
    for leaf in one.leaves:
        yield f"{pad}    - {MARKS[leaf.premise.met]} {md(premise_text(leaf.premise, words))} :small[{_source(leaf)}]"
        for below in leaf.below:
            yield from _lines(below, depth + 2)


def _value(name: str, value: Any) -> str:
    return listed([w().answer(name, a) for a in value]) if isinstance(value, list) else w().value(name, value)


def _source(leaf: Leaf) -> str:
    text = t(f"from_{leaf.premise.source}")
    if leaf.source:
        text += "；" if w().lang == "zh" else "; "
        text += " · ".join(str(leaf.source[k]) for k in ("source", "date", "by", "note") if leaf.source.get(k))
    return md(text)


def why_not(consultation: Consultation, name: str) -> None:
    """For each answer that was not concluded, the nearest rule for it and what stands against it."""
    words = w()
    for one in against(consultation, name):
        failed = [*(_premise(p) for p in one.failed), *(_premise(p) for p in one.unknown)]
        head, against_it = md(words.answer(name, one.answer)), t("and").join(failed) or t("another_rule_first")
        st.markdown(f"- **{head}**{words['colon']}{against_it}  \n  :small[{t('rule')} `{one.rule.id}` · {md(words.cite(one.rule.cite))}]")


def _premise(premise: Premise) -> str:
    words = w()
    wanted = words.condition(premise.wanted)
    if premise.met is None:
        return f"? {md(t('would_need', wanted=wanted, now=words['answer_unknown']))}"
    return f"✗ {md(t('would_need', wanted=wanted, now=words.value(premise.fact, premise.value)))}"
