"""A real server and a real browser for tests. Each server takes a free port of its own; the browser
may ask that server alone, and no page may write an error."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request

ARGUMENTS = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--no-first-run")
LOCAL = ("blob:", "data:")


@contextlib.contextmanager
def served(address, *words, seconds=90):
    """`landrelease serve address *words`; gives the address that it says, with / at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "landrelease", "serve", str(address), *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        said = process.stdout.readline().split()
        assert said, process.stderr.read()
        url = said[0]
        while True:
            try:
                urllib.request.urlopen(url + "health", timeout=5).read()
                break
            except OSError:
                # A server that ended could not have answered: another one holds the port.
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.2)
        assert process.poll() is None, process.stderr.read()
        timer.cancel()
        yield url
    finally:
        timer.cancel()
        process.send_signal(signal.SIGINT)
        code = process.wait(30)
    assert code in (0, 130)


class Browser:
    """`page()` gives a page that may ask `url` alone; `check()` that nothing else was asked for and
    no page wrote an error. Errors that a test provokes are named to it."""

    def __init__(self, browser, url):
        self.browser, self.url = browser, url
        self.problems, self.elsewhere = [], []

    def page(self, *, width=1280, height=900, dark=False, lang="en", **context):
        opened = self.browser.new_context(
            viewport={"width": width, "height": height}, locale=lang,
            color_scheme="dark" if dark else "light", **context)

        def route(r):
            if r.request.url.startswith((self.url, *LOCAL)):
                return r.continue_()
            self.elsewhere.append(r.request.url)
            return r.abort()

        opened.route("**/*", route)
        page = opened.new_page()
        page.set_default_timeout(int(os.environ.get("LANDRELEASE_TEST_MS", "240000")))
        page.on("pageerror", lambda e: self.problems.append(f"{page.url}: {e}"))
        page.on("console", lambda m: self.problems.append(f"{page.url}: {m.text}")
                if m.type == "error" else None)
        return page

    def snap(self, page, name):
        """A picture of the whole page for a person to look at, where LANDRELEASE_SCREENS names a
        folder; else nothing."""
        folder = os.environ.get("LANDRELEASE_SCREENS")
        if folder:
            page.screenshot(path=f"{folder}/{name}.png", full_page=True)

    def check(self, *expected):
        left = [p for p in self.problems if not any(e in p for e in expected)]
        assert left == [], left
        assert self.elsewhere == [], self.elsewhere


@contextlib.contextmanager
def browsing(chromium_path, url):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
        yield Browser(browser, url)
        browser.close()
