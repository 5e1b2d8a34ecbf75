"""Write the Excel form of the sample project as the present program writes it, once: python tests/samples/keep_form.py"""

from __future__ import annotations

from pathlib import Path

from engine.forms import write_form
from engine.incoming import read_incoming
from engine.load import load
from engine.project_file import FORMAT

if __name__ == "__main__":
    folder, base = Path(__file__).parent, load()
    kept = folder / f"form_{FORMAT}.xlsx"
    if kept.exists():
        raise SystemExit(f"{kept.name} is kept already")
    sample = folder / f"project_{FORMAT}.yaml"
    kept.write_bytes(write_form(base, read_incoming(sample.name, sample.read_bytes(), base).draft, "zh"))
