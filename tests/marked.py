"""A language that nobody speaks: each text of the catalogue in ⟦brackets⟧, so that whatever people
read outside of them went past the catalogue."""

import json
import re
from collections import Counter
from html.parser import HTMLParser

from landrelease.apps.web.texts import every_text
from landrelease.core.texts import Texts

SHOWN = ("title", "alt", "placeholder", "aria-label", "label", "data-confirm")
_SCRIPTS = ("script", "style")


def marked(code="fr"):
    """The texts of the language, under the code of one that there is."""
    return Texts(code, "Marked", {
        # Forms for several numbers are marked each.
        t: " | ".join(f"⟦{form}⟧" for form in t.split(" | ")) for t in every_text()},
        reviewed=False)


def left_out(text):
    """What of a text stands outside of brackets, as words of two letters and more."""
    text = re.sub("[\u2066-\u2069\u200e\u200f]", "", text)
    while (less := re.sub("⟦[^⟦⟧]*⟧", " · ", text)) != text:
        text = less
    return [w for w in re.split(r"[^\w'@:/.\-]+", text) if re.search(r"[^\W\d_]{2}", w)]


class _Seen(HTMLParser):
    def __init__(self):
        super().__init__()
        self.texts, self.inside, self.data = [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        # What says of itself that it is in English, on a page that is not, hides nothing.
        if tag in _SCRIPTS or (tag != "html" and found.get("lang") == "en"):
            self.inside.append(tag)
            self.json = found.get("type") == "application/json"
        self.texts += [found[a] for a in SHOWN if found.get(a)]

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside:
            self.texts.append(data)
        elif self.inside[-1] == "script" and self.json:
            self.data.append(json.loads(data))


def seen(page):
    """The texts of a page that people read or hear, and its data."""
    parser = _Seen()
    parser.feed(page)
    return parser.texts, parser.data


def strings(content):
    """Each text in the content of a document; drawings give the words in them."""
    if isinstance(content, str):
        if content.startswith("<svg"):
            yield from seen(content)[0]
        else:
            yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from strings(value)
    elif isinstance(content, list | tuple):
        for value in content:
            yield from strings(value)


def words_left(texts, allowed=""):
    """Words outside of brackets, but those of the data (`allowed`: words apart by blanks, or a
    pattern each)."""
    known = [re.compile(a) for a in allowed.split()]
    return sorted({w for t in texts for w in left_out(t)
                   if not any(k.fullmatch(w.strip(".'-:")) for k in known)})


def crawl(client, start, most=80, alike=None):
    """Each page of the server that a link leads to, by address: text that people read in it. Of
    pages that differ in a number or an id, `alike` at most."""
    found, waiting, shapes = {}, list(start), Counter()
    while waiting and len(found) < most:
        path = waiting.pop(0).partition("#")[0]
        if "lang=" in path and "lang=fr" not in path:
            continue
        if not path.startswith("/") or path.startswith(("//", "/static", "/language", "/api",
                                                        "/ogc", "/tiles")) or path in found:
            continue
        shape = re.sub(r"[^/]*\d[^/]*", "#", path.partition("?")[0])
        shapes[shape] += 1
        if alike is not None and shapes[shape] > alike:
            continue
        answer = client.get(path)
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        found[path] = seen(answer.text)[0]
        waiting += re.findall(r'href="([^"]+)"', answer.text.replace("&amp;", "&"))
    return found
