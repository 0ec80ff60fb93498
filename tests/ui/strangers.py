"""Browsers that have never been here: a used one, wiped, costs half of a new one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page


class _Profile:
    """One browser context; a page that stays open wipes it and keeps it warm."""

    def __init__(self, browser: Browser, *, patience_ms: int) -> None:
        self.context = browser.new_context(locale="zh-CN")
        self.context.set_default_timeout(patience_ms)
        self._keeper = self.context.new_page()
        self._chromium = self.context.new_cdp_session(self._keeper)
        self._origins: set[str] = set()
        self.context.on("page", self._follow)

    def _follow(self, page: Page) -> None:
        page.on("framenavigated", lambda frame: self._note(frame.url))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https"):
            self._origins.add(f"{parts.scheme}://{parts.netloc}")

    def wipe(self) -> bool:
        """Undo what pages left behind; whether nothing is left."""
        context = self.context
        for page in context.pages:
            if page is not self._keeper:
                page.close()
        # Let back to the network, a worker that is being stopped may never answer.
        if not self._keeper.evaluate("navigator.onLine"):
            return False
        context.set_geolocation(None)
        context.unroute_all()
        context.clear_permissions()
        context.clear_cookies()
        for origin in self._origins:
            self._chromium.send(
                "Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"}
            )
        self._origins.clear()
        self._chromium.send("Network.clearBrowserCache")
        # A clock that a test has put in cannot be taken out again.
        return bool(self._keeper.evaluate("/native code/.test(setTimeout)"))


class Strangers:
    """Lends contexts without a past; who adds a script to one for good closes it."""

    def __init__(self, browser: Browser, *, patience_ms: int) -> None:
        self._browser = browser
        self._patience_ms = patience_ms
        self._free: list[_Profile] = []

    @contextmanager
    def lend(self) -> Iterator[Callable[[], Page]]:
        """Opens empty pages, each in a context of its own."""
        lent: list[_Profile] = []

        def open_() -> Page:
            profile = (
                self._free.pop()
                if self._free
                else _Profile(self._browser, patience_ms=self._patience_ms)
            )
            lent.append(profile)
            return profile.context.new_page()

        yield open_
        for profile in lent:
            if profile.context not in self._browser.contexts:
                continue
            if profile.wipe():
                self._free.append(profile)
            else:
                profile.context.close()
