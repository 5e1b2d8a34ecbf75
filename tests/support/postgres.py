"""A real PostgreSQL for the tests: Debian's package, installed where root may, run on a socket in a folder of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.packages import need

SETTINGS = ("listen_addresses=", "fsync=off", "full_page_writes=off", "max_connections=60")  # nothing of a test outlives it


def _programs() -> Path:
    folders = [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    if not folders and (found := shutil.which("initdb")):
        folders = [Path(found).parent]
    if not folders:
        need("postgresql")
        return _programs()
    return folders[-1]


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a fresh server with an empty database, stopped at the end."""
    programs = _programs()
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()  # the server refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="shanshui_pg_", dir="/tmp"))  # a socket's path must be short
    options = {"user": user, "group": user} if os.geteuid() == 0 else {}
    if options:
        shutil.chown(folder, user, user)

    def run(*command: str) -> None:
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, **options)  # type: ignore[call-overload]

    run(str(programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    flags = " ".join(f"-c {setting}" for setting in (*SETTINGS, f"unix_socket_directories={folder}")).replace("listen_addresses=", "listen_addresses=''")
    run(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-o", flags, "-w", "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        run(str(programs / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
