"""Two readings of one state, compared."""

from __future__ import annotations

from collections.abc import Mapping

from engine.conditions import Known
from engine.forward import Forward
from engine.remembered import Remembered
from engine.semantics import infer


def differences(experta: Forward, known: Mapping[str, Known], remembered: Remembered | None = None) -> list[str]:
    """The attributes on which experta and the semantics differ; `remembered` is the semantics for very many units."""
    meant, found = remembered.infer(known) if remembered else infer(experta.base, known), experta.infer(known)
    return [name for name in experta.base.attributes if meant[name] != found.get(name)]
