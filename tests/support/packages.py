"""Debian's packages that some tests need: installed where root may, else named."""

from __future__ import annotations

import os
import subprocess


def need(*packages: str) -> None:
    """Install the packages.  Raises RuntimeError, saying what to install, where that may not be done."""
    if os.geteuid() != 0:
        raise RuntimeError(f"these tests need Debian's {' '.join(packages)}: apt-get install {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
