"""Debian's packages that some tests need: installed where root may, else named."""

from __future__ import annotations

import fcntl
import os
import subprocess
import tempfile
from pathlib import Path


def need(*packages: str) -> None:
    """Install the packages.  Raises RuntimeError, saying what to install, where that may not be done."""
    if os.geteuid() != 0:
        raise RuntimeError(f"these tests need Debian's {' '.join(packages)}: apt-get install {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with Path(tempfile.gettempdir(), "shanshui_packages.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # the test workers take turns: apt refuses to run twice at once
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
