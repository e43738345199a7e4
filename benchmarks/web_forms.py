"""Our forms in ODK Web Forms, a client that nobody here wrote, in Chromium.

    npm pack @getodk/web-forms && tar xzf getodk-web-forms-*.tgz --one-top-level=web-forms
    npm pack vue@3.5 && tar xzf vue-3.5*.tgz --one-top-level=vue
    python benchmarks/web_forms.py web-forms/package vue/package

Takes the built files as they are published (no Node is needed to run them), serves them with each
form as a phone gets it, and opens it. Asserted: every form loads, no load failure is shown, and
questions can be seen. It does not fill in and send. Last looked at with @getodk/web-forms 0.22.0
and vue 3.5.45.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import shutil
import tempfile
import threading
from pathlib import Path

from landrelease.records.forms import FORMS, sheets
from landrelease.workflows import forms, languages

PAGE = """<!doctype html><meta charset="utf-8">
<script type="importmap">{"imports": {"vue": "./vue.js"}}</script><div id="app"></div>
<script type="module">
import { createApp, h } from "vue";
import { OdkWebForm, webFormsPlugin } from "./index.js";
const name = new URLSearchParams(location.search).get("form");
const formXml = await (await fetch(`${name}.xml`)).text();
const none = async () => new Response("name,label\\n", { headers: { "content-type": "text/csv" } });
const app = createApp({ render: () => h(OdkWebForm, {
  formXml, fetchFormAttachment: none, missingResourceBehavior: "BLANK" }) });
app.use(webFormsPlugin);
app.mount("#app");
</script>
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("package", type=Path, help="unpacked @getodk/web-forms")
    arguments.add_argument("vue", type=Path, help="unpacked vue")
    stated = arguments.parse_args()
    from playwright.sync_api import sync_playwright

    browser_at = os.environ.get("CHROMIUM") or shutil.which("chromium")
    failed = []
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        site = Path(name)
        for file in (stated.package / "dist").glob("*.js"):
            shutil.copy(file, site / file.name)
        shutil.copy(stated.vue / "dist" / "vue.esm-browser.prod.js", site / "vue.js")
        (site / "index.html").write_text(PAGE)
        texts = languages.all_texts()
        for form in FORMS.values():
            book = forms.workbook(sheets(form, texts))
            (site / f"{form.id}.xml").write_text(forms.to_xform(form, book))
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(_Quiet, directory=name))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=browser_at, args=["--no-sandbox"])
        for form in FORMS.values():
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/?form={form.id}")
            page.wait_for_selector(".question-container, .form-load-failure-dialog",
                                   timeout=120_000)
            wrong = page.query_selector(".form-load-failure-dialog")
            seen = len(page.query_selector_all(".question-container"))
            print(form.id, "failed" if wrong else "loaded", f"{seen} questions")
            if wrong or seen < 3:
                failed.append(form.id)
            page.close()
        browser.close()
        server.shutdown()
    assert not failed, failed


if __name__ == "__main__":
    main()
