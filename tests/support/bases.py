"""The shipped knowledge base, loaded once."""

from functools import cache

from engine.knowledge import KnowledgeBase
from engine.load import load


@cache
def base() -> KnowledgeBase:
    return load()
