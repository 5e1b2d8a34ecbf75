"""Start the server: settings that keep it offline and quiet, whatever folder it is started in."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

from engine.desk import Desk
from engine.knowledge import KnowledgeBase
from engine.store import Store

FONT = '"Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "Source Han Sans SC", "WenQuanYi Micro Hei", system-ui, sans-serif'
SETTINGS: dict[str, object] = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 60,
    "server.enableStaticServing": False,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showSidebarNavigation": True,
    "theme.font": FONT,
    "theme.light.primaryColor": "#1f6f50",
    "theme.dark.primaryColor": "#5fbf95",
    "logger.level": "warning",
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,  # a full collection after every run took a third of a step; Python collects when it is time
}


def _warm(desk: Desk) -> None:
    """Do what is done once a process while the first planner is still typing: the first questions, and what the result pages need."""
    desk.warm()
    import ui.drawn  # noqa: F401

    _settle()


def _settle() -> None:
    """Take all that stays for good out of the collector's sight: walking the rule base takes longer than a step of the questionnaire."""
    gc.enable()  # the command line switches it off for commands that are soon over
    gc.collect()
    gc.freeze()


def serve(host: str, port: int, base: KnowledgeBase, store: Store) -> None:
    """Serve the desk until it is stopped."""
    from streamlit.web import bootstrap

    from ui import common

    desk = Desk(base)
    common.HELD.update(desk=desk, store=store)
    _settle()
    threading.Thread(target=_warm, args=(desk,), daemon=True).start()
    settings = {**SETTINGS, "server.address": host, "server.port": port}
    options = {key.replace(".", "_"): value for key, value in settings.items()}
    bootstrap.load_config_options(flag_options=options)
    bootstrap.run(str(Path(__file__).with_name("app.py")), False, [], options)
