"""Exports in the layouts of ODK Central and KoboToolbox, made from submissions (synthetic).

The layouts are those that the programs write (docs/forms.md names where that stands): what is a
group, a repeat or a place is taken from the form itself, as these programs do.
"""

import csv
import io
import json
import re
import zipfile
from xml.etree import ElementTree

import openpyxl

from landrelease.records.forms import FORMS

# A survey with one area, as a phone sends it.
SURVEY = b"""<landrelease_nts id="landrelease_nts" version="1"><activity>
  <identifier>activity-7f1e</identifier><activity_type>NTS</activity_type>
  <information_date>2026-09-01</information_date><organisation>Operator A</organisation>
  <place>44.105 17.505 310 4.2</place>
  <hazard><identifier>hazard-7f1e</identifier><status>open</status>
  <information_date>2026-09-01</information_date><hazard_type>SHA</hazard_type>
  <place>44.1 17.5 0 4;44.1 17.51 0 4;44.11 17.51 0 4;44.1 17.5 0 4</place></hazard></activity>
  <meta><instanceID>uuid:7f1e0000-0000-4000-8000-000000000001</instanceID></meta>
  </landrelease_nts>"""


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def parts_of(form):
    """Path -> (part, whether it is a repeat) of a form's groups."""
    out = {}

    def walk(part, path, repeat):
        out[(*path, part.kind)] = part, repeat
        for inner in part.parts:
            walk(inner, (*path, part.kind), True)

    walk(FORMS[form].part, (), False)
    return out


class Submission:
    """One submission as a tree: rows of the form and of its repeats, with their keys."""

    def __init__(self, xml):
        self.root = ElementTree.fromstring(xml)
        self.form = self.root.get("id")
        self.parts = parts_of(self.form)
        self.instance = next(e.text for e in self.root.iter() if local(e) == "instanceID")

    def rows(self):
        """(path of the repeat or (), key, key around it, {path: text}) of each row."""
        found = []

        def take(element, path, key, around, base):
            row = {}
            found.append((base, key, around, row))
            counts = {}

            def into(inner, where):
                for e in inner:
                    here = (*where, local(e))
                    part = self.parts.get(here)
                    if part is not None and part[1]:
                        counts[here] = counts.get(here, 0) + 1
                        steps = "/".join(here[len(base):])
                        take(e, here, f"{key}/{steps}[{counts[here]}]", key, here)
                    elif len(e) or local(e) == "meta":
                        into(e, here)
                    else:
                        row[here] = (e.text or "").strip()

            into(element, path)

        take(self.root, (), self.instance, "", ())
        return [r for r in found if r[0] == () or any(r[3].values())]


def is_point(form, path):
    part = parts_of(form).get(path[:-1])
    return path[-1] == "place" and part is not None and part[0].place == "geopoint"


def central_zip(*submissions, media=None, groups=True):
    """`form.csv.zip` of ODK Central."""
    read = [Submission(s) for s in submissions]
    form = read[0].form
    tables = {}
    for s in read:
        for base, key, around, row in s.rows():
            out = {} if base else {"SubmissionDate": "2026-09-01T10:00:00.000Z"}
            for path, value in row.items():
                inner = path[len(base):]
                heading = "-".join(inner) if groups else inner[-1]
                if is_point(form, path):
                    cells = (value.split() + [""] * 4)[:4]
                    out |= {f"{heading}-{n}": c for n, c in zip(
                        ("Latitude", "Longitude", "Altitude", "Accuracy"), cells, strict=True)}
                else:
                    out[heading] = value
            out |= {"PARENT_KEY": around, "KEY": key} if base else {
                "KEY": key, "SubmitterID": "7", "SubmitterName": "phone 3",
                "AttachmentsPresent": "0", "AttachmentsExpected": "0", "Status": "",
                "ReviewState": "", "DeviceID": "", "Edits": "0", "FormVersion": "1"}
            tables.setdefault(base, []).append(out)
    for path, (_, repeat) in parts_of(form).items():
        if repeat and path not in tables:
            tables[path] = []
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for base, rows in tables.items():
            text = io.StringIO(newline="")
            headings = list(dict.fromkeys(h for r in rows for h in r)) or ["PARENT_KEY", "KEY"]
            writer = csv.DictWriter(text, headings, restval="")
            writer.writeheader()
            writer.writerows(rows)
            name = f"{form}-{base[-1]}.csv" if base else f"{form}.csv"
            archive.writestr(name, text.getvalue())
        for name, content in (media or {}).items():
            archive.writestr(f"media/{name}", content)
    return data.getvalue()


