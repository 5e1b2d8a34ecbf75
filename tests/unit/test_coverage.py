"""Every statement of the standard is carried out by something, or says why not; every zone requirement has a probe that consults."""

from __future__ import annotations

from functools import cache

import pytest
from support.bases import base

from engine.consult import consult_unit
from engine.coverage import Covered, bad_cites, coverage
from engine.project import unit_of

EXCUSED_AT_MOST = 45


@cache
def covered() -> list[Covered]:
    return coverage(base())


def test_no_statement_is_without_a_citation_or_a_reason() -> None:
    assert [c.statement.id for c in covered() if c.missing] == []
    assert len(covered()) == 205


def test_few_statements_are_excused_and_none_that_is_cited() -> None:
    excused = [c.statement.id for c in covered() if not c.cited_by]
    assert len(excused) < EXCUSED_AT_MOST
    assert [c.statement.id for c in covered() if c.cited_by and c.statement.reason] == []


def test_every_cite_that_looks_like_a_clause_is_one() -> None:
    assert [p.render() for p in bad_cites(base())] == []


def test_every_zone_requirement_says_how_it_is_answered() -> None:
    hows = [requirement.how for _, requirement in base().requirements.values()]
    assert len(hows) == 83
    assert len({how.zh for how in hows}) == 83


@pytest.mark.parametrize("chunk", range(3))
def test_the_trail_of_each_probe_cites_its_requirement(chunk: int) -> None:
    probes = [c for c in covered() if c.probe is not None]
    assert len(probes) == 83
    for one in probes[chunk::3]:
        assert one.probe is not None
        consultation = consult_unit(base(), unit_of(base(), one.probe)).json()
        assert any(one.statement.id in step["cite"] for step in consultation["trail"]), one.statement.id
