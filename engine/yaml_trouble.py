"""What a YAML parser complains of, as keys of the message catalogue; and JSON made readable to it without moving anything."""

from __future__ import annotations

import json
import re

import yaml

# what libyaml says → the key of what people are told
_SAID = {
    "mapping values are not allowed in this context": "yaml_colon",
    "could not find expected ':'": "yaml_no_colon",
    "did not find expected node content": "yaml_no_value",
    "found character that cannot start any token": "yaml_first",
    "did not find expected '-' indicator": "yaml_indent",
    "did not find expected key": "yaml_indent",
    "did not find expected <document start>": "yaml_indent",
    "block sequence entries are not allowed in this context": "yaml_indent",
    "mapping keys are not allowed in this context": "yaml_indent",
    "found a tab character that violates indentation": "yaml_tab",
    "found a tab character where an indentation space is expected": "yaml_tab",
    "found unexpected end of stream": "yaml_end",
    "did not find expected ',' or ']'": "yaml_bracket",
    "did not find expected ',' or '}'": "yaml_brace",
    "found unknown escape character": "yaml_escape",
    "did not find expected hexdecimal number": "yaml_escape",
    "found invalid Unicode character escape code": "yaml_escape",
    "control characters are not allowed": "yaml_control",
}
_TWO_ESCAPES = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")


def trouble(error: yaml.YAMLError, text: str) -> tuple[int, int, str]:
    """(line, column, key of the words) of a complaint about the text; a quote left open is shown where it opens."""
    if "quoted scalar" in str(getattr(error, "context", "")) and (opened := getattr(error, "context_mark", None)):
        complaint = getattr(error, "problem", "")
        return opened.line + 1, opened.column + 1, "yaml_quote" if "unexpected" in str(complaint) else _SAID.get(complaint, "yaml_other")
    said = str(getattr(error, "problem", None) or getattr(error, "reason", None) or "").split("\n")[0]
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else _place(text, getattr(error, "position", 0))
    return line, column, _SAID.get(said, "yaml_other")


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a byte in the UTF-8 text."""
    before = text.encode()[:offset].decode(errors="ignore")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def json_as_yaml(text: str) -> str:
    """JSON that YAML does not accept (tabs, a character escaped by two), each line kept where it is; nothing when it is not JSON either."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return _TWO_ESCAPES.sub(lambda found: found[1] + json.loads(f'"{found[2]}"'), text.replace("\t", " "))