def central_json(*submissions):
    """OData of ODK Central, `$expand=*`."""
    def place(value, point):
        corners = [[float(n) for n in p.split()] for p in value.split(";") if p.strip()]
        shape = [[c[1], c[0], c[2]] for c in corners]
        if point:
            return {"type": "Point", "coordinates": shape[0],
                    "properties": {"accuracy": corners[0][3]}}
        ring = corners[0][:2] == corners[-1][:2]
        return {"type": "Polygon" if ring else "LineString",
                "coordinates": [shape] if ring else shape,
                "properties": {"accuracies": [c[3] for c in corners]}}

    listed = []
    for s in map(Submission, submissions):
        bags, parent_base = {}, {}
        for base, key, around, row in s.rows():
            bag = {"__id": s.instance if not base else f"{abs(hash(key)):040x}"[:40]}
            for path, value in row.items():
                at = bag
                for group in path[len(base):-1]:
                    at = at.setdefault(group, {})
                at[path[-1]] = None if not value else (
                    place(value, is_point(s.form, path)) if path[-1] == "place" else value)
            if base:
                at = bags[around]
                for group in base[len(parent_base[around]):-1]:
                    at = at.setdefault(group, {})
                at.setdefault(base[-1], []).append(bag)
                at[f"{base[-1]}@odata.navigationLink"] = f"Submissions('{s.instance}')/x"
            else:
                bag["__system"] = {"submissionDate": "2026-09-01T10:00:00Z", "edits": 0,
                                   "reviewState": None}
                listed.append(bag)
            bags[key], parent_base[key] = bag, base
    return json.dumps({"value": listed, "@odata.context": "x"}).encode()


def kobo_xlsx(*submissions, title=None, groups=True):
    """A workbook of KoboToolbox: XML values and headers."""
    read = [Submission(s) for s in submissions]
    form = read[0].form
    title = (title or FORMS[form].title)[:31]
    tables, index = {}, {}
    for s in read:
        own = {}
        for base, key, around, row in s.rows():
            out = {}
            for path, value in row.items():
                heading = "/".join(path) if groups else path[-1]
                if path[0] == "meta":
                    continue
                out[heading] = value
                if is_point(form, path):
                    names = ("latitude", "longitude", "altitude", "precision")
                    out |= {f"_{heading}_{n}": c
                            for n, c in zip(names, value.split(), strict=False)}
                if path[-1] == "teams" and value:  # each choice of a multiple select besides
                    out |= {f"{heading}/{word}": 1 for word in value.split()}
            index[base] = index.get(base, 0) + 1
            own[key] = base, index[base]
            if base:
                parent, number = own[around]
                out |= {"_index": index[base],
                        "_parent_table_name": parent[-1] if parent else title,
                        "_parent_index": number, "_submission__id": 1,
                        "_submission__uuid": s.instance.removeprefix("uuid:")}
            else:
                out |= {"_id": 1, "_uuid": s.instance.removeprefix("uuid:"),
                        "_submission_time": "2026-09-01T10:00:00", "_validation_status": "",
                        "_status": "submitted_via_web", "__version__": "v1", "_index": index[base]}
            tables.setdefault(base, []).append(out)
    book = openpyxl.Workbook()
    book.remove(book.active)
    for base, rows in sorted(tables.items(), key=lambda t: len(t[0])):
        # Signs that a sheet may not have in its name are replaced, as formpack does.
        sheet = book.create_sheet(base[-1] if base else re.sub(r"[\[\]:*?/\\]", "_", title))
        headings = list(dict.fromkeys(h for r in rows for h in r))
        sheet.append(headings)
        for row in rows:
            sheet.append([row.get(h, "") for h in headings])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def kobo_json(*submissions):
    """`data.json` of KoboToolbox: what is empty is left out, repeats under their whole path."""
    listed = []
    for s in map(Submission, submissions):
        bags = {}
        for base, key, around, row in s.rows():
            bag = {"/".join(p): v for p, v in row.items() if v}
            if base:
                bags[around].setdefault("/".join(base), []).append(bag)
            else:
                bag |= {"_id": 3, "_uuid": s.instance.removeprefix("uuid:"),
                        "_xform_id_string": "aXb3kq", "_attachments": [], "_notes": [],
                        "_submission_time": "2026-09-01T10:00:00", "formhub/uuid": "5f1c"}
                listed.append(bag)
            bags[key] = bag
    return json.dumps({"count": len(listed), "results": listed}).encode()
