"""A Chromium that finds no host but this machine."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Playwright

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


_KEPT = "local_storage,indexeddb,cache_storage"


@dataclass
class Strangers:
    """Browsers that know nobody, used again: what they keep is our scripts alone.

    A page is sixty files that never change; to fetch and compile them anew for each
    test is a quarter of what opening it costs.
    """

    browser: Browser
    patience_ms: int
    free: list[BrowserContext] = field(default_factory=list)

    def take(self) -> BrowserContext:
        """A context without cookies, storage, permissions or pages."""
        if self.free:
            return self.free.pop()
        # What passes through a service worker, no route of a test is asked about.
        context = self.browser.new_context(locale="zh-CN", service_workers="block")
        context.set_default_timeout(self.patience_ms)
        return context

    def give_back(self, context: BrowserContext) -> None:
        """Makes a context a stranger's again."""
        context.clear_cookies()
        context.clear_permissions()
        context.set_geolocation(None)
        context.set_offline(False)
        last, *others = context.pages or [context.new_page()]
        for page in others:
            page.close()
        # Storage belongs to addresses, and each county has had its own.
        developer = context.new_cdp_session(last)
        everywhere = {"origin": "*", "storageTypes": _KEPT}
        developer.send("Storage.clearDataForOrigin", everywhere)
        last.close()
        self.free.append(context)
