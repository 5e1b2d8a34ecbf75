"""Debian's packages that some tests need: installed where root may, else named."""

from __future__ import annotations

import os
import subprocess


def need(*packages: str) -> None:
    """Install the packages.  Raises RuntimeError, saying what to install, where that may not be done."""
    if os.geteuid() != 0:
        raise RuntimeError(f"these tests need Debian's {' '.join(packages)}: apt-get install {' '.join(packages)}")
    silent = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "update", "-qq"], **silent)  # type: ignore[call-overload]
    subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], **silent)  # type: ignore[call-overload]
