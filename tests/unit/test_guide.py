"""The expert's guide (knowledge/README.md): every block of it, run in order on a copy of the checkout."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(sh|yaml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"^# (\S+\.yaml)\n")
SHANSHUI = f"{sys.executable} -m engine.cli"


def blocks() -> list[tuple[str, str]]:
    text = (ROOT / "knowledge" / "README.md").read_text("utf-8")
    return BLOCK.findall(text[text.index("## 从零到一条试过的新规则") :])


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("engine", "knowledge", "cases"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def test_every_block_of_the_guide_does_what_it_says(checkout: Path) -> None:
    said = []
    for kind, text in blocks():
        if kind == "yaml":
            named = FILE.match(text)
            assert named, f"a block does not say which file it is: {text[:60]}"
            (checkout / named[1]).write_text(text, "utf-8")
            continue
        for line in text.splitlines():
            done = subprocess.run(line.replace("uv run shanshui", SHANSHUI), shell=True, cwd=checkout, capture_output=True, text=True, encoding="utf-8", check=False)
            assert done.returncode == 0, f"{line}\n{done.stderr}"
            said.append(done.stdout)
    together = "\n".join(said)
    assert "deadwood_retention" in together
    assert "枯立木调查" in together
    assert (checkout / "out/trial/schedule.csv").read_text("utf-8-sig").count("deadwood_retention") >= 1


def test_the_examples_of_the_guide_hold(checkout: Path) -> None:
    program = "from engine.load import load; from engine.examples import broken, read_examples; b = load('knowledge', 'local'); print([p.render() for p in broken(b, read_examples(b))])"
    (checkout / "local").mkdir(exist_ok=True)
    done = subprocess.run([sys.executable, "-c", program], cwd=checkout, capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"
