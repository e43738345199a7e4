"""ODK Web Forms, a client that nobody here wrote, on a page of its own beside our server.

The page stands where ODK Central's would: it hands a form's XML and lists over, and sends what was
filled in. It is served from another port, which passes `/openrosa` on to our server as the phone
that signed in.
"""

import base64
import http.client
import http.server
import threading
from pathlib import Path

PAGE = """<!doctype html><meta charset="utf-8"><title>Forms</title>
<script type="importmap">{"imports": {"vue": "./vue.js"}}</script><div id="app"></div>
<script type="module">
import { createApp, h } from "vue";
import { OdkWebForm, webFormsPlugin } from "./index.js";
const asked = new URLSearchParams(location.search), name = asked.get("form");
const formXml = await (await fetch(`/openrosa/forms/${name}.xml`)).text();
const lists = url => fetch(`/openrosa/media/${name}/${String(url).split("/").pop()}`);
const editInstance = window.kept && { resolveInstance: async () => window.kept,
  attachmentFileNames: [], resolveAttachment: async () => new Response("", { status: 404 }) };
const app = createApp({ render: () => h(OdkWebForm, {
  formXml, fetchFormAttachment: lists, missingResourceBehavior: "ERROR", editInstance,
  onSubmit: async (payload, said) => {
    window.sent = await payload.data[0].get("xml_submission_file").text();
    const answer = await fetch("/openrosa/submission", { method: "POST", body: payload.data[0],
      headers: { "X-OpenRosa-Version": "1.0" } });
    document.body.dataset.answer = `${payload.status} ${answer.status}`;
    said({ next: "CLEAR_PREVIOUS" });
  } }) });
app.use(webFormsPlugin);
app.mount("#app");
</script>
"""


class Site:
    """The page and its modules on a port of its own."""

    def __init__(self, packages: Path, port: int, name: str, token: str):
        basic = base64.b64encode(f"{name}:{token}".encode()).decode()
        files = {f"/{f.name}": f for f in (packages / "web-forms").glob("*.js")}
        files["/vue.js"] = packages / "vue" / "vue.esm-browser.prod.js"

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def tell(self, status, kind, body):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def on(self):
                length = int(self.headers.get("Content-Length") or 0)
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                kept = {k: v for k, v in self.headers.items()
                        if k.lower() in ("content-type", "x-openrosa-version")}
                line.request(self.command, self.path, self.rfile.read(length) or None,
                             {**kept, "Authorization": f"Basic {basic}"})
                answer = line.getresponse()
                self.tell(answer.status, answer.getheader("Content-Type") or "text/plain",
                          answer.read())

            def do_GET(self):
                path = self.path.partition("?")[0]
                if path.startswith("/openrosa/"):
                    self.on()
                elif path == "/":
                    self.tell(200, "text/html", PAGE.encode())
                elif path in files:
                    self.tell(200, "text/javascript", files[path].read_bytes())
                else:
                    self.tell(404, "text/plain", b"")

            def do_POST(self):
                self.on()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
