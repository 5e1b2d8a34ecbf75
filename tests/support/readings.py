"""Two readings of one state, compared."""

from __future__ import annotations

from collections.abc import Mapping

from engine.conditions import Known
from engine.forward import Forward
from engine.semantics import infer


def differences(experta: Forward, known: Mapping[str, Known]) -> list[str]:
    """The attributes on which experta and the semantics differ."""
    meant, found = infer(experta.base, known), experta.infer(known)
    return [name for name in experta.base.attributes if meant[name] != found.get(name)]
