"""The desk as a user meets it: a server process with a store of its own, and a real Chromium that reaches nothing outside.

Every request that would leave the machine is noted, and a test that noted one fails.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from support.packages import need

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--disable-gpu-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Server:
    """`shanshui ui` as a process of its own; killed and started again on the same port and the same store."""

    def __init__(self, store: str, folder: Path, port: int | None = None):
        self.store, self.folder, self.port = store, folder, port or free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {**os.environ, "SHANSHUI_STORE": self.store, "PYTHONPATH": str(ROOT), "HOME": str(self.folder), "PYTHONDONTWRITEBYTECODE": ""}
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "engine.cli", "ui", "--port", str(self.port)], cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + 90
        while time.monotonic() < until:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)  # the time between two looks; a server that ends says why
                raise RuntimeError((self.folder / "server.log").read_text("utf-8"))
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                continue
        raise RuntimeError("the server did not come up")

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextmanager
def serving(folder: Path, store: str | None = None) -> Iterator[Server]:
    server = Server(store or f"sqlite:///{folder / 'projects.sqlite'}", folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Browser:
    """Chromium with the list of requests that tried to leave."""

    def __init__(self, browser: Any):
        self.browser, self.outside = browser, list[str]()

    def page(self, url: str, **options: Any) -> Any:
        """A page in a context of its own, as another person's browser would be."""
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "zh-CN", **options})
        context.set_default_timeout(60_000)
        context.on("request", lambda request: self._note(request.url))
        page = context.new_page()
        page.goto(url)
        return page

    def _note(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self.outside.append(url)


@contextmanager
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        need("chromium", "fonts-noto-cjk")
    elif not Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists():
        need("fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])])
        try:
            yield Browser(browser)
        finally:
            browser.close()


def settled(page: Any) -> None:
    """Wait until the page shows what the server has drawn: the script has run and nothing is stale."""
    page.wait_for_function("() => document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning' && !document.querySelector('[data-stale=true]')")
