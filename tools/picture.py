"""The picture of the README: the first screen of the demo's page.

    python tools/picture.py demo/index.html docs/images/demo.png

Needs Chromium and the test requirements.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def main() -> None:
    page_file, picture = Path(sys.argv[1]).resolve(), sys.argv[2]
    with sync_playwright() as start:
        browser = start.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(page_file.as_uri())
        page.wait_for_selector("canvas")
        page.wait_for_timeout(1500)  # the map draws its labels last
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
