"""The shipped knowledge base, loaded once."""

from functools import cache

from engine.load import load
from engine.model import KnowledgeBase


@cache
def base() -> KnowledgeBase:
    return load()
