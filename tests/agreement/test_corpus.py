"""Rule bases on which the readings once differed: each stays here, by the seed that makes it, with what was wrong."""

from __future__ import annotations

import random

import pytest
from support.readings import differences
from support.small_bases import random_base
from support.units import random_known

from engine.forward import Forward

ONCE_DIFFERED = {
    "2026 small 8350": "two members with the same rules, which share a group of another many-answer attribute, were taken member by member",
}


@pytest.mark.parametrize("seed", ONCE_DIFFERED)
def test_the_readings_agree_where_they_once_did_not(seed: str) -> None:
    rng = random.Random(seed)
    experta = Forward(random_base(rng).base)
    for _ in range(60):
        assert differences(experta, random_known(rng, experta.base, rng.choice((0.0, 0.1, 0.3, 0.6, 0.9)))) == []
