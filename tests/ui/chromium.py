"""A Chromium that finds no host but this machine."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def launch(playwright: Playwright) -> Browser:
    """The system's own Chromium, without the windows around its pages.

    The whole one draws its own toolbar for every page that is opened, headless too: a
    third of what the tests of pages cost.
    """
    return playwright.chromium.launch(
        executable_path=shutil.which("chromium-headless-shell"), args=FLAGS
    )
