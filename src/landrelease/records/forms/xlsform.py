"""A form as the three sheets of an XLSForm: survey, choices, settings.

Source: the XLSForm specification (xlsform.org) and ODK XForms, functions `area`, `distance`,
`regex`, `once`, `intersects`. What a phone cannot know (overlap with other areas; without
`intersects` outlines that cross in a corner) is checked when the submission comes in.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from landrelease.core.kind import Field, Kind
from landrelease.core.kinds import KINDS
from landrelease.core.labels import label
from landrelease.core.texts import ENGLISH, UNREVIEWED, Texts
from landrelease.records.forms import words
from landrelease.records.forms.form import Form, Part

Row = dict[str, str]
# A list of things that the registry knows: (id, what a person reads).
Listed = Mapping[str, Sequence[tuple[str, str]]]

# Latitude and longitude; altitude and accuracy where the point was measured, not tapped on a map.
# Near the equator and the zero meridian phones write exponents: 5.0E-4.
_N = r"-?[0-9.]+([eE][-+]?[0-9]+)?"
_POINT = rf"{_N} {_N}( {_N}){{0,2}}"
# The accuracy of a point with three digits or more before the point: 100 m or worse.
_FAR_OFF = rf"{_N} {_N} {_N} ([0-9]{{3,}}(\.[0-9]+)?|[0-9.]+[eE][+]?0*([2-9]|[1-9][0-9]+))"
_PLACE_RULES = {
    # Three corners and the first again; an area that the outline's length can enclose: a figure
    # of eight, whose halves cancel, and a mere line do not (a circle has 12.57 area per length²).
    # 0.0002 still lets a strip of 1 m beside 10 km of road pass.
    "geoshape": (f"regex(., '({_POINT}[ ]*;[ ]*){{3,}}{_POINT}[ ]*;?[ ]*')"
                 " and area(.) >= 1 and 12.57 * area(.) >= 0.0002 * distance(.) * distance(.)"
                 f" and not(regex(., '(.*;)?[ ]*{_FAR_OFF}[ ]*(;.*)?'))"),
    "geotrace": f"regex(., '({_POINT}[ ]*;[ ]*)+{_POINT}[ ]*;?[ ]*') and distance(.) > 0",
    "geopoint": f"not(regex(., '{_FAR_OFF}'))",
}
# What ODK Collect can do besides: whether two sides of an outline cross, told while it is drawn. A
# client that does not know the function takes no outline at all. Collect has it from v2026.1 on;
# before v2026.2.2 `incremental` lets nobody go on drawing while the outline as closed so far
# crosses, as that of an L does on the way.
_COLLECT_RULE = " and not(intersects(.))"
_COLLECT_FROM = (2026, 2, 2)
_COLLECT = re.compile(r"org\.odk\.collect\.android/v?(\d{4})\.(\d+)(?:\.(\d+))?")
_TYPES = {"text": "text", "integer": "integer", "number": "decimal", "date": "date",
          "moment": "dateTime"}
PLACE = "place"
IDENTIFIER = "identifier"


@dataclass(frozen=True, slots=True)
class Sheets:
    """The sheets of a form: rows of heading -> text. `media`: name of a list -> its rows."""

    survey: tuple[Row, ...]
    choices: tuple[Row, ...]
    settings: tuple[Row, ...]
    media: Mapping[str, tuple[Row, ...]]

    def headings(self, sheet: str) -> tuple[str, ...]:
        """The headings of a sheet in the order of their first use."""
        return tuple(dict.fromkeys(h for row in getattr(self, sheet) for h in row))


def sheets(form: Form, languages: Sequence[Texts] = (ENGLISH,), *, default: str = "en",
           kinds: Mapping[str, Kind] = KINDS, listed: Listed | None = None,
           synthetic: bool = False, collect: bool = False) -> Sheets:
    """The XLSForm of a form.

    Parameters
    ----------
    languages : the languages that it shows, English among them; `default` is the code of the one
        that it starts with.
    kinds : the kinds of the programme, extensions included: their words are the choices.
    listed : kind -> records that a person chooses from (teams, tasks, areas); a reference to any
        other kind is typed. Rows go out as files beside the form.
    synthetic : whether the registry is made up (S19): every form says so.
    collect : for ODK Collect of v2026.2.2 or newer (`is_new_collect`), which finds the sides of an
        outline that cross; other clients would take no outline.
    """
    made = _Maker(languages, kinds, listed or {}, synthetic, collect)
    made.meta()
    for number, note in enumerate(form.notes, 1):
        made.note(note, number)  # of a public form the warning is the first of all (S18)
    if synthetic:
        made.note(words.SYNTHETIC, 0)
    made.reviewed()
    made.part(form.part, repeated=False)
    for number in range(1, form.photos + 1):
        made.photo(number, form.photo_hint)
    survey, choices = tuple(made.survey), tuple(made.choices())
    # Collect changes what was finalized or sent only where the form says so. A report of everybody
    # stays as it was sent: who holds the phone next sends one of his own.
    editable = {} if form.public else {"client_editable": "yes"}
    digest = hashlib.sha256(
        repr((survey, choices, sorted(made.media.items()), editable)).encode())
    first = next(t for t in languages if t.code == default)
    setting = {
        # XLSForm has one title for all languages: that in which the form opens.
        "form_title": first(form.title) + (" (SYNTHETIC)" if synthetic else ""),
        "form_id": form.id,
        # Another content, another version: a phone then fetches the form again.
        "version": f"1-{digest.hexdigest()[:10]}",
        "default_language": _heading(first),
        "instance_name": f"concat('{form.id.removeprefix('landrelease_')} ', ${{today}})",
        **editable,
    }
    return Sheets(survey, choices, (setting,), made.media)


def is_new_collect(user_agent: str) -> bool:
    """Whether a client says that it is ODK Collect of v2026.2.2 or newer."""
    said = _COLLECT.match(user_agent.strip())
    return said is not None and tuple(int(n or 0) for n in said.groups()) >= _COLLECT_FROM


def texts_of(form: Form, kinds: Mapping[str, Kind] = KINDS) -> tuple[str, ...]:
    """Every English text that a form can show: what a translation has to hold."""
    asked: dict[str, None] = {}

    class Listening(Texts):
        def __call__(self, english: str) -> str:
            asked[english] = None
            return english

    listening = Listening("en", "English", reviewed=False)
    for listed in ({}, dict.fromkeys(kinds, ())):
        sheets(form, (listening,), kinds=kinds, listed=listed, synthetic=True)
    return (*asked, form.title)


def _heading(texts: Texts) -> str:
    return f"{texts.name} ({texts.code})"


class _Maker:
    def __init__(self, languages: Sequence[Texts], kinds: Mapping[str, Kind], listed: Listed,
                 synthetic: bool = False, collect: bool = False):
        self.collect = collect
        self.languages, self.kinds, self.listed = languages, kinds, listed
        self.mark = {"synthetic": "yes"} if synthetic else {}  # on every row of a list (S19)
        self.survey: list[Row] = []
        self.lists: dict[str, tuple[str, ...]] = {}
        self.media: dict[str, tuple[Row, ...]] = {}

    def say(self, column: str, english: str, **facts: object) -> Row:
        return {f"{column}::{_heading(t)}": t.told(english, **facts) if facts else t(english)
                for t in self.languages}

    def meta(self) -> None:
        """What is read: when it was filled in, against a wrong clock; the day names the form on the
        phone. Nothing says which phone it was or who held it (S17): the account does."""
        for name in ("start", "end", "today"):
            self.survey.append({"type": name, "name": name})

    def note(self, english: str, number: int) -> None:
        self.survey.append({"type": "note", "name": f"note_{number}",
                            **self.say("label", english)})

    def reviewed(self) -> None:
        """A note that stands only in the languages that nobody reviewed; elsewhere a dash, since a
        label may not be empty (a hyphen would be drawn as a list)."""
        if all(t.reviewed for t in self.languages):
            return
        self.survey.append({
            "type": "note", "name": "note_language",
            **{f"label::{_heading(t)}": "–" if t.reviewed else
               f"{t(UNREVIEWED)} / {UNREVIEWED}" for t in self.languages}})

    def part(self, part: Part, *, repeated: bool) -> None:
        kind = self.kinds[part.kind]
        opened = "begin_repeat" if repeated else "begin_group"
        row = {"type": opened, "name": part.kind, **self.say("label", part.title)}
        self.survey.append(row)
        # Made once on the phone and kept when the submission is edited.
        self.survey.append({"type": "calculate", "name": IDENTIFIER,
                            "calculation": f"once(concat('{part.kind}-', uuid()))"})
        for name, value in part.fixed.items():
            self.survey.append({"type": "calculate", "name": name, "calculation": f"'{value}'"})
        for name in part.asks:
            self.question(part, kind.field(name))
        if part.place:
            self.place(part)
        for inner in part.parts:
            self.part(inner, repeated=True)
        self.survey.append({"type": opened.replace("begin", "end"), "name": ""})

    def place(self, part: Part) -> None:
        outline = self.collect and part.place == "geoshape"
        self.survey.append({
            "type": part.place, "name": PLACE, **self.say("label", words.PLACE[part.place]),
            **self.say("hint", words.PLACE_HINTS[part.place]),
            **({"required": "yes"} if part.place_needed else {}),
            # Else a phone takes a point from its receiver alone, never from the map.
            **({"appearance": "placement-map"} if part.place == "geopoint" else {}),
            **({"parameters": "incremental=true"} if outline else {}),
            **({} if part.place_rough else {
                "constraint": _PLACE_RULES[part.place] + (_COLLECT_RULE if outline else ""),
                **self.say("constraint_message", words.PLACE_WRONG[part.place])})})

    def question(self, part: Part, field: Field) -> None:
        row: Row = {"type": self.type_of(part, field), "name": field.name,
                    **self.say("label", part.words.get(field.name,
                                                       field.definition.rstrip(".")))}
        if field.type in ("reference", "references") and field.refers_to not in self.listed:
            row |= self.say("hint", words.ASK_ID)
        elif field.unit and field.unit != "UTC":
            row |= self.say("hint", words.UNIT, unit=field.unit)
        if field.name in part.needed:
            row["required"] = "yes"
        if field.name in part.when:
            row["relevant"] = part.when[field.name]
        row |= self.limits(field)
        if field.type in ("date", "moment") and field.name in part.needed:
            row["default"] = "today()" if field.type == "date" else "now()"
        if row["type"].startswith("select_one") and len(field.choices) > 8:
            row["appearance"] = "minimal"
        self.survey.append(row)

    def limits(self, field: Field) -> Row:
        low, high = field.minimum, field.maximum
        if field.type == "date" and not field.future:
            return {"constraint": ". <= today()",
                    **self.say("constraint_message", words.NOT_AHEAD)}
        if field.type not in ("integer", "number") or low is None:
            return {}
        if high is None:
            return {"constraint": f". >= {low:g}",
                    **self.say("constraint_message", words.AT_LEAST, low=f"{low:g}")}
        return {"constraint": f". >= {low:g} and . <= {high:.12g}",
                **self.say("constraint_message", words.BETWEEN, low=f"{low:g}",
                           high=f"{high:.12g}")}

    def type_of(self, part: Part, field: Field) -> str:
        if field.type in ("choice", "choices"):
            name = self.vocabulary(part, field)
            return f"select_{'one' if field.type == 'choice' else 'multiple'} {name}"
        if field.type in ("reference", "references"):
            kind = field.refers_to
            if kind not in self.listed:
                return "text"
            self.media[f"{kind}.csv"] = tuple(
                {"name": record, "label": shown, **self.mark}
                for record, shown in self.listed[kind])
            return (f"select_{'one' if field.type == 'reference' else 'multiple'}_from_file "
                    f"{kind}.csv")
        return _TYPES[field.type]

    def vocabulary(self, part: Part, field: Field) -> str:
        """The name of the list of a field's words; equal lists share one."""
        name, words_ = field.name, field.choices
        if field.name in part.only:
            words_ = tuple(c for c in words_ if c in part.only[field.name])
        if self.lists.setdefault(name, words_) != words_:
            name = f"{part.kind}_{field.name}"
            self.lists[name] = words_
        return name

    def photo(self, number: int, hint: str) -> None:
        self.survey.append({
            "type": "image", "name": f"photo_{number}", **self.say("label", words.PHOTO),
            **(self.say("hint", hint) if hint else {}), "parameters": "max-pixels=2048"})

    def choices(self) -> list[Row]:
        return [{"list_name": name, "name": word, **self.say("label", label(word))}
                for name, listed in self.lists.items() for word in listed]
