"""Lines of Markdown: headings, tables, and text that stays text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def heading(level: int, text: str) -> Iterator[str]:
    yield ""
    yield f"{'#' * level} {text}"
    yield ""


def table(header: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(plain(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |"


def plain(text: str) -> str:
    """Text that stays text in Markdown: a name with angle brackets is no HTML."""
    return text.replace("<", "&lt;")
